#!/bin/bash
# What a terminal gets to see, and what nobody does.
. "$(dirname "$0")/../lib/tap.sh"
need python3 script
can_trace || skip_all "strace cannot look on"
ORGADMIN=$BUILD/orgadmin
export XDG_CONFIG_HOME=$T/config LC_ALL=C.UTF-8
unset ORGADMIN_ORG ORGADMIN_TOKEN_FILE
(umask 077; echo key:topsecret > "$T/token")
listen "$T/port" python3 "$TOP/tests/fakes/hostile.py" --log "$T/log"
BASE=$heard
on_terminal() { script -qec "$1" /dev/null < "${2:-/dev/null}" 2>&1; }

# hostile names
at="--url $BASE/hostile --token-file $T/token"
for how in '' '-o json'; do
    out=$(on_terminal "$ORGADMIN member list $at $how")
    like "$out" usr_0 "member list${how:+ $how} prints hostile names on a terminal"
    unlike "$(tr -d '\r\n\t' <<< "$out")" '[[:cntrl:]]' "member list${how:+ $how} prints no control character on a terminal"
    unlike "$out" $'\u202e|\u009b' "member list${how:+ $how} prints no bidi override and no C1 control on a terminal"
done
out=$("$ORGADMIN" member list $at)
is "$(wc -l <<< "$out")" 10 'member list prints no extra line for a newline in a name'
unlike "$out" $'\e|\u202e|\u009b' 'member list prints no control character of a name to a pipe'
out=$("$ORGADMIN" member list $at -o json)
is "$(jq -r '.members[2].username' <<< "$out")" $'a\nb' 'member list -o json prints the exact name to a pipe'
unlike "$out" $'\e' 'member list -o json escapes control characters'
out=$("$ORGADMIN" member show nobody $at 2>&1)
unlike "$out" $'\e' 'member show prints no remote control character in an error'
out=$("$ORGADMIN" org list --url "$BASE/400" --token-file "$T/token" 2>&1); rc=$?
is "$rc/$(grep -c $'\e' <<< "$out")" 1/0 'org list prints no control character of a refusal'

# an API that withdraws nothing with a member
"$ORGADMIN" member remove ann --yes --url "$BASE/codes" --token-file "$T/token" > "$T/out" 2> "$T/err"
like "$(cat "$T/err")" 'Whoever knows a join code can come back: see orgadmin joincode list --url' 'member remove tells of join codes that stay'

# exit statuses that only a bad server can cause
for case in html:4 empty:4 truncated:4 500:4 429:4 redirect:4 409b:1 401:1 notok:1; do
    "$ORGADMIN" org list --url "$BASE/${case%:*}" --token-file "$T/token" > "$T/out" 2> "$T/err"
    is "$?/$(wc -c < "$T/out")/$(wc -l < "$T/err")" "${case#*:}/0/1" "org list with the hostile answer ${case%:*} exits ${case#*:} with one line"
done

# a wide table is cut for a terminal only
out=$(script -qec "stty cols 60; $ORGADMIN member list $at" /dev/null < /dev/null)
is "$(tr -d '\r' <<< "$out" | wc -L)" 60 'member list is as wide as a narrow terminal, whatever its texts are'
like "$("$ORGADMIN" member list $at)" 'x{900}@x\.org' 'member list cuts nothing in a pipe'

# the prompt
typed "$T/seen" "$ORGADMIN login --url $BASE/good" 'Token: ' 'key:topsecret\n'
out=$(cat "$T/seen")
like "$out" 'Token: ' 'login asks for the token on a terminal'
unlike "$out" topsecret 'login does not echo the token'
like "$(cat "$T/log")" '/good/v1/users/whoami Bearer key:topsecret' 'login sends the typed token'
typed "$T/seen" "env ASAN_OPTIONS=detect_leaks=0 strace -o $T/trace -e trace=ioctl -e inject=ioctl:delay_enter=300000 $ORGADMIN login --url $BASE/good" \
    'Token: ' 'key:topsecret\n'
unlike "$(cat "$T/seen")" topsecret 'login does not echo the token on a slow terminal'
typed "$T/seen" "sh -c 'trap : INT; $ORGADMIN login --url $BASE/good; stty -a'" 'Token: ' '\003'
like "$(cat "$T/seen")" ' echo ' 'login interrupted turns the echo on again'
typed "$T/seen" "$ORGADMIN member remove usr_0 $at" 'Type yes:' 'no\n'
like "$(cat "$T/seen")" 'nothing is changed' 'member remove changes nothing after another answer than yes'
unlike "$(cat "$T/log")" 'hostile/.*members/remove' 'member remove sends no request after another answer than yes'
typed "$T/seen" "$ORGADMIN org delete org_1 $at" 'Type .*acme:' '[31macme\n'
like "$(cat "$T/seen")" 'Type \[31macme:' 'org delete asks for a name without its control characters'
like "$(cat "$T/log")" 'hostile/.*organizations/delete .*"name":"\\u001b\[31macme"' 'org delete takes a name typed without its control characters'
at="--url $BASE/good --token-file $T/token"
typed "$T/seen" "$ORGADMIN member remove ann $at" 'Type yes:' 'yes\n'
like "$(cat "$T/seen")" 'Remove ann \(ann@x.org, usr_ann\) from acme\? Type yes:' 'member remove asks with name, e-mail address and id'
like "$(cat "$T/log")" 'good/.*members/remove .*"userId":"usr_ann"' 'member remove removes after yes'

# the secret is in no argument, no environment, no message
strace -f -s 4096 -e trace=execve,write -o "$T/trace" "$ORGADMIN" org list $at > "$T/out" 2>&1
like "$(cat "$T/trace")" 'execve\(.*"org", "list"' 'strace sees orgadmin start'
unlike "$(grep -E 'execve|write\([12],' "$T/trace")" topsecret 'orgadmin passes the token in no argument and no output'
out=$(strace -f -e trace=renameat,renameat2,rename,fsync -o "$T/trace" "$ORGADMIN" login $at 2>&1)
like "$(grep -oE 'fsync|rename' "$T/trace" | tr '\n' ' ')" 'fsync rename fsync ' 'login syncs its file before the rename and the directory after it'
done_testing
