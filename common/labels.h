/* Labels of machines: "env=prod,tier=web". A pure function. */
#ifndef COMMON_LABELS_H
#define COMMON_LABELS_H

#include <stdbool.h>

/* True if all of WANTED are among LABELS; of "" all are. */
bool labels_have(const char *labels, const char *wanted);

#endif
