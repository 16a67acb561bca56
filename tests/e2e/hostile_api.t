#!/bin/bash
# An API that is broken or hostile: what it says is refused with a reason, and the last good snapshot stays.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../lib/root.sh"
inside_root
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/host.sh"
. "$(dirname "$0")/../lib/keys.sh"

sed 's|url = .*|url = "http://127.0.0.1:7500";|' /usr/share/doc/orglogin/orglogin.conf >$CONF
(umask 077 && echo key:secret >/etc/orglogin/acme.token)
"$(dirname "$0")/fake_api" 7500 "$T/answer" &

# answer STATUS TYPE < BODY: what the API says from now on
answer() {
    cat >"$T/body"
    {
        printf 'HTTP/1.1 %s\r\nContent-Type: %s\r\n' "$1" "$2"
        printf 'Content-Length: %d\r\nConnection: close\r\n\r\n' "$(stat -c %s "$T/body")"
        cat "$T/body"
    } >"$T/answer.new"
    mv "$T/answer.new" "$T/answer"
}
# listing MEMBER...: a good answer with these members (JSON), as members/list and as members/changes have it
listing() {
    printf '%s\n' "$@" | jq -s '{revision: 7, complete: true, more: false, members: .}' | answer "200 OK" application/json
}
# member NAME [FIELDS]: a member as JSON
member() {
    jq -n --arg name "$1" --arg id "usr_$(printf %s "$1" | md5sum | cut -c1-20)" --argjson more "${2:-{\}}" \
        '{userId: $id, email: "\($name)@acme.example", username: $name, name: "A Name", role: "member",
          permissions: ["org:view"], state: "active", joinedAt: "2026-01-02T03:04:05.000Z"} + $more'
}

# How many ms ago the host heard from the organization, as it says itself ("1081 ms ago", "2 s ago").
age() { orgadmin host explain ada sshd | awk '/^last heard/ { print $4 == "ms" ? $3 : $3 * 1000 }'; }

listing "$(member ada '{"role": "admin"}')" "$(member mia)"
ok 'orgsyncd --once takes a good answer' wait_for 5 orgsyncd --once
heard=$EPOCHREALTIME
ok 'orgsyncd --once publishes the members of a good answer' getent passwd ada mia
before=$(getent passwd ada mia; id ada)

# kept WHAT: orgsyncd refuses the answer with a reason, and everything is as before
kept() {
    local status=0
    timeout 60 orgsyncd --once >"$T/out" 2>"$T/err" || status=$?
    is "$status" 1 "orgsyncd --once refuses $1"
    like "$(cat "$T/err")" '^orgsyncd: acme: .*[a-z]{3}' "orgsyncd --once names the reason for refusing $1"
    is "$(wc -l <"$T/err")" 1 "orgsyncd --once prints one line for $1"
    is "$(getent passwd ada mia; id ada)" "$before" "orgsyncd --once changes no membership for $1"
}

echo '<html><body>Sign in to the hotel network</body></html>' | answer "200 OK" text/html
kept "HTML"
echo '<html></html>' | answer "200 OK" application/json
kept "HTML that claims to be JSON"
answer "200 OK" application/json </dev/null
kept "an empty 200"
echo '{}' | answer "200 OK" application/json
kept "an object without members"
echo '[]' | answer "200 OK" application/json
kept 'an array'
listing </dev/null
kept "no members at all"
listing "$(member ada)"
head -c $(($(stat -c %s "$T/body") / 2)) "$T/body" >"$T/half"
answer "200 OK" application/json <"$T/half"
kept 'half an object'
listing "$(member ada)"
head -c -20 "$T/answer" >"$T/answer.new" && mv "$T/answer.new" "$T/answer"
kept "a body cut short"
echo '{"ok":false,"reason":"internal","message":"no"}' | answer "500 Internal Server Error" application/json
kept 'an answer of status 500'
echo '{"ok":false,"reason":"unauthorized","message":"no"}' | answer "401 Unauthorized" application/json
kept 'an answer of status 401'
echo '{"ok":false,"reason":"organization_not_found","message":"no"}' | answer "404 Not Found" application/json
kept 'an answer of status 404'
head -c 10000000 /dev/zero | tr '\0' ' ' | answer "200 OK" application/json
kept '10 MB of blanks'
member ada | jq -c '.name = "x" * 10000000 | {revision: 7, complete: true, more: false, members: [.]}' |
    answer "200 OK" application/json
kept "a name of 10 MB"
printf 'HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:7500/\r\nContent-Length: 0\r\n\r\n' >"$T/answer"
kept "a redirect"
printf '\0\0\0\0' >"$T/answer"
kept 'an answer that is no HTTP'
like "$(age)" '^[0-9]+$' 'host explain tells when the organization was last heard'
ok 'bad answers do not count as heard from the organization' test "$(age)" -ge $(((${EPOCHREALTIME/./} - ${heard/./}) / 1000 - 1000))
mv /var/lib/orglogin/ids.db "$T/"
kept "a bad answer when the ledger is lost"
mv "$T/ids.db" /var/lib/orglogin/

# Hostile members among good ones: the good ones are published, the others are reported.
listing "$(member ada '{"role": "admin"}')" "$(member mia)" "$(member root)" "$(member ../x)" "$(member $'new\nline')" \
    "$(member '')" "$(member daemon)" "$(member 4711)" "$(member eve '{"uid": 0, "gid": 0, "home": "/", "groups": ["root"]}')" \
    "$(member zoe '{"name": "Zoe\n:0:0:root:/:/bin/sh"}')"
orgsyncd --once >"$T/out" 2>&1
diag "$(cat "$T/out")"
for name in root ../x daemon 4711; do
    like "$(cat "$T/out")" "(^|[^a-z0-9])$name([^a-z0-9]|\$)" "orgsyncd --once reports a member named $name"
done
is "$(grep -c '^line' "$T/out")" 0 'orgsyncd --once prints no line of its own for a newline in a name'
is "$(getent passwd root | cut -d: -f3)" 0 'a member named root does not change root'
is "$(getent passwd ../x 4711 x new line; echo $?)" 2 'getent finds no member with a bad name'
is "$(getent passwd ada mia | wc -l)" 2 'getent finds the good members beside the bad ones'
like "$(getent passwd eve)" '^eve:[^:]*:[0-9]{6,}:[0-9]{6,}:' 'a uid and a gid in the answer are ignored'
unlike "$(id -Gn eve)" root 'a group in the answer is ignored'
is "$(getent passwd zoe | awk -F: '{print NR, NF, $6, $7}')" "1 7 /home/zoe /bin/bash" 'a display name with a newline does not break the passwd line'

# Hostile ssh keys beside a good one: that one counts, and sshd is told nothing else, in no line of theirs.
key mia; key ghost; key weak rsa 1024
good=$(jq -nc --arg blob "$(blob mia)" '{type: "ssh-ed25519", blob: $blob}') ghost=$(blob ghost)
# keyed KEYS: the answer has ada, and mia with these keys (a JSON array)
keyed() { printf '%s' "$1" >"$T/keys"; { member ada '{"role": "admin"}'; member mia | jq --slurpfile keys "$T/keys" '.keys = $keys[0]'; } | jq -s '{revision: 7, complete: true, more: false, members: .}' | answer "200 OK" application/json; }
hostile=$(jq -nc --arg ghost "$ghost" --arg weak "$(blob weak)" --arg secret "$(sed -n '/^-/!p' /root/keys/ghost | tr -d '\n')" \
    --rawfile big <(head -c 16384 /dev/zero | base64 -w0) --rawfile huge <(head -c 1000000 /dev/zero | base64 -w0) '
    {"a blob of two lines": {type: "ssh-ed25519", blob: ($ghost + "\nssh-ed25519 " + $ghost)},
     "a type of two lines": {type: ("ssh-ed25519 " + $ghost + "\nssh-ed25519"), blob: $ghost},
     "options in the type": {type: "command=\"/bin/sh\" ssh-ed25519", blob: $ghost},
     "options behind the blob": {type: "ssh-ed25519", blob: ($ghost + " ssh-ed25519 " + $ghost)},
     "a certificate authority": {type: "cert-authority ssh-ed25519", blob: $ghost},
     "another type inside": {type: "ssh-rsa", blob: $ghost},
     "a weak key": {type: "ssh-rsa", blob: $weak},
     "a private key": {type: "ssh-ed25519", blob: $secret},
     "16 kB": {type: "ssh-ed25519", blob: $big},
     "1 MB": {type: "ssh-ed25519", blob: $huge},
     "a type of 16 kB": {type: $big, blob: $ghost},
     "nothing": {type: "", blob: ""},
     "an end that is no time": {type: "ssh-ed25519", blob: $ghost, expiresAt: "2099-01-01"},
     "an end before time began": {type: "ssh-ed25519", blob: $ghost, expiresAt: "0000-01-01T00:00:00Z"},
     "a NUL": {type: "ssh-ed25519", blob: ($ghost[:20] + "\u0000" + $ghost[20:])}}')
while IFS= read -r name; do
    keyed "[$(jq -c --arg name "$name" '.[$name]' <<<"$hostile"),$good]"
    orgsyncd --once >"$T/out" 2>&1
    is "$(told mia)" "$(lines_of mia)" "a member's key that is $name is not told, and the good one is"
done < <(jq -r 'keys[]' <<<"$hostile")
is "$(getent passwd ada mia | wc -l)" 2 'the members are there all the while'
keyed "$(jq -c --argjson good "$good" '[range(2000) as $i | .[]] + [$good]' <<<"$(jq -c 'del(.["1 MB"], .["16 kB"], .["a type of 16 kB"], .["a NUL"])' <<<"$hostile")")"
orgsyncd --once >"$T/out" 2>&1
is "$(told mia) $(grep -c "ssh keys left out" "$T/out")" "$(lines_of mia) 1" "a good key counts behind 24 000 that are not"
keyed "$(jq -nc --argjson good "$good" '[$good] + [range(20000) | $good]')"
orgsyncd --once >"$T/out" 2>&1
is "$(told mia | sort -u) $(told mia | wc -l)" "$(lines_of mia) 32" 'of 20 001 keys 32 count'
keyed "[$good]"; ok 'orgsyncd takes a good answer' orgsyncd --once
before=$(getent passwd ada mia; id ada)
for keys in '"text"' '{}' '7' '[null]' '[7]' '["ssh-ed25519 AAAA"]' '[{"blob":"AAAA"}]' '[{"type":7,"blob":"AAAA"}]' '[[]]'; do
    keyed "$keys"
    kept "an answer with the keys $keys"
    is "$(told mia)" "$(lines_of mia)" "the key from before counts, after the keys $keys"
done
done_testing
