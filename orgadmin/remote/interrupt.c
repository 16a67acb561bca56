#include "orgadmin/remote/interrupt.h"

#include <signal.h>
#include <stddef.h>

static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
#define SIGNALS (sizeof signals / sizeof *signals)

static unsigned holders;
static bool catching;
static volatile sig_atomic_t caught;
static struct sigaction before[SIGNALS];

static void on_signal(int number)
{
    caught = number;
}

/* Whoever started us wants none of it to have an effect: nohup, or a shell's &. */
static bool is_ignored(int number)
{
    struct sigaction now;
    return sigaction(number, NULL, &now) == 0 && now.sa_handler == SIG_IGN;
}

/* An ignored signal is not held: it would be pending. */
static void change(int how)
{
    sigset_t set;
    sigemptyset(&set);
    for (size_t i = 0; i < SIGNALS; i++)
        if (!is_ignored(signals[i]))
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
    if (caught)
        return true;
    sigpending(&set);
    for (size_t i = 0; i < SIGNALS; i++)
        if (sigismember(&set, signals[i]) == 1)
            return true;
    return false;
}

void interrupt_catch(void)
{
    const struct sigaction once = {.sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND};
    if (catching || holders > 0)
        return;
    catching = true;
    for (size_t i = 0; i < SIGNALS; i++) {
        sigaction(signals[i], NULL, &before[i]);
        if (!is_ignored(signals[i]))
            sigaction(signals[i], &once, NULL);
    }
}

void interrupt_uncatch(void)
{
    if (!catching)
        return;
    catching = false;
    for (size_t i = 0; i < SIGNALS; i++)
        sigaction(signals[i], &before[i], NULL);
    caught = 0;
}
