#include "orgd/source/reading.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/log.h"

#define FILE_PATTERN "/tmp/orgd-source-XXXXXX"
#define KEYS_MOST    32 /* of a member: as many as a host takes */
#define PIECE_MOST   (MIRROR_ID_MAX + 1 + READING_RECORD_MAX + 1 + READING_KEYS_MAX + 1)

void reading_clear(struct source_listing *r)
{
    if (r->file) { /* else it is made with the first member */
        rewind(r->file);
        if (ftruncate(fileno(r->file), 0) < 0)
            log_warning("what was read of a source stays in /tmp: %s", strerror(errno));
    }
    *r = (struct source_listing){.entries = r->entries, .room = r->room, .file = r->file};
}

void reading_free(struct source_listing *r)
{
    if (r->file)
        fclose(r->file);
    free(r->entries);
    *r = (struct source_listing){.file = NULL};
}

/* A file that has no name any more. */
static FILE *file_make(void)
{
    char path[] = FILE_PATTERN;
    int fd = mkostemp(path, O_CLOEXEC);
    FILE *file = fd >= 0 ? fdopen(fd, "w+e") : NULL;
    if (fd >= 0)
        unlink(path);
    if (fd >= 0 && !file)
        close(fd);
    return file;
}

static void id_hash(const char *id, unsigned char hash[READING_ID_HASH])
{
    crypto_generichash(hash, READING_ID_HASH, (const unsigned char *)id, strlen(id), NULL, 0);
}

/* --- a record as hosts get it --- */

static const cJSON *item_of(const cJSON *record, const char *name)
{
    return cJSON_GetObjectItemCaseSensitive(record, name);
}

static const char *text_of(const cJSON *record, const char *name)
{
    const char *text = cJSON_GetStringValue(item_of(record, name));
    return text ? text : "";
}

static void add_copy(cJSON *object, const char *name, const cJSON *item)
{
    if (item)
        cJSON_AddItemToObject(object, name, cJSON_Duplicate(item, true));
}

static void add_term(cJSON *object, const cJSON *record)
{
    if (!item_of(record, "role_ends"))
        return;
    cJSON *term = cJSON_AddObjectToObject(object, "roleEnd");
    add_copy(term, "at", item_of(record, "role_ends"));
    add_copy(term, "role", item_of(record, "roles_after"));
    add_copy(term, "permissions", item_of(record, "permissions_after"));
}

/* As members/changes has it (orgd/API.md), to be freed. What else a source tells, such as the token
 * of an invitation, does not leave. */
static char *record_text(const cJSON *record)
{
    static const char *const same[] = {"email", "username",    "name", "roles",
                                       "teams", "permissions", "state"};
    cJSON *object = cJSON_CreateObject();
    add_copy(object, "userId", item_of(record, "id"));
    for (size_t i = 0; i < sizeof same / sizeof *same; i++)
        add_copy(object, same[i], item_of(record, same[i]));
    add_term(object, record);
    add_copy(object, "joinedAt", item_of(record, "joined"));
    char *text = cJSON_PrintUnformatted(object);
    cJSON_Delete(object);
    return text;
}

/* The keys, "" when they were not read; to be freed. Those beyond what hosts take are left out. */
static char *keys_text(const cJSON *record)
{
    const cJSON *item;
    cJSON *array = cJSON_CreateArray();
    char *text = NULL;
    if (!cJSON_IsTrue(item_of(record, "keys_unread"))) {
        cJSON_ArrayForEach(item, item_of(record, "keys"))
        {
            if (cJSON_GetArraySize(array) < KEYS_MOST)
                cJSON_AddItemToArray(array, cJSON_Duplicate(item, true));
        }
        text = cJSON_PrintUnformatted(array);
        while (strlen(text) > READING_KEYS_MAX) {
            cJSON_DeleteItemFromArray(array, cJSON_GetArraySize(array) - 1);
            cJSON_free(text);
            text = cJSON_PrintUnformatted(array);
        }
    }
    cJSON_Delete(array);
    return text ? text : memory_get(1);
}

/* --- gathering --- */

static bool entry_add(struct source_listing *r, const char *id, bool there, size_t size)
{
    if (r->count == READING_MEMBERS_MAX)
        return false;
    if (r->count == r->room) {
        r->room = r->room ? 2 * r->room : 256;
        r->entries = memory_or_exit(realloc(r->entries, r->room * sizeof *r->entries),
                                    r->room * sizeof *r->entries);
    }
    struct reading_entry *e = &r->entries[r->count++];
    *e = (struct reading_entry){.at = r->size, .size = (uint32_t)size, .there = there};
    id_hash(id, e->id);
    r->size += (int64_t)size;
    return true;
}

/* Writes the texts of a member; how many bytes they are, 0: they cannot be written. */
static size_t texts_write(FILE *file, const char *const texts[3])
{
    size_t size = 0;
    for (int i = 0; i < 3; i++) {
        size_t len = strlen(texts[i]) + 1;
        if (fwrite(texts[i], 1, len, file) != len)
            return 0;
        size += len;
    }
    return size;
}

static const char *keep(struct source_listing *r, const char *id, bool there,
                        const char *const texts[3])
{
    if (!r->file)
        r->file = file_make();
    size_t size = r->file ? texts_write(r->file, texts) : 0;
    if (size == 0)
        return "what was read cannot be kept in /tmp";
    return entry_add(r, id, there, size) ? NULL : "the source has too many members";
}

const char *reading_add(struct source_listing *r, const cJSON *record)
{
    const char *id = text_of(record, "id"), *fault = NULL;
    size_t len = strnlen(id, MIRROR_ID_MAX + 1);
    if (len == 0 || len > MIRROR_ID_MAX)
        return NULL;
    char *text = record_text(record), *keys = keys_text(record);
    bool there = strcmp(text_of(record, "state"), "removed") != 0;
    if (strlen(text) <= READING_RECORD_MAX)
        fault = keep(r, id, there, (const char *const[]){id, text, keys});
    else
        log_warning("member %.64s of a source is left out: the record is too long", id);
    cJSON_free(text);
    free(keys);
    return fault;
}

static int compare_entries(const void *a, const void *b)
{
    const struct reading_entry *one = a, *other = b;
    int order = memcmp(one->id, other->id, READING_ID_HASH);
    return order != 0 ? order : (one->at > other->at) - (one->at < other->at);
}

const char *reading_end(struct source_listing *r)
{
    size_t kept = 0;
    if (r->file && fflush(r->file) != 0)
        return "what was read cannot be kept in /tmp";
    if (r->count > 1)
        qsort(r->entries, r->count, sizeof *r->entries, compare_entries);
    for (size_t i = 0; i < r->count; i++) { /* of several the last one counts */
        if (i + 1 < r->count &&
            memcmp(r->entries[i].id, r->entries[i + 1].id, READING_ID_HASH) == 0)
            continue;
        r->entries[kept++] = r->entries[i];
    }
    r->count = kept;
    return NULL;
}

/* --- looking --- */

bool reading_member(const struct source_listing *r, size_t i, struct buffer *text,
                    struct mirrored *member)
{
    const struct reading_entry *e = &r->entries[i];
    char piece[PIECE_MOST];
    ssize_t n = pread(fileno(r->file), piece, e->size, e->at);
    text->len = 0;
    if (n != (ssize_t)e->size || !buffer_add(text, piece, e->size, PIECE_MOST)) {
        log_error("what was read of a source is lost: %s", n < 0 ? strerror(errno) : "it is cut");
        return false;
    }
    member->id = text->data;
    member->record = member->id + strlen(member->id) + 1;
    member->keys = member->record + strlen(member->record) + 1;
    member->revision = 0;
    member->there = e->there;
    return true;
}

static int compare_id(const void *key, const void *entry)
{
    return memcmp(key, ((const struct reading_entry *)entry)->id, READING_ID_HASH);
}

int64_t reading_find(const struct source_listing *r, const char *id)
{
    unsigned char hash[READING_ID_HASH];
    id_hash(id, hash);
    const struct reading_entry *e =
        r->count > 0 ? bsearch(hash, r->entries, r->count, sizeof *e, compare_id) : NULL;
    return e ? e - r->entries : -1;
}
