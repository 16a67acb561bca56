#!/bin/bash
# An answer that was written first and arrives last does not undo what came after it: the host holds a poll, the bytes of its answer (bob is
# an admin) are late, and meanwhile a login asks on the second connection and hears that bob was removed.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../lib/root.sh"
inside_root
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/host.sh"

TOKEN=/etc/orglogin/acme.token
(umask 077 && echo key:secret >$TOKEN)
get() { python3 -B -c 'import sys, urllib.request; print(urllib.request.urlopen(sys.argv[1]).read().decode())' "$heard$1"; }
asked() { get /log | grep -cx "$1"; }
said() { orgadmin host explain bob sshd 2>&1; }
refused() { grep -Eq '^state +removed' <<<"$(said)"; }
generation() { orgadmin host status -o json | jq -r '.[0].generation'; }

# a_late_answer MAX_AGE: everything once; 1 when the machine was so slow that the held poll ended by itself, before a login asked
a_late_answer() {
    listen "$T/port" python3 -B "$TOP/tests/fakes/delayed.py" 2>"$T/fake.err"
    fake=$started
    cat >$CONF <<CONFIG
organizations = ({ name = "acme"; provider = "native"; url = "$heard"; id = "org_1"; token_file = "$TOKEN"; });
groups = ({ name = "acme"; org = "acme"; everyone = true; });
access = ({ services = ["sshd"]; org = "acme"; roles = ["owner", "admin"]; });
freshness = { login_max_age = "$1"; timeout = "5s"; offline_grace = "1h"; poll = "1h"; };
CONFIG
    rm -rf /var/lib/orglogin/*
    orgsyncd 2>"$T/orgsyncd.log" &
    daemon=$!
    wait_for 20 eval '[ "$(asked "10 held")" -ge 1 ] && getent passwd bob'
    wait_for 20 eval '[ "$(orgadmin host status -o json | jq -r ".[0].held")" = yes ]'
    get /do/eleven >/dev/null
    get /do/twelve >/dev/null
    polls=$(asked '10 held')
    before=$(asked "10 at once")
    wait_for 30 eval 'said; [ "$(asked "10 at once")" -gt "$before" ]'
    [ "$(asked '10 held')" -le "$polls" ] || return 1
    wait_for 20 refused
    before_it=$(said) generation=$(generation)
    get /do/release >/dev/null
    wait_for 40 eval '[ "$(asked "l.*")" -ge 1 ]'
    fate=$(get /log | grep -x 'l.*' | head -1)
    last=$(said)
    return 0
}

leave() {
    kill "$daemon" "$fake"
    wait "$daemon" "$fake" 2>/dev/null
}

for age in 0s 10s; do
    for attempt in 1 2 3; do
        a_late_answer $age && break
        diag "attempt $attempt: the held poll ended before a login asked"
        leave
    done
    like "$before_it" '^decision +refused' "host explain refuses a removed admin before the late answer (login_max_age $age)"
    is "$fate" lost "orgsyncd gives the held poll up for a newer answer (login_max_age $age)"
    like "$last" '^state +removed' "a late answer does not undo a removal (login_max_age $age)"
    like "$last" '^decision +refused' "host explain refuses a removed admin after the late answer (login_max_age $age)"
    is "$(generation)" "$generation" "orgsyncd publishes no generation for the late answer (login_max_age $age)"
    ok "orgsyncd holds the poll again from the newer revision (login_max_age $age)" wait_for 20 eval '[ "$(asked "12 held")" -ge 1 ]'
    leave
done
done_testing
