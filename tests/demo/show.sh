# How the demonstration shows and counts what happens. Each line that says something begins with the time since the start.
SHOW_START=$EPOCHREALTIME
SHOW_RESULTS=()
if [ -t 1 ]; then
    BOLD=$'\e[1m' RED=$'\e[31m' GREEN=$'\e[32m' PLAIN=$'\e[0m'
else
    BOLD='' RED='' GREEN='' PLAIN=''
fi

# since TIME: "0.123 s" from TIME (an $EPOCHREALTIME) to now
since() {
    local ms=$(((${EPOCHREALTIME/./} - ${1/./}) / 1000))
    printf '%d.%03d s' $((ms / 1000)) $((ms % 1000))
}
say() { printf '%10s  %s\n' "$(since "$SHOW_START")" "$*"; }
chapter() { printf '\n%10s  %s\n' "" "$BOLD$*$PLAIN"; }
indent() { sed 's/^/              /'; }
fatal() {
    say "$1:"
    tail -5 "$2" | indent
    exit 1
}

# person NAME: who types the commands from now on; each has an orgadmin configuration of his own
person() { WHO=$1; }
in_person() { XDG_CONFIG_HOME=/root/people/$WHO "$@" </dev/null; }

# quoted WORD...: as one would type them
quoted() {
    local word line=
    for word in "$@"; do
        [[ $word == *[^A-Za-z0-9_@%+=:,./-]* ]] && word="'$word'"
        line+=" $word"
    done
    printf '%s' "${line# }"
}

# show COMMAND...: runs it, shows it and what it says; its exit status
show() {
    local status=0
    say "$WHO\$ $(quoted "$@")"
    in_person "$@" >"$T/out" 2>"$T/err" || status=$?
    cat "$T/out" "$T/err" | indent
    return $status
}
# must COMMAND...: the demonstration has no sense without it
must() {
    show "$@" && return
    say "that should have worked; giving up"
    exit 1
}

happened() {
    SHOW_RESULTS+=("ok      $1")
    printf '%12s%s\n' "" "${GREEN}ok: $1$PLAIN"
}
missed() {
    SHOW_RESULTS+=("FAILED  $1")
    printf '%12s%s\n' "" "${RED}FAILED: $1$PLAIN"
}

# check WHAT COMMAND...: COMMAND, unseen, succeeds
check() { if "${@:2}" >/dev/null 2>&1; then happened "$1"; else missed "$1"; fi; }
# works WHAT COMMAND...: it is seen to succeed
works() { if show "${@:2}"; then happened "$1"; else missed "$1"; fi; }
# refused LINE WHAT COMMAND...: it is seen to fail, and to say LINE
refused() {
    if ! show "${@:3}" && grep -q "^$1" "$T/err"; then happened "$2"; else missed "$2"; fi
}

# What happened and what did not; ends the demonstration.
summary() {
    local line failed=0
    chapter "Summary"
    for line in "${SHOW_RESULTS[@]}"; do
        if [[ $line == FAILED* ]]; then
            failed=$((failed + 1))
            line=$RED$line$PLAIN
        fi
        echo "$line" | indent
    done
    echo
    say "$((${#SHOW_RESULTS[@]} - failed)) of ${#SHOW_RESULTS[@]} happened"
    [ "$failed" = 0 ]
    exit
}
