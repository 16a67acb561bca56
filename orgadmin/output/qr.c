#include "orgadmin/output/qr.h"

#include <langinfo.h>
#include <qrencode.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define MARGIN   2 /* modules of quiet zone, which cameras need */
#define TEXT_MAX 200

/* Black on white, whatever the terminal's own colours are: a code in light on dark is not read by
 * every camera. */
#define COLOURS "\033[30;47m"
#define PLAIN   "\033[0m"

static bool terminal_draws(FILE *out)
{
    const char *term = getenv("TERM"), *no_color = getenv("NO_COLOR");
    return isatty(fileno(out)) && term && strcmp(term, "dumb") != 0 && (!no_color || !*no_color) &&
           strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
}

static bool terminal_fits(FILE *out, int columns, int rows)
{
    struct winsize size;
    return ioctl(fileno(out), TIOCGWINSZ, &size) == 0 && size.ws_col >= columns &&
           size.ws_row >= rows;
}

/* True if the module in column X of row Y, which may lie in the margin, is black. */
static bool module_black(const QRcode *code, int x, int y)
{
    int width = code->width;
    return x >= 0 && y >= 0 && x < width && y < width && (code->data[y * width + x] & 1);
}

/* One line of characters has two rows of modules. */
static void draw(FILE *out, const QRcode *code)
{
    static const char *const halves[] = {" ", "▄", "▀", "█"};
    for (int y = -MARGIN; y < code->width + MARGIN; y += 2) {
        fputs(COLOURS, out);
        for (int x = -MARGIN; x < code->width + MARGIN; x++)
            fputs(halves[2 * module_black(code, x, y) + module_black(code, x, y + 1)], out);
        fputs(PLAIN "\n", out);
    }
}

bool qr_draw(FILE *out, const char *text, int rows)
{
    if (!terminal_draws(out) || strlen(text) > TEXT_MAX)
        return false;
    QRcode *code = QRcode_encodeString8bit(text, 0, QR_ECLEVEL_L);
    int width = code ? code->width + 2 * MARGIN : 0;
    bool fits = code && terminal_fits(out, width, (width + 1) / 2 + rows);
    if (fits)
        draw(out, code);
    QRcode_free(code);
    return fits;
}
