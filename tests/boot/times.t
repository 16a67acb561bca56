#!/bin/bash
# How long a machine takes to boot under a real systemd with `files systemd org` in nsswitch.conf, against the same machine
# without orglogin: an organization that is away, a daemon that hangs or no snapshot at all must not be felt.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../lib/root.sh"
. "$(dirname "$0")/../lib/tap.sh"
why=$(boot_lacking)
[ -z "$why" ] || skip_all "$why"

MARGIN=500 # milliseconds that a boot may take longer than the plain one, beside what plain ones differ among themselves: a busy machine's do
ROUNDS=${ROUNDS:-1} # boots of each case; one more of those that are over the margin, up to RETRIES times
RETRIES=6

declare -A what=(
    [good]="with orglogin, all well"
    [silent]="with an API that takes connections and never answers"
    [dropped]="with a network that drops every packet to the API"
    [nameless]="with a network that drops every packet to the name server"
    [stopped]="with orgsyncd stopped"
    [hung]="with orgsyncd hung right at its start"
    [bare]="with no snapshot and no orgsyncd"
)
declare -A expected=(
    [plain]="running inactive " [good]="running active ada" [silent]="running T ada" [dropped]="running swallowed ada"
    [nameless]="running swallowed ada" [stopped]="running inactive ada"
    [hung]="running T ada" [bare]="running inactive "
)
cases="good dropped hung" # LONG=1 takes all of them
[ -z "${LONG:-}" ] || cases="good silent dropped nameless stopped hung bare"

# boot CASE: one more time of it in $T/CASE, and what the machine was like in $T/CASE.state
boot() {
    local ms state
    read -r ms state < <(in_boot "$TOP/tests/boot/once" "$1" 2>"$T/err")
    [[ $ms =~ ^[0-9]+$ ]] || { diag "a boot of the case \"$1\" failed" "$ms $state" "$(cat "$T/err")"; ms=999999; }
    echo "$ms" >>"$T/$1"
    echo "$state" >"$T/$1.state"
}
median() { sort -n "$T/$1" | sed -n "$((($(wc -l <"$T/$1") + 1) / 2))p"; }
spread() { sort -n "$T/plain" | sed -n '1p;$p' | xargs | awk '{ print $NF - $1 }'; }
over() { [ $(($(median "$1") - $(median plain))) -gt $((MARGIN + $(spread))) ]; }

# shellcheck disable=SC2086 # a list of words
for ((round = 0; round < ROUNDS; round++)); do
    for case in plain $cases; do boot $case; done
done
for ((again = 0; again < RETRIES; again++)); do
    slow=
    for case in $cases; do over "$case" && slow+=" $case"; done
    [ -n "$slow" ] || break
    for case in plain $slow; do boot "$case"; done
done

margin=$((MARGIN + $(spread)))
diag "plain: $(median plain) ms (of $(xargs <"$T/plain")), so up to $margin ms more"
is "$(cat "$T/plain.state")" "$(xargs <<<"${expected[plain]}")" "a boot without orglogin ends in its expected state"
for case in $cases; do
    diag "${what[$case]}: $(median "$case") ms (of $(xargs <"$T/$case"))"
    is "$(cat "$T/$case.state")" "$(xargs <<<"${expected[$case]}")" "a boot ${what[$case]} ends in its expected state"
    if over "$case"; then
        fail "a boot ${what[$case]} stays within the margin" "$(median "$case") against $(median plain) ms"
    else
        pass "a boot ${what[$case]} stays within the margin"
    fi
done
done_testing
