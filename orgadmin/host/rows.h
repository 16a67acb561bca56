/* Lists that this machine's orgsyncd tells root, a line a record (confirm_text in
 * common/confirm.h). */
#ifndef ORGADMIN_HOST_ROWS_H
#define ORGADMIN_HOST_ROWS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/confirm.h"

#define ROWS_FIELDS_MAX 8
#define ROWS_SEEN_MAX   10000

/*
 * Shows VISIT the records of OP and PREFIX (the request's ORG), the first COUNT fields of each (""
 * where it has fewer), until it returns false or ROWS_SEEN_MAX were shown; the strings are VISIT's
 * for the call. Returns how many there are in all, or -1 with errno (confirm_text; ENOENT and
 * ECONNREFUSED: orgsyncd does not run; EPROTO: it does not tell, because it is an older one or we
 * are not root).
 */
typedef bool rows_visit(const char *const *field, void *arg);
int64_t rows_each(enum confirm_op op, const char *prefix, unsigned count, rows_visit *visit,
                  void *arg);

#endif
