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
is "$(watch good 0)" "$(printf 'reset\n%s\ndone 3' "$ANN")" 'everything'
is "$(watch pages 0)" "$(printf 'reset\n%s\n%s\ndone 9' "$ANN" "${ANN//ann/bob}" | sed 's/"name":"bob"/"name":"Ann"/')" 'in pages'
like "$(tail -n 2 "$T/log" | tr -d '\n')" '"since":0.*"since":5' 'each from the revision before'
is "$(watch held 5 2000)" "$(printf 'heard\nheard\nheard\n%s\ndone 9' "$ANN")" 'a held poll: heartbeats, then the change'
is "$(watch older 0)" "$(printf 'reset\n%s\ndone 0' "$ANN")" 'the older API: the complete listing'
is "$(watch older 7 2000)" "$(printf 'reset\n%s\ndone 0' "$ANN")" 'the older API: from a revision too'
is "$(watch unknown 0)" "$(printf 'reset\n%s\ndone 0' "$ANN")" 'unknown_endpoint'
like "$(watch noorg 0)" '^error status=1 http=404 .*organization_not_found' 'another 404 is a refusal'
like "$(watch heldno 5 2000)" 'error status=1 http=200 retry=0 code=unauthorized' 'the poll ends with a no'
out=$(watch heldhtml 5 2000)
unlike "$out" heard 'white space that is not JSON is no heartbeat'
like "$out" 'status=3' 'and its end is a bad answer'

# the cursor: sent as it came, to a server that has given one
is "$(watch cursors 0)" "$(printf 'reset\n%s\ndone 3 here.3' "$ANN")" 'a listing brings a cursor'
is "$(watch cursors 3 0 2 here.3)" "$(printf 'done 3 here.3\ndone 3 here.3')" 'with it nothing is new'
is "$(watch cursors 9 0 2 there.9)" "$(printf 'reset\n%s\ndone 3 here.3\ndone 3 here.3' "$ANN")" 'that of another history: everything, though the revision is lower'
is "$(watch nocursors 0 0 2)" "$(printf 'reset\n%s\ndone 3\ndone 3' "$ANN")" 'a server without cursors gives none and is sent none'
is "$(watch nocursors 3 0 2 here.3)" "$(printf 'reset\n%s\ndone 3\ndone 3' "$ANN")" 'one that was put back to a version without them: everything, and none any more'

for case in 'cursornumber:0:cursor' 'cursorlong:0:cursor' 'cursorspace:0:cursor' 'revtext:0:revision' 'revzero:0:revision' 'revneg:0:revision' 'revfrac:0:revision' 'revhuge:0:revision' 'revinf:0:revision' \
    'revmissing:0:revision' 'incomplete:0:asked for everything' 'emptyall:0:listing is empty' 'forever:0:begins a second time' \
    'stuck:5:does not advance' 'still:5:does not advance' 'stillmore:5:does not advance' 'backwards:5:does not advance' 'moretext:0:not both true or false' 'noid:5:complete' \
    'empty:5:empty' 'html:5:not JSON' 'truncated:5:not JSON'; do
    IFS=: read -r how since reason <<< "$case"
    like "$(watch "$how" "$since" 1000)" "error status=3 .*$reason" "$how from $since is not believed"
done

# the idle descriptor
start=$(date +%s%N)
: > "$T/out"
{ wait_for 10 grep -q heard "$T/out"; echo ask; wait_for 10 grep -q idle "$T/out"; echo stop; } |
    "$PROBE" url="$BASE/heldlong" token=k org=org_1 watch 5 60000 > "$T/out" 2>&1
is $? 6 'stopped by the idle callback'
out=$(cat "$T/out")
like "$out" 'heard' 'after heartbeats'
like "$out" 'idle \{"id":"usr_ann"' 'and a request of its own on another connection'
ok 'long before the end' test $((($(date +%s%N) - start) / 1000000)) -lt 30000
out=$("$PROBE" url="$BASE/whispering" token=k org=org_1 watch 5 60000 2>&1 < /dev/null)
is $? 6 'an end of file wakes it too'
: | (sleep 0.2; timeout 10 "$PROBE" url="$BASE/whispering" token=k org=org_1 watch 5 60000 > /dev/null 2>&1)
is $? 6 'and a closed pipe'

# limits of time
start=$(date +%s)
out=$(watch whispering 5 1000)
like "$out" 'status=2 .*timed out' 'heartbeats for ever: the time-out ends it'
ok 'after the wait and the time-out' test $(($(date +%s) - start)) -le 30
start=$(date +%s)
out=$(watch stall 5 60000)
like "$out" 'status=2 .*nothing was heard for 15 s' 'no heartbeat any more: dead'
took=$(($(date +%s) - start))
ok "after 15 s ($took)" test $took -ge 14 -a $took -le 50
done_testing
