#!/bin/bash
# The access token of an API is kept until it ends, for the credential that it was obtained for and nobody else; and an API that asks for a pause
# in the middle of much work gets it.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../api/vendor.sh"
. "$(dirname "$0")/vendor.sh"
fake_start upsun --fault most=2,chunk=1
token ada api-token-1; token other api-token-bob
THERE=(--provider upsun --url "$URL")
KEPT=$T/ada/orgadmin/default.access
exchanges() { grep -c '"/oauth2/token"' "$LOG"; }
# ran N NAME: the last command ended well, after N exchanges
ran() { is "$rc $(exchanges)" "0 $1" "$2"; }
age() { sed -i -E "s/^([0-9a-f]{64}) [0-9]+/\1 $1/" "$KEPT"; }

as ada login "${THERE[@]}" --token-file "$T/ada.token"; ran 1 'login obtains an access token'
ok 'and keeps none: it is no login yet' test ! -e "$KEPT"
as ada org list; ran 1 'the first command obtains one'
as ada org list; ran 0 'the second needs none'
as ada whoami; ran 0 'nor does another command'
is "$(stat -c %a "$KEPT")/$(wc -l < "$KEPT")/$(grep -c api-token "$KEPT")" 600/1/0 'it is kept in a private file, without the credential'
ok 'until a minute before its end' test $(($(cut -d' ' -f2 "$KEPT") - $(date +%s) - 840)) -le 2
before=$(cat "$KEPT")
as ada org list --provider upsun --url "$URL" --token-file "$T/other.token"; ran 1 'another credential obtains its own'
is "$(cat "$KEPT")" "$before" 'and leaves the kept one alone'
as ada login "${THERE[@]}" --token-file "$T/other.token" --profile other; as ada org list --profile other; ran 1 "another login does not get it"
as ada context switch default; as ada whoami; ran 0 'and the first one has it still'
sed -i 's/api-token-1/api-token-bob/' "$T/ada/orgadmin/default.json"
as ada org list; ran 1 'the same profile with another credential does not get it'
sed -i 's/api-token-bob/api-token-1/' "$T/ada/orgadmin/default.json"; as ada org list
fake '{"fault":{"path":"/me$","status":401,"body":"{}"}}'
before=$(cat "$KEPT"); as ada whoami; ran 1 'a token that is refused is thrown away, and obtained once more'
ok 'and the new one is kept' test "$(cat "$KEPT")" != "$before"
fake '{"fault":{"path":"/me$","times":0,"status":401,"body":"{}"}}'
as ada whoami; is "$rc $(exchanges)" '1 1' 'once only'
fake '{"reset":true}'
as ada whoami; age $(($(date +%s) - 1)); as ada whoami; ran 1 'one that has ended is not sent'
age 99999999999; as ada whoami; ran 1 'nor one that never ends'
sed -i 's/^./x/' "$KEPT"; as ada whoami; ran 1 'nor one of another key'
for text in '' 'x' "$(cut -d' ' -f1,2 "$KEPT")" "$(cut -d' ' -f1,2 "$KEPT") a b" "$(cut -d' ' -f1,2 "$KEPT") $(printf 'a%.0s' {1..9000})"; do
    (umask 077; printf '%s\n' "$text" > "$KEPT"); as ada whoami; ran 1 "nor what is none: \"${text:0:70}\""
done
(umask 077; head -c 100000 /dev/zero > "$KEPT"); as ada whoami; ran 1 'nor anything large'

# --- the place ---
chmod 640 "$KEPT"; as ada whoami; ran 1 'one that others can read is not used'
is "$(stat -c %a "$KEPT")" 600 'and the new one is private again'
mv "$KEPT" "$T/elsewhere"; ln -s "$T/elsewhere" "$KEPT"; before=$(cat "$T/elsewhere")
as ada whoami; ran 1 'a link is not followed to be read'
is "$(cat "$T/elsewhere")/$(stat -c %F "$KEPT")" "$before/regular file" 'nor to be written'
rm "$KEPT"; mkfifo -m 600 "$KEPT"; as ada whoami; ran 1 'a pipe is not waited for'
rm "$KEPT"; mkdir "$KEPT"; as ada whoami; ran 1 'a directory in its place is no harm'
ok 'and nothing is left beside it' test "$(ls "$T/ada/orgadmin" | grep -c 'access\.')" = 0
rmdir "$KEPT"; as ada whoami
chmod 777 "$T/ada/orgadmin"; before=$(cat "$KEPT")
as ada whoami; ran 1 'in a directory that others can write in, none is read'
is "$(cat "$KEPT")" "$before" 'and none written'
chmod 700 "$T/ada/orgadmin"
if [ "$(id -u)" = 0 ]; then
    chown 65534 "$KEPT"; as ada whoami; ran 1 "another user's file is not used"
    chown 65534 "$T/ada/orgadmin"; before=$(cat "$KEPT"); as ada whoami; ran 1 "in another user's directory none is read"
    is "$(cat "$KEPT")" "$before" 'and none written'; chown 0 "$T/ada/orgadmin"
else
    pass "another user's file is not used # SKIP needs root"
fi
as ada logout; ok 'logout forgets it' test ! -e "$KEPT"

# --- a pause ---
as ada login "${THERE[@]}" --token-file "$T/ada.token"; as ada org switch acme-corp
people() { printf 'p%d@example.org\n' 1 2 3 > "$T/people"; }
people
pause() { fake "{\"reset\":true,\"fault\":{\"path\":\"/invitations\$\",\"method\":\"POST\",\"times\":$1,\"status\":429,\"headers\":{\"Retry-After\":\"$2\"},\"body\":{\"detail\":\"slower\"}}}"; }
pause 2 1; begun=$(date +%s%3N)
as ada member add --file "$T/people"
like "$rc/$err" '^0/.*The API asks for a pause of 1 s\.' 'in bulk work a 429 is waited for'
like "$err" '3 of 3 invited' 'and nobody is left out'
ok 'as long as the API asks' test $(($(date +%s%3N) - begun)) -ge 2000
is "$(sent | grep -c '^POST .*invitations .*p1@')" 3 'the same request is sent again'
pause 1 1; typed "$T/seen" "XDG_CONFIG_HOME=$T/ada $ORGADMIN member add --file $T/people"
like "$(tr '\r' '\n' < "$T/seen")" 'the API asks for a pause: 1 s' 'on a terminal the pause is shown'
for long in 86400 121 99999999999 'Fri, 01 Jan 2100 00:00:00 GMT'; do
    pause 0 "$long"; begun=$(date +%s)
    as ada member add --file "$T/people" --remainder "$T/rest"
    like "$rc/$err" '^4/.*p1@example.org.*429' "a pause of \"$long\" is not waited for"
    ok 'the command ends at once' test $(($(date +%s) - begun)) -le 10
    is "$(wc -l < "$T/rest")" 3 'and the rest is kept'; rm -f "$T/rest"
done
pause 0 0; as ada member add --file "$T/people"; like "$rc/$err" '^4/.*429' 'nor is a pause without a time'
pause 0 100; as ada member add solo@example.org; like "$rc/$err" '^4/.*429.*repeat the command later' 'a single request is not waited for'
is "$(sent | grep -c '^POST .*invitations')" 1 'and not repeated'
pause 0 100
XDG_CONFIG_HOME=$T/ada timeout -s INT 3 "$ORGADMIN" member add --file "$T/people" --remainder "$T/rest" > "$T/out" 2> "$T/err"
is "$(wc -l < "$T/rest")" 3 'an interrupt ends the pause, and the rest is kept'
done_testing
