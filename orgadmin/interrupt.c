#include "orgadmin/interrupt.h"

#include <signal.h>
#include <stddef.h>

static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
#define SIGNALS (sizeof signals / sizeof *signals)

static unsigned holders;

static void change(int how)
{
    sigset_t set;
    sigemptyset(&set);
    for (size_t i = 0; i < SIGNALS; i++)
        sigaddset(&set, signals[i]);
    sigprocmask(how, &set, NULL);
}

void interrupt_hold(void)
{
    if (holders++ == 0)
        change(SIG_BLOCK);
}

void interrupt_release(void)
{
    if (--holders == 0)
        change(SIG_UNBLOCK);
}

bool interrupt_pending(void)
{
    sigset_t set;
    sigpending(&set);
    for (size_t i = 0; i < SIGNALS; i++)
        if (sigismember(&set, signals[i]) == 1)
            return true;
    return false;
}
