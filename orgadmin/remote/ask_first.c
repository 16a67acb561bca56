#include "orgadmin/remote/ask_first.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "common/name.h"

#define QUESTION_MAX 1280
#define ANSWER_MAX   1280

enum exit_status ask_first(const struct invocation *inv, const char *answer, const char *format,
                           ...)
{
    char question[QUESTION_MAX], typed[ANSWER_MAX], shown[ANSWER_MAX];
    va_list ap;
    if (inv->option[OPTION_YES] || inv->option[OPTION_DRY_RUN])
        return EXIT_DONE;
    va_start(ap, format);
    vsnprintf(question, sizeof question, format, ap);
    va_end(ap);
    if (!isatty(STDIN_FILENO))
        return complain(EXIT_USAGE, "%s There is no terminal to ask on: give --yes", question);
    text_clean(shown, sizeof shown, answer, false); /* nobody can type what nobody sees */
    note("%s Type %s:", question, shown);
    if (!fgets(typed, sizeof typed, stdin))
        typed[0] = '\0';
    typed[strcspn(typed, "\n")] = '\0';
    bool yes = strcmp(answer, "yes") == 0 &&
               (strcasecmp(typed, "y") == 0 || strcasecmp(typed, answer) == 0);
    return yes || strcmp(typed, shown) == 0 ? EXIT_DONE
                                            : complain(EXIT_USAGE, "nothing is changed");
}
