#!/bin/bash
# orgsyncd behind a proxy that alone knows the way to the organization: https goes through it (CONNECT), the organization is checked
# against ca_file as ever, and a proxy that refuses or is gone is an organization that is away.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../lib/root.sh"
# On the machine, where openssl is: an authority, a host's certificate by it, and another authority of the same name.
make_certificates() {
    local ec=(-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2)
    mkdir -p "$1" && cd "$1" && umask 077 &&
        openssl req -x509 "${ec[@]}" -subj '/CN=test authority' -keyout ca.key -out ca.pem &&
        openssl req -x509 "${ec[@]}" -subj '/CN=test authority' -keyout other.key -out other.pem &&
        openssl req -x509 "${ec[@]}" -subj /CN=org.test -addext subjectAltName=DNS:org.test -addext basicConstraints=CA:FALSE \
            -CA ca.pem -CAkey ca.key -keyout host.key -out host.pem
}
if [ -z "${ORG_IN_ROOT:-}" ]; then
    command -v openssl >/dev/null || { echo "1..0 # SKIP openssl is not installed"; exit 0; }
    (make_certificates "${BUILD:-build}/tests/proxy") 2>/dev/null || { echo "1..0 # SKIP openssl makes no certificates"; exit 0; }
fi
inside_root
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/host.sh"
. "$(dirname "$0")/people.sh"

API=https://org.test:7443
PROXY=http://127.0.0.1:3128
install -m 644 /mnt/build/tests/proxy/ca.pem /etc/orglogin/ca.pem

joins_now() { joins olga $LOCAL "$1" member >/dev/null 2>&1; }
# configure [PROXY]: with it or, without, by a straight way that is not there
configure() {
    sed -e "s|url = .*|url = \"$API\";|" -e "s|org_7f3a|$id|" -e "s|# ca_file = .*|ca_file = \"/etc/orglogin/ca.pem\"; ${1:+proxy = \"$1\";}|" \
        -e 's/login_max_age = "10s";/login_max_age = "0s";/' /usr/share/doc/orglogin/orglogin.conf >"$CONF"
}
proxy_mode() { echo "$1" >"$T/mode"; }
start_proxy() {
    "$(dirname "$0")/proxy" "${PROXY##*:}" "$T" org.test=127.0.0.1 &
    proxy=$!
    wait_for 5 bash -c "exec 3<>/dev/tcp/127.0.0.1/${PROXY##*:}"
}
stop_proxy() {
    kill "$proxy"
    wait "$proxy" 2>/dev/null
}
decided() { grep 'pam_org(su:account): user=ada .* age_ms' "$AUTH_LOG" | tail -1 | grep -q "decision=allow reason=$1 "; }
# A login that had to wait too long on a busy machine is none; the next one is.
# shellcheck disable=SC2317 # called by wait_for
lets_in_as() { decided "$1" || { become ada && decided "$1"; }; }
# away WHAT PATTERN: orgsyncd cannot hear the organization and says why; nobody is the worse for it
away() {
    ok "$1: host sync fails" wait_for 10 bash -c '! orgadmin host sync'
    like "$(orgadmin host sync 2>&1)" "$2" "$1: host sync says why"
    : >"$AUTH_LOG"
    stand "$1"
    ok "$1: an active member is let in by the offline grace" wait_for 10 lets_in_as offline
}

start_syslog
start_orgd --tls 127.0.0.1:7443 --cert /mnt/build/tests/proxy/host.pem --key /mnt/build/tests/proxy/host.key
ok "an organization is made behind the proxy" organize ada admin rem admin
id=$(by olga org show -o json | jq -r .id)
is "$(getent hosts org.test)" '' "the host's name service does not know the organization's host"
proxy_mode open
start_proxy

configure
: >"$T/requests"
like "$(env https_proxy=$PROXY HTTPS_PROXY=$PROXY all_proxy=$PROXY ALL_PROXY=$PROXY orgsyncd --once 2>&1)" 'resolve' \
    "a proxy of the environment is not used: the organization's host is not found"
is "$(cat "$T/requests")" '' "a proxy of the environment gets no request"

configure $PROXY
ok "orgsyncd publishes the members through the configured proxy" env https_proxy=http://127.0.0.1:1 no_proxy='*' NO_PROXY='*' orgsyncd --once
like "$(head -n 1 "$T/requests")" '^CONNECT org\.test:7443 HTTP/1\.1' "the configured proxy gets a CONNECT"
unlike "$(cat "$T/requests")" 'live_|[Aa]uthorization|members' "the configured proxy sees no token and no member"
is "$(grep -vc '^CONNECT ' <(grep ' HTTP/' "$T/requests"))" 0 "the configured proxy gets no request but CONNECT"
install -m 644 /mnt/build/tests/proxy/other.pem /etc/orglogin/ca.pem
like "$(orgsyncd --once 2>&1)" 'certificate' "an organization whose certificate is not by ca_file is refused in the tunnel"
install -m 644 /mnt/build/tests/proxy/ca.pem /etc/orglogin/ca.pem

by olga member remove rem --yes 2>/dev/null
start_orgsyncd env https_proxy=http://127.0.0.1:1
ok "orgsyncd starts and syncs through the proxy" wait_for 10 orgadmin host sync
joins_now cleo
ok "a new member is heard of by itself through the tunnel" wait_for 10 known cleo
: >"$AUTH_LOG"
stand "a good proxy"
ok "a good proxy: an active member is let in by a live confirmation" wait_for 10 lets_in_as rule

stop_proxy
away "no proxy" 'port 3128|proxy'
joins_now dora
is "$(known dora)" '' "a member who joins while there is no proxy is unknown"
proxy_mode 403
start_proxy
away "a proxy that refuses" '403'
proxy_mode open
ok "a new member is heard of by itself when the proxy is back" wait_for 40 known dora
: >"$AUTH_LOG"
stand "the proxy back"
ok "the proxy back: an active member is let in by a live confirmation" wait_for 10 lets_in_as rule
kill "$daemon"
done_testing
