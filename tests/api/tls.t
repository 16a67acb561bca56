#!/bin/bash
# Who proves to be the right server is believed, and nobody else.
. "$(dirname "$0")/../lib/tap.sh"
need python3 openssl
PROBE=${APIPROBE:-$BUILD/tests/apiprobe}
cd "$T" || exit 1

authority() {
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$1.key" -out "$1.pem" -days 2 \
        -subj "/CN=$1" -addext basicConstraints=critical,CA:TRUE > /dev/null 2>&1
}
# certificate NAME AUTHORITY SAN START END
certificate() {
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$1.key" -out "$1.csr" -subj "/CN=$1" > /dev/null 2>&1
    mkdir -p "$1.ca" && : > "$1.ca/index.txt" && echo 01 > "$1.ca/serial"
    printf '[ca]\ndefault_ca=d\n[d]\ndatabase=%s/index.txt\nserial=%s/serial\nnew_certs_dir=%s\ndefault_md=sha256\npolicy=p\nx509_extensions=e\n[p]\ncommonName=supplied\n[e]\nsubjectAltName=%s\n' \
        "$1.ca" "$1.ca" "$1.ca" "$3" > "$1.cnf"
    openssl ca -batch -config "$1.cnf" -cert "$2.pem" -keyfile "$2.key" -in "$1.csr" -out "$1.pem" -startdate "$4" -enddate "$5" > "$1.log" 2>&1
}
serve() { # serve NAME: sets $port
    listen "$1.port" python3 "$TOP/tests/fakes/hostile.py" --tls "$1.pem" "$1.key" --log "$1.requests" 2> /dev/null
    port=${heard##*:}
}
probe() { "$PROBE" url="$1" token=key:secret timeout=3000 "${@:2}" whoami 2>&1 < /dev/null; }

now=$(date -u +%y%m%d%H%M%SZ) later=$(date -u -d '+1 day' +%y%m%d%H%M%SZ)
before=$(date -u -d '-2 days' +%y%m%d%H%M%SZ) past=$(date -u -d '-1 hour' +%y%m%d%H%M%SZ)
authority good; authority wrong
certificate right good DNS:localhost,IP:127.0.0.1 "$before" "$later"
certificate stranger wrong DNS:localhost,IP:127.0.0.1 "$before" "$later"
certificate elsewhere good DNS:org.example.com "$before" "$later"
certificate expired good DNS:localhost,IP:127.0.0.1 "$before" "$past"
certificate early good DNS:localhost,IP:127.0.0.1 "$later" "$(date -u -d '+2 days' +%y%m%d%H%M%SZ)"

serve right; right=$port
like "$(probe "https://127.0.0.1:$right/good" ca=good.pem)" '"id":"usr_ann"' 'the right server by address'
like "$(probe "https://localhost:$right/good" ca=good.pem)" '"id":"usr_ann"' 'the right server by name'
requests=$(wc -l < right.requests)
like "$(probe "https://127.0.0.1:$right/good")" 'status=2 .*certificate' "the system's authorities do not know it"
like "$(probe "https://127.0.0.1:$right/good" ca=wrong.pem)" 'status=2 .*certificate' 'another authority does not'
like "$(probe "https://127.0.0.1:$right/good" ca=/nonexistent)" 'status=5 .*' 'a CA file that is not there'
is "$(wc -l < right.requests)" "$requests" 'no request was sent to it then'

for case in stranger:self-signed elsewhere:'no alternative' expired:expired early:'not yet valid'; do
    name=${case%%:*}
    serve "$name"
    like "$(probe "https://127.0.0.1:$port/good" ca=good.pem)" "status=2 .*(${case#*:}|certificate)" "$name: refused"
    ok "$name: no request was sent" test ! -e "$name.requests"
done
like "$(probe "http://127.0.0.1:$right/good" ca=good.pem)" 'status=2' 'plain http to a TLS port'

# a CA file counts instead of the system's authorities, not besides
if unshare -m true 2> /dev/null; then
    serve stranger
    mkdir system && cp wrong.pem system/ && openssl rehash system && cp good.pem system/ca-certificates.crt
    trusted() { unshare -m sh -c 'mount --bind system /etc/ssl/certs && exec "$@"' sh "$PROBE" url="https://127.0.0.1:$port/good" token=key:secret "$@" whoami 2>&1 < /dev/null; }
    like "$(trusted)" '"id":"usr_ann"' "one of the system's authorities is believed"
    like "$(trusted ca=good.pem)" 'status=2 .*certificate' 'but not when there is a CA file'
else
    pass "# SKIP the system's authorities: no namespaces here"
fi

# the environment has no say
listen proxy.port python3 "$TOP/tests/fakes/hostile.py" --log proxy.requests
proxy=$heard
out=$(HTTPS_PROXY=$proxy https_proxy=$proxy ALL_PROXY=$proxy SSLKEYLOGFILE=$T/keys probe "https://localhost:$right/good" ca=good.pem)
like "$out" '"id":"usr_ann"' 'works with proxies in the environment'
ok 'which are not asked' test ! -e proxy.requests
ok 'SSLKEYLOGFILE gets no keys' test ! -e "$T/keys"
mkdir home; printf 'machine localhost login evil password evil\n' > home/.netrc
HOME=$T/home "$PROBE" url="https://localhost:$right/good" ca=good.pem whoami > /dev/null < /dev/null
like "$(tail -n 1 right.requests)" 'whoami None' '.netrc is not read'
NO_PROXY='*' no_proxy='*' probe "https://localhost:$right/good" ca=good.pem proxy="$proxy" > out
is "$(cat proxy.requests)" "CONNECT localhost:$right None" "the settings' proxy is asked, whatever no_proxy says, and gets no credential"
like "$(cat out)" 'status=2 ' 'and its refusal is a failure'
like "$(probe "$proxy/good" proxy=http://127.0.0.1:1)" '"id":"usr_ann"' 'plain http on this machine goes without it'
for bad in 'ftp://127.0.0.1:1' 'proxy.example.com:99999' 'http://' 'sock5://127.0.0.1:1'; do
    like "$(probe "https://localhost:$right/good" proxy="$bad")" "status=5 .*the proxy $bad cannot be used" "no proxy: $bad"
done
unlike "$(probe "https://localhost:$right/good" proxy=ftp://me:secret@127.0.0.1)" secret 'its password is not shown'
for good in 127.0.0.1:1 HTTP://127.0.0.1:1 http://me:secret@127.0.0.1:1/ socks5h://127.0.0.1:1; do
    like "$(probe "https://localhost:$right/good" proxy="$good")" 'status=2 ' "a proxy: $good"
done
done_testing
