#include "orgadmin/remote/hint.h"

#include <stdio.h>
#include <string.h>

#include "api/provider.h"
#include "orgadmin/remote/context.h"

const char *shell_word(const char *text, char out[HINT_WORD_MAX])
{
    static const char plain[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789@%+=:,./_-";
    static const char escaped[] = "'\\''";
    const char *quote = *text && text[strspn(text, plain)] == '\0' ? "" : "'";
    size_t len = strlen(quote);
    memcpy(out, quote, len);
    for (; *text && len < HINT_WORD_MAX - sizeof escaped - 1; text++) {
        const char *piece = *text == '\'' ? escaped : text;
        size_t size = *text == '\'' ? sizeof escaped - 1 : 1;
        memcpy(out + len, piece, size);
        len += size;
    }
    memcpy(out + len, quote, strlen(quote) + 1);
    return out;
}

void hint_add(struct hint *hint, const char *text)
{
    size_t len = strlen(text) + 1;
    if (len >= sizeof hint->text - hint->used)
        return;
    snprintf(hint->text + hint->used, sizeof hint->text - hint->used, " %s", text);
    hint->used += len;
}

void hint_word(struct hint *hint, const char *text)
{
    char word[HINT_WORD_MAX];
    hint_add(hint, shell_word(text, word));
}

void hint_option(struct hint *hint, const char *name, const char *value)
{
    char both[HINT_WORD_MAX + 64], word[HINT_WORD_MAX];
    if (!value || !*value)
        return;
    snprintf(both, sizeof both, "%s %s", name, shell_word(value, word));
    hint_add(hint, both);
}

static void add_pair(struct hint *hint, const char *name, const char *value)
{
    char pair[HINT_WORD_MAX];
    snprintf(pair, sizeof pair, "%s=%s", name, value);
    hint_option(hint, options[OPTION_PROVIDER_OPTION].name, pair);
}

void hint_connection(struct hint *hint, const struct invocation *inv)
{
    static const enum option which[] = {OPTION_PROFILE,    OPTION_PROVIDER, OPTION_URL,
                                        OPTION_TOKEN_FILE, OPTION_CA_FILE,  OPTION_TIMEOUT,
                                        OPTION_ORG};
    for (size_t i = 0; i < sizeof which / sizeof *which; i++)
        hint_option(hint, options[which[i]].name, inv->option[which[i]]);
    const char *proxy = inv->option[OPTION_PROXY];
    hint_option(hint, options[OPTION_PROXY].name, proxy && strchr(proxy, '@') ? NULL : proxy);
    for (size_t i = 0; i < inv->pairs; i++)
        if (inv->pair[i].option == OPTION_PROVIDER_OPTION)
            add_pair(hint, inv->pair[i].name, inv->pair[i].value);
}

void hint_server(struct hint *hint, const struct context *context)
{
    const char *own = provider_url(context->provider);
    if (strcmp(context->provider, "native") != 0)
        hint_option(hint, options[OPTION_PROVIDER].name, context->provider);
    if (!own || strcmp(own, context->url) != 0)
        hint_option(hint, options[OPTION_URL].name, context->url);
    hint_option(hint, options[OPTION_CA_FILE].name, context->ca_file);
    for (size_t i = 0; i < context->options; i++)
        add_pair(hint, context->option[i].name, context->option[i].value);
}
