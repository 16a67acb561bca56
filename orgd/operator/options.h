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

#define SETTINGS_MAX  128
#define PAGE_URL_SIZE 300

/* An option that can stand in the configuration file, and its value. */
struct setting {
    const char *name, *value;
};

#define MIRROR_OPTIONS_MAX 16

/* Those of mirror add; NULL when they are not given. */
struct mirror_options {
    const char *provider, *url, *token_file, *ca_file, *proxy, *hook_file;
    const char *options[MIRROR_OPTIONS_MAX]; /* NAME=VALUE */
    size_t option_count;
    unsigned poll; /* seconds, 0: not given */
};

struct options {
    const char *words[WORDS_MAX]; /* behind the options: an operator's command; none to serve */
    int word_count;
    bool yes, json, end_others;
    const char *org;
    struct mirror_options mirror;
    const char *config; /* NULL: the default, which need not be there */
    const char *data;
    const char *socket;
    const char *owner, *owner_username;       /* NULL when they are not given */
    struct address listen[LISTENERS_MAX - 1]; /* the unix socket is one more */
    bool tls[LISTENERS_MAX - 1], metrics[LISTENERS_MAX - 1];
    size_t listens;
    char page_url[PAGE_URL_SIZE]; /* the settings' link to the page, if they have none of their own
                                   */
    struct server_settings settings;
    struct setting given[SETTINGS_MAX]; /* on the command line, or as an answer */
    size_t given_count;
};

/* Fills *O, with the defaults for what is left out; the texts are argv's. Returns -1 to go on, else
 * the exit status, after what has to be printed. */
int options_parse(int argc, char **argv, struct options *o);

/* Takes a setting as if the command line had it: NAME as the option is called. The texts live as
 * long as O. False after one line on stderr. */
bool options_give(struct options *o, const char *name, const char *value);

/* False, after one line on stderr, when DATA is a URL that cannot be understood, or has a password
 * that others can see. */
bool options_data_good(const char *data);

/* Checks the options that need or exclude each other. False after one line on stderr. */
bool options_complete(struct options *o);

#endif
