/* host doctor: names and numbers of users and groups. */
#include <ctype.h>
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/confirm.h"
#include "common/local.h"
#include "orgadmin/host/child.h"
#include "orgadmin/host/doctor.h"
#include "orgadmin/host/withheld.h"

#define NSSWITCH        "/etc/nsswitch.conf"
#define NSS_MODULE      "libnss_org.so.2"
#define LOOKUP_LIMIT_MS 10000
#define GROUPS_MAX      1024
#define NO_LOGIN        "4294967295" /* proc(5), loginuid: nobody's session */
#define LINE_SIZE       4096

/* --- names --- */

struct standings {
    unsigned reserved, others;
    char first_reserved[512], first_other[512];
};

static bool note_standing(const struct withheld *m, void *arg)
{
    struct standings *s = arg;
    bool reserved = strcmp(m->standing, WITHHELD_RESERVED) == 0;
    const char *who = reserved ? m->name : *m->wanted ? m->wanted : m->id;
    if ((reserved ? s->reserved++ : s->others++) == 0)
        snprintf(reserved ? s->first_reserved : s->first_other, sizeof s->first_other,
                 "%.64s of %.32s: %.200s", who, m->org, m->why);
    return true;
}

/* Names that members chose and that are, or may come to be, somebody else's. */
static void check_names(struct doctor *d)
{
    struct standings s = {0};
    if (withheld_each(note_standing, &s) < 0) {
        doctor_note(d, "names", FOUND_SKIPPED, "", "orgsyncd does not name the withheld members");
        return;
    }
    if (s.reserved)
        doctor_note(d, "names", FOUND_FAILURE,
                    "decide in orglogin.conf: users.allowed lets them have it, users.reserved "
                    "withholds them, users.name = \"acme-%u\" gives all names of their own",
                    "%u member%s served under a reserved name: %s", s.reserved,
                    s.reserved == 1 ? " is" : "s are", s.first_reserved);
    else if (s.others)
        doctor_note(d, "names", FOUND_WARNING,
                    "orgadmin host status names them; orgadmin host explain says why",
                    "%u member%s withheld or under another name: %s", s.others,
                    s.others == 1 ? " is" : "s are", s.first_other);
    else
        doctor_note(d, "names", FOUND_OK, "", "nobody is withheld, or has a reserved name");
}

/* --- nsswitch.conf --- */

/* The services of DATABASE into OUT; false when there is no such line. */
static bool nsswitch_line(const char *database, char out[LINE_SIZE])
{
    char line[LINE_SIZE];
    size_t len = strlen(database);
    bool found = false;
    FILE *f = fopen(NSSWITCH, "re");
    while (f && !found && fgets(line, sizeof line, f)) {
        const char *at = line + strspn(line, " \t");
        line[strcspn(line, "#\n")] = '\0';
        if (strncmp(at, database, len) != 0)
            continue;
        at += len + strspn(at + len, " \t");
        found = *at == ':';
        if (found)
            snprintf(out, LINE_SIZE, "%s", at + 1);
    }
    if (f)
        fclose(f);
    return found;
}

/* True when what stands in the brackets at ACTIONS ends the search for a name that is not known. */
static bool ends_search(const char *actions)
{
    char text[128];
    size_t n = 0;
    for (; actions[n] && actions[n] != ']' && n < sizeof text - 1; n++)
        text[n] = (char)toupper((unsigned char)actions[n]);
    text[n] = '\0';
    return strstr(text, "NOTFOUND=RETURN") || strstr(text, "!SUCCESS=RETURN");
}

bool nsswitch_has(const char *database)
{
    char line[LINE_SIZE];
    return nsswitch_line(database, line);
}

/* True if the LEN bytes at AT are WORD. */
static bool word_is(const char *at, size_t len, const char *word)
{
    return len == strlen(word) && strncmp(at, word, len) == 0;
}

/* The fault of the word org at AT, "" without one. FILES: files is before it. ENDS: an action
 * before it ends the search. */
static const char *org_fault(const char *at, bool files, bool ends)
{
    if (!files)
        return "org stands in front of files";
    if (ends)
        return "org is never asked: [NOTFOUND=return] is before it";
    return strstr(at, "systemd") ? "org stands in front of systemd" : "";
}

enum nsswitch nsswitch_look(const char *database, char why[NSSWITCH_WHY_MAX])
{
    char line[LINE_SIZE] = "files", *at = line; /* glibc's own, where there is no line */
    bool files = false, ends = false;
    nsswitch_line(database, line);
    *why = '\0';
    while (*(at += strspn(at, " \t")) != '\0') {
        size_t len = *at == '[' ? strcspn(at, "]") : strcspn(at, " \t[");
        if (word_is(at, len, "org")) {
            snprintf(why, NSSWITCH_WHY_MAX, "%s", org_fault(at, files, ends));
            return *why ? NSSWITCH_WRONG : NSSWITCH_GOOD;
        }
        if (*at == '[')
            ends |= ends_search(at);
        files |= word_is(at, len, "files") || word_is(at, len, "compat");
        at += len + (at[len] == ']');
    }
    snprintf(why, NSSWITCH_WHY_MAX, "org is not there");
    return NSSWITCH_LACKS;
}

static bool check_nsswitch(struct doctor *d)
{
    static const char *const databases[] = {"passwd", "group", "shadow", "initgroups"};
    char why[NSSWITCH_WHY_MAX], advice[128];
    for (size_t i = 0; i < 4; i++) {
        if (i == 3 && !nsswitch_has(databases[i])) /* then it goes by group */
            break;
        if (nsswitch_look(databases[i], why) == NSSWITCH_GOOD)
            continue;
        snprintf(advice, sizeof advice,
                 i == 3 ? "remove that line: the line group then decides" : "%s: files systemd org",
                 databases[i]);
        doctor_note(d, "nsswitch.conf", FOUND_FAILURE, advice, NSSWITCH ", %s: %s", databases[i],
                    why);
        return false;
    }
    if (nsswitch_has("sudoers") && nsswitch_look("sudoers", why) != NSSWITCH_LACKS)
        doctor_note(d, "nsswitch.conf", FOUND_WARNING, "sudoers: files",
                    NSSWITCH ", sudoers: org has no rules for sudo; with it sudo may read none");
    else
        doctor_note(d, "nsswitch.conf", FOUND_OK, "", "org is behind files");
    return true;
}

/* --- the module --- */

/* In a child: loads the module as glibc does. */
static int load_module(void *arg)
{
    (void)arg;
    void *module = dlopen(NSS_MODULE, RTLD_NOW);
    if (module && dlsym(module, "_nss_org_getpwnam_r"))
        return 0;
    printf("%s", dlerror());
    return 1;
}

/* Does the process with the number PID, which nobody has logged in for, go on with a module that
 * was replaced? A session's shell does not matter. */
static bool is_behind(const char *pid)
{
    char path[64], line[LINE_SIZE], text[16] = "";
    bool behind = false;
    snprintf(path, sizeof path, "/proc/%.20s/loginuid", pid);
    FILE *f = fopen(path, "re");
    bool session = f && fgets(text, sizeof text, f) && strcmp(text, NO_LOGIN) != 0;
    if (f)
        fclose(f);
    snprintf(path, sizeof path, "/proc/%.20s/maps", pid);
    f = session ? NULL : fopen(path, "re");
    while (f && !behind && fgets(line, sizeof line, f))
        behind = strstr(line, "/" NSS_MODULE " (deleted)") != NULL;
    if (f)
        fclose(f);
    return behind;
}

/* Counts the programs that go on with a replaced module; their names, as far as they fit, into
 * NAMES, each once. */
static unsigned programs_behind(char names[DOCTOR_TEXT_MAX])
{
    unsigned count = 0;
    DIR *proc = opendir("/proc");
    *names = '\0';
    for (struct dirent *e; proc && (e = readdir(proc)) != NULL;) {
        char path[64], name[32] = "?";
        if (!isdigit((unsigned char)e->d_name[0]) || !is_behind(e->d_name))
            continue;
        snprintf(path, sizeof path, "/proc/%.20s/comm", e->d_name);
        FILE *f = fopen(path, "re");
        if (f && fgets(name, sizeof name, f))
            name[strcspn(name, "\n")] = '\0';
        if (f)
            fclose(f);
        size_t used = strlen(names);
        if (!strstr(names, name))
            snprintf(names + used, DOCTOR_TEXT_MAX - used, "%s%s", used ? ", " : "", name);
        count++;
    }
    if (proc)
        closedir(proc);
    return count;
}

static void check_upgrade(struct doctor *d)
{
    char names[DOCTOR_TEXT_MAX];
    unsigned count = programs_behind(names);
    if (count)
        doctor_note(
            d, "upgrade", FOUND_WARNING,
            "restart them, or the machine: they may not understand what orgsyncd writes now",
            "%u program%s with a libnss_org that was replaced: %s", count,
            count == 1 ? " goes on" : "s go on", names);
    else
        doctor_note(d, "upgrade", FOUND_OK, "", "no daemon has an older libnss_org");
}

static bool check_module(struct doctor *d)
{
    struct child c;
    child_start(&c, load_module, NULL, LOOKUP_LIMIT_MS);
    bool good = child_end(&c) && c.status == 0;
    if (good)
        doctor_note(d, "libnss_org", FOUND_OK, "", NSS_MODULE " can be loaded");
    else
        doctor_note(d, "libnss_org", FOUND_FAILURE, "reinstall the package, then run ldconfig",
                    NSS_MODULE ": %s", c.fate[0] ? c.fate : c.out);
    return good;
}

/* In a child: asks glibc of the member, as every program does; prints what is not as it should be.
 */
static int look_up(void *arg)
{
    const struct doctor *d = arg;
    struct snapshot_grants grants;
    gid_t gid, groups[GROUPS_MAX];
    int count = GROUPS_MAX;
    const struct passwd *pw = getpwnam(d->member.name);
    if (!pw)
        return printf("there is no user %s", d->member.name) < 0;
    if (pw->pw_uid != d->member.uid)
        return printf("%s is uid %" PRIu32 ", not %" PRIu32, d->member.name, (uint32_t)pw->pw_uid,
                      d->member.uid) < 0;
    if (snapshot_grants(&d->snapshot, d->member.grants_ref, &grants) != SNAPSHOT_OK ||
        getgrouplist(d->member.name, pw->pw_gid, groups, &count) < 0)
        return 0;
    for (uint32_t i = 0; i < grants.gid_count; i++) {
        int n = 0;
        if (!snapshot_gid(&grants, i, &gid))
            continue;
        while (n < count && groups[n] != gid)
            n++;
        if (n == count)
            return printf("%s is not in the group %" PRIu32, d->member.name, (uint32_t)gid) < 0;
    }
    return 0;
}

/* ABLE: what it needs is there. */
static void check_lookup(struct doctor *d, bool able)
{
    struct child c;
    if (!able || !d->member.name) {
        doctor_note(d, "lookup", FOUND_SKIPPED, "",
                    able ? "there is no active member to look up" : "it cannot work");
        return;
    }
    child_start(&c, look_up, d, LOOKUP_LIMIT_MS);
    child_end(&c);
    d->lookup = !c.fate[0] && !c.out[0];
    if (!d->lookup)
        doctor_note(d, "lookup", FOUND_FAILURE,
                    "run getent passwd and id with that name: another service in "
                    "nsswitch.conf, or nscd, may answer first",
                    "%s%s", c.fate[0] ? "it " : "", c.fate[0] ? c.fate : c.out);
    else
        doctor_note(d, "lookup", FOUND_OK, "", "%s is uid %" PRIu32 ", with all groups",
                    d->member.name, d->member.uid);
}

/* In a child: asks glibc of the first members; prints whose name another name service gives another
 * number. */
static int look_for_namesakes(void *arg)
{
    const struct doctor *d = arg;
    struct snapshot_user user;
    struct doctor_walk walk = {0};
    while (doctor_next_member(d, &walk, &user)) {
        const struct passwd *pw = getpwnam(user.name);
        if (pw && pw->pw_uid != user.uid)
            return printf("%s is uid %" PRIu32 " there, and the member %" PRIu32, user.name,
                          (uint32_t)pw->pw_uid, user.uid) < 0;
    }
    return 0;
}

/* The words of nsswitch.conf's passwd line beside files, systemd and ours. */
static const char *other_services(char out[LINE_SIZE])
{
    char line[LINE_SIZE] = "", *rest = line;
    size_t used = 0;
    nsswitch_line("passwd", line);
    *out = '\0';
    for (char *word; used < LINE_SIZE && (word = strsep(&rest, " \t")) != NULL;)
        if (isalpha((unsigned char)*word) && strcmp(word, "files") != 0 &&
            strcmp(word, "systemd") != 0 && strcmp(word, "org") != 0 && !strchr(word, ']'))
            used += (size_t)snprintf(out + used, LINE_SIZE - used, "%s%s", used ? ", " : "", word);
    return out;
}

/* Another name service can have accounts with members' names, whose logins are refused then. */
static void check_namesakes(struct doctor *d)
{
    struct child c;
    char services[LINE_SIZE];
    if (!d->lookup || !*other_services(services))
        return;
    child_start(&c, look_for_namesakes, d, LOOKUP_LIMIT_MS);
    child_end(&c);
    if (c.fate[0] || c.out[0])
        doctor_note(d, "other name services", FOUND_WARNING,
                    "rename one of the two, or users.name = \"acme-%u\" in orglogin.conf: until "
                    "then that login is the other account's",
                    "%s: %s", services, c.fate[0] ? c.fate : c.out);
    else
        doctor_note(d, "other name services", FOUND_OK, "", "%s: no member's name", services);
}

/* --- nscd --- */

static bool nscd_runs(void)
{
    static const struct sockaddr_un addr = {.sun_family = AF_UNIX,
                                            .sun_path = "/var/run/nscd/socket"};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    bool runs = fd >= 0 && connect(fd, (const struct sockaddr *)&addr, sizeof addr) == 0;
    if (fd >= 0)
        close(fd);
    return runs;
}

/* True if nscd.conf(5) says that TABLE is not cached. */
static bool nscd_leaves(const char *table)
{
    char line[LINE_SIZE], what[32], of[32], how[32];
    bool leaves = false;
    FILE *f = fopen("/etc/nscd.conf", "re");
    while (f && fgets(line, sizeof line, f))
        if (sscanf(line, "%31s %31s %31s", what, of, how) == 3 &&
            strcmp(what, "enable-cache") == 0 && strcmp(of, table) == 0)
            leaves = strcmp(how, "no") == 0;
    if (f)
        fclose(f);
    return leaves;
}

static void check_nscd(struct doctor *d)
{
    bool runs = nscd_runs();
    if (runs && !(nscd_leaves("passwd") && nscd_leaves("group")))
        doctor_note(
            d, "nscd", FOUND_WARNING,
            "in /etc/nscd.conf enable-cache passwd no, enable-cache group no; or nscd -i "
            "passwd; nscd -i group after each change",
            "nscd keeps the entries of members who left (their logins are refused all the same)");
    else
        doctor_note(d, "nscd", FOUND_OK, "", "%s",
                    runs ? "runs, and leaves users and groups alone" : "does not run");
}

void doctor_names(struct doctor *d)
{
    check_names(d);
    bool asked = check_nsswitch(d), loaded = check_module(d);
    check_upgrade(d);
    check_lookup(d, asked && loaded && d->snapshot.base);
    check_namesakes(d);
    check_nscd(d);
}
