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
ok "orgsyncd publishes the members" publish ada:admin mia:member
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
ok "nscd runs" nscd_start 600 20
is "$(answers)" "$without" "with nscd every answer is what it is without"
is "$(answers)" "$without" "... and from its cache"
ok "... from where they really came" test "$(hits)" -gt 0
is "$(as ada id -un)" ada "an admin logs in"
is "$(getent passwd new)" '' "who is not a member yet is unknown"
ok "mia leaves, new comes, ada is a member" publish ada:member new:member
is "$(shell_of mia)" /bin/bash "nscd goes on giving what it has"
is "$(as mia id -un; grep -c '^Access denied' "$T/err")" 1 "... but the login is refused at once: pam_org does not ask nscd"
ok "... and ada is still in the group of a role that she lost" in_admins ada
is "$(getent passwd new)" '' "... and who came is not known to it"
for table in passwd group; do nscd -i $table; done
is "$(shell_of mia)" /usr/sbin/nologin "nscd -i passwd: who left has no shell"
is "$(as new id -un)" new "... who came logs in"
is "$(in_admins ada; echo $?)" 1 "nscd -i group: a lost role is lost"
ok "nscd ends" nscd_stop

# --- short ones ---
publish ada:admin mia:member >/dev/null
ok "nscd with 2 seconds to live" nscd_start 2 1
is "$(answers)" "$without" "... answers as ever"
ok "mia leaves" publish ada:member
gone() { [ "$(shell_of mia)" = /usr/sbin/nologin ] && ! in_admins ada; }
ok "... which is seen when the time is over (nscd looks every 15 seconds)" wait_for 40 gone
ok "nscd ends" nscd_stop

# --- off for users and groups: what orgsyncd(8) recommends ---
publish ada:admin mia:member >/dev/null
ok "nscd without the caches of users and groups" nscd_start 600 20 no
is "$(answers)" "$without" "... programs ask the module themselves"
ok "mia leaves" publish ada:member
ok "... and that is seen at once" gone
# shellcheck disable=SC2046 # a process id
kill -9 $(pgrep -x nscd)
is "$(getent passwd ada)" "$(getent -s org passwd ada)" "nscd killed: its socket is left behind, names resolve"
done_testing
