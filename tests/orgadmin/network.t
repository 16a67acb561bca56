#!/bin/bash
# How a person's environment and options lead to the API: proxies, waits, addresses, tokens from the environment.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/orgd.sh"
need python3 openssl
ORGADMIN=$BUILD/orgadmin
umask 022
unset ORGADMIN_ORG ORGADMIN_TOKEN_FILE ORGADMIN_PROFILE HTTPS_PROXY https_proxy NO_PROXY no_proxy
export XDG_CONFIG_HOME=$T/config
orgd_start --owner ann@example.org
(umask 077; printf '%s\n' "$OWNER" > "$T/ann.token")
run() { out=$("$ORGADMIN" "$@" 2> "$T/err" < "${INPUT:-/dev/null}"); rc=$?; err=$(cat "$T/err"); }
fails() { local want=$1 text=$2 name=$3; shift 3; run "$@"; is "$rc/$out" "$want/" "$name"; like "$err" "$text" "$name: the message"; }

# --- proxies: one that notes what it is asked for, and refuses ---
cat > "$T/proxy.py" <<'END'
import socket, sys
s = socket.create_server(('127.0.0.1', 0))
print('listening on 127.0.0.1:%d' % s.getsockname()[1], flush=True)
while True:
    c, _ = s.accept()
    with open(sys.argv[1], 'a') as f:
        f.write(c.recv(4096).decode(errors='replace').split('\r\n')[0] + '\n')
    c.sendall(b'HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n'); c.close()
END
listen "$T/proxy.out" python3 "$T/proxy.py" "$T/asked"
PROXY=$heard
asked() { cat "$T/asked" 2> /dev/null; : > "$T/asked"; }
there=(org list --url https://api.example.test --token-file "$T/ann.token")
run "${there[@]}" --proxy "$PROXY"; is "$rc/$(asked)" '4/CONNECT api.example.test:443 HTTP/1.1' '--proxy is asked for the host of an https URL'
HTTPS_PROXY=$PROXY run "${there[@]}"; is "$rc/$(asked)" '4/CONNECT api.example.test:443 HTTP/1.1' 'HTTPS_PROXY is asked'
https_proxy=$PROXY HTTPS_PROXY=http://127.0.0.1:1 run "${there[@]}"; is "$(asked)" 'CONNECT api.example.test:443 HTTP/1.1' 'https_proxy in small letters is preferred'
for list in api.example.test example.test .example.test 'a.b, EXAMPLE.test' '*' example.test:443; do
    HTTPS_PROXY=$PROXY NO_PROXY=$list run "${there[@]}"; is "$rc/$(asked)" 4/ "NO_PROXY='$list' goes without the proxy"
done
for list in ample.test xapi.example.test 'other.test' ''; do
    HTTPS_PROXY=$PROXY NO_PROXY=$list run "${there[@]}"; like "$(asked)" '^CONNECT' "NO_PROXY='$list' does not"
done
HTTPS_PROXY=$PROXY run "${there[@]}" --proxy none; is "$rc/$(asked)" 4/ '--proxy none goes without'
HTTPS_PROXY=$PROXY run org list --url "$URL" --token-file "$T/ann.token"; is "$rc/$(asked)" 0/ 'plain http on this machine goes without'
fails 2 'only https:// goes through a proxy' '--proxy is refused for plain http' org list --url "$URL" --token-file "$T/ann.token" --proxy "$PROXY"
run "${there[@]}" --proxy http://user:topsecret@127.0.0.1:1; is "$rc" 4 '--proxy takes a password'
unlike "$out$err" topsecret 'which no message has'
fails 2 'must begin with http://' '--proxy refuses another scheme' "${there[@]}" --proxy ftp://x

# --- waits ---
listen "$T/slow.out" python3 -c 'import socket, time; s = socket.create_server(("127.0.0.1", 0)); print("listening on 127.0.0.1:%d" % s.getsockname()[1], flush=True); time.sleep(600)'
begun=$(date +%s); fails 4 'imed out|timeout' '--timeout ends a wait' org list --url "$heard" --token-file "$T/ann.token" --timeout 1
ok 'after that time' test $(($(date +%s) - begun)) -lt 10
for bad in 0 -1 x 3601 ''; do run org list --url "$URL" --token-file "$T/ann.token" --timeout="$bad"; is "$rc/$out" 2/ "--timeout refuses '$bad'"; done

# --- addresses ---
run login --url "$URL/v1/" --token-file "$T/ann.token"; is "$rc" 0 'login takes the address with the /v1 of the API'
run org create Acme; is "$rc" 0 'and so does what follows'
run org list --url "$URL/v1"; is "$rc" 0 'the login is known by the address with /v1'
run context show -o json; is "$(jq -r .url <<< "$out")" "$URL" 'which is stored without it'
fails 4 'unix:/nowhere/x.sock/.*: the socket does not exist' 'a socket that is not there is named' org list --url unix:/nowhere/x.sock --token-file "$T/ann.token"
python3 -c "import socket; s = socket.socket(socket.AF_UNIX); s.bind('$T/dead.sock')"
fails 4 'nobody listens on the socket' 'a dead socket is named' org list --url "unix:$T/dead.sock" --token-file "$T/ann.token"
unlike "$err" 'localhost|port 80' 'without localhost and a port'

# --- the environment ---
export XDG_CONFIG_HOME=$T/nothing
ORGADMIN_URL=$URL ORGADMIN_TOKEN=$OWNER run org list; is "$rc" 0 'ORGADMIN_URL and ORGADMIN_TOKEN are enough'
like "$out" Acme 'and list the organizations'
is "$(ls "$T/nothing" 2> /dev/null)" '' 'and store nothing'
ORGADMIN_URL=$URL ORGADMIN_TOKEN=wrong run org list --token-file "$T/ann.token"; is "$rc" 0 '--token-file is preferred to ORGADMIN_TOKEN'
ORGADMIN_URL=$URL ORGADMIN_TOKEN=wrong ORGADMIN_TOKEN_FILE=$T/ann.token run org list; is "$rc" 0 'ORGADMIN_TOKEN_FILE is preferred to ORGADMIN_TOKEN'
ORGADMIN_URL=http://127.0.0.1:1 ORGADMIN_TOKEN=$OWNER run org list --url "$URL"; is "$rc" 0 '--url is preferred to ORGADMIN_URL'
ORGADMIN_URL=$URL ORGADMIN_TOKEN='two words' fails 3 'ORGADMIN_TOKEN: not a token' 'ORGADMIN_TOKEN is one word' org list
unlike "$err" 'two words' 'and is not printed'
ORGADMIN_URL=$URL ORGADMIN_PROVIDER=nativ fails 2 'unknown provider "nativ"; did you mean "native"' 'ORGADMIN_PROVIDER is looked at' org list
ORGADMIN_PROVIDER=cratedb ORGADMIN_TOKEN=$OWNER run org list --url "$URL"; is "$rc" 0 'a --url alone is not for ORGADMIN_PROVIDER'
(umask 077; printf '\xef\xbb\xbf  %s \r\n' "$OWNER" > "$T/marked")
mkdir "$T/..data"; cp "$T/ann.token" "$T/..data/token"; ln -s ..data "$T/mounted"; ln -s mounted/token "$T/token"
run org list --url "$URL" --token-file "$T/token"; is "$rc" 0 'a link to a file of the caller is followed, as Kubernetes makes them'
run org list --url "$URL" --token-file <(printf '%s\n' "$OWNER"); is "$rc" 0 '--token-file takes a process substitution'
(umask 077; mkfifo "$T/fifo"); (sleep 0.5; printf '%s\n' "$OWNER" > "$T/fifo") &
run org list --url "$URL" --token-file "$T/fifo"; is "$rc" 0 '--token-file takes a fifo, and waits for it'
INPUT=$T/ann.token run org list --url "$URL" --token-file /dev/stdin; is "$rc" 0 '--token-file takes /dev/stdin'
is "$(printf '%s\n' "$OWNER" | "$ORGADMIN" org list --url "$URL" --token-file /dev/stdin | grep -c Acme)" 1 '--token-file takes /dev/stdin that is a pipe'
run org list --url "$URL" --token-file /dev/null; is "$rc/$out" 3/ '--token-file takes no device'
run org list --url "$URL" --token-file "$T/marked"; is "$rc" 0 'a byte order mark and blanks around a token do not count'
export XDG_CONFIG_HOME=$T/config
ORGADMIN_URL=http://127.0.0.1:1 run org list; is "$rc" 3 'the stored token is not sent to another ORGADMIN_URL'

# --- certificates ---
new_certificate() { openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$T/$1.key" -out "$T/$1.pem" -days 2 -subj "/CN=$1" -addext "subjectAltName=$2" > /dev/null 2>&1; }
new_certificate private IP:127.0.0.1; new_certificate named DNS:org.example.com
listen "$T/tls.out" python3 "$TOP/tests/fakes/hostile.py" --tls "$T/private.pem" "$T/private.key"; private=${heard/http:/https:}
listen "$T/named.out" python3 "$TOP/tests/fakes/hostile.py" --tls "$T/named.pem" "$T/named.key"; named=${heard/http:/https:}
fails 4 'certificate.*; try: --ca-file FILE with the certificate authority of the server' 'an unknown certificate authority leads to --ca-file' org list --url "$private/good" --token-file "$T/ann.token"
run org list --url "$private/good" --token-file "$T/ann.token" --ca-file "$T/private.pem"; is "$rc" 0 'which helps'
fails 4 '; try: check the time of this machine, and that the URL has the name' 'another name in the certificate does not' org list --url "$named/good" --token-file "$T/ann.token" --ca-file "$T/named.pem"
unlike "$err" 'try: --ca-file' 'and says nothing of it'
orgd_end
done_testing
