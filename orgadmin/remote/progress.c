#include "orgadmin/remote/progress.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "common/name.h"
#include "orgadmin/remote/interrupt.h"
#include "orgadmin/say.h"

#define LINE_SIZE 76 /* what fits any terminal: a longer line could not be redrawn */

void progress_show(struct progress *p, const char *format, ...)
{
    char raw[4 * LINE_SIZE], clean[LINE_SIZE];
    va_list ap;
    if (!isatty(STDERR_FILENO))
        return;
    va_start(ap, format);
    vsnprintf(raw, sizeof raw, format, ap);
    va_end(ap);
    fprintf(stderr, "\r\033[K%s", text_clean(clean, sizeof clean, raw, false));
    p->shown = true;
}

void progress_end(struct progress *p)
{
    if (p->shown)
        fputs("\r\033[K", stderr);
    p->shown = false;
}

static void show_bytes(struct progress *p, const char *what, int64_t done, int64_t total)
{
    double mega = (double)done / 1e6, all = (double)total / 1e6;
    if (total > 0)
        progress_show(p, "%s %.1f of %.1f MB, %.0f %%", what, mega, all, 100 * mega / all);
    else
        progress_show(p, "%s %.1f MB", what, mega);
}

int progress_tell(void *arg, const char *what, int64_t done, int64_t total)
{
    struct progress *p = arg;
    interrupt_catch();
    if (p->bytes) {
        show_bytes(p, what, done, total);
    } else if (total > 0) {
        if (!p->named)
            note("%s", what);
        p->named = true;
        progress_show(p, "%" PRId64 " s of at most %" PRId64 ": %s", done, total, what);
    } else {
        progress_show(p, "%" PRId64 " s: %s", done, what);
    }
    return interrupt_pending() ? -1 : 0;
}
