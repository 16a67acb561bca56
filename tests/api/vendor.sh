# For the tests of the vendors: the vendor's fake, apiprobe against it, and a look at the fake's log. Source it behind tap.sh.
# A second listener, at $ELSEWHERE, is where no request may ever go.
#
#   fake_start NAME [OPTION...]        starts tests/fakes/NAME.py: its address is $URL, its log $LOG. Then set
#                                      SETTINGS=(provider=... url="$URL" token=... org=...) and SECRETS=(...)
#   fake JSON                          to the fake's control (see fake.py): fake '{"reset":true}'
#   probe [SETTING|OPERATION|ARG]...   runs apiprobe behind $SETTINGS: $OUT is what it printed, $GOT its exit status
#   sent [JQ-EXPRESSION]               what went out in the last probe, a line a request: METHOD TARGET BODY, or the expression
#   answers STATUS REGEX NAME PROBE... the probe ends with STATUS and prints REGEX, and none of ${SECRETS[@]}
#   went NAME LINE...                  "sent" is these lines
#   before NAME STATUS REGEX PROBE...  the same as answers, and nothing went out at all
#   hostile STATUS REGEX FAULT PROBE.. "answers" with FAULT (JSON for the fake's control) in effect, named $HOSTILE_NAME; with a fresh fake
#   hostile_answers PATH PROBE...      what any answer at PATH (a regular expression) may be, whoever the vendor is
#   hostile_refusals PATH PROBE...     the part of them that goes for answers that may be empty, too
#   hostile_values PATH KEY PROBE...   what the string KEY in that answer may be instead
#   make_fast PROGRAM                  makes $T/fast: PROGRAM, for which waits take no time (tests/plugins/fastclock.c)
#   elsewhere_unasked                  at the end: nothing went to $ELSEWHERE
need curl jq python3
PROBE=${APIPROBE:-$BUILD/tests/apiprobe}
DONE=0 REFUSED=1 UNREACHABLE=2 BAD=3 UNSUPPORTED=4 USAGE=5
LOG=$T/log
SETTINGS=()
SECRETS=()
: > "$LOG"

fake_start() {
    listen "$T/elsewhere.out" python3 -B "$TOP/tests/fakes/fake.py" --log "$T/elsewhere.log"
    ELSEWHERE=$heard
    listen "$T/fake.out" python3 -B "$TOP/tests/fakes/$1.py" --log "$LOG" "${@:2}"
    URL=$heard
}

fake() { curl -sSf --max-time 20 --data-binary "$1" "$URL/_fake" > "$T/control" || fail "the fake's control: $1"; }

probe() {
    : > "$LOG"
    OUT=$("$PROBE" "${SETTINGS[@]}" "$@" < /dev/null 2>&1)
    GOT=$?
}

# shellcheck disable=SC2120 # a test may want other fields
sent() {
    [ ! -s "$LOG" ] || jq -r "${1-\"\(.method) \(.path)\(if .query == \"\" then \"\" else \"?\" + .query end)\(
        if .body == \"\" then \"\" elif .body | type == \"string\" then \" \" + .body else \" \" + (.body | tojson) end)\"}" "$LOG"
}

leaks() {
    local secret
    for secret in "${SECRETS[@]}"; do [[ $OUT == *"$secret"* ]] && return 0; done
    return 1
}

told='' # NAME of the last probe: "$told: the request" is a name for went
answers() {
    local want=$1 regex=$2 name=$3; shift 3
    told=$name
    probe "$@"
    # shellcheck disable=SC2053 # a pattern
    if [[ $GOT != $want ]] || ! grep -Eq -- "$regex" <<< "$OUT"; then
        fail "$name" "exit status $GOT, want $want" "want: /$regex/" "${OUT:0:2000}" "$(sent)"
    elif leaks; then fail "$name" "a credential is shown: $OUT"
    else pass "$name"; fi
}

went() { is "$(sent)" "$(printf '%s\n' "${@:2}")" "$1"; }

before() {
    answers "$2" "$3" "$1" "${@:4}"
    is "$(sent)" '' "$1, and sends no request"
}

hostile() {
    local want=$1 regex=$2 fault=$3; shift 3
    fake "{\"reset\":true,\"fault\":$fault}"
    answers "$want" "$regex" "$HOSTILE_NAME" "$@"
}

# whole STATUS REGEX NAME FAULT-MEMBERS: an answer in place of the one at $path, for the probe $operation
whole() {
    local word
    for word in "${operation[@]}"; do [[ $word == *=* ]] || break; done
    HOSTILE_NAME="$word fails when ${path%\$} answers with $3" hostile "$1" "$2" "{\"path\":\"$path\",\"times\":0,$4}" "${operation[@]}"
}

hostile_refusals() {
    local path=$1 operation=("${@:2}")
    whole $BAD 'not JSON' 'a page of HTML' '"body":"<!DOCTYPE html><title>Log in</title>","kind":"text/html"'
    whole $BAD 'not JSON' 'half an object' '"body":"{\"data\":[{\"id\":"'
    whole $BAD 'follows|not JSON' 'text behind an object' '"body":"{}{}"'
    whole $BAD 'not JSON' '20000 open brackets' "\"body\":\"$(printf '%20000s' '' | tr ' ' '[')\""
    whole $BAD 'not UTF-8|not JSON' 'bytes that are not UTF-8' '"body":"{\"name\":\"\udcff\"}"'
    whole $UNREACHABLE '^error status=2 http=0' 'a closed connection' '"drop":true'
    whole $UNREACHABLE 'http=500' '500' '"status":500,"body":"<html>oops</html>","kind":"text/html"'
    whole $UNREACHABLE 'http=503 retry=7' '503' '"status":503,"headers":{"Retry-After":"7"}'
    whole $UNREACHABLE 'http=429 retry=120' '429' '"status":429,"body":"{}","headers":{"Retry-After":"120"}'
    whole $UNREACHABLE 'http=429 retry=(0|60|3600|86400) ' '429 and an endless Retry-After' '"status":429,"headers":{"Retry-After":"99999999999999999999"}'
    whole "[$REFUSED$BAD]" 'http=302|redirect' 'a redirect to another host' "\"status\":302,\"headers\":{\"Location\":\"$ELSEWHERE/x\"}"
}

hostile_answers() {
    local path=$1 operation=("${@:2}")
    hostile_refusals "$@"
    whole $BAD 'it is empty|not JSON' 'an empty body' '"body":""'
    whole $BAD '^error status=3 http=200' 'a number' '"body":"5"'
    whole $BAD '^error status=3 http=200' 'an empty object' '"body":"{}"'
}

hostile_values() {
    local path=$1 key=$2 operation=("${@:3}") value
    for value in 1e999 -1 12345678901234567890 true '[[]]' '{}' '"a\\u0000b"' '"\\ud800"' "\"$(printf '%1025s' '' | tr ' ' x)\""; do
        whole $BAD "wrong|not JSON|without NUL|not UTF-8" "${value:0:30} for \"$key\"" "\"sub\":[[\"\\\"$key\\\":\\\"[^\\\"]*\\\"\",\"\\\"$key\\\":${value//\"/\\\"}\"]]"
    done
    whole $BAD "\"$key\" occurs twice" "\"$key\" twice" "\"sub\":[[\"(?=\\\"$key\\\":)\",\"\\\"$key\\\":\\\"x\\\",\"]]"
}

make_fast() {
    local clock=${BUILD%/check}/tests/fastclock.so
    [ -e "$clock" ] || { diag "there is no $clock: make check builds it"; exit 1; }
    printf '#!/bin/sh\nLD_PRELOAD=%s ASAN_OPTIONS=verify_asan_link_order=0 exec %s "$@"\n' "$clock" "$1" > "$T/fast"
    chmod +x "$T/fast"
}

elsewhere_unasked() { is "$(cat "$T/elsewhere.log")" '' 'no request went to another host'; }
