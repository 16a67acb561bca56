/*
 * A page with places that are filled when it is sent: {{=NAME}} becomes the value NAME, escaped for
 * HTML, and {{?NAME}} becomes " hidden" unless the part NAME is shown. Values are texts of
 * strangers.
 */
#ifndef ORGD_WEB_TEMPLATE_H
#define ORGD_WEB_TEMPLATE_H

#include <stddef.h>

#include "orgd/buffer.h"

#define TEMPLATE_VALUES 12
#define TEMPLATE_PARTS  8

/* Zero it to begin. The texts are the caller's. */
struct template
{
    struct {
        const char *name, *text;
    } values[TEMPLATE_VALUES];
    size_t value_count;
    const char *parts[TEMPLATE_PARTS];
    size_t part_count;
};

/* Gives the value NAME; a NULL text gives nothing. At most TEMPLATE_VALUES. */
void template_value(struct template *t, const char *name, const char *text);

/* Shows the part NAME. At most TEMPLATE_PARTS. */
void template_show(struct template *t, const char *name);

/* Writes the LEN bytes at PAGE with the places filled: a value that was not given is empty. */
void template_write(const struct template *t, const char *page, size_t len, struct buffer *out);

#endif
