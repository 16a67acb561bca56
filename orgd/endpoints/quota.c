#include "orgd/endpoints/quota.h"

#include <assert.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "orgd/secret.h"
#include "orgd/text.h"

#define HOUR_S 3600
#define DAY_S  86400
#define SECOND 1000000 /* rates are counted in microseconds */

/* The sizes of the memory of rates: what has least to be forgiven gives way. */
#define SETS     1024
#define SET_SIZE 8

static struct {
    const char *name;
    unsigned most;
    const char *whose, *what; /* "WHOSE at most N WHAT" */
    int64_t period_s;         /* of a rate */
} quotas[QUOTA_COUNT] = {
    [QUOTA_ORGANIZATIONS] = {"organizations", 200, "A user owns", "organizations", 0},
    [QUOTA_MEMBERSHIPS] = {"memberships", 1000, "A user is or was in", "organizations", 0},
    [QUOTA_MEMBERS] = {"members", 1000000, "An organization has", "members, with former ones", 0},
    [QUOTA_INVITATIONS] = {"invitations", 5000, "An organization has", "pending invitations", 0},
    [QUOTA_JOIN_CODES] = {"join-codes", 1000, "An organization has", "join codes", 0},
    [QUOTA_MACHINES] = {"machines", 10000, "An organization has", "machines", 0},
    [QUOTA_TOKENS] = {"tokens", 10000, "An organization has", "tokens", 0},
    [QUOTA_USER_TOKENS] = {"user-tokens", 100, "A user has", "tokens", 0},
    [QUOTA_POLLS] = {"polls", 16384, "An organization has", "held polls", 0},
    [QUOTA_TOKEN_POLLS] = {"token-polls", 16384, "A token has", "held polls", 0},
    [QUOTA_CHANGES] = {"changes", 50000, "An organization has", "changes an hour", HOUR_S},
    [QUOTA_CALLER_CHANGES] = {"caller-changes", 20000, "A caller makes", "changes an hour", HOUR_S},
    [QUOTA_KEYS] = {"keys", 100, "A user adds", "ssh keys an hour", HOUR_S},
    [QUOTA_MAILS] = {"mails", 300, "An organization sends", "mails an hour", HOUR_S},
    [QUOTA_ADDRESS_MAILS] = {"address-mails", 10, "An address is sent", "mails a day", DAY_S},
    [QUOTA_GRANTS] = {"device-sign-ins", 10000, "The server has", "device sign-ins waiting", 0},
    [QUOTA_CODES] = {"device-codes", 60, "A user enters", "codes of device sign-ins an hour",
                     HOUR_S},
    [QUOTA_ALL_CODES] = {"all-device-codes", 5000, "All users enter",
                         "codes of device sign-ins an hour", HOUR_S},
    [QUOTA_NAMES] = {"names", 300, "An invitation asks for", "usernames an hour", HOUR_S},
};

bool quota_set(const char *setting)
{
    const char *value = strchr(setting, '=');
    char *end;
    if (!value || value[1] < '1' || value[1] > '9')
        return false;
    unsigned long most = strtoul(value + 1, &end, 10); /* too great a number is ULONG_MAX */
    if (*end || most > QUOTA_MOST)
        return false;
    size_t len = (size_t)(value - setting);
    for (size_t i = 0; i < QUOTA_COUNT; i++) {
        if (strlen(quotas[i].name) != len || memcmp(quotas[i].name, setting, len) != 0)
            continue;
        quotas[i].most = (unsigned)most;
        return true;
    }
    return false;
}

void quota_print(int indent)
{
    for (size_t i = 0; i < QUOTA_COUNT; i++)
        printf("%*s%s=%u: %s ... %s\n", indent, "", quotas[i].name, quotas[i].most, quotas[i].whose,
               quotas[i].what);
}

unsigned quota_most(enum quota quota)
{
    return quotas[quota].most;
}

const char *quota_text(enum quota quota, char text[QUOTA_TEXT_SIZE])
{
    snprintf(text, QUOTA_TEXT_SIZE, "%s at most %u %s (quota %s).", quotas[quota].whose,
             quotas[quota].most, quotas[quota].what, quotas[quota].name);
    return text;
}

/* --- rates --- */

/* One whose rate is counted. SPENT is the time, in microseconds of clock_mono_ms, at which all of
 * it is forgiven; HASH is 0 for none. */
struct rate {
    uint64_t hash;
    int64_t spent;
};

static struct rate rates[SETS][SET_SIZE];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* on them */

/* The rate of WHO, begun when it is not there. */
static struct rate *rate_of(enum quota quota, const char *who)
{
    unsigned char name[1 + EMAIL_SIZE] = {(unsigned char)quota};
    size_t len = strnlen(who, EMAIL_SIZE);
    memcpy(name + 1, who, len);
    uint64_t hash = table_hash(name, 1 + len);
    struct rate *set = rates[hash % SETS], *least = set;
    for (size_t i = 0; i < SET_SIZE; i++) {
        if (set[i].hash == hash)
            return &set[i];
        if (set[i].spent < least->spent)
            least = &set[i];
    }
    *least = (struct rate){.hash = hash};
    return least;
}

/* The share of a period that one takes. */
static int64_t share(enum quota quota)
{
    return quotas[quota].period_s * SECOND / quotas[quota].most;
}

static void spend(struct rate *rate, int64_t now, int64_t amount)
{
    rate->spent = (rate->spent > now ? rate->spent : now) + amount;
}

unsigned quota_take(enum quota quota, const char *who)
{
    pthread_mutex_lock(&lock);
    struct rate *rate = rate_of(quota, who);
    int64_t now = clock_mono_ms() * 1000;
    int64_t wait = rate->spent + share(quota) - quotas[quota].period_s * SECOND - now;
    if (wait <= 0)
        spend(rate, now, share(quota));
    pthread_mutex_unlock(&lock);
    return wait > 0 ? (unsigned)((wait + SECOND - 1) / SECOND) : 0;
}

void quota_charge(enum quota quota, const char *who, size_t n)
{
    pthread_mutex_lock(&lock);
    spend(rate_of(quota, who), clock_mono_ms() * 1000, share(quota) * (int64_t)n);
    pthread_mutex_unlock(&lock);
}
