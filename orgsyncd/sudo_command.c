#include "orgsyncd/sudo_command.h"

#include <string.h>

/* What ends or divides a command in sudoers(5) unless a backslash stands in front of it. */
#define SPECIAL ",:=#"

bool sudo_command_is_all(const char *command)
{
    return strcmp(command, "ALL") == 0;
}

const char *sudo_command_fault(const char *command)
{
    const char *arguments = strchr(command, ' ');
    if (sudo_command_is_all(command))
        return NULL;
    if (command[0] != '/' || command[1] == '\0' || command[1] == ' ')
        return "must be \"ALL\" or begin with the absolute path of a program";
    if (strchr(command, '\\'))
        return "must have no backslash: sudoers(5) and sudo read it in different ways";
    if (strstr(command, "/../") || strstr(command, "/./") || strstr(command, "//"))
        return "must have no ., .. or // in its path: sudo compares paths as text";
    if (arguments && arguments[1] == '^')
        return "must not begin its arguments with ^, which newer versions of sudo take for a "
               "regular expression";
    if (arguments && (strstr(arguments, "  ") || command[strlen(command) - 1] == ' '))
        return "must have one blank between its words";
    return NULL;
}

void sudo_command_write(FILE *f, const char *command)
{
    for (; *command; command++) {
        if (strchr(SPECIAL, *command))
            putc('\\', f);
        putc(*command, f);
    }
}
