#include "common/labels.h"

#include <string.h>

/* True if the first LEN characters of LABEL are one of LABELS. */
static bool has(const char *labels, const char *label, size_t len)
{
    for (;;) {
        size_t size = strcspn(labels, ",");
        if (size == len && memcmp(labels, label, len) == 0)
            return true;
        if (labels[size] == '\0')
            return false;
        labels += size + 1;
    }
}

bool labels_have(const char *labels, const char *wanted)
{
    while (*wanted) {
        size_t len = strcspn(wanted, ",");
        if (!has(labels, wanted, len))
            return false;
        wanted += len + (wanted[len] == ',');
    }
    return true;
}
