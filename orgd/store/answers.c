/* The answers to changes that clients gave a key of their own. */
#include <string.h>

#include "orgd/store/column.h"
#include "orgd/store/database.h"

bool store_answer(struct store *s, const char *scope, const char *key, struct kept_answer *answer)
{
    struct rowset *stmt =
        statement_begin(s, ANSWER_BY_KEY, VALUES(value_text(scope), value_text(key)));
    bool found = statement_row(s, stmt);
    if (found) {
        const char *sealed = column_lent(stmt, 1);
        column_text(s, stmt, 0, answer->token, sizeof answer->token);
        if (!buffer_add(&answer->sealed, sealed, strlen(sealed), KEPT_ANSWER_MOST))
            store_fail(s, "an answer in the data is too long");
    }
    statement_end(stmt);
    return found && !s->failed;
}

void store_answer_add(struct store *s, const char *scope, const char *key,
                      const struct kept_answer *answer, int64_t now)
{
    statement_run(s, ANSWER_ADD,
                  VALUES(value_text(scope), value_text(key), value_text(answer->token),
                         value_text(answer->sealed.data), value_number(now)));
    statement_run(s, ANSWER_TRIM, VALUES(value_text(answer->token), value_number(KEPT_ANSWERS)));
}

int64_t store_answers_prune(struct store *s, int64_t before, int most)
{
    statement_run(s, ANSWER_PRUNE, VALUES(value_number(before), value_number(most)));
    return statement_changes(s);
}
