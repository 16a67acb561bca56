#include "orgadmin/nouns/operation.h"

#include <string.h>

const char *operation_id(enum provider_op op, char out[OPERATION_MAX])
{
    size_t used = 0;
    if (op == OP_USER_CONFIRM) /* some commands are two operations */
        return "user.confirm";
    if (op == OP_MACHINE_MISSING)
        return "machine.missing";
    for (const char *name = provider_op_name(op); *name && used < OPERATION_MAX - 1; name++) {
        if (strncmp(name, "--", 2) == 0)
            name += 2;
        out[used++] = *name == ' ' ? '.' : *name;
    }
    out[used] = '\0';
    return out;
}
