#!/bin/bash
# SELinux, enforcing from the boot on, on a kernel of its own: with packaging/selinux the daemons run in domains of their own, members are
# known and log in, and the snapshot has its type whoever wrote it.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../../lib/root.sh"
. "$(dirname "$0")/../../lib/tap.sh"
. "$(dirname "$0")/../../lib/host.sh"
. "$(dirname "$0")/confined.sh"

# As packaging/selinux/README.md has it; -n: the kernel that it is for is not running yet.
prepare() {
    sed -i -E 's/^(passwd|group|shadow):.*/\1: files systemd/' /etc/nsswitch.conf # semodule asks for all users, and there is no snapshot
    mkdir "$T/selinux" && cp /usr/share/doc/orglogin/selinux/* "$T/selinux/" || return
    make -s -C "$T/selinux" -f /usr/share/selinux/devel/Makefile orglogin.pp >&2 || return
    semodule -n -s default -i "$T/selinux/orglogin.pp" >&2 || return
    prepare_host || return
    printf 'SELINUX=enforcing\nSELINUXTYPE=default\n' >/etc/selinux/config
}
inside_vm security=selinux selinux=1 enforcing=1

context_of() { tr -d '\0' <"/proc/$1/attr/current" | cut -d: -f3; }
domains_of() { for pid in $(pgrep -x "$1"); do context_of "$pid"; done | sort | uniq -c | xargs; }
type_of() { stat -c %C "$1" | cut -d: -f3; }
# denials: what the kernel has refused to our domains, and to others about our files
denials() { audited 'avc: +denied' | grep -E 'org(d|syncd|login)_'; }

is "$(timeout 600 systemctl is-system-running --wait)" running 'the machine boots into the state running under SELinux' || systemctl --failed >&2
is "$(getenforce)" Enforcing 'SELinux enforces from the boot on'
wait_for 60 knows ada
ok 'orgsyncd makes the file of sudo' wait_for 60 sudo_is_made
is "$(domains_of orgsyncd)" '3 orgsyncd_t' 'the three processes of orgsyncd are in the domain orgsyncd_t'
is "$(domains_of orgd)" '1 orgd_t' 'orgd is in the domain orgd_t'
is "$(type_of /var/lib/orglogin/snapshot)" orglogin_snapshot_t 'the snapshot that the service has written has its own type'
is "$(type_of /var/lib/orglogin/ids.db)" orglogin_state_t 'the ledger has the type of the state'
is "$(type_of /etc/orglogin/acme.token)" orglogin_etc_t 'a token has the type of the configuration'

# sshd may not make home directories under Debian's policy.
for name in ada mia; do install -d -m 700 -o $name "/home/$name" && restorecon "/home/$name"; done
check_host
is "$(type_of /etc/sudoers.d/orglogin)" orglogin_sudoers_t 'the file of sudo has its own type'
is "$(domains_of orgsyncd) $(domains_of orgd)" '3 orgsyncd_t 1 orgd_t' 'restarted daemons are in their domains'
is "$(type_of /var/lib/orglogin/snapshot)" orglogin_snapshot_t 'a snapshot that replaced another one has its own type'

# --- by hand, from nothing ---
systemctl stop orgsyncd.service
rm -r /var/lib/orglogin
ok 'orgsyncd --once of an administrator succeeds' orgsyncd --once
is "$(type_of /var/lib/orglogin) $(type_of /var/lib/orglogin/snapshot)" 'orglogin_state_t orglogin_snapshot_t' \
    'directory and snapshot that an administrator makes by hand have their types'
is "$(as ada id -un)" ada 'a member logs in by the snapshot that an administrator made'
is "$(restorecon -Rnv /var/lib/orglogin /etc/orglogin /etc/sudoers.d /run/orgd)" '' 'restorecon finds no wrong type'

denied=$(denials)
is "$denied" '' 'SELinux refuses nothing to the daemons, and nothing of theirs to others'

# --- it does refuse ---
chcon -t orglogin_state_t /var/lib/orglogin/snapshot
is "$(as ada id -un)" '' 'a member is refused while the snapshot has a type that sshd may not read'
like "$(denials)" 'sshd_t:.*:orglogin_state_t:' 'SELinux reports the snapshot that it refuses'
restorecon /var/lib/orglogin/snapshot
is "$(as ada id -un)" ada 'a member logs in again after restorecon of the snapshot'
done_testing
