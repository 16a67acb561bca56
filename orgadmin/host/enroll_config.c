/* host enroll: orglogin.conf. */
#include <inttypes.h>
#include <unistd.h>

#include "common/name.h"
#include "common/paths.h"
#include "orgadmin/host/enroll.h"

/* A string of libconfig's. */
static void write_text(FILE *f, const char *text)
{
    putc('"', f);
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            putc('\\', f);
        putc(*text, f);
    }
    putc('"', f);
}

static void write_setting(FILE *f, const char *indent, const char *name, const char *text)
{
    if (*text == '\0')
        return;
    fprintf(f, "%s    %s = ", indent, name);
    write_text(f, text);
    fputs(";\n", f);
}

/* The first of these ranges that no other organization here has; NULL when they all do. */
static const uint32_t *free_range(const struct host_config *c)
{
    /* The second one meets what SSSD takes for Active Directory, which few hosts have beside us. */
    static const uint32_t range[][2] = {{ID_RANGE_FIRST, ID_RANGE_LAST}, {1879048192, 2000199999}};
    for (size_t i = 0; i < sizeof range / sizeof *range; i++) {
        size_t n = 0;
        while (n < c->orgs &&
               (range[i][0] > c->org[n].range_last || range[i][1] < c->org[n].range_first))
            n++;
        if (n == c->orgs)
            return range[i];
    }
    return NULL;
}

static void write_range(const struct enrollment *e, FILE *f, const char *indent)
{
    const uint32_t *range = free_range(&e->config);
    if (e->first)
        fprintf(f, "%s    range = [%" PRIu32 ", %" PRIu32 "]; # as on the other hosts\n", indent,
                e->first, e->last);
    else if (range)
        fprintf(f, "%s    range = [%" PRIu32 ", %" PRIu32 "];\n", indent, range[0], range[1]);
    else
        fprintf(f, "%s    # range = [FIRST, LAST]; with numbers that no organization here has\n",
                indent);
}

void enroll_write_org(const struct enrollment *e, FILE *f, const char *indent)
{
    const struct context *now = &e->c.now;
    fprintf(f, "%s  {\n", indent);
    write_setting(f, indent, "name", e->name);
    write_setting(f, indent, "provider", now->provider);
    write_setting(f, indent, "url", now->url);
    write_setting(f, indent, "id", now->org_id);
    write_setting(f, indent, "token_file", e->token_path);
    write_setting(f, indent, "ca_file", now->ca_file);
    write_range(e, f, indent);
    if (now->options) {
        fprintf(f, "%s    options = { ", indent);
        for (size_t i = 0; i < now->options; i++) {
            fprintf(f, "%s = ", now->option[i].name);
            write_text(f, now->option[i].value);
            fputs("; ", f);
        }
        fputs("};\n", f);
    }
    fprintf(f, "%s  }", indent);
}

/* That of the fleet. A ledger that is there goes on as it began. */
static void write_placement(const struct enrollment *e, FILE *f)
{
    if (*e->placement)
        fprintf(f, "  placement = \"%s\";   # as on the other hosts\n", e->placement);
    else if (access(PATH_LEDGER, F_OK) < 0)
        fputs("  placement = \"blake2b\";\n", f);
}

/* Members name no group. Whether they choose their own names, orgd's organization says, and
 * elsewhere a member or his mail provider does. */
static void write_users(const struct enrollment *e, FILE *f)
{
    fputs(
        "\n);\n\n"
        "# Members as users. \"placement\", and \"range\" above, decide their numbers. All hosts\n"
        "# of the organization must have the same (orgadmin host status shows them), before\n"
        "# orgsyncd starts here: they cannot be changed later.\n"
        "users = {\n",
        f);
    write_placement(e, f);
    fprintf(
        f,
        "  private_groups = false;   # the primary group is the first group of everyone\n"
        "  # name = \"%s-%%u\";   # use this if members choose their names: such a name cannot\n"
        "                          # be the name of another user of this machine\n"
        "};\n\n",
        e->name);
}

void enroll_write_config(const struct enrollment *e, FILE *f)
{
    const char *name = e->name;
    fputs("# Made by orgadmin host enroll. " PATH_DOC "/orglogin.conf and orglogin.conf(5)\n"
          "# describe the other keys. After a change run orgsyncd --check, then systemctl reload\n"
          "# orgsyncd.\n"
          "organizations = (\n",
          f);
    enroll_write_org(e, f, "");
    write_users(e, f);
    fprintf(f,
            "# Groups for file access, sudoers and the like.\n"
            "groups = (\n"
            "  { name = \"%s\"; org = \"%s\"; everyone = true; }",
            name, name);
    if (e->admins)
        fprintf(f, ",\n  { name = \"%s-admins\"; org = \"%s\"; roles = [\"owner\", \"admin\"]; }",
                name, name);
    fputs("\n);\n\n"
          "# The PAM services that members may use: the first rule that matches admits; if none\n"
          "# matches, the login is refused. orgadmin role list shows the roles.\n"
          "access = (\n",
          f);
    fprintf(f, "  %s{ services = [\"*\"]; org = \"%s\"; roles = [%s]; },\n", e->admins ? "" : "# ",
            name, e->admins ? "\"owner\", \"admin\"" : "\"...\"");
    fprintf(f,
            "  { services = [\"sshd\", \"login\", \"cron\", \"systemd-user\"]; org = \"%s\"; "
            "everyone = true; }\n"
            ");\n\n"
            "# What is open of a member who is removed or suspended ends; \"keep\" lets it go on.\n"
            "sessions = { on_removal = \"end\"; };\n",
            name);
    if (e->admins)
        fprintf(f,
                "\n# The commands that sudo runs for members: orgsyncd makes " PATH_SUDOERS "\n"
                "# of it. Each entry needs a group of exactly these roles.\n" ENROLL_SUDO_OFF
                "( { org = \"%s\"; roles = [\"owner\", \"admin\"]; commands = [\"ALL\"]; "
                "nopasswd = true; } );\n",
                name);
}
