#include "orgd/now.h"

#include <pthread.h>
#include <stdbool.h>

#include "common/clock.h"

static struct {
    pthread_mutex_t lock;
    bool known;
    int64_t offset; /* of the database's clock to clock_mono_ms */
} database = {.lock = PTHREAD_MUTEX_INITIALIZER};

int64_t now_ms(void)
{
    pthread_mutex_lock(&database.lock);
    int64_t now = database.known ? clock_mono_ms() + database.offset : clock_wall_ms();
    pthread_mutex_unlock(&database.lock);
    return now;
}

void now_learn(int64_t told, int64_t before, int64_t after)
{
    int64_t least = told - after, most = told - before;
    pthread_mutex_lock(&database.lock);
    if (!database.known)
        database.offset = least + (most - least) / 2;
    else if (database.offset < least)
        database.offset = least;
    else if (database.offset > most)
        database.offset = most;
    database.known = true;
    pthread_mutex_unlock(&database.lock);
}
