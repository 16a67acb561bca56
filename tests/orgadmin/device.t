#!/bin/bash
# orgadmin login without a token: the code and the QR code on a terminal, the wait, and what ends it. The person in the browser is curl, with
# the proofs of an authenticator; tests/e2e/page.t has a real browser.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/orgd.sh"
need python3 openssl script
ORIGIN=https://org.acme.example
export LC_ALL=C.UTF-8 TERM=xterm
unset NO_COLOR
orgd_start
org=$(new_org Acme)
join "$org" mia member; mia=$bearer
orgd_stop
# login NAME [COMMAND [PROMPT ANSWER]...]: in the background, on a terminal; COMMAND is before orgadmin
login() {
    typed "$T/$1" "export XDG_CONFIG_HOME=$T/config.$1; stty cols 80 rows 40; ${2-} $BUILD/orgadmin login --url ${SERVER-unix:$SOCKET}" 'Token: ' '\n' "${@:3}" &
    logins[$1]=$!
}
declare -A logins
ended() { wait "${logins[$1]}"; rc=$?; seen=$(tr -d '\r' <"$T/$1"); }
code() { wait_for 20 grep -q 'must show this code' "$T/$1"; tr -d '\r' <"$T/$1" | sed -n 's/^The page asks.*code: //p'; }

# --- a server that is away for a moment, and slows down: meanwhile the others ---
cat >"$T/fake.py" <<'PYTHON'
import http.server, json, sys, time
words = iter(['away', 'authorization_pending', 'slow_down', 'expired_token'])
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'
    def do_POST(self):
        body = self.rfile.read(int(self.headers['Content-Length']))
        if self.path.endswith('authorize'):
            status, answer = 200, {'device_code': 'd', 'user_code': 'BCDF-GHJK', 'verification_uri': 'https://x.example/device', 'expires_in': 300, 'interval': 1}
        else:
            word = next(words)
            print(word, time.monotonic(), flush=True)
            status, answer = (503, {}) if word == 'away' else (400, {'ok': False, 'reason': word, 'message': 'It is ' + word})
        data = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header('Content-Length', str(len(data)))
        self.end_headers()
        self.wfile.write(data)
    def log_message(self, *arguments):
        pass
server = http.server.HTTPServer(('127.0.0.1', 0), Handler)
print('listening on 127.0.0.1:%d' % server.server_port, flush=True)
server.serve_forever()
PYTHON
listen "$T/fake" python3 "$T/fake.py"
SERVER=$heard login slow

# --- a server without a page ---
orgd_start
login pageless; ended pageless
like "$rc $seen" "^1 " 'a server without a page signs nobody in'
like "$seen" "has no page to sign in with: give a token" 'and the reason is told'
orgd_stop

# --- with one ---
orgd_start --web-origin $ORIGIN
openssl genpkey -algorithm ED25519 -out "$T/mia.pem" 2>/dev/null
made() { python3 "$TOP/tests/orgd/authenticator.py" "$1" "$T/mia.pem" $ORIGIN "$(api /users/passkeys/begin '{}' | jq -r .challenge)" count=$((($(date +%s%N) - EPOCH) / 1000)); }
EPOCH=$(date +%s%N)
call /users/passkeys/add "$(made create)" "$mia"
page() { request "$1" -H 'Sec-Fetch-Site: same-origin' -b "__Host-orgd=${session-}" --data-binary "$2" "${@:3}"; }
page /users/sign-in "$(made get)" -D "$T/heads" >/dev/null
session=$(tr -d '\r' <"$T/heads" | sed -n 's/^Set-Cookie: __Host-orgd=\([^;]*\);.*/\1/Ip')
approve() { page /users/device/approve "$(made get | jq -c --arg code "$1" '. + {userCode:$code}')" | jq -r '.ok // .message'; }

# All of them at the same time: each waits five seconds.
mkdir -p "$T/config.clash/orgadmin"
login good; login denied; login dumb 'TERM=dumb'; login plain 'NO_COLOR=1'; login narrow 'stty cols 30;'; login low 'stty rows 12;'; login ascii 'LC_ALL=C'
login gone "trap : INT;" ' left' '\003'
(umask 077; echo "$OWNER" >"$T/owner")
XDG_CONFIG_HOME=$T/config.clash "$BUILD/orgadmin" login --url "unix:$SOCKET" --token-file "$T/owner" 2>/dev/null
login clash
first=$(code good)
like "$first" '^[A-Z]{4}-[A-Z]{4}$' 'the terminal shows a code'
is "$(page /users/device/show "{\"userCode\":\"$first\"}" | jq -r '"\(.host) \(.from)"')" "$(hostname) unix:$(id -u)" 'the page has the name of this machine'
is "$(approve "$first")" true 'the person approves'
is "$(page /users/device/deny "{\"userCode\":\"$(code denied)\"}" | jq -r .ok)" true 'another login is denied'
is "$(approve "$(code clash)")" true 'a third is approved'
ended gone
like "$rc $seen" '^1 ' 'Ctrl-C ends the wait'
like "$seen" 'interrupted: nothing is signed in' 'with one line'
ended good
is "$rc" 0 'the approved login ends well'
like "$seen" "Open $ORIGIN/device in a browser and enter the code $first" 'it said where to go'
like "$seen" "or open $ORIGIN/device#$first" 'and had a link'
like "$seen" 'ends in 30 days' 'and says for how long it is'
like "$seen" 'Logged in to .* as mia@example.org. Organization: Acme' 'it is logged in'
like "$(XDG_CONFIG_HOME=$T/config.good "$BUILD/orgadmin" whoami -o json)" '"mia"' 'and the login is stored'
is "$(stat -c %a "$T/config.good/orgadmin/default.json") $(jq -r '.token|split("_")[0]' "$T/config.good/orgadmin/default.json")" '600 dev' 'as every login is'
XDG_CONFIG_HOME=$T/config.good "$BUILD/orgadmin" token list --mine -o json >"$T/list"
key=$(jq -r '.token|split(":")[0]' "$T/config.good/orgadmin/default.json")
is "$(jq -r --arg key "$key" '.[]|select(.key == $key)|"\(.kind) \(.name)"' "$T/list")" "device $(hostname)" 'it is listed among the tokens, with its kind'
ended denied
like "$rc $seen" '^1 ' 'the denied login fails'
like "$seen" 'denied on the page' 'with the reason'
[ -e "$T/config.denied/orgadmin/default.json" ] && fail 'and stores nothing' || pass 'and stores nothing'
ended clash
is "$rc" 2 'a login that has no place fails'
like "$seen" 'give --profile NAME' 'with what to do'
is "$(XDG_CONFIG_HOME=$T/config.clash "$BUILD/orgadmin" whoami -o json | jq -r .username)" owner 'the login that was there stays'
is "$(sql "SELECT count(*) FROM tokens WHERE key LIKE 'dev\_%' ESCAPE '\\'")" 1 'and the token that nobody keeps is given back'

# --- the QR code ---
blocks() { grep -c '[▀▄█]' "$T/$1"; }
is "$(blocks good)" 15 'a terminal gets a QR code'
for name in dumb plain narrow low ascii; do
    like "$(code $name)" '^[A-Z]{4}-[A-Z]{4}$' "a terminal that is $name has the code"
    is "$(blocks $name)" 0 'and no QR code'
    kill "${logins[$name]}" 2>/dev/null
done
# With the colours that are set, for a camera that is a picture.
python3 - "$T/good" "$T/qr.pgm" <<'PYTHON'
import re, sys
rows = []
for line in open(sys.argv[1], encoding='utf-8'):
    match = re.match(r'^\x1b\[30;47m([ ▀▄█]+)\x1b\[0m', line)
    if match:
        upper = [c in '▀█' for c in match[1]]
        lower = [c in '▄█' for c in match[1]]
        rows += [upper, lower]
scale = 8
with open(sys.argv[2], 'wb') as out:
    out.write(b'P5 %d %d 255\n' % (len(rows[0]) * scale, len(rows) * scale))
    for row in rows:
        out.write(b''.join((b'\0' if black else b'\xff') * scale for black in row) * scale)
PYTHON
if have zbarimg; then
    is "$(zbarimg -q --raw "$T/qr.pgm" 2>/dev/null)" "$ORIGIN/device#$first" 'a camera reads the link from it'
else
    pass 'a camera reads the link from it # SKIP zbarimg is not installed'
fi
like "$("$BUILD/orgadmin" login --url "unix:$SOCKET" </dev/null 2>&1)" 'no terminal to ask on: give --token-file' 'without a terminal a token is needed'
is "$(grep -c "${first/-/.}" "$ORGD_LOG")" 0 'the log of the server has no code'
orgd_end

# --- the slow one ---
ended slow
like "$rc $seen" '^1 ' 'a code that has expired is a failure'
like "$seen" 'It is expired_token' 'with the reason'
like "$(awk '$1 != "listening" { if (last) printf "%d ", $2 - last; last = $2 }' "$T/fake")" '^([2-9]|..) ([2-9]|..) ([7-9]|..) $' 'the pauses double while the server is away, and are five seconds longer when it says so'
done_testing
