#include "api/template.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/error.h"
#include "api/json.h"

#define NAME_SIZE   32 /* of an argument's name, with its NUL */
#define PREFIX_MAX  32 /* bytes in front of an argument, with a NUL */
#define DIGITS_MAX  15 /* of a number: a double holds them exactly */
#define DOLLARS_MAX 1000000000
#define BODY_KINDS  "#!,$?"
#define MISSING_MAX 256 /* bytes of a complaint */
#define NAME_CHARS  "abcdefghijklmnopqrstuvwxyz0123456789_"

/* A URL that grows; FIT is false when it did not fit. */
struct url {
    char *text;
    size_t used;
    bool fit;
};

const char *template_arg(const struct provider_arg *args, const char *name)
{
    for (; args && args->name; args++)
        if (args->value && strcmp(args->name, name) == 0)
            return args->value;
    return NULL;
}

/* The argument NAME, or NULL with *ERR filled. */
static const char *wanted(const struct provider_arg *args, const char *name, struct api_error *err)
{
    const char *value = template_arg(args, name);
    if (!value && strcmp(name, "org") == 0)
        api_fail(err, API_USAGE, "no organization is chosen");
    else if (!value)
        api_fail(err, API_USAGE, "the argument \"%s\" is missing", name);
    else if (strlen(value) > ARGUMENT_MAX || !json_utf8(value, strlen(value)))
        api_fail(err, API_USAGE, "the argument \"%s\" is too long or not UTF-8", name);
    else
        return value;
    return NULL;
}

static void put(struct url *url, const char *text, size_t len)
{
    url->fit = url->fit && len < URL_PATH_MAX - url->used;
    if (!url->fit)
        return;
    memcpy(url->text + url->used, text, len);
    url->used += len;
    url->text[url->used] = '\0';
}

static void put_encoded(struct url *url, const char *value)
{
    static const char hex[] = "0123456789ABCDEF";
    static const char plain[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    for (; *value; value++) {
        unsigned char byte = (unsigned char)*value;
        char code[] = {'%', hex[byte >> 4], hex[byte & 15]};
        if (strchr(plain, *value))
            put(url, value, 1);
        else
            put(url, code, sizeof code);
    }
}

static bool segment_sound(const char *value)
{
    return *value && strcmp(value, ".") != 0 && strcmp(value, "..") != 0;
}

/* Takes the name out of "{name}" or "{name?}" at *AT, which moves behind it. */
static bool take_name(const char **at, char name[NAME_SIZE])
{
    size_t len = strspn(*at + 1, NAME_CHARS);
    snprintf(name, NAME_SIZE, "%.*s", (int)len, *at + 1);
    *at += 1 + len;
    bool optional = **at == '?';
    *at += strcspn(*at, "}");
    *at += **at == '}';
    return optional;
}

static enum api_status put_path(struct url *url, const char *path, const struct provider_arg *args,
                                struct api_error *err)
{
    char name[NAME_SIZE];
    while (*path) {
        size_t len = strcspn(path, "{");
        put(url, path, len);
        path += len;
        if (*path == '\0')
            break;
        take_name(&path, name);
        const char *value = wanted(args, name, err);
        if (!value)
            return err->status;
        if (!segment_sound(value))
            return api_fail(err, API_USAGE, "the argument \"%s\" cannot be part of a path", name);
        put_encoded(url, value);
    }
    return API_OK;
}

/* One pair of a query, which ends at END. */
static enum api_status put_pair(struct url *url, const char *pair, const char *end, char separator,
                                const struct provider_arg *args, struct api_error *err)
{
    char name[NAME_SIZE];
    const char *brace = memchr(pair, '{', (size_t)(end - pair)), *at = brace, *value = NULL;
    if (brace) {
        bool optional = take_name(&at, name);
        if (optional && !template_arg(args, name))
            return API_OK;
        if ((value = wanted(args, name, err)) == NULL)
            return err->status;
    }
    put(url, &separator, 1);
    put(url, pair, (size_t)((brace ? brace : end) - pair));
    if (value)
        put_encoded(url, value);
    return API_OK;
}

static enum api_status put_query(struct url *url, const char *query,
                                 const struct provider_arg *args, struct api_error *err)
{
    enum api_status status = API_OK;
    size_t before = url->used;
    for (const char *end; *query && status == API_OK; query = end + (*end == '&')) {
        end = query + strcspn(query, "&");
        status = put_pair(url, query, end, url->used == before ? '?' : '&', args, err);
    }
    return status;
}

enum api_status template_url(const char *path, const char *query, const struct provider_arg *args,
                             char text[URL_PATH_MAX], struct api_error *err)
{
    struct url url = {.text = text, .fit = true};
    text[0] = '\0';
    enum api_status status = put_path(&url, path, args, err);
    if (status == API_OK && query)
        status = put_query(&url, query, args, err);
    if (status == API_OK && !url.fit)
        status = api_fail(err, API_USAGE, "the arguments are too long");
    return status;
}

/* VALUE with PREFIX in front, where it has to get it. */
static cJSON *text_of(const char *prefix, const char *value)
{
    char text[PREFIX_MAX + ARGUMENT_MAX + 1];
    bool has = strncmp(value, prefix, strlen(prefix)) == 0;
    snprintf(text, sizeof text, "%s%s", has ? "" : prefix, value);
    return cJSON_CreateString(text);
}

/* The items of VALUE, which commas separate, as an array; NULL when out of memory. */
static cJSON *list_of(const char *prefix, const char *value)
{
    char item[ARGUMENT_MAX + 1];
    cJSON *list = cJSON_CreateArray();
    while (list && *value) {
        size_t len = strcspn(value, ",");
        snprintf(item, sizeof item, "%.*s", (int)len, value);
        cJSON *text = len > 0 ? text_of(prefix, item) : NULL;
        if (len > 0 && !cJSON_AddItemToArray(list, text)) {
            cJSON_Delete(text);
            cJSON_Delete(list);
            return NULL;
        }
        value += len + (value[len] == ',');
    }
    return list;
}

static bool number_of(const char *value, double *out)
{
    size_t digits = strspn(value, "0123456789");
    *out = (double)strtoull(value, NULL, 10);
    return digits > 0 && digits <= DIGITS_MAX && value[digits] == '\0';
}

/* "299.95" is 29995; not by way of a fraction in binary. */
static bool cents_of(const char *value, double *out)
{
    size_t whole = strspn(value, "0123456789");
    const char *rest = value + whole;
    unsigned long long dollars = strtoull(value, NULL, 10), cents = 0;
    if (*rest == '.' && strspn(rest + 1, "0123456789") == 2 && rest[3] == '\0')
        cents = strtoull(rest + 1, NULL, 10);
    else if (*rest != '\0')
        return false;
    *out = (double)(dollars * 100 + cents);
    return whole > 0 && whole <= DIGITS_MAX && dollars <= DOLLARS_MAX;
}

static cJSON *create_truth(double truth)
{
    return cJSON_CreateBool(truth != 0);
}

static bool truth_of(const char *value, double *out)
{
    *out = strcmp(value, "yes") == 0 || strcmp(value, "true") == 0;
    return *out != 0 || strcmp(value, "no") == 0 || strcmp(value, "false") == 0;
}

/* The kinds of values that not every text is. */
static const struct scalar {
    char type; /* the letter behind the name */
    bool (*read)(const char *value, double *out);
    cJSON *(*make)(double number);
    const char *is_not; /* for messages */
} scalars[] = {
    {'#', number_of, cJSON_CreateNumber, "no number"},
    {'$', cents_of, cJSON_CreateNumber, "no amount such as 300 or 299.95"},
    {'!', truth_of, create_truth, "neither yes nor no"},
};

static const struct scalar *scalar_of(char type)
{
    for (size_t i = 0; i < sizeof scalars / sizeof *scalars; i++)
        if (scalars[i].type == type)
            return &scalars[i];
    return NULL;
}

/* The JSON value that the argument VALUE becomes, as the letter behind its NAME says. */
static cJSON *typed_value(char type, const char *name, const char *prefix, const char *value,
                          struct api_error *err)
{
    double number;
    const struct scalar *scalar = scalar_of(type);
    if (scalar && !scalar->read(value, &number)) {
        api_fail(err, API_USAGE, "the argument \"%s\" is %s: %s", name, scalar->is_not, value);
        return NULL;
    }
    cJSON *json = scalar        ? scalar->make(number)
                  : type == ',' ? list_of(prefix, value)
                                : text_of(prefix, value);
    if (!json)
        api_fail(err, API_UNREACHABLE, "out of memory");
    return json;
}

/* Returns the place in NODE's text that names an argument, alone or behind a prefix such as
 * "roles/", or NULL. */
static const char *dollar_of(const cJSON *node)
{
    const char *text = cJSON_GetStringValue(node), *dollar = text ? strchr(text, '$') : NULL;
    bool named = dollar && (dollar == text || dollar[-1] == '/');
    return named && dollar - text < PREFIX_MAX ? dollar : NULL;
}

/* Puts the argument that CHILD names in CHILD's place below NODE, or takes CHILD away. */
static bool fill_child(cJSON *node, cJSON *child, const struct provider_arg *args,
                       struct api_error *err)
{
    char name[NAME_SIZE], prefix[PREFIX_MAX];
    const char *from = dollar_of(child) + 1;
    size_t len = strcspn(from, BODY_KINDS);
    snprintf(name, sizeof name, "%.*s", (int)len, from);
    snprintf(prefix, sizeof prefix, "%.*s", (int)(from - 1 - child->valuestring),
             child->valuestring);
    if (strchr(from, '?') && !template_arg(args, name)) {
        cJSON_Delete(cJSON_DetachItemViaPointer(node, child));
        return true;
    }
    const char *value = wanted(args, name, err);
    cJSON *json = value ? typed_value(from[len], name, prefix, value, err) : NULL;
    if (!json)
        return false;
    if (cJSON_IsArray(node) ? cJSON_ReplaceItemViaPointer(node, child, json)
                            : cJSON_ReplaceItemInObjectCaseSensitive(node, child->string, json))
        return true;
    cJSON_Delete(json);
    api_fail(err, API_UNREACHABLE, "out of memory");
    return false;
}

static bool fill(cJSON *node, const struct provider_arg *args, struct api_error *err)
{
    for (cJSON *child = node->child, *next; child; child = next) {
        next = child->next;
        if (dollar_of(child) ? !fill_child(node, child, args, err) : !fill(child, args, err))
            return false;
    }
    return true;
}

char *template_body(const char *template, const struct provider_arg *args, struct api_error *err)
{
    char *text = NULL;
    cJSON *body = cJSON_Parse(template);
    bool filled = body && fill(body, args, err);
    if (filled)
        text = cJSON_PrintUnformatted(body);
    if (!body || (filled && !text))
        api_fail(err, API_UNREACHABLE, "out of memory");
    cJSON_Delete(body);
    return text;
}

bool template_names(const char *template, bool (*each)(void *arg, const char *name, size_t len),
                    void *arg)
{
    for (const char *at = template; at && (at = strpbrk(at, "{$")) != NULL;) {
        size_t len = strspn(++at, NAME_CHARS);
        if (len > 0 && !each(arg, at, len))
            return false;
        at += len;
    }
    return true;
}

/* The names of arguments that are missing. */
struct missing {
    const struct provider_arg *args;
    char names[MISSING_MAX];
    size_t used, count;
};

/* Notes the argument NAME, LEN bytes, unless it is there, may be absent, or is noted. */
static bool note_missing(void *arg, const char *name, size_t len)
{
    struct missing *m = arg;
    char one[NAME_SIZE + 2];
    snprintf(one, sizeof one, "%.*s", (int)len, name);
    if (name[len + strspn(name + len, "#!,$")] == '?' || template_arg(m->args, one))
        return true;
    for (const char *at = m->names; (at = strstr(at, one)) != NULL; at += len)
        if ((at == m->names || at[-1] == ' ') && (at[len] == ',' || at[len] == '\0'))
            return true;
    int n =
        snprintf(m->names + m->used, sizeof m->names - m->used, "%s%s", m->used ? ", " : "", one);
    m->used += n > 0 && (size_t)n < sizeof m->names - m->used ? (size_t)n : 0;
    m->count++;
    return true;
}

enum api_status template_check(const char *path, const char *query, const char *body,
                               const struct provider_arg *args, struct api_error *err)
{
    struct missing m = {.args = args};
    template_names(path, note_missing, &m);
    template_names(query, note_missing, &m);
    template_names(body, note_missing, &m);
    if (m.count < 2) /* a single one is told where it is put in */
        return API_OK;
    return api_fail(err, API_USAGE, "%zu arguments are missing: %s", m.count, m.names);
}
