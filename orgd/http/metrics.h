/*
 * What the server counts, as Prometheus reads it (text exposition format 0.0.4). The counters are
 * the process's. Single-threaded.
 */
#ifndef ORGD_HTTP_METRICS_H
#define ORGD_HTTP_METRICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "orgd/buffer.h"

/* A request for PATH was answered with STATUS; an unknown path counts as "other". */
void metrics_request(const char *path, unsigned status);

/* A round of the loop took MS milliseconds: whatever came meanwhile waited so long. */
void metrics_round(int64_t ms);

void metrics_mail(bool sent);

/* What there is at the moment. */
struct metrics_now {
    size_t held, connections, strangers;
    int64_t log_bytes; /* of the data file's write-ahead log */
    int64_t events;    /* the number of the latest audit event */
};

/* Adds the text to OUT. */
void metrics_write(const struct metrics_now *now, struct buffer *out);

#endif
