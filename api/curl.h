/*
 * libcurl, loaded when it is first needed: with the thirty libraries that come with it, it takes
 * more time than most commands that send nothing. A program that must not load anything later
 * (orgsyncd, whose fetchers are locked up) links with it, and then nothing is loaded here.
 */
#ifndef API_CURL_H
#define API_CURL_H

#include <curl/curl.h>

/* What is called of it. */
#define CURL_CALLS(CALL)                                                                           \
    CALL(easy_cleanup)                                                                             \
    CALL(easy_getinfo)                                                                             \
    CALL(easy_header)                                                                              \
    CALL(easy_init)                                                                                \
    CALL(easy_reset)                                                                               \
    CALL(easy_setopt)                                                                              \
    CALL(easy_strerror)                                                                            \
    CALL(free)                                                                                     \
    CALL(global_cleanup)                                                                           \
    CALL(global_init)                                                                              \
    CALL(multi_add_handle)                                                                         \
    CALL(multi_cleanup)                                                                            \
    CALL(multi_info_read)                                                                          \
    CALL(multi_init)                                                                               \
    CALL(multi_perform)                                                                            \
    CALL(multi_poll)                                                                               \
    CALL(multi_remove_handle)                                                                      \
    CALL(slist_append)                                                                             \
    CALL(slist_free_all)                                                                           \
    CALL(url)                                                                                      \
    CALL(url_cleanup)                                                                              \
    CALL(url_get)                                                                                  \
    CALL(url_set)                                                                                  \
    CALL(url_strerror)

struct curl_calls {
#define CALL(name) __typeof__(curl_##name) *name;
    CURL_CALLS(CALL)
#undef CALL
};

/* Usable once curl_load has returned NULL. */
extern struct curl_calls curl;

/* Loads libcurl. NULL; or why that failed, valid until the next call. For one thread. */
const char *curl_load(void);

#endif
