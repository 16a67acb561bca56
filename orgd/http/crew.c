#include "orgd/http/crew.h"

#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/log.h"
#include "orgd/buffer.h"

#define THREADS_MOST 8
#define NICE         5
#define TOGETHER     64 /* changes that become durable at once */
#define TOGETHER_MS  20 /* and the time after which no further one joins them */

STAILQ_HEAD(job_list, job);

struct thread {
    pthread_t id;
    struct crew *crew;
    struct store *store;
};

struct crew {
    pthread_mutex_t lock; /* on all below but EVENT and the threads */
    pthread_cond_t wake;
    struct job_list waiting[CALLERS];
    unsigned running[CALLERS];
    unsigned most; /* jobs of one caller at a time */
    size_t turn;   /* the caller whose turn is next */
    size_t count;  /* waiting ones */
    struct job_list finished;
    bool stopping;
    enum crew_kind kind;
    int event;
    struct thread threads[THREADS_MOST];
    unsigned thread_count;
};

/* --- the queue, locked --- */

/* The next job of the next caller whose turn it is, or NULL. */
static struct job *job_take(struct crew *crew)
{
    for (size_t i = 0; crew->count > 0 && i < CALLERS; i++) {
        size_t caller = (crew->turn + i) % CALLERS;
        struct job *job = STAILQ_FIRST(&crew->waiting[caller]);
        if (!job || crew->running[caller] >= crew->most)
            continue;
        STAILQ_REMOVE_HEAD(&crew->waiting[caller], link);
        crew->turn = caller + 1;
        crew->running[caller]++;
        crew->count--;
        return job;
    }
    return NULL;
}

/* Waits for a job; NULL when there will be none. */
static struct job *job_wait(struct crew *crew)
{
    struct job *job;
    while (!(job = job_take(crew)) && !(crew->stopping && crew->count == 0))
        pthread_cond_wait(&crew->wake, &crew->lock);
    return job;
}

static void jobs_finish(struct crew *crew, struct job_list *jobs)
{
    const uint64_t one = 1;
    struct job *job;
    bool first = STAILQ_EMPTY(&crew->finished);
    STAILQ_FOREACH(job, jobs, link)
    crew->running[job->caller]--;
    STAILQ_CONCAT(&crew->finished, jobs);
    if (crew->count > 0 || crew->stopping)
        pthread_cond_broadcast(&crew->wake);
    if (first && write(crew->event, &one, sizeof one) != sizeof one)
        log_error("eventfd: %s", strerror(errno));
}

/* --- a thread --- */

static struct job *job_take_locked(struct crew *crew)
{
    pthread_mutex_lock(&crew->lock);
    struct job *job = job_take(crew);
    pthread_mutex_unlock(&crew->lock);
    return job;
}

/* Runs JOB and those that wait behind it. When that fails each is run by itself, so that one that
 * cannot be done does not take the others with it: on a full disk removals go on. */
static void changes_run(struct thread *thread, struct job *job, struct job_list *done)
{
    bool good = store_gather(thread->store);
    int64_t begun = clock_mono_ms();
    for (int i = 1; job; i++) {
        STAILQ_INSERT_TAIL(done, job, link);
        if (good)
            job->run(thread->store, job);
        bool next = i < TOGETHER && clock_mono_ms() - begun < TOGETHER_MS;
        job = next ? job_take_locked(thread->crew) : NULL;
    }
    if (good && store_settle(thread->store))
        return;
    STAILQ_FOREACH(job, done, link)
    job->run(thread->store, job);
}

static void *thread_main(void *arg)
{
    struct thread *thread = arg;
    struct crew *crew = thread->crew;
    struct job *job;
    if (crew->kind == CREW_READS) /* the loop and the changes come first */
        setpriority(PRIO_PROCESS, (id_t)gettid(), NICE);
    pthread_mutex_lock(&crew->lock);
    while ((job = job_wait(crew)) != NULL) {
        struct job_list done = STAILQ_HEAD_INITIALIZER(done);
        pthread_mutex_unlock(&crew->lock);
        if (crew->kind == CREW_CHANGES && store_gathers(thread->store)) {
            changes_run(thread, job, &done);
        } else {
            job->run(thread->store, job);
            STAILQ_INSERT_TAIL(&done, job, link);
        }
        pthread_mutex_lock(&crew->lock);
        jobs_finish(crew, &done);
    }
    pthread_mutex_unlock(&crew->lock);
    return NULL;
}

static bool thread_start(struct crew *crew, const struct store *store)
{
    struct thread *thread = &crew->threads[crew->thread_count];
    thread->crew = crew;
    thread->store = store_beside(store);
    if (!thread->store)
        return false;
    int error = pthread_create(&thread->id, NULL, thread_main, thread);
    if (error == 0) {
        crew->thread_count++;
        return true;
    }
    log_error("cannot start a thread: %s", strerror(error));
    store_close(thread->store);
    return false;
}

/* --- the loop --- */

struct crew *crew_open(const struct store *store, enum crew_kind kind, unsigned threads)
{
    struct crew *crew = memory_get(sizeof *crew);
    pthread_mutex_init(&crew->lock, NULL);
    pthread_cond_init(&crew->wake, NULL);
    for (size_t i = 0; i < CALLERS; i++)
        STAILQ_INIT(&crew->waiting[i]);
    STAILQ_INIT(&crew->finished);
    crew->kind = kind;
    crew->most = kind == CREW_CHANGES && store_gathers(store) ? TOGETHER
                 : threads > 1                                ? threads - 1
                                                              : 1;
    crew->event = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    bool good = crew->event >= 0;
    if (!good)
        log_error("eventfd: %s", strerror(errno));
    for (unsigned i = 0; good && i < threads && i < THREADS_MOST; i++)
        good = thread_start(crew, store);
    if (good)
        return crew;
    crew_stop(crew);
    crew_free(crew);
    return NULL;
}

void crew_add(struct crew *crew, struct job *job)
{
    pthread_mutex_lock(&crew->lock);
    STAILQ_INSERT_TAIL(&crew->waiting[job->caller], job, link);
    crew->count++;
    pthread_cond_signal(&crew->wake);
    pthread_mutex_unlock(&crew->lock);
}

int crew_descriptor(const struct crew *crew)
{
    return crew->event;
}

void crew_done(struct crew *crew)
{
    uint64_t count;
    struct job *job;
    struct job_list done = STAILQ_HEAD_INITIALIZER(done);
    pthread_mutex_lock(&crew->lock);
    if (read(crew->event, &count, sizeof count) < 0 && errno != EAGAIN)
        log_error("eventfd: %s", strerror(errno));
    STAILQ_CONCAT(&done, &crew->finished);
    pthread_mutex_unlock(&crew->lock);
    while ((job = STAILQ_FIRST(&done)) != NULL) {
        STAILQ_REMOVE_HEAD(&done, link);
        job->done(job);
    }
}

void crew_stop(struct crew *crew)
{
    pthread_mutex_lock(&crew->lock);
    crew->stopping = true;
    pthread_cond_broadcast(&crew->wake);
    pthread_mutex_unlock(&crew->lock);
    for (unsigned i = 0; i < crew->thread_count; i++) {
        pthread_join(crew->threads[i].id, NULL);
        store_close(crew->threads[i].store);
    }
    crew->thread_count = 0;
}

void crew_free(struct crew *crew)
{
    if (crew->event >= 0)
        close(crew->event);
    pthread_mutex_destroy(&crew->lock);
    pthread_cond_destroy(&crew->wake);
    free(crew);
}
