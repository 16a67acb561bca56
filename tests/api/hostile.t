#!/bin/bash
# Every bad answer is told from a good one, with a reason, and none of them is believed.
. "$(dirname "$0")/../lib/tap.sh"
need python3
PROBE=${APIPROBE:-$BUILD/tests/apiprobe}
REFUSED=1 UNREACHABLE=2 BAD=3 USAGE=5

listen "$T/port" python3 "$TOP/tests/fakes/hostile.py" --log "$T/log"
BASE=$heard

probe() { "$PROBE" url="$BASE/$1" token=key:secret org=org_1 timeout="${WAIT-20000}" "${@:2}" < /dev/null 2>&1; }

# refused HOW STATUS REASON [OPERATION...]: the operation ends with STATUS and a line like REASON
refused() {
    local how=$1 want=$2 reason=$3 out got; shift 3
    out=$(probe "$how" "${@:-member list}"); got=$?
    if [ $got = "$want" ] && grep -Eq -- "$reason" <<< "$out"; then pass "${*:-member list} refuses the hostile answer $how"
    else fail "${*:-member list} refuses the hostile answer $how" "exit status $got, want $want" "$out"; fi
    unlike "$out" 'key:secret' "${*:-member list} prints no credential for the hostile answer $how"
}

like "$(probe good 'member list')" '^\{"id":"usr_ann".*"roles":\["owner"\],"state":"active"\}$' 'member list reads a good answer'
like "$(cat "$T/log")" '^POST /good/v1/organizations/members/list Bearer key:secret \{"organizationId":"org_1","limit":1000\}$' 'member list sends one page request with the credential'

refused html $BAD 'does not claim to be JSON: it is not JSON at byte 0'
refused empty $BAD 'it is empty'
refused half $UNREACHABLE 'closed with .* bytes remaining|end of response with .* bytes missing'
refused truncated $BAD 'not JSON at byte'
refused trailing $BAD 'something follows'
refused array $BAD 'not a JSON object'
refused noarray $BAD '"members" is missing'
refused objectlist $BAD '"members" is no array'
refused nomembers $BAD '"members" is empty'
refused noid $BAD '"id" is missing'
refused emptyid $BAD '"id" has a wrong'
refused numberid $BAD '"id" has a wrong'
refused norole $BAD '"roles" is missing'
refused wrongtype $BAD '"email" has a wrong'
refused wronglist $BAD '"roles" has a wrong'
refused badstate $BAD '"state" has a wrong'
refused notobject $BAD '"id" is missing'
refused longtext $BAD '"name" has a wrong'
refused duplicate $BAD 'the key "role" occurs twice'
refused nul $BAD 'without NUL'
refused badutf8 $BAD 'not UTF-8'
refused surrogate $BAD 'not JSON'
refused deep $BAD 'not JSON'
refused manykeys $BAD 'more than 256 members'
refused big $BAD 'too large' whoami
refused notok $REFUSED '200 unauthorized: ended'
refused okmissing $BAD '"ok" is missing' 'member remove' user=u
refused 400 $REFUSED 'code=invalid .*400 invalid: email: what\[2J\?$'
refused 401 $REFUSED 'http=401 .*the credential is not accepted'
refused 409a $REFUSED 'code=last_owner .*409 last_owner'
refused 409b $REFUSED 'code=last_owner .*409 last_owner: the last one'
refused 409c $REFUSED 'code=last_owner .*409 last_owner: the last one'
refused 404html $REFUSED 'http=404 .*404 no reason is given'
refused 500 $UNREACHABLE 'http=500'
refused echo $REFUSED 'http=403 retry=0 code=\*+ .*403 \*+: \*+\? no \*+$'
refused 408 $UNREACHABLE 'http=408'
refused 503 $UNREACHABLE 'retry=7 code=busy'
refused 429 $UNREACHABLE 'http=429 retry=120 code=slow_down'
refused 429date $UNREACHABLE 'retry=(29[0-9]|30[0-9]) '
refused 429long $UNREACHABLE 'retry=(0|86400) '
refused redirect $BAD '302, a redirect, which is not followed'
WAIT=1000 refused nothing $UNREACHABLE 'timed out|Timeout'
refused garbage $UNREACHABLE 'HTTP/0.9|[Uu]nsupported'

# spellings of the older API
is "$(probe nested 'org list')" '{"id":"org_1","name":"acme","role":"owner"}' 'org list reads a nested OrgMembership'
is "$(probe nested 'invitation create' email=b@x.org)" \
    '{"id":"inv_1","email":"b@x.org","roles":["member"],"state":"pending","token":"secret"}' 'invitation create reads a nested OrgInvitationCreated'

# strange names are data to this layer
out=$(probe hostile 'member list')
is "$(wc -l <<< "$out")" 9 'member list reads members with strange usernames'
like "$out" '"username":"\.\./x"' 'member list keeps a strange username unchanged'
unlike "$out" $'\e' 'member list escapes control characters in JSON'

# what is wrong before anything is sent
: > "$T/log"
for url in http://example.org http://127.0.0.1.example.org http://10.0.0.1 ftp://127.0.0.1 127.0.0.1 '' https:// \
    'http://user:password@127.0.0.1' 'http://127.0.0.1/?a=b' 'unix:relative' $'http://127.0.0.1/\n' http://0.0.0.0 http://192.0.2.1 'http://[::2]'; do
    out=$("$PROBE" url="$url" timeout=500 whoami < /dev/null 2>&1)
    is $? $USAGE "whoami refuses the url ${url@Q}"
    unlike "$out" password "whoami prints no password of the url ${url@Q}"
done
if can_trace; then
    ASAN_OPTIONS=detect_leaks=0 strace -f -e trace=network,exit_group -o "$T/trace" "$PROBE" url=http://example.org whoami > /dev/null 2>&1 < /dev/null
    is "$(grep -oE "connect\(|sendto\(|exit_group\($USAGE\)" "$T/trace")" "exit_group($USAGE)" 'whoami sends no packet for plain http to another host'
else
    pass 'whoami sends no packet for plain http to another host # SKIP strace cannot look on'
fi
like "$("$PROBE" url="$BASE/good" token=$'a\nb' whoami 2>&1 < /dev/null)" 'status=5 .*credential' 'whoami refuses a credential with a newline'
for option in $'a\nb' $'a\tb' $'a\x7fb'; do
    like "$("$PROBE" provider=cratedb url="$BASE/good" token=k option.region="$option" whoami 2>&1 < /dev/null)" 'status=5 .*"region" .*control' "whoami refuses the option region ${option@Q}"
done
like "$("$PROBE" provider=nothing url="$BASE" whoami 2>&1 < /dev/null)" 'status=5 .*unknown provider' 'whoami refuses an unknown provider'
like "$("$PROBE" url="$BASE/good" 'member list' 2>&1 < /dev/null)" 'status=5 .*no organization' 'member list refuses to run without an organization'
like "$(probe good 'member remove')" 'status=5 .*"user" is missing' 'member remove refuses to run without a user'
like "$(probe good 'member remove' user=$'\xff')" 'status=5 .*"user" is too long or not UTF-8' 'member remove refuses a user that is not UTF-8'
is "$(cat "$T/log")" '' 'a refused probe sends no request'
like "$("$PROBE" url=http://127.0.0.1:1 token=k whoami 2>&1 < /dev/null)" 'status=2 .*127.0.0.1:1/v1/users/whoami: .*onnect' 'whoami without a listening server ends as unreachable'
like "$("$PROBE" url=unix:/nowhere/x token=k whoami 2>&1 < /dev/null)" 'status=2 .*unix:/nowhere/x/v1' 'whoami without the unix socket ends as unreachable'

# the environment has no say
export http_proxy=http://127.0.0.1:1 HTTP_PROXY=http://127.0.0.1:1 ALL_PROXY=http://127.0.0.1:1 all_proxy=http://127.0.0.1:1
like "$(probe good whoami)" '"id":"usr_ann"' 'whoami ignores http_proxy and all_proxy'
# counts, switches, pages
like "$(probe spreadsheet 'joincode list' | tail -n 1)" '^\{"id":"c","role":"member","max_uses":5,"uses":2\}$' 'joincode list prints counts as numbers'
refused badcount $BAD '"uses" has a wrong' 'joincode list'
refused bigcount $BAD '"uses" has a wrong' 'joincode list'
refused textcount $BAD '"uses" has a wrong' 'joincode list'
refused badbool $BAD '"already" has a wrong' 'joincode join' code=x
is "$(probe events 'audit list' | wc -l)" 300 'audit list reads a hundred pages'
is "$(probe events 'audit list' | sort -u | wc -l)" 300 'audit list prints every event of a hundred pages once'
refused samepage $BAD 'the next page is the same page again' 'audit list'
refused longcursor $BAD 'the next page is the same page again' 'audit list'
is "$(probe emptymembers 'member list' | wc -l)" 1 'member list accepts an empty last page'
: > "$T/log"
like "$(probe whole 'member list')" '^\{"id":"usr_ann"' 'member list reads members from a server without pages'
is "$(grep -o '{.*' "$T/log" | tr '\n' ' ')" '{"organizationId":"org_1","limit":1000} {"organizationId":"org_1"} ' 'member list asks a server without pages a second time, without a limit'
: > "$T/log"
refused lostpage $REFUSED '400 invalid: after: unknown page'
is "$(grep -c members/list "$T/log")" 2 'member list does not begin again when a later page is refused'

# bodies
: > "$T/log"
probe okmissing 'role create' role=r permissions=a:b,c:d > "$T/out"
probe okmissing 'joincode create' max_uses=5 > "$T/out"
probe okmissing 'joincode create' > "$T/out"
probe okmissing 'role list' > "$T/out"
sent() { sed -n "$1s/.*secret //p" "$T/log"; }
is "$(sent 1)" '{"organizationId":"org_1","role":"r","permissions":["a:b","c:d"]}' 'role create sends a list argument as an array'
is "$(sent 2)" '{"organizationId":"org_1","maxUses":5}' 'joincode create sends max_uses as a number'
is "$(sent 3)" '{"organizationId":"org_1"}' 'joincode create leaves out a missing max_uses'
is "$(sent 4)" '{"organizationId":"org_1"}' 'role list sends the organization'
for n in '' 5x -1 1e3 999999999999999999; do
    probe okmissing 'joincode create' max_uses="$n" > "$T/out"
    is "$?/$(grep -c 'is no number' "$T/out")" "$USAGE/1" "joincode create refuses max_uses=$n, which is no number"
done

done_testing
