/* The words of OAuth (RFC 6749, 8628) in the answers to programs that know them. */
#ifndef ORGD_ENDPOINTS_OAUTH_H
#define ORGD_ENDPOINTS_OAUTH_H

#include "orgd/endpoints/call.h"

/* A failure of a call that REQUEST's endpoint makes for such programs has "error" beside "reason",
 * and the status 400 where OAuth has no other. Who polls is told to slow down when there is no time
 * for him: 429 and 503 would end some programs. ANSWER is whole. */
void oauth_answer(const struct request *request, struct call_answer *answer);

#endif
