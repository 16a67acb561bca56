#include "orgadmin/host/pam_stack.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#define ENTRIES_MAX 256
#define DEPTH_MAX   16 /* of files that include each other, as libpam has it */
#define LINE_SIZE   4096
#define NAME_SIZE   64

/* libpam's action for a module's answer; a value from 1 on is a number of entries to skip. */
enum action { RESET = -5, DIE, BAD, DONE, OK, IGNORE = 0 };

/* Answers as far as they differ here. */
enum module_answer { SUCCESS, PERM_DENIED, AUTH_ERR, ANSWERS };

static const char *const answer_keys[ANSWERS] = {"success", "perm_denied", "auth_err"};

struct stack_entry {
    int level;     /* in how many substacks it is */
    bool substack; /* the entries behind it that are one level deeper are its */
    bool ours;     /* pam_org */
    enum module_answer answer;
    int action[ANSWERS];
};

struct stack {
    const char *type; /* the phase */
    struct stack_entry entry[ENTRIES_MAX];
    size_t count;
    int depth;
    char *why;
    bool broken;
    const char *part;   /* a file that is looked for */
    const char *module; /* likewise a module */
    bool has_part, has_module;
};

const char *const pam_stack_doors[] = {"sshd", "login", "sudo",  "sudo-i",       "su",
                                       "su-l", "cron",  "crond", "systemd-user", NULL};

static const char *const places[] = {"/etc/pam.d", "/usr/lib/pam.d"};
#define PLACES (sizeof places / sizeof *places)

static void breaks(struct stack *s, const char *what, const char *problem)
{
    if (!s->broken)
        snprintf(s->why, PAM_STACK_WHY_MAX, "%.200s %s", what, problem);
    s->broken = true;
}

/* --- reading --- */

/* The next word of *AT, which is moved behind it: without spaces, or all in brackets. NULL at the
 * end of the line. */
static char *next_word(char **at)
{
    char *word = *at + strspn(*at, " \t\r\n");
    bool bracket = *word == '[';
    if (*word == '\0')
        return NULL;
    char *end = bracket ? strchr(word, ']') : NULL;
    end = end ? end + 1 : word + strcspn(word, " \t\r\n");
    *at = *end ? end + 1 : end;
    *end = '\0';
    return word;
}

static int action_of(const char *word, size_t len)
{
    static const struct {
        const char *word;
        int action;
    } table[] = {{"ignore", IGNORE}, {"ok", OK},   {"done", DONE},
                 {"bad", BAD},       {"die", DIE}, {"reset", RESET}};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (strlen(table[i].word) == len && strncmp(table[i].word, word, len) == 0)
            return table[i].action;
    long jump = isdigit((unsigned char)*word) ? strtol(word, NULL, 10) : 0;
    return jump > 0 && jump < ENTRIES_MAX ? (int)jump : BAD;
}

/* The value of KEY in "[success=1 default=ignore]"; false when it is not there. */
static bool control_value(const char *control, const char *key, int *action)
{
    size_t len = strlen(key);
    for (const char *at = control + 1; *at; at += strcspn(at, " \t]"), at += strspn(at, " \t]")) {
        at += strspn(at, " \t");
        if (strncmp(at, key, len) != 0 || at[len] != '=')
            continue;
        *action = action_of(at + len + 1, strcspn(at + len + 1, " \t]"));
        return true;
    }
    return false;
}

static void set_control(struct stack_entry *e, const char *control)
{
    static const struct {
        const char *word;
        int success, other;
    } table[] = {{"required", OK, BAD},
                 {"requisite", OK, DIE},
                 {"sufficient", DONE, IGNORE},
                 {"optional", OK, IGNORE}};
    int otherwise = BAD;
    if (*control == '[')
        control_value(control, "default", &otherwise);
    for (int a = 0; a < ANSWERS; a++) {
        e->action[a] = otherwise;
        if (*control == '[')
            control_value(control, answer_keys[a], &e->action[a]);
    }
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (strcasecmp(control, table[i].word) == 0) {
            e->action[SUCCESS] = table[i].success;
            e->action[PERM_DENIED] = e->action[AUTH_ERR] = table[i].other;
        }
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* The assumed answers of the module at PATH. */
static void set_module(struct stack_entry *e, const char *path)
{
    static const char *const pickers[] = {"pam_localuser.so", "pam_rootok.so", "pam_succeed_if.so",
                                          "pam_usertype.so",  "pam_deny.so",   "pam_listfile.so",
                                          "pam_wheel.so"};
    const char *name = base_name(path);
    e->ours = strcmp(name, "pam_org.so") == 0;
    e->answer = e->ours ? PERM_DENIED : SUCCESS;
    for (size_t i = 0; i < sizeof pickers / sizeof *pickers; i++)
        if (strcmp(name, pickers[i]) == 0)
            e->answer = AUTH_ERR;
}

static struct stack_entry *add(struct stack *s, int level)
{
    if (s->count == ENTRIES_MAX) {
        breaks(s, "the stack", "is too long to be looked at");
        return NULL;
    }
    s->entry[s->count] = (struct stack_entry){.level = level};
    return &s->entry[s->count++];
}

static bool read_service(struct stack *s, const char *name, int level);

static void include(struct stack *s, const char *name, int level)
{
    s->has_part |= s->part && strcmp(s->part, name) == 0;
    if (s->depth == DEPTH_MAX)
        breaks(s, name, "is included too deeply");
    else if (!s->broken && !read_service(s, name, level))
        breaks(s, name, "is included and is not there");
}

/* LINE without its comment, whole: what belongs to the account phase goes into S. */
static void read_line(struct stack *s, char *line, int level)
{
    char *at = line, *type = next_word(&at);
    char *control = type ? next_word(&at) : NULL;
    if (control && strcmp(type, "@include") == 0) {
        include(s, control, level);
        return;
    }
    char *module = control ? next_word(&at) : NULL;
    if (!module || strcasecmp(type + (*type == '-'), s->type) != 0)
        return;
    bool substack = strcasecmp(control, "substack") == 0;
    if (strcasecmp(control, "include") == 0) {
        include(s, module, level);
        return;
    }
    struct stack_entry *e = add(s, level);
    if (e && substack) {
        e->substack = true;
        include(s, module, level + 1);
    } else if (e) {
        set_control(e, control);
        set_module(e, module);
        s->has_module |= s->module && strcmp(base_name(module), s->module) == 0;
    }
}

/* Joins lines that end with a backslash. */
static void read_lines(struct stack *s, FILE *f, int level)
{
    char line[LINE_SIZE];
    size_t used = 0;
    while (!s->broken && fgets(line + used, (int)(sizeof line - used), f)) {
        if (!strchr(line + used, '\n') && !feof(f)) {
            breaks(s, "a line", "is too long");
            return;
        }
        line[used + strcspn(line + used, "#\n")] = '\0';
        size_t len = strlen(line);
        if (len > 0 && line[len - 1] == '\\' && len < sizeof line - 2) {
            line[len - 1] = ' ';
            used = len;
            continue;
        }
        used = 0;
        read_line(s, line, level);
    }
}

/* False when there is no such file; a file that is there and cannot be read breaks the stack. */
static bool read_service(struct stack *s, const char *name, int level)
{
    char path[PATH_MAX];
    FILE *f = NULL;
    for (size_t i = 0; i < PLACES && !f; i++) {
        if (*name == '/')
            snprintf(path, sizeof path, "%s", name);
        else
            snprintf(path, sizeof path, "%s/%s", places[i], name);
        f = fopen(path, "re");
        if (!f && errno != ENOENT) {
            breaks(s, path, "cannot be read");
            return true;
        }
    }
    if (!f)
        return false;
    s->depth++;
    read_lines(s, f, level);
    s->depth--;
    fclose(f);
    return true;
}

/* --- what libpam would make of it --- */

static size_t skip(const struct stack *s, size_t i, int entries)
{
    int level = s->entry[i].level;
    while (i < s->count && entries-- > 0)
        do
            i++;
        while (i < s->count && s->entry[i].level > level);
    return i;
}

/* The index of the entry behind the substack of entry I. */
static size_t leave(const struct stack *s, size_t i)
{
    int level = s->entry[i].level;
    while (i < s->count && level > 0 && s->entry[i].level >= level)
        i++;
    return level > 0 ? i : s->count;
}

/* libpam's dispatch (pam.d(5)): is the answer of the whole a success? */
static bool admits(const struct stack *s)
{
    enum { OPEN, GOOD, WRONG } so_far = OPEN, before[DEPTH_MAX + 2] = {OPEN};
    size_t i = 0;
    while (i < s->count) {
        const struct stack_entry *e = &s->entry[i];
        size_t next = i + 1;
        int action = e->substack ? IGNORE : e->action[e->answer];
        if (e->substack)
            before[e->level + 1] = so_far;
        if ((action == OK || action == DONE) && so_far == OPEN)
            so_far = GOOD;
        if (action == BAD || action == DIE)
            so_far = WRONG;
        if (action == RESET)
            so_far = before[e->level];
        if (action == DIE || (action == DONE && so_far == GOOD))
            next = leave(s, i);
        if (action > 0)
            next = skip(s, i + 1, action);
        i = next;
    }
    return so_far == GOOD;
}

enum pam_stack pam_stack_look(const char *service, char why[PAM_STACK_WHY_MAX])
{
    struct stack s = {.type = "account", .why = why};
    bool asked = false;
    why[0] = '\0';
    if (!read_service(&s, service, 0))
        return PAM_STACK_NONE;
    if (s.broken)
        return PAM_STACK_BROKEN;
    for (size_t i = 0; i < s.count; i++)
        asked |= s.entry[i].ours;
    if (s.count == 0)
        return PAM_STACK_EMPTY;
    if (!admits(&s))
        return PAM_STACK_GUARDED;
    snprintf(why, PAM_STACK_WHY_MAX, "%s",
             asked ? "lets in whom pam_org refuses: a line in front of it ends the stack, or its "
                     "own control does not"
                   : "does not ask pam_org in its account phase");
    return PAM_STACK_OPEN;
}

/* --- the services --- */

bool pam_stack_has(const char *service, const char *type, const char *module)
{
    char why[PAM_STACK_WHY_MAX];
    struct stack s = {.type = type, .why = why, .module = module};
    return read_service(&s, service, 0) && s.has_module;
}

bool pam_stack_succeeds(const char *service, const char *type)
{
    char why[PAM_STACK_WHY_MAX];
    struct stack s = {.type = type, .why = why};
    return read_service(&s, service, 0) && !s.broken && admits(&s);
}

static void look_for_part(void *arg, const char *service)
{
    char why[PAM_STACK_WHY_MAX];
    struct stack *found = arg, s = {.type = "account", .why = why, .part = found->part};
    read_service(&s, service, 0);
    found->has_part |= s.has_part;
}

bool pam_stack_is_part(const char *name)
{
    struct stack found = {.part = name};
    pam_stack_services(look_for_part, &found);
    return found.has_part;
}

static int is_service(const struct dirent *entry)
{
    /* Not what editors and package managers leave behind, which nobody has for a service's name. */
    return entry->d_name[0] != '.' && !strpbrk(entry->d_name, ".~#");
}

void pam_stack_services(void (*each)(void *arg, const char *service), void *arg)
{
    for (size_t p = 0; p < PLACES; p++) {
        struct dirent **entries = NULL;
        int count = scandir(places[p], &entries, is_service, alphasort);
        for (int i = 0; i < count; i++) {
            char first[PATH_MAX];
            snprintf(first, sizeof first, "%s/%s", places[0], entries[i]->d_name);
            if (p == 0 || access(first, F_OK) != 0)
                each(arg, entries[i]->d_name);
            free(entries[i]);
        }
        free(entries);
    }
}
