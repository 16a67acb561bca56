/* The services of the machine that an enrollment concerns, by systemctl; where no systemd runs they
 * are somebody else's, and all of these do nothing. */
#ifndef ORGADMIN_HOST_SERVICE_H
#define ORGADMIN_HOST_SERVICE_H

#include <stdbool.h>

/* True if systemd is the machine's service manager. */
bool service_managed(void);

/* True if orgsyncd is started at boot. */
bool service_enabled(void);

/* True if orgsyncd answers. */
bool service_runs(void);

/* Starts orgsyncd, now and at each boot, or lets the one that runs read its configuration again;
 * true when it answers within 15 s, else it has complained. */
bool service_on(void);

/* Ends orgsyncd for later boots; with STOP, now as well. */
void service_off(bool stop);

/* Lets sshd read its configuration again, if it runs. */
void service_reload_sshd(void);

/* Runs the program ARGV[0], and complains about WHAT with its own words unless it ends with 0. */
bool service_run(const char *what, const char *const argv[]);

#endif
