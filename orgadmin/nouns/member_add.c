/* member add: one person, or a file of them. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "common/file.h"
#include "orgadmin/nouns/invite.h"
#include "orgadmin/nouns/issue.h"
#include "orgadmin/nouns/nouns.h"
#include "orgadmin/nouns/roster.h"
#include "orgadmin/nouns/vocabulary.h"
#include "orgadmin/output/output.h"
#include "orgadmin/remote/ask_first.h"
#include "orgadmin/remote/interrupt.h"

#define INPUT_MAX     (8U << 20)
#define ENTRIES_MAX   100000
#define EMAIL_LEN_MAX 254 /* RFC 5321 */
#define FAULTS_SHOWN  20

/* One line of the input. */
struct batch_entry {
    size_t number; /* from 1 */
    const char *email, *role;
    bool done;
};

struct batch {
    const char *from; /* the file, for messages */
    char *text;
    struct batch_entry *entries;
    size_t count;
    const char *permissions; /* for all of them, or NULL */
    cJSON *invited;
    struct person_roster roster; /* whom the API would change */
    size_t added, changed;       /* of INVITED */
    size_t already, failed;
    struct progress progress;
    struct private_file remainder, out;
};

static enum exit_status read_input(const char *path, struct batch *b)
{
    bool standard = strcmp(path, "-") == 0;
    b->from = standard ? "standard input" : path;
    const char *why;
    int fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    b->text = fd < 0 ? NULL : malloc(INPUT_MAX + 1);
    bool good = b->text && file_read(fd, b->text, INPUT_MAX + 1, &why) >= 0;
    int saved = errno;
    if (fd > STDERR_FILENO)
        close(fd);
    return good ? EXIT_DONE : complain(EXIT_USAGE, "%s: %s", b->from, strerror(saved));
}

/* The fault of LINE, which is cut into words, or NULL; ENTRY's email stays NULL when there is
 * nothing on it. */
static const char *parse_line(char *line, struct batch_entry *entry)
{
    static const char space[] = " \t\r";
    line[strcspn(line, "#")] = '\0';
    line += strspn(line, space);
    if (*line == '\0')
        return NULL;
    entry->email = line;
    line += strcspn(line, space);
    if (*line != '\0')
        *line++ = '\0';
    line += strspn(line, space);
    entry->role = *line ? line : NULL;
    line += strcspn(line, space);
    if (*line != '\0')
        *line++ = '\0';
    const char *at = strchr(entry->email, '@');
    if (line[strspn(line, space)] != '\0')
        return "there is more than an address and a role";
    if (strlen(entry->email) > EMAIL_LEN_MAX || !at || at == entry->email || at[1] == '\0')
        return "it does not begin with an e-mail address";
    return NULL;
}

static int compare_entries(const void *a, const void *b)
{
    const struct batch_entry *const *x = a, *const *y = b;
    int order = strcasecmp((*x)->email, (*y)->email);
    return order != 0 ? order : (*x)->number < (*y)->number ? -1 : 1;
}

/* Complains of each address that stands there twice: its second line would change what the first
 * one did. Returns how many. */
static size_t find_repeated(const struct batch *b)
{
    size_t faults = 0;
    const struct batch_entry **sorted = calloc(b->count + 1, sizeof *sorted);
    if (!sorted) {
        complain(EXIT_AWAY, "out of memory");
        return 1;
    }
    for (size_t i = 0; i < b->count; i++)
        sorted[i] = &b->entries[i];
    qsort(sorted, b->count, sizeof *sorted, compare_entries);
    for (size_t i = 1; i < b->count; i++)
        if (strcasecmp(sorted[i - 1]->email, sorted[i]->email) == 0 && ++faults <= FAULTS_SHOWN)
            complain(EXIT_USAGE, "%s:%zu: %s is on line %zu already", b->from, sorted[i]->number,
                     sorted[i]->email, sorted[i - 1]->number);
    free(sorted);
    return faults;
}

/* Everything is looked at before anything is sent. */
static enum exit_status parse(const char *role, struct batch *b)
{
    size_t number = 0, faults = 0;
    b->entries = calloc(ENTRIES_MAX, sizeof *b->entries);
    b->invited = cJSON_CreateArray();
    if (!b->entries || !b->invited)
        return complain(EXIT_AWAY, "out of memory");
    for (char *line = b->text, *next; line; line = next) {
        struct batch_entry entry = {.number = number + 1};
        number++;
        next = strchr(line, '\n');
        if (next)
            *next++ = '\0';
        const char *fault = parse_line(line, &entry);
        if (!fault && !entry.email)
            continue;
        if (!entry.role)
            entry.role = role;
        if (!fault && b->count == ENTRIES_MAX)
            fault = "there are more than 100000 addresses";
        if (fault && ++faults <= FAULTS_SHOWN)
            complain(EXIT_USAGE, "%s:%zu: %s", b->from, number, fault);
        else if (!fault)
            b->entries[b->count++] = entry;
    }
    faults += find_repeated(b);
    if (faults > 0)
        return complain(EXIT_USAGE, "%s: nobody is invited", b->from);
    return b->count ? EXIT_DONE : complain(EXIT_USAGE, "%s: there is no address in it", b->from);
}

/* Makes sure of the places for what is shown once, and for what is left. */
static enum exit_status begin_files(const struct invocation *inv, struct batch *b)
{
    const char *out = inv->option[OPTION_OUT], *remainder = inv->option[OPTION_REMAINDER];
    if (out && remainder && strcmp(out, remainder) == 0)
        return complain(EXIT_USAGE, "--out and --remainder are the same file");
    enum exit_status status = issue_begin(inv, &b->out);
    if (status != EXIT_DONE)
        return status;
    if (remainder && private_file_begin(&b->remainder, remainder) < 0)
        return complain(EXIT_USAGE, "--remainder %s: %s", remainder, strerror(errno));
    return EXIT_DONE;
}

/* Looks at the role of each line, when the API lists its roles. */
static enum exit_status check_roles(struct connection *c, const struct batch *b)
{
    struct vocabulary v = {NULL, NULL};
    size_t faults = 0, given = 0;
    for (size_t i = 0; i < b->count; i++)
        given += b->entries[i].role != NULL;
    if (given == 0 || !connection_takes(c, OP_ROLE_LIST, NULL))
        return EXIT_DONE;
    enum exit_status status = vocabulary_read(c, &v);
    for (size_t i = 0; status == EXIT_DONE && i < b->count && faults < FAULTS_SHOWN; i++) {
        char about[512];
        snprintf(about, sizeof about, "%s:%zu: ", b->from, b->entries[i].number);
        faults += vocabulary_check_roles(&v, c, about, b->entries[i].role) != EXIT_DONE;
    }
    vocabulary_free(&v);
    return faults ? complain(EXIT_NO, "%s: nobody is invited", b->from) : status;
}

/* Tells of each person whose role the file changes, and asks. */
static enum exit_status ask_about_changes(const struct invocation *inv, const struct connection *c,
                                          const struct batch *b)
{
    size_t changes = 0;
    for (size_t i = 0; i < b->count; i++) {
        const struct batch_entry *e = &b->entries[i];
        const struct roster_entry *known = roster_find(&b->roster, e->email);
        if (!known || roster_keeps(known, e->role))
            continue;
        changes++;
        note("%s:%zu: %s is %s as %s, and becomes %s.", b->from, e->number, e->email,
             known->member ? "a member" : "invited", known->role, e->role);
    }
    return changes == 0 ? EXIT_DONE
                        : ask_first(inv, "yes", "Change the roles of %zu of %zu people in %s?",
                                    changes, b->count, c->now.org_name);
}

/* Tells of a person who is there already, without whom the others are added. */
static void skip(const struct connection *c, struct batch *b, struct batch_entry *e,
                 const struct roster_entry *known)
{
    e->done = true;
    b->already++;
    progress_end(&b->progress);
    note("%s:%zu: %s is %s %s already%s%s.", b->from, e->number, e->email,
         known->member ? "a member of" : "invited to", c->now.org_name, *known->role ? " as " : "",
         known->role);
}

/* A member already is what was wanted. */
static bool is_member_already(const struct api_error *err)
{
    return err->status == API_REFUSED && strcmp(err->code, "already_member") == 0;
}

/* Keeps what has become of an address. RECORD is taken over. */
static void take_addition(struct batch *b, cJSON *record)
{
    const char *outcome = record_text(record, "outcome");
    b->added += strcmp(outcome, "added") == 0;
    b->changed += strcmp(outcome, "changed") == 0;
    if (!cJSON_AddItemToArray(b->invited, record))
        cJSON_Delete(record);
}

static enum exit_status invite(struct connection *c, struct batch *b, struct batch_entry *e)
{
    char about[512];
    cJSON *record = NULL;
    struct api_error err;
    const struct roster_entry *known = roster_find(&b->roster, e->email);
    const struct provider_arg args[] = {{"email", e->email},
                                        {"role", e->role},
                                        {"permissions", b->permissions},
                                        {"username", roster_username(known)},
                                        {0}};
    if (roster_keeps(known, e->role)) {
        skip(c, b, e, known);
        return EXIT_DONE;
    }
    enum api_status status =
        connection_try(c, OP_MEMBER_ADD, args, connection_first, &record, &err);
    if (status == API_OK) {
        take_addition(b, record);
        e->done = true;
        return EXIT_DONE;
    }
    cJSON_Delete(record);
    progress_end(&b->progress);
    e->done = is_member_already(&err);
    if (e->done) {
        b->already++;
        note("%s:%zu: %s is a member of %s already.", b->from, e->number, e->email,
             c->now.org_name);
        return EXIT_DONE;
    }
    b->failed++;
    snprintf(about, sizeof about, "%s:%zu: %s", b->from, e->number, e->email);
    return connection_complain(c, about, OP_MEMBER_ADD, &err);
}

/* Invites one after the other until the end, an interrupt, or an API that does not answer. */
static enum exit_status invite_all(struct connection *c, struct batch *b)
{
    enum exit_status status = EXIT_DONE;
    for (size_t i = 0; i < b->count && !interrupt_pending() && status != EXIT_AWAY; i++) {
        progress_show(&b->progress, "%zu of %zu", i + 1, b->count);
        enum exit_status now = invite(c, b, &b->entries[i]);
        if (now != EXIT_DONE)
            status = now;
    }
    progress_end(&b->progress);
    return status;
}

/* A text that grows; NULL is out of memory. */
static enum exit_status write_lines(struct private_file *f, char *text, size_t len)
{
    int rc = text ? private_file_commit(f, text, len) : -1;
    if (text)
        explicit_bzero(text, len);
    free(text);
    return rc == 0 ? EXIT_DONE : complain(EXIT_SETUP, "%s: %s", f->path, strerror(errno));
}

static enum exit_status write_remainder(struct batch *b, size_t *left)
{
    char *text = NULL;
    size_t len = 0;
    *left = 0;
    for (size_t i = 0; i < b->count; i++)
        *left += !b->entries[i].done;
    if (b->remainder.fd < 0)
        return EXIT_DONE;
    FILE *stream = open_memstream(&text, &len);
    for (size_t i = 0; stream && i < b->count; i++) {
        const struct batch_entry *e = &b->entries[i];
        if (!e->done)
            fprintf(stream, "%s%s%s\n", e->email, e->role ? " " : "", e->role ? e->role : "");
    }
    if (stream)
        fclose(stream);
    return write_lines(&b->remainder, text, len);
}

/* Hands out the tokens: into --out as lines of address and token, else with the records. */
static enum exit_status hand_out(const struct invocation *inv, struct batch *b)
{
    char *text = NULL;
    size_t len = 0;
    FILE *stream = b->out.fd < 0 ? NULL : open_memstream(&text, &len);
    enum exit_status status = EXIT_DONE;
    for (cJSON *i = b->out.fd < 0 ? NULL : b->invited->child; i; i = i->next) {
        if (stream)
            fprintf(stream, "%s %s\n", record_text(i, "email"), record_text(i, "token"));
        issue_strip(i);
    }
    if (stream)
        fclose(stream);
    if (b->out.fd >= 0)
        status = write_lines(&b->out, text, len);
    bool told = output_plain(inv) && (inv->option[OPTION_OUT] || !b->invited->child);
    if (!told) {
        enum exit_status printed = output(inv, b->invited);
        status = status == EXIT_DONE ? printed : status;
    }
    return status;
}

/* The roles stand in the remainder; the tokens of this run stay where they are. */
static void tell_how_to_go_on(const struct invocation *inv, const struct connection *c)
{
    char out[PRIVATE_PATH_MAX + 16] = "";
    struct hint line = {.used = 0};
    const char *remainder = inv->option[OPTION_REMAINDER];
    hint_option(&line, "--file", remainder);
    hint_option(&line, "--remainder", remainder);
    if (inv->option[OPTION_PERMISSIONS])
        hint_option(&line, "--permissions", inv->option[OPTION_PERMISSIONS]);
    for (int n = 2; inv->option[OPTION_OUT] && n < 1000; n++) {
        snprintf(out, sizeof out, "%s.%d", inv->option[OPTION_OUT], n);
        if (access(out, F_OK) != 0)
            break;
    }
    hint_option(&line, "--out", out);
    if (inv->option[OPTION_YES])
        hint_add(&line, "--yes");
    note("To go on: orgadmin member add%s%s", line.text, c->given.text);
}

static void summarize(const struct invocation *inv, const struct connection *c,
                      const struct batch *b, size_t done, size_t left)
{
    char others[64] = "";
    if (b->added + b->changed > 0)
        snprintf(others, sizeof others, ", %zu added, %zu changed", b->added, b->changed);
    note("%zu of %zu invited to %s%s; %zu there already, %zu failed, %zu not tried.",
         done - b->added - b->changed, b->count, c->now.org_name, others, b->already, b->failed,
         left - b->failed);
    if (left > 0 && inv->option[OPTION_REMAINDER])
        tell_how_to_go_on(inv, c);
}

static enum exit_status run_batch(const struct invocation *inv, struct connection *c,
                                  struct batch *b)
{
    size_t left, invited;
    enum exit_status status = begin_files(inv, b);
    if (status != EXIT_DONE)
        return status;
    status = invite_all(c, b);
    invited = (size_t)cJSON_GetArraySize(b->invited);
    enum exit_status handed = hand_out(inv, b), kept = write_remainder(b, &left);
    summarize(inv, c, b, invited, left);
    if (status == EXIT_AWAY)
        return status;
    if (handed != EXIT_DONE || kept != EXIT_DONE)
        return handed != EXIT_DONE ? handed : kept;
    return left > 0 ? EXIT_NO : EXIT_DONE;
}

static enum exit_status add_many(const struct invocation *inv)
{
    struct connection c;
    struct batch b = {
        .remainder.fd = -1, .out.fd = -1, .permissions = inv->option[OPTION_PERMISSIONS]};
    const struct provider_arg args[] = {
        {"role", inv->option[OPTION_ROLE]}, {"permissions", b.permissions}, {0}};
    enum exit_status status = read_input(inv->option[OPTION_FILE], &b);
    if (status == EXIT_DONE)
        status = parse(inv->option[OPTION_ROLE], &b);
    if (status == EXIT_DONE)
        status = connection_open_for(inv, OP_MEMBER_ADD, args, &c);
    if (status == EXIT_DONE) {
        c.patient = true;
        status = check_roles(&c, &b);
        if (status == EXIT_DONE)
            status = roster_read(&c, NULL, &b.roster);
        if (status == EXIT_DONE)
            status = ask_about_changes(inv, &c, &b);
        interrupt_hold();
        if (status == EXIT_DONE)
            status = run_batch(inv, &c, &b);
        fflush(stdout);
        interrupt_release();
        connection_close(&c);
    }
    roster_free(&b.roster);
    private_file_abandon(&b.remainder);
    private_file_abandon(&b.out);
    cJSON_Delete(b.invited);
    free(b.entries);
    free(b.text);
    return status;
}

enum exit_status member_add(const struct invocation *inv)
{
    bool many = inv->option[OPTION_FILE] != NULL;
    if (many && inv->arg[0])
        return complain(EXIT_USAGE, "give EMAIL or --file, not both");
    if (!many && !inv->arg[0])
        return complain(EXIT_USAGE, "an address is missing: give EMAIL, or --file FILE");
    if (!many && inv->option[OPTION_REMAINDER])
        return complain(EXIT_USAGE, "--remainder belongs to --file");
    if (many && inv->option[OPTION_USERNAME])
        return complain(EXIT_USAGE, "--username belongs to one address, not to --file");
    return many ? add_many(inv) : invite_person(inv, OP_MEMBER_ADD);
}
