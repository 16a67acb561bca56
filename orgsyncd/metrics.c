#include "orgsyncd/metrics.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "common/clock.h"

struct text {
    char *at;
    size_t size, used;
};

static void add(struct text *t, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Cuts what does not fit; there is room for all organizations and reasons. */
static void add(struct text *t, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int n = vsnprintf(t->at + t->used, t->size - t->used, format, args);
    va_end(args);
    t->used = n >= 0 && (size_t)n < t->size - t->used ? t->used + (size_t)n : t->size - 1;
}

static void head(struct text *t, const char *name, const char *type, const char *help)
{
    add(t, "# HELP orgsyncd_%s %s\n# TYPE orgsyncd_%s %s\n", name, help, name, type);
}

static void add_host(struct text *t, const struct publisher *p)
{
    head(t, "generation", "gauge", "Generation of the snapshot in force.");
    add(t, "orgsyncd_generation %" PRIu64 "\n", p->generation);
    head(t, "active_members", "gauge", "Active members in the snapshot.");
    add(t, "orgsyncd_active_members %u\n", p->result.active);
    head(t, "withheld_members", "gauge",
         "Members that cannot be served: name or number taken or invalid.");
    add(t, "orgsyncd_withheld_members %u\n", p->result.withheld);
    head(t, "publish_duration_seconds", "gauge",
         "How long the last snapshot took to compile and publish.");
    add(t, "orgsyncd_publish_duration_seconds %.3f\n", (double)p->publish_ms / 1000);
}

static void add_counters(struct text *t, const struct login_counts *counts)
{
    static const char *const answer[] = {"no", "yes", "refused"};
    head(t, "confirmations_total", "counter", "Answers to logins that asked for a confirmation.");
    for (int i = 0; i <= CONFIRM_REFUSED; i++)
        add(t, "orgsyncd_confirmations_total{answer=\"%s\"} %" PRIu64 "\n", answer[i],
            counts->answers[i]);
    head(t, "refusals_total", "counter", "Logins that pam_org refused.");
    for (int i = 0; i < REASON_COUNT; i++)
        if (i != REASON_ROOT && i != REASON_LOCAL && i != REASON_RULE && i != REASON_OFFLINE &&
            i != REASON_FOREIGN && i != REASON_BREAK_GLASS)
            add(t, "orgsyncd_refusals_total{reason=\"%s\"} %" PRIu64 "\n",
                reason_word((enum reason)i), counts->reports[i]);
    head(t, "break_glass_total", "counter",
         "Logins that pam_org admitted by break-glass, beyond the offline grace.");
    add(t, "orgsyncd_break_glass_total %" PRIu64 "\n", counts->reports[REASON_BREAK_GLASS]);
}

static void add_organizations(struct text *t, const struct organizations *orgs)
{
    int64_t now = clock_mono_ms();
    head(t, "heard_age_seconds", "gauge",
         "Since the organization was last heard from; -1 is never.");
    for (uint32_t i = 0; i < orgs->count; i++) {
        int64_t heard = orgs->org[i].in_force.heard_ms;
        add(t, "orgsyncd_heard_age_seconds{organization=\"%s\"} %.3f\n", orgs->org[i].config->name,
            heard > 0 ? (double)(now - heard) / 1000 : -1.0);
    }
    head(t, "held", "gauge", "1 while a request is held that brings changes at once.");
    for (uint32_t i = 0; i < orgs->count; i++)
        add(t, "orgsyncd_held{organization=\"%s\"} %d\n", orgs->org[i].config->name,
            orgs->org[i].link == LINK_HELD);
    head(
        t, "relayed", "gauge",
        "1 where a server relays: heard_age_seconds is then the age of its source's last reading.");
    for (uint32_t i = 0; i < orgs->count; i++)
        add(t, "orgsyncd_relayed{organization=\"%s\"} %d\n", orgs->org[i].config->name,
            orgs->org[i].relayed);
    head(t, "members", "gauge",
         "Members the organization has, the invited and suspended ones included.");
    for (uint32_t i = 0; i < orgs->count; i++)
        add(t, "orgsyncd_members{organization=\"%s\"} %zu\n", orgs->org[i].config->name,
            orgs->org[i].roster.present);
    head(t, "sessions_ended_total", "counter",
         "People who left and whose open sessions were ended.");
    for (uint32_t i = 0; i < orgs->count; i++)
        add(t, "orgsyncd_sessions_ended_total{organization=\"%s\"} %" PRIu64 "\n",
            orgs->org[i].config->name, orgs->org[i].sessions.ended);
    head(t, "sessions_waiting", "gauge",
         "People who left and whose open sessions wait for an administrator.");
    for (uint32_t i = 0; i < orgs->count; i++)
        add(t, "orgsyncd_sessions_waiting{organization=\"%s\"} %u\n", orgs->org[i].config->name,
            orgs->org[i].sessions.waiting);
    head(t, "brake_held", "gauge",
         "Members from whom the brake holds what the organization would take.");
    for (uint32_t i = 0; i < orgs->count; i++)
        add(t, "orgsyncd_brake_held{organization=\"%s\"} %u\n", orgs->org[i].config->name,
            orgs->org[i].held_count);
    head(t, "api_errors_total", "counter",
         "Times the organization could not be reached or its answer was not taken.");
    for (uint32_t i = 0; i < orgs->count; i++)
        add(t, "orgsyncd_api_errors_total{organization=\"%s\"} %" PRIu64 "\n",
            orgs->org[i].config->name, orgs->org[i].failures);
    head(t, "listing_duration_seconds", "gauge",
         "The last complete listing, from the request to the snapshot.");
    for (uint32_t i = 0; i < orgs->count; i++)
        add(t, "orgsyncd_listing_duration_seconds{organization=\"%s\"} %.3f\n",
            orgs->org[i].config->name, (double)orgs->org[i].listing_ms / 1000);
}

size_t metrics_text(const struct publisher *p, const struct login_counts *counts, char *text,
                    size_t size)
{
    struct text t = {text, size, 0};
    add_host(&t, p);
    add_counters(&t, counts);
    add_organizations(&t, p->orgs);
    return t.used;
}
