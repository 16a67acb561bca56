#!/bin/bash
# With nscd between the programs and the module: names resolve, what changed is seen after its time to live or `nscd -i`, logins
# are decided on what is true now whatever nscd remembers, and with its two caches off it is as if it were not there.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../lib/root.sh"
inside_root
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/host.sh"

start_syslog
start_sshd
new_key ada mia new
configure_file_provider
ok 'orgsyncd publishes the members' publish ada:admin mia:member
answers() { getent passwd ada mia; getent group acme acme-admins; for name in ada mia; do id -G $name | tr ' ' '\n' | sort; done; }
without=$(answers)

# nscd_start POSITIVE NEGATIVE [CACHES]: with these times to live, in seconds; CACHES: "no" has none of users and groups
nscd_start() {
    local table
    for table in passwd group; do
        printf '%s\n' "enable-cache $table ${3:-yes}" "check-files $table yes" "persistent $table no" "shared $table no" \
            "positive-time-to-live $table $1" "negative-time-to-live $table $2"
    done >/etc/nscd.conf
    mkdir -p /run/nscd
    nscd && wait_for 5 test -S /run/nscd/socket
}
nscd_stop() { nscd --shutdown; wait_for 5 eval '! pgrep -x nscd'; }
hits() { nscd -g | awk '/cache hits on positive/ { n += $1 } END { print n + 0 }'; }
shell_of() { getent passwd "$1" | cut -d: -f7; }
in_admins() { id -Gn "$1" | grep -qw acme-admins; }

# --- long times to live, as nscd is shipped ---
ok 'nscd starts with long times to live' nscd_start 600 20
is "$(answers)" "$without" 'names and groups resolve with nscd as without'
is "$(answers)" "$without" 'names and groups resolve from the cache of nscd as without'
ok 'nscd answers from its cache' test "$(hits)" -gt 0
is "$(as ada id -un)" ada 'sshd admits an admin with nscd'
is "$(getent passwd new)" '' 'getent with nscd does not know a person who is no member yet'
ok 'orgsyncd publishes a removal, a newcomer and a lost role' publish ada:member new:member
is "$(shell_of mia)" /bin/bash 'nscd keeps the login shell of a removed member'
is "$(as mia id -un; grep -c '^Access denied' "$T/err")" 1 'sshd refuses a removed member whom nscd still has'
ok 'nscd keeps the group of a lost role' in_admins ada
is "$(getent passwd new)" '' 'nscd keeps not knowing a newcomer'
for table in passwd group; do nscd -i $table; done
is "$(shell_of mia)" /usr/sbin/nologin 'nscd -i passwd takes the login shell of a removed member'
is "$(as new id -un)" new 'nscd -i lets a newcomer log in'
is "$(in_admins ada; echo $?)" 1 'nscd -i group takes the group of a lost role'
ok 'nscd with long times to live ends' nscd_stop

# --- short ones ---
publish ada:admin mia:member >/dev/null
ok 'nscd starts with short times to live' nscd_start 2 1
is "$(answers)" "$without" 'names and groups resolve with short times to live as without nscd'
ok 'orgsyncd publishes a removal beside short times to live' publish ada:member
gone() { [ "$(shell_of mia)" = /usr/sbin/nologin ] && ! in_admins ada; }
ok 'nscd takes shell and group after a short time to live' wait_for 40 gone
ok 'nscd with short times to live ends' nscd_stop

# --- off for users and groups: what orgsyncd(8) recommends ---
publish ada:admin mia:member >/dev/null
ok 'nscd starts without caches of users and groups' nscd_start 600 20 no
is "$(answers)" "$without" 'names and groups resolve beside an nscd without these caches as without'
ok 'orgsyncd publishes a removal beside an nscd without these caches' publish ada:member
ok 'an nscd without these caches takes shell and group at once' gone
# shellcheck disable=SC2046 # a process id
kill -9 $(pgrep -x nscd)
is "$(getent passwd ada)" "$(getent -s org passwd ada)" 'names resolve when nscd was killed and its socket is left'
done_testing
