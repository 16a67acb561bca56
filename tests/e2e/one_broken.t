#!/bin/bash
# What cannot work now is tried again, without haste; and what is broken in one organization is nothing to the others.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../lib/root.sh"
inside_root
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/host.sh"

configure_file_provider
members ada:admin mia:member
start() {
    orgsyncd 2>"$T/log" &
    daemon=$!
}
stop() {
    kill $daemon
    wait $daemon
}

# --- a ledger that is none ---
mkdir -p /var/lib/orglogin
seq 5000 >/var/lib/orglogin/ids.db
start
sleep 3
ok "a ledger that is damaged: orgsyncd goes on trying" kill -0 $daemon
ok "... but rests longer each time" test "$(grep -c ledger "$T/log")" -le 6
like "$(cat "$T/log")" 'ledger' "... and says what is wrong"
sed -i 's|home = .*|home = "/srv/%u";|' $CONF
kill -HUP $daemon
ok "a new configuration is read while it rests" wait_for 5 grep -q 'configuration read again' "$T/log"
rm /var/lib/orglogin/ids.db
ok "with the ledger out of the way it publishes" wait_for 20 getent passwd ada
is "$(getent passwd ada | cut -d: -f6)" /srv/ada "... by the new configuration"
stop
done_testing
