/* orglogin.conf: every text is refused with one line or becomes a configuration that can be used.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/name.h"
#include "common/paths.h"
#include "orgsyncd/config.h"
#include "orgsyncd/home_pattern.h"
#include "orgsyncd/sudo_command.h"
#include "tests/fuzz/fuzz.h"

/* libconfig 1.5 forgets a string, and what it is to include, that the text ends in the middle of.
 */
__attribute__((visibility("default"))) const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:strbuf_append\nleak:libconfig_yylex\n";
}

static const char *path = ORG_STATEDIR "/fuzz.conf";

static bool known_org(const struct config *c, const char *name)
{
    for (uint32_t i = 0; i < c->org_count; i++)
        if (strcmp(c->org[i].name, name) == 0)
            return true;
    return false;
}

static void check_org(const struct config_org *org)
{
    size_t n = 0;
    assert(name_valid(org->name) && provider_known(org->provider));
    assert(org->url || provider_url(org->provider));
    while (org->option[n].name) {
        assert(org->option[n].value);
        n++;
    }
    assert(n <= CONFIG_OPTIONS_MAX);
}

static void check_account(const struct config *c, const struct config_account *a)
{
    assert(known_org(c, a->org) && (a->home || a->shell));
    assert(!a->home || (!home_pattern_fault(a->home) && !home_patterns_meet(a->home, c->home)));
}

static void check_sudo(const struct config_sudo *sudo)
{
    const char *command = sudo->commands.first;
    assert(sudo->group && !sudo->group->local && !sudo->group->everyone);
    assert(sudo->commands.count > 0);
    for (uint32_t i = 0; i < sudo->commands.count; i++, command = text_list_next(command))
        assert(!sudo_command_fault(command) && !strchr(command, '\n'));
}

static void check(const struct config *c)
{
    assert(c->org_count >= 1 && c->org_count <= SNAPSHOT_ORGS_MAX);
    assert(!c->range_first || (id_valid(c->range_first) && c->range_first <= c->range_last));
    assert(c->home[0] == '/' && c->shell[0] == '/');
    for (uint32_t i = 0; i < c->org_count; i++)
        check_org(&c->org[i]);
    assert(c->group_count <= CONFIG_GROUPS_MAX);
    for (uint32_t i = 0; i < c->group_count; i++)
        assert(name_valid(c->group[i].name) && known_org(c, c->group[i].org));
    assert(c->account_count <= CONFIG_ACCOUNTS_MAX && c->sudo_count <= CONFIG_SUDO_MAX);
    for (uint32_t i = 0; i < c->account_count; i++)
        check_account(c, &c->account[i]);
    for (uint32_t i = 0; i < c->sudo_count; i++)
        check_sudo(&c->sudo[i]);
    assert(c->rules.count <= RULES_MAX);
    for (size_t i = 0; i < c->rules.count; i++)
        assert(known_org(c, c->rules.rule[i].org) && c->rules.rule[i].services.count > 0);
    assert(c->timeout_ms >= 0 && c->poll_ms > 0 && c->login_max_age_ms >= 0 &&
           c->offline_grace_s >= 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char error[CONFIG_ERROR_LEN] = "";
    FILE *f = fopen(path, "we");
    assert(f && fwrite(data, 1, size, f) == size);
    fclose(f);
    struct config *c = config_load(path, error);
    if (c)
        check(c);
    else
        assert(error[0] && !strchr(error, '\n'));
    config_free(c);
    return 0;
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    mkdir(ORG_STATEDIR, 0755);
    return 0;
}
