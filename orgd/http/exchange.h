/*
 * Requests, between libmicrohttpd and the dispatcher: limits, the log, and answers that wait. The
 * loop answers by itself what is quick and changes nothing; crews do the rest. A change is answered
 * when it is durable, an invitation when its mail is sent or is not. Single-threaded.
 */
#ifndef ORGD_HTTP_EXCHANGE_H
#define ORGD_HTTP_EXCHANGE_H

#include <microhttpd.h>
#include <stddef.h>

#include "orgd/http/front.h"

void front_init(struct front *front);

/* For libmicrohttpd: MHD_AccessHandlerCallback and MHD_RequestCompletedCallback, with a struct
 * front. */
enum MHD_Result exchange_handle(void *arg, struct MHD_Connection *connection, const char *path,
                                const char *method, const char *version, const char *data,
                                size_t *size, void **request);
void exchange_end(void *arg, struct MHD_Connection *connection, void **request,
                  enum MHD_RequestTerminationCode code);

#endif
