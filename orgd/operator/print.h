/* What a command prints on standard output. */
#ifndef ORGD_OPERATOR_PRINT_H
#define ORGD_OPERATOR_PRINT_H

#include <cjson/cJSON.h>
#include <stdbool.h>

/* Prints LIST, an array of flat objects: a table with a heading, or one object a line. */
void print_list(const cJSON *list, bool json);

/* Prints REPLY, an object: its texts and numbers as NAME: VALUE, its arrays as tables; or JSON. */
void print_reply(const cJSON *reply, bool json);

#endif
