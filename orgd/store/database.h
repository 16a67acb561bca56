/*
 * The store behind store.h, for the files of this folder: the memory of a failure, and the way to
 * run a statement of sql.h in whichever database it is (engine.h). With a store that has failed
 * nothing runs, and no row comes.
 */
#ifndef ORGD_STORE_DATABASE_H
#define ORGD_STORE_DATABASE_H

#include <stdbool.h>
#include <stdint.h>

#include "orgd/buffer.h"
#include "orgd/store/engine.h"
#include "orgd/store/sql.h"
#include "orgd/store/store.h"

/* A token's user, or its maker, who never change: whom a request will ask for. */
#define HOLDERS 256
struct token_holder {
    char key[ID_SIZE]; /* of the token */
    char user[ID_SIZE];
};

struct store {
    const struct engine *engine;
    struct token_holder holders[HOLDERS]; /* by a hash of the token's key */
    const char *name;                     /* of the data, for messages */
    bool failed;
    bool full;            /* it failed for want of room on the disk */
    bool again;           /* it failed because another connection was in the way */
    bool too_long;        /* it failed because a read took more steps than it may */
    bool away;            /* it failed because the database cannot be reached */
    bool unknown;         /* it failed, and nobody knows whether the change was made */
    bool changes;         /* the transaction may change something */
    bool together;        /* between store_gather and store_settle */
    bool nested;          /* there, in a change that can be undone alone */
    bool within;          /* there, in another transaction */
    int64_t written;      /* what the engine has counted at the beginning of that */
    struct buffer locked; /* the organizations that this change has locked, ID_SIZE each */
    struct buffer moved;  /* commits.c: those whose members it has changed */
};

/* The store has failed because of WHY, which one line on stderr says. */
void store_fail(struct store *s, const char *why);

/* ORGANIZATION is about to be changed: the store has failed if store_lock has not locked it. */
void need_lock(struct store *s, const char *organization);

/* The value of one parameter of a statement. */
struct bound_value {
    enum value_type { VALUE_END, VALUE_TEXT, VALUE_NUMBER, VALUE_BYTES } type;
    int size; /* of BYTES */
    union {
        const char *text;
        int64_t number;
        const unsigned char *bytes;
    };
};

static inline struct bound_value value_text(const char *text)
{
    return (struct bound_value){.type = VALUE_TEXT, .text = text};
}

static inline struct bound_value value_number(int64_t number)
{
    return (struct bound_value){.type = VALUE_NUMBER, .number = number};
}

static inline struct bound_value value_hash(const unsigned char hash[SECRET_HASH_SIZE])
{
    return (struct bound_value){.type = VALUE_BYTES, .size = SECRET_HASH_SIZE, .bytes = hash};
}

static inline struct bound_value value_tag(const unsigned char tag[HISTORY_TAG_SIZE])
{
    return (struct bound_value){.type = VALUE_BYTES, .size = HISTORY_TAG_SIZE, .bytes = tag};
}

/* VALUES(value_text(id), value_number(created)): those of ?1, ?2 and so on. */
#define VALUES(...)                                                                                \
    (const struct bound_value[])                                                                   \
    {                                                                                              \
        __VA_ARGS__,                                                                               \
        {                                                                                          \
            .type = VALUE_END                                                                      \
        }                                                                                          \
    }
#define NO_VALUES ((const struct bound_value[]){{.type = VALUE_END}})

/* The statement with its values, which must stay until statement_end. NULL when the store has
 * failed, also because there are more or fewer values than the statement has parameters. */
struct rowset *statement_begin(struct store *s, enum statement which,
                               const struct bound_value *values);

/* The statement will soon be begun with these values, texts: where a question costs a round trip it
 * is asked with the next one. The answer is of now: it counts until something is written or
 * locked. */
void statement_ahead(struct store *s, enum statement which, const struct bound_value *values);

/* True when there is a next row; STMT may be NULL. */
bool statement_row(struct store *s, struct rowset *stmt);

void statement_end(struct rowset *stmt);

/* Runs a statement that answers no row. */
void statement_run(struct store *s, enum statement which, const struct bound_value *values);

/* The number that a statement of one row and column answers, 0 without a row. */
int64_t statement_number(struct store *s, enum statement which, const struct bound_value *values);

/* True when the statement answers a row. */
bool statement_any(struct store *s, enum statement which, const struct bound_value *values);

/* The number of what OWNER has, of which PRUNE removes what has expired at NOW. COUNT answers the
 * number of all, and whether any of them has: a DELETE costs much also where it finds nothing. */
int64_t statement_left(struct store *s, enum statement count, enum statement prune,
                       const char *owner, int64_t now);

/* The number of rows that the latest statement_run has changed, 0 when the store has failed. */
int64_t statement_changes(struct store *s);

#endif
