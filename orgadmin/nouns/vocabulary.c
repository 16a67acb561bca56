#include "orgadmin/nouns/vocabulary.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "orgadmin/suggest.h"

#define WORD_SIZE 256

struct writing {
    FILE *roles, *permissions;
};

static int write_words(void *arg, const cJSON *record)
{
    struct writing *w = arg;
    const cJSON *all = cJSON_GetObjectItemCaseSensitive(record, "permissions"), *one;
    fprintf(w->roles, "%s ", record_text(record, "id"));
    cJSON_ArrayForEach(one, all) if (cJSON_IsString(one))
        fprintf(w->permissions, "%s ", one->valuestring);
    return 0;
}

/* Ends STREAM; *TEXT becomes NULL when it has no word, or memory lacked. */
static void end(FILE *stream, char **text)
{
    bool good = stream && !ferror(stream);
    if (stream)
        good = fclose(stream) == 0 && good;
    if (good && strlen(*text) > 1)
        return;
    free(*text);
    *text = NULL;
}

enum exit_status vocabulary_read(struct connection *c, struct vocabulary *v)
{
    size_t size;
    struct writing w = {open_memstream(&v->roles, &size), open_memstream(&v->permissions, &size)};
    bool ready =
        w.roles && w.permissions && fputc(' ', w.roles) > 0 && fputc(' ', w.permissions) > 0;
    enum exit_status status = ready ? connection_each(c, OP_ROLE_LIST, NULL, write_words, &w)
                                    : complain(EXIT_AWAY, "out of memory");
    end(w.roles, &v->roles);
    end(w.permissions, &v->permissions);
    if (status != EXIT_DONE)
        vocabulary_free(v);
    return status;
}

void vocabulary_free(struct vocabulary *v)
{
    free(v->roles);
    free(v->permissions);
    *v = (struct vocabulary){NULL, NULL};
}

/* True when the list KNOWN has WORD. */
static bool has(const char *known, const char *word)
{
    size_t len = strlen(word);
    for (const char *at = known; (at = strstr(at, word)) != NULL; at++)
        if (at > known && at[-1] == ' ' && at[len] == ' ')
            return true;
    return false;
}

bool vocabulary_has_role(const struct vocabulary *v, const char *role)
{
    return v->roles && has(v->roles, role);
}

static enum exit_status unknown(const struct connection *c, const char *about, const char *what,
                                const char *word, const char *known)
{
    char candidate[WORD_SIZE], all[SUGGESTION_MAX], hint[SUGGESTION_MAX];
    struct suggestion s = {.word = word};
    snprintf(all, sizeof all, "; there are%.*s", (int)strlen(known) - 1, known);
    for (const char *at = known + 1; *at; at += strcspn(at, " ") + 1) {
        snprintf(candidate, sizeof candidate, "%.*s", (int)strcspn(at, " "), at);
        suggestion_offer(&s, candidate);
    }
    return complain(EXIT_NO, "%s%s has no %s \"%s\"%s", about, c->now.org_name, what, word,
                    suggestion_text(&s, all, hint));
}

static enum exit_status check(const struct connection *c, const char *about, const char *what,
                              const char *words, const char *known)
{
    char word[WORD_SIZE];
    for (; known && words && *words; words += *words == ',') {
        size_t len = strcspn(words, ",");
        snprintf(word, sizeof word, "%.*s", (int)len, words);
        const char *slash = strrchr(word, '/'); /* a role may be given with its path */
        if (len < sizeof word && !has(known, word) && !(slash && has(known, slash + 1)))
            return unknown(c, about, what, word, known);
        words += len;
    }
    return EXIT_DONE;
}

enum exit_status vocabulary_check_roles(const struct vocabulary *v, const struct connection *c,
                                        const char *about, const char *roles)
{
    return check(c, about, "role", roles, v->roles);
}

enum exit_status vocabulary_check_permissions(const struct vocabulary *v,
                                              const struct connection *c, const char *permissions)
{
    return check(c, "", "permission", permissions, v->permissions);
}

enum exit_status vocabulary_check(struct connection *c, const char *roles, const char *permissions)
{
    struct vocabulary v = {NULL, NULL};
    if (((!roles || !*roles) && (!permissions || !*permissions)) ||
        !connection_takes(c, OP_ROLE_LIST, NULL))
        return EXIT_DONE;
    enum exit_status status = vocabulary_read(c, &v);
    if (status == EXIT_DONE)
        status = vocabulary_check_roles(&v, c, "", roles);
    if (status == EXIT_DONE)
        status = vocabulary_check_permissions(&v, c, permissions);
    vocabulary_free(&v);
    return status;
}
