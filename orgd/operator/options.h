/*
 * The command line of orgd, as orgd(8) documents it.
 */
#ifndef ORGD_OPERATOR_OPTIONS_H
#define ORGD_OPERATOR_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "orgd/http/listen.h"
#include "orgd/http/server.h"

#define EXIT_USAGE 2
#define WORDS_MAX  4

#define OWNER_DEFAULT "owner@localhost"

struct options {
    const char *words[WORDS_MAX]; /* behind the options: an operator's command; none to serve */
    int word_count;
    bool yes, json, end_others;
    const char *org;
    const char *config; /* NULL: the default, which need not be there */
    const char *data;
    const char *socket;
    const char *owner, *owner_username;       /* NULL when they are not given */
    struct address listen[LISTENERS_MAX - 1]; /* the unix socket is one more */
    bool tls[LISTENERS_MAX - 1], metrics[LISTENERS_MAX - 1];
    size_t listens;
    struct server_settings settings;
};

/* Fills *O, with the defaults for what is left out; the texts are argv's. Returns -1 to go on, else
 * the exit status, after what has to be printed. */
int options_parse(int argc, char **argv, struct options *o);

#endif
