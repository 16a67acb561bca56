# TAP for bash tests: source it, call ok/is/like, end with done_testing. $BUILD is where the programs are (default build/).
# Every test has $T, a private directory that is removed at the end, together with the background jobs.
set -u
TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
BUILD=$(cd "$TOP" && cd "${BUILD:-build}" && pwd)
T=$(mktemp -d "${TMPDIR:-/tmp}/orglogin-test.XXXXXX")
TAP_MISSING=$T.missing # commands that the test called and that do not exist
export PYTHONDONTWRITEBYTECODE=1 # nothing is left in the checkout
tap_n=0 tap_failed=0

tap_cleanup() {
    [ "$BASHPID" = $$ ] || return 0 # a child that is ended before it is the program that it is to become runs the trap of its parent
    local jobs; jobs=$(jobs -p)
    if [ -n "$jobs" ]; then
        jobs="$jobs $(ps -o pid= --ppid "$(paste -sd, <<< "$jobs")")" # a function's job has its program below it
        kill $jobs 2>/dev/null
        kill -CONT $jobs 2>/dev/null # one that is stopped does not hear of it
    fi
    wait 2>/dev/null
    rm -rf "$T" "$TAP_MISSING"
}
trap tap_cleanup EXIT

# Bash calls it in a process of its own for a command that is neither a function nor a program: done_testing fails then, wherever the
# command stood and whatever was done with its status and output. A test that may go on without a program asks have.
# shellcheck disable=SC2329 # called by bash
command_not_found_handle() {
    printf '%s\n' "$1" >> "$TAP_MISSING"
    echo "$1: command not found" >&2
    return 127
}
have() { command -v "$1" > /dev/null 2>&1; }

diag() { printf '%s\n' "$*" | sed 's/^/# /'; }

pass() { tap_n=$((tap_n + 1)); echo "ok $tap_n - $1"; }
fail() { tap_n=$((tap_n + 1)); tap_failed=$((tap_failed + 1)); echo "not ok $tap_n - $1"; shift; [ $# -gt 0 ] && diag "$@"; return 0; }

# ok NAME COMMAND...: passes when COMMAND exits 0; what it printed is shown when it does not.
ok() {
    local name=$1 out; shift
    if out=$("$@" 2>&1); then pass "$name"; else fail "$name" "exit status $? of: $*" "$out"; fi
}
# is GOT WANT NAME
is() { if [ "$1" = "$2" ]; then pass "$3"; else fail "$3" "got:  $1" "want: $2"; fi; }
# like GOT EXTENDED-REGEX NAME
like() { if printf '%s' "$1" | grep -Eq -- "$2"; then pass "$3"; else fail "$3" "got:  $1" "want: /$2/"; fi; }
# unlike GOT EXTENDED-REGEX NAME
unlike() { if printf '%s' "$1" | grep -Eq -- "$2"; then fail "$3" "got: $1" "unwanted: /$2/"; else pass "$3"; fi; }

skip_all() { echo "1..0 # SKIP $1"; exit 0; }
need() { local c; for c in "$@"; do have "$c" || skip_all "$c is not installed"; done; }
can_trace() { have strace && strace -o "$T/trace" true 2> /dev/null; } # a container may have strace, and not let it
need_root() { [ "$(id -u)" = 0 ] || skip_all "needs root"; }

# place TREE NAME: where the programs built in TREE look for what is theirs; NAME is STATEDIR, RUNDIR or SYSCONFDIR
place() { sed -n "s/.*-DORG_$2='\"\([^\"]*\)\"'.*/\1/p" "$1/flags"; }

# wait_for SECONDS COMMAND...: until COMMAND succeeds. A machine that is busy with other things has half a minute for what takes less.
WAIT_LEAST=30
wait_for() {
    local end=$(($(date +%s%N) + ($1 > WAIT_LEAST ? $1 : WAIT_LEAST) * 1000000000)); shift
    until "$@" >/dev/null 2>&1; do [ "$(date +%s%N)" -lt "$end" ] || return 1; sleep 0.02; done
}

# start OUT REGEX COMMAND...: COMMAND in the background, until REGEX is in the file OUT, which gets its output. Its process is $started.
start() {
    local out=$1 regex=$2; shift 2
    : > "$out" # else what an earlier one said is read
    "$@" > "$out" &
    started=$!
    wait_for 30 grep -Eq -- "$regex" "$out" || { diag "it does not start: $*" "$(cat "$out")"; return 1; }
}
# listen OUT COMMAND...: start for a server that says where it listens, once: $heard is its URL
listen() {
    start "$1" '^listening on ' "${@:2}" || exit 1
    heard=http://$(sed -n 's/^listening on //p' "$1")
}

# typed FILE COMMAND [PROMPT ANSWER]...: a shell runs COMMAND on a terminal of its own, which FILE gets to see; each ANSWER is typed, as
# printf has it, when its PROMPT is there.
typed() {
    local file=$1 command=$2; shift 2
    : > "$file"
    while [ $# -gt 0 ]; do
        wait_for 30 grep -q -- "$1" "$file"
        printf "$2"; shift 2
    done | script -qefc "$command" /dev/null > "$file" 2>&1
}

done_testing() {
    [ ! -s "$TAP_MISSING" ] || fail "every command that the test calls exists" "not found: $(sort -u "$TAP_MISSING" | xargs)"
    echo "1..$tap_n"
    [ "$tap_failed" = 0 ]
    exit
}
