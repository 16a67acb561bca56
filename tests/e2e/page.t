#!/bin/bash
# The page of invitations in a real browser, up to the real ssh logins in which it ends. The throw-away root has the server and the host; the
# browser is this machine's, and goes into the root's network. Its pictures are in build/page.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../lib/root.sh"
. "$(dirname "$0")/../lib/tap.sh"
ORIGIN=http://localhost:7080
PEOPLE=(mia ola) # a member and an owner, who are to log in

# --- in the root: the server, and the host on which people log in ---
serve() {
    . "$(dirname "$0")/../lib/host.sh"
    . "$(dirname "$0")/../lib/keys.sh"
    local out=/mnt/out id name line before
    start_syslog
    cp "$TOP/conf/sshd_config.example" /etc/ssh/sshd_config.d/orglogin.conf
    start_sshd
    start_orgd --web-origin "$ORIGIN"
    organize ned member >"$T/organize" 2>&1 || diag "$(cat "$T/organize")"
    id=$(by olga org list -o json | jq -r '.[0].id')
    cat >$CONF <<CONFIG
organizations = ({ name = "acme"; provider = "native"; url = "$LOCAL"; id = "$id"; token_file = "/etc/orglogin/acme.token"; });
groups = ({ name = "acme"; org = "acme"; everyone = true; });
access = ({ services = ["*"]; org = "acme"; roles = ["owner", "admin", "member"]; });
CONFIG
    orgsyncd 2>"$T/orgsyncd.log" &
    wait_for 20 eval 'getent passwd ned >/dev/null'
    enrolled localhost
    before=$(resident)
    invitations >"$out/invitations.new"
    by olga login --web >"$out/link" 2>>"$T/invite.err"
    by olga login --web >"$out/link.device" 2>>"$T/invite.err"
    programs "$out" &
    mv "$out/invitations.new" "$out/invitations"
    for name in "${PEOPLE[@]}"; do
        wait_for 120 test -s "$out/$name.ssh" || break
        mkdir -p /root/keys && cp "$out/$name.key" "/root/keys/$name" && chmod 600 "/root/keys/$name"
        line=$(sed 's/@HOST$/@localhost/' "$out/$name.ssh") # what the page could not name
        wait_for 20 eval "getent passwd $name >/dev/null"
        is "$($line -F /dev/null -o IdentitiesOnly=yes -i "/root/keys/$name" id -un </dev/null 2>&1)" "$name" "\"$(cat "$out/$name.ssh")\", which the page tells $name, logs her in"
    done
    wait_for 300 test -e "$out/end"
    like "$(cat "$out/whoami")" 'olga@acme.example' 'orgadmin works with the login that the browser approved'
    ok "the page takes at most 5 MB of memory (orgd had $before kB before, and has $(resident) kB)" [ $(($(resident) - before)) -le 5120 ]
    stop_orgd
    done_testing
}

# programs OUT: logins of orgadmin without a token, each on a terminal of its own, and begun when the browser is ready for it
programs() {
    local n
    for n in 1 2; do
        wait_for 240 test -e "$1/program.$n" || return
        typed "$1/terminal.$n" "XDG_CONFIG_HOME=$T/program.$n orgadmin login --url $LOCAL" 'Token: ' '\n'
    done
    XDG_CONFIG_HOME=$T/program.1 orgadmin whoami -o json >"$1/whoami" 2>&1
}

# kB of orgd's memory
resident() { awk '/^VmRSS/ { print $2 }' "/proc/$orgd_pid/status"; }

# enrolled NAME: the organization has this machine
enrolled() {
    python3 - "$LOCAL/v1/organizations/machines/enroll" "$(by olga machine invite "$1" 2>&1 | grep -o 'mach_[a-z0-9]*:[A-Za-z0-9_-]*')" <<'PYTHON' >/dev/null
import json, sys, urllib.request
urllib.request.urlopen(urllib.request.Request(sys.argv[1], json.dumps({'code': sys.argv[2]}).encode(), {'Content-Type': 'application/json'}))
PYTHON
}

# invite NAME [OPTION...]: prints NAME and the token as the member of a JSON object
invite() {
    rm -f "$T/token"
    by olga invitation create "$1@acme.example" --out "$T/token" "${@:2}" >/dev/null 2>>"$T/invite.err"
    jq -n --arg name "$1" --arg token "$(cat "$T/token")" '{($name): $token}'
}
invitations() {
    local name
    {
        for name in mia plain keys keyboard damaged gone sent passkey; do invite $name; done
        invite ola --role owner
        by olga invitation revoke gone@acme.example --yes >/dev/null 2>&1
        by olga org create '<img src=x onerror=alert(1)> & Co' >/dev/null 2>&1
        invite ned --org '<img src=x onerror=alert(1)> & Co'
        invite marked --org '<img src=x onerror=alert(1)> & Co'
    } | jq -s add
}
if [ -n "${ORG_IN_ROOT:-}" ]; then
    serve
fi

# --- beside it: the browser ---
why=$(root_lacking)
[ -z "$why" ] || skip_all "$why"
. "$(dirname "$0")/../lib/browser.sh"
need nsenter ssh-keygen
export ORG_OUT=$T/out
mkdir "$ORG_OUT"
for name in "${PEOPLE[@]}"; do
    ssh-keygen -q -t ed25519 -N '' -C "$name" -f "$ORG_OUT/$name.key"
done

# descendant PID: the process that is the last of its only children
descendant() {
    local pid=$1 child
    while child=$(pgrep -P "$pid") && [ "$(wc -l <<<"$child")" = 1 ]; do pid=$child; done
    echo "$pid"
}

in_root "$0" >"$T/root" 2>&1 &
root=$!
# It may have to be made first.
wait_for 600 eval '[ -s "$ORG_OUT/invitations" ] || ! kill -0 $root'
[ -s "$ORG_OUT/invitations" ] || { relay "$T/root"; diag "$(cat "$T/root")"; fail 'the server in the root has invitations'; done_testing; }
inside=$(pgrep -f -P "$(pgrep -P "$root")" tests/lib/enter)
stories page.mjs "$ORIGIN" "$ORG_OUT" nsenter --net="/proc/$inside/ns/net"
for name in "${PEOPLE[@]}"; do [ -s "$ORG_OUT/$name.ssh" ] || echo none >"$ORG_OUT/$name.ssh"; done
: >"$ORG_OUT/end"
wait "$root"
status=$?
relay "$T/root"
is "$status" 0 'the logins come to their end'
done_testing
