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
like "$(probe "https://127.0.0.1:$right/good" ca=good.pem)" '"id":"usr_ann"' 'whoami accepts the right server by address'
like "$(probe "https://localhost:$right/good" ca=good.pem)" '"id":"usr_ann"' 'whoami accepts the right server by name'
requests=$(wc -l < right.requests)
like "$(probe "https://127.0.0.1:$right/good")" 'status=2 .*certificate' 'whoami refuses a server that the authorities of the system do not know'
like "$(probe "https://127.0.0.1:$right/good" ca=wrong.pem)" 'status=2 .*certificate' 'whoami refuses a server of another authority than the CA file'
like "$(probe "https://127.0.0.1:$right/good" ca=/nonexistent)" 'status=5 .*' 'whoami refuses a CA file that does not exist'
is "$(wc -l < right.requests)" "$requests" 'whoami sends no request to a refused server'

for case in stranger:self-signed elsewhere:'no alternative' expired:expired early:'not yet valid'; do
    name=${case%%:*}
    serve "$name"
    like "$(probe "https://127.0.0.1:$port/good" ca=good.pem)" "status=2 .*(${case#*:}|certificate)" "whoami refuses a server whose certificate is of the kind: $name"
    ok "whoami sends no request to a server whose certificate is of the kind: $name" test ! -e "$name.requests"
done
like "$(probe "http://127.0.0.1:$right/good" ca=good.pem)" 'status=2' 'whoami by plain http to a TLS port ends as unreachable'

# a CA file counts instead of the system's authorities, not besides
if unshare -m true 2> /dev/null; then
    serve stranger
    mkdir system && cp wrong.pem system/ && openssl rehash system && cp good.pem system/ca-certificates.crt
    trusted() { unshare -m sh -c 'mount --bind system /etc/ssl/certs && exec "$@"' sh "$PROBE" url="https://127.0.0.1:$port/good" token=key:secret "$@" whoami 2>&1 < /dev/null; }
    like "$(trusted)" '"id":"usr_ann"' 'whoami without a CA file accepts an authority of the system'
    like "$(trusted ca=good.pem)" 'status=2 .*certificate' 'whoami with a CA file accepts no authority of the system'
else
    pass 'whoami with and without a CA file treats the authorities of the system # SKIP no namespaces here'
fi

# the environment has no say
listen proxy.port python3 "$TOP/tests/fakes/hostile.py" --log proxy.requests
proxy=$heard
out=$(HTTPS_PROXY=$proxy https_proxy=$proxy ALL_PROXY=$proxy SSLKEYLOGFILE=$T/keys probe "https://localhost:$right/good" ca=good.pem)
like "$out" '"id":"usr_ann"' 'whoami succeeds with proxies in the environment'
ok 'whoami asks no proxy of the environment' test ! -e proxy.requests
ok 'whoami writes no keys to SSLKEYLOGFILE' test ! -e "$T/keys"
mkdir home; printf 'machine localhost login evil password evil\n' > home/.netrc
HOME=$T/home "$PROBE" url="https://localhost:$right/good" ca=good.pem whoami > /dev/null < /dev/null
like "$(tail -n 1 right.requests)" 'whoami None' 'whoami reads no .netrc'
NO_PROXY='*' no_proxy='*' probe "https://localhost:$right/good" ca=good.pem proxy="$proxy" > out
is "$(cat proxy.requests)" "CONNECT localhost:$right None" 'whoami asks the configured proxy, despite no_proxy, and sends it no credential'
like "$(cat out)" 'status=2 ' 'whoami fails when the configured proxy refuses'
like "$(probe "$proxy/good" proxy=http://127.0.0.1:1)" '"id":"usr_ann"' 'whoami by plain http on this machine bypasses the configured proxy'
for bad in 'ftp://127.0.0.1:1' 'proxy.example.com:99999' 'http://' 'sock5://127.0.0.1:1'; do
    like "$(probe "https://localhost:$right/good" proxy="$bad")" "status=5 .*the proxy $bad cannot be used" "whoami refuses the proxy $bad"
done
unlike "$(probe "https://localhost:$right/good" proxy=ftp://me:secret@127.0.0.1)" secret 'whoami prints no password of a refused proxy'
for good in 127.0.0.1:1 HTTP://127.0.0.1:1 http://me:secret@127.0.0.1:1/ socks5h://127.0.0.1:1; do
    like "$(probe "https://localhost:$right/good" proxy="$good")" 'status=2 ' "whoami accepts the proxy setting $good"
done
done_testing
