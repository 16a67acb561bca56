/* The keeper's state and counters for Prometheus (text format 0.0.4). One thread. */
#ifndef ORGSYNCD_METRICS_H
#define ORGSYNCD_METRICS_H

#include <stddef.h>
#include <stdint.h>

#include "common/confirm.h"
#include "common/decide.h"
#include "orgsyncd/publish.h"

/* Logins, since the keeper began. */
struct login_counts {
    uint64_t answers[CONFIRM_REFUSED + 1]; /* to CONFIRM_FRESH, by enum confirm_status */
    uint64_t reports[REASON_COUNT];        /* that pam_org reported, by enum reason */
};

/* Writes all metrics into TEXT; returns the length, less than SIZE. */
size_t metrics_text(const struct publisher *p, const struct login_counts *counts, char *text,
                    size_t size);

#endif
