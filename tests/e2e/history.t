#!/bin/bash
# A backup of the organization's server is put back, and what happens then has the revision that the host knows already: whoever is removed is refused
# at once all the same. And an older orgd or host, which knows no cursors, goes on as before.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../lib/root.sh"
inside_root
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/host.sh"

start_syslog
start_sshd
new_key ann fin cid
start_orgd
ok 'orgd starts with an organization of ann, fin and cid' organize ann admin fin admin cid member
id=$(by olga org show -o json | jq -r .id)
cat >$CONF <<CONFIG
organizations = ({ name = "acme"; provider = "native"; url = "$LOCAL"; id = "$id"; token_file = "/etc/orglogin/acme.token"; });
groups = ({ name = "acme"; org = "acme"; everyone = true; }, { name = "acme-admins"; org = "acme"; roles = ["owner", "admin"]; });
access = ({ services = ["sshd"]; org = "acme"; everyone = true; }, { services = ["sudo"]; org = "acme"; roles = ["owner", "admin"]; });
CONFIG
echo '%acme-admins ALL=(ALL) NOPASSWD: ALL' >/etc/sudoers.d/acme
orgsyncd 2>"$T/orgsyncd.log" &
ok 'orgsyncd publishes the members' wait_for 10 getent passwd fin
held() { [ "$(orgadmin host status -o json 2>/dev/null | jq -r '.[0].held')" = yes ]; }
ok 'orgsyncd holds a poll' wait_for 10 held
is "$(as fin sudo -n id -un)" root 'an admin logs in and has sudo before the backup'

orgd backup --data /var/lib/orgd.db "$T/b.db"
by olga member role cid admin >/dev/null 2>&1
is "$(wait_for 10 eval 'id -Gn cid | grep -q acme-admins' && as cid sudo -n id -un)" root 'a member who becomes an admin after the backup has sudo'
stop_orgd
cp "$T/b.db" /var/lib/orgd.db && rm -f /var/lib/orgd.db-wal /var/lib/orgd.db-shm
start_orgd
by olga member remove fin --yes >/dev/null 2>&1
ok 'orgsyncd holds a poll again after the backup was put back' wait_for 40 held
is "$(as fin sudo -n id -un)" '' 'sshd refuses an admin who was removed after the backup was put back'
like "$(orgadmin host explain fin sshd)" '^decision +refused \(removed\)' 'host explain says that the refused admin was removed'
is "$(as ann id -un)" ann 'sshd admits a remaining admin after the backup was put back'
is "$(as cid sudo -n id -un 2>/dev/null)" '' 'sudo refuses an admin who is none in the backup'
is "$(as cid id -un)" cid 'sshd admits an admin of before as a member after the backup was put back'
done_testing
