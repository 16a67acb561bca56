/* Where things are. The three directories come from the Makefile (STATEDIR, RUNDIR, SYSCONFDIR). */
#ifndef COMMON_PATHS_H
#define COMMON_PATHS_H

#ifndef ORG_STATEDIR
#define ORG_STATEDIR "/var/lib/orglogin"
#endif
#ifndef ORG_RUNDIR
#define ORG_RUNDIR "/run/orglogin"
#endif
#ifndef ORG_SYSCONFDIR
#define ORG_SYSCONFDIR "/etc/orglogin"
#endif

#define PATH_SNAPSHOT ORG_STATEDIR "/snapshot"
#define PATH_LEDGER   ORG_STATEDIR "/ids.db"
#define PATH_CONFIRM  ORG_RUNDIR "/orgsyncd.sock"
#define PATH_CONFIG   ORG_SYSCONFDIR "/orglogin.conf"

#define ORG_VERSION "0.1.0"

#endif
