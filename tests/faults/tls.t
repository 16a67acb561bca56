#!/bin/bash
# A certificate that expires while orgsyncd runs, and a name that cannot be looked up any more.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../lib/root.sh"
. "$(dirname "$0")/clock.sh"
# On the machine, where openssl is: a certificate that is good for a day.
if [ -z "${ORG_IN_ROOT:-}" ]; then
    command -v openssl >/dev/null || { echo "1..0 # SKIP openssl is not installed"; exit 0; }
    (umask 077 && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 -subj /CN=org.test \
        -addext subjectAltName=DNS:org.test -keyout "${BUILD:-build}/tests/tls.key" -out "${BUILD:-build}/tests/tls.pem" 2>/dev/null)
fi
inside_root
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/host.sh"
. "$(dirname "$0")/people.sh"

cp /mnt/build/tests/tls.pem /etc/orglogin/ca.pem
chmod 644 /etc/orglogin/ca.pem

server() { start_orgd --tls 127.0.0.1:7443 --cert /mnt/build/tests/tls.pem --key /mnt/build/tests/tls.key; }
name_known() { echo '127.0.0.1 org.test' >>/etc/hosts; }
name_gone() {
    grep -v org.test /etc/hosts >"$T/hosts"
    cat "$T/hosts" >/etc/hosts
}

set_clock 0
name_known
server
ok "an organization is made behind TLS" organize ada admin rem admin
id=$(by olga org show -o json | jq -r .id)
sed -e 's|url = .*|url = "https://org.test:7443";|' -e "s|org_7f3a|$id|" -e 's|# ca_file = .*|ca_file = "/etc/orglogin/ca.pem";|' \
    /usr/share/doc/orglogin/orglogin.conf >"$CONF"
ok "orgsyncd publishes the members over TLS" orgsyncd --once
by olga member remove rem --yes 2>/dev/null
start_orgsyncd "${clocked[@]}"
ok "orgsyncd starts and syncs over TLS" wait_for 10 orgadmin host sync
stand "a good certificate"

# gone WHAT PATTERN NAME: the organization cannot be heard from, which is no "no"; NAME joins meanwhile
gone() {
    stop_orgd # connections do not outlive it
    server
    ok "$1: host sync fails" wait_for 10 bash -c "! orgadmin host sync"
    like "$(orgadmin host sync 2>&1)" "$2" "$1: host sync says why"
    joins olga $LOCAL "$3" member >/dev/null 2>&1
    stand "$1"
    is "$(known "$3")" '' "$1: a member who joins meanwhile is unknown"
}
set_clock 172800
gone "an expired certificate" 'certificate' cleo
set_clock 0
ok "a new member is heard of by itself when the certificate is good again" wait_for 40 known cleo
name_gone
kill -HUP "$daemon" # or libcurl would know the name for another minute
gone "a host name that cannot be looked up" 'resolve' dora
name_known
ok "a new member is heard of by itself when the name is back" wait_for 40 known dora
stand "certificate and name good again"
done_testing
