#!/bin/bash
# provider_watch: what is heard, what ends it, what is not believed.
. "$(dirname "$0")/../lib/tap.sh"
need python3
PROBE=${APIPROBE:-$BUILD/tests/apiprobe}

listen "$T/port" python3 "$TOP/tests/fakes/hostile.py" --log "$T/log"
BASE=$heard
mkfifo "$T/in"; exec 8<> "$T/in" # an idle descriptor that stays quiet
watch() { "$PROBE" url="$BASE/$1" token=key:secret org=org_1 timeout=3000 watch "${@:2}" <&8 2>&1; }

ANN='member {"id":"usr_ann","email":"ann@x.org","username":"ann","name":"Ann","roles":["owner"],"state":"active"}'
is "$(watch good 0)" "$(printf 'reset\n%s\ndone 3' "$ANN")" 'a watch prints a whole listing and its revision'
is "$(watch pages 0)" "$(printf 'reset\n%s\n%s\ndone 9' "$ANN" "${ANN//ann/bob}" | sed 's/"name":"bob"/"name":"Ann"/')" 'a watch prints a listing of two pages as one'
like "$(tail -n 2 "$T/log" | tr -d '\n')" '"since":0.*"since":5' 'a watch asks for each page from the revision of the page before'
is "$(watch held 5 2000)" "$(printf 'heard\nheard\nheard\n%s\ndone 9' "$ANN")" 'a held poll prints heartbeats, then the change'
is "$(watch older 0)" "$(printf 'reset\n%s\ndone 0' "$ANN")" 'a watch of the older API prints the whole listing'
is "$(watch older 7 2000)" "$(printf 'reset\n%s\ndone 0' "$ANN")" 'a watch of the older API from a revision prints the whole listing'
is "$(watch unknown 0)" "$(printf 'reset\n%s\ndone 0' "$ANN")" 'a watch falls back to the whole listing after unknown_endpoint'
like "$(watch noorg 0)" '^error status=1 http=404 .*organization_not_found' 'a watch refuses a 404 other than unknown_endpoint'
like "$(watch heldno 5 2000)" 'error status=1 http=200 retry=0 code=unauthorized' 'a held poll reports a refusal at its end'
out=$(watch heldhtml 5 2000)
unlike "$out" heard 'a held poll takes white space that is not JSON for no heartbeat'
like "$out" 'status=3' 'a held poll in HTML ends as a bad answer'

is "$(watch keys 0)" "$(printf 'reset\n%s\ndone 3' "${ANN%\}},\"keys\":[{\"type\":\"ssh-ed25519\",\"blob\":\"AAAA\"},{\"type\":\"t\",\"blob\":\"\",\"expiresAt\":\"2027-01-01T00:00:00Z\"}]}")" 'a watch prints the keys of a member'

# the cursor: sent as it came, to a server that has given one
is "$(watch cursors 0)" "$(printf 'reset\n%s\ndone 3 here.3' "$ANN")" 'a watch prints the cursor of a listing'
is "$(watch cursors 3 0 2 here.3)" "$(printf 'done 3 here.3\ndone 3 here.3')" 'a watch with a cursor prints nothing when nothing is new'
is "$(watch cursors 9 0 2 there.9)" "$(printf 'reset\n%s\ndone 3 here.3\ndone 3 here.3' "$ANN")" 'a watch with a cursor of another history prints everything, at a lower revision'
is "$(watch nocursors 0 0 2)" "$(printf 'reset\n%s\ndone 3\ndone 3' "$ANN")" 'a watch of a server without cursors sends none'
is "$(watch nocursors 3 0 2 here.3)" "$(printf 'reset\n%s\ndone 3\ndone 3' "$ANN")" 'a watch with a cursor, of a server without cursors, prints everything'

# the organization's rules for this machine
OF_TEAMS=',"teams":[{"id":"t1","slug":"ops"},{"id":"t2"}],"state'
TEAMS=${ANN/,\"state/$OF_TEAMS}
is "$(watch accessnull 0)" "$(printf 'reset\nrules none\n%s\ndone 3' "$TEAMS")" 'a watch prints that there are no rules'
is "$(watch accessnone 0)" "$(printf 'reset\nrules\n%s\ndone 3' "$TEAMS")" 'a watch prints that no rule is for this machine'
is "$(watch accesssome 0)" "$(printf 'reset\nrules admin sshd sudo | team:t1 * |\n%s\ndone 3' "$TEAMS")" 'a watch prints the rules before the members'
for case in text object true neither both empty number service noservices blank control many long; do
    out=$(watch "access$case" 0)
    like "$out" 'error status=3 .*"access" is neither' "a watch does not believe the rules access$case"
    is "$(grep -cE "^(rules|done)" <<<"$out")" 0 "it takes nothing of the rules access$case"
done

for case in 'cursornumber:0:cursor' 'cursorlong:0:cursor' 'cursorspace:0:cursor' 'keystext:0:keys' 'revtext:0:revision' 'revzero:0:revision' 'revneg:0:revision' 'revfrac:0:revision' 'revhuge:0:revision' 'revinf:0:revision' \
    'revmissing:0:revision' 'incomplete:0:asked for everything' 'emptyall:0:listing is empty' 'forever:0:begins a second time' \
    'stuck:5:does not advance' 'still:5:does not advance' 'stillmore:5:does not advance' 'backwards:5:does not advance' 'moretext:0:not both true or false' 'noid:5:complete' \
    'empty:5:empty' 'html:5:not JSON' 'truncated:5:not JSON'; do
    IFS=: read -r how since reason <<< "$case"
    like "$(watch "$how" "$since" 1000)" "error status=3 .*$reason" "a watch from revision $since does not believe the hostile answer $how"
done

# the idle descriptor
start=$(date +%s%N)
: > "$T/out"
{ wait_for 10 grep -q heard "$T/out"; echo ask; wait_for 10 grep -q idle "$T/out"; echo stop; } |
    "$PROBE" url="$BASE/heldlong" token=k org=org_1 watch 5 60000 > "$T/out" 2>&1
is $? 6 'a held poll is stopped by the idle callback'
out=$(cat "$T/out")
like "$out" 'heard' 'a held poll stopped by the idle callback has heard heartbeats'
like "$out" 'idle \{"id":"usr_ann"' 'the idle callback of a held poll sends a request of its own'
ok 'a held poll stopped by the idle callback ends long before its time' test $((($(date +%s%N) - start) / 1000000)) -lt 30000
out=$("$PROBE" url="$BASE/whispering" token=k org=org_1 watch 5 60000 2>&1 < /dev/null)
is $? 6 'an end of file on the idle descriptor stops a held poll'
: | (sleep 0.2; timeout 10 "$PROBE" url="$BASE/whispering" token=k org=org_1 watch 5 60000 > /dev/null 2>&1)
is $? 6 'a closed pipe as idle descriptor stops a held poll'

# limits of time
start=$(date +%s)
out=$(watch whispering 5 1000)
like "$out" 'status=2 .*timed out' 'a held poll with endless heartbeats ends by the time-out'
ok 'a held poll with endless heartbeats ends soon after wait and time-out' test $(($(date +%s) - start)) -le 30
start=$(date +%s)
out=$(watch stall 5 60000)
like "$out" 'status=2 .*no data arrived for 15 s' 'a held poll without heartbeats ends as unreachable'
took=$(($(date +%s) - start))
ok 'a held poll without heartbeats ends after 15 s' test $took -ge 14 -a $took -le 50
done_testing
