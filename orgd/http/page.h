/*
 * The page among the requests: its files, the redirections that lead to them, and the form that
 * works without JavaScript. The page is there only where an origin is configured.
 */
#ifndef ORGD_HTTP_PAGE_H
#define ORGD_HTTP_PAGE_H

#include <microhttpd.h>
#include <stdbool.h>

#include "orgd/endpoints/call.h"
#include "orgd/web/files.h"
#include "orgd/web/invitation_form.h"

#define PAGE_LOCATION_SIZE 256
#define PAGE_BEARER_SIZE   (8 + CREDENTIAL_SIZE) /* with "Bearer " */

/* The page's part of a request. Zero it to begin. */
struct page_part {
    const char *type;     /* Content-Type of its answer; NULL: the answer is not the page's */
    struct web_file file; /* that it answers with; without DATA none */
    char location[PAGE_LOCATION_SIZE]; /* to where it redirects; or "" */
    struct invitation_form *form;      /* that was sent; or NULL */
    char *call;                        /* the body that a program's form stands for; or NULL */
    char bearer[PAGE_BEARER_SIZE];     /* of the browser's session; or "" */
};

/* True if PATH is one of the page's. */
bool page_path(const char *path);

/* The methods of PATH, one of the page's, for Allow. */
const char *page_methods(const char *path);

/* Fills PAGE and ANSWER with the answer to a GET or HEAD of PATH, one of the page's. */
void page_get(struct page_part *page, struct MHD_Connection *connection, const char *path,
              struct call_answer *answer);

/* Fills what REQUEST says of the browser: whether a page of OURS, the configured origin, asks, and
 * then, without another token, the session that came as a cookie. */
void page_session(struct page_part *page, struct MHD_Connection *connection, const char *ours,
                  struct request *request);

/* Adds the header that gives a browser the new SESSION. */
void page_session_header(struct MHD_Response *response, const char *session);

/* A form that a POST of PATH brings is read into PAGE, and REQUEST is now the call that it stands
 * for: the page's, or that of a program which knows OAuth. */
void page_form(struct page_part *page, struct MHD_Connection *connection, const char *path,
               struct request *request);

/* Why the form in PAGE, which came on CONNECTION, may not be taken: the reason, as the page words
 * it; then what it brought is forgotten. NULL: it may. OURS is the configured origin. */
const char *page_form_wrong(struct page_part *page, struct MHD_Connection *connection,
                            const char *ours);

/* Makes the page of ANSWER, which is the API's to the call that the form stood for. */
void page_answer(struct page_part *page, const char *ours, struct call_answer *answer);

/* Adds the headers of an answer of the page's. */
void page_headers(struct MHD_Response *response, const struct page_part *page);

/* Frees what it holds. */
void page_free(struct page_part *page);

#endif
