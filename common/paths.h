/* The paths of all files. The directories come from the Makefile (STATEDIR, RUNDIR, SYSCONFDIR, and
 * where programs, PAM modules and examples are installed). */
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
#ifndef ORG_SUDOERSDIR
#define ORG_SUDOERSDIR "/etc/sudoers.d"
#endif

#ifndef ORG_SBINDIR
#define ORG_SBINDIR "/usr/sbin"
#endif
#ifndef ORG_LIBEXECDIR
#define ORG_LIBEXECDIR "/usr/libexec/orglogin"
#endif
#ifndef ORG_UNITDIR
#define ORG_UNITDIR "/usr/lib/systemd/system"
#endif
#ifndef ORG_PAMDIR
#define ORG_PAMDIR "/usr/lib/security"
#endif
#ifndef ORG_DOCDIR
#define ORG_DOCDIR "/usr/share/doc/orglogin"
#endif

#define PATH_SNAPSHOT ORG_STATEDIR "/snapshot"
#define PATH_LEDGER   ORG_STATEDIR "/ids.db"
#define PATH_RESERVE  ORG_STATEDIR "/reserve"
#define PATH_CONFIG   ORG_SYSCONFDIR "/orglogin.conf"
#define PATH_GLASS    ORG_STATEDIR "/break-glass"

/* sudoers(5) of orglogin.conf's "sudo"; of orgsyncd's making if it begins with the mark. */
#define PATH_SUDOERS ORG_SUDOERSDIR "/orglogin"
#define SUDOERS_MARK "# Made by orgsyncd of \"sudo\" in " PATH_CONFIG
#define PATH_VISUDO  "/usr/sbin/visudo"

#define PATH_CONFIRM      ORG_RUNDIR "/orgsyncd.sock"
#define PATH_CONFIRM_ROOT ORG_RUNDIR "/orgsyncd-root.sock" /* common/confirm.h says why */
#define PATH_CONFIRM_KEYS ORG_RUNDIR "/orgsyncd-keys.sock" /* and this one's */

/* Other programs' files. */
#define PATH_SYSTEM_BUS "/run/dbus/system_bus_socket"
#define PATH_SUDO_TIMES "/run/sudo/ts"

/* Of PATH_RESERVE, what is not for a snapshot: bytes, for what a change adds to the ledger, with
 * its journal. */
#define RESERVE_LEDGER (1 << 20)

#define PATH_ORGSYNCD   ORG_SBINDIR "/orgsyncd"
#define PATH_KEYS       ORG_LIBEXECDIR "/orglogin-keys"
#define PATH_PAM_MODULE ORG_PAMDIR "/pam_org.so"
#define PATH_DOC        ORG_DOCDIR

/* Of all programs: nothing else repeats it (tests/version.t). */
#define ORG_VERSION "0.1.0"

#endif
