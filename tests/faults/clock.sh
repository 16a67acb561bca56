# A wall clock that a test sets: for orgsyncd and for programs with PAM in them, by a library that is put before libc. Source it
# before root.sh's inside_root (it compiles on the machine, where the compiler is); then:
#   "${clocked[@]}" PROGRAM...   runs it with the test's clock
#   set_clock SECONDS            what it is off by
CLOCK_FILE=/run/clock
if [ -z "${ORG_IN_ROOT:-}" ]; then
    mkdir -p "${BUILD:-build}/tests"
    cc -shared -fPIC -O1 -DCLOCK_FILE="\"$CLOCK_FILE\"" -o "${BUILD:-build}/tests/clock.so" "$(dirname "${BASH_SOURCE[0]}")/clock.c" ||
        { echo "1..0 # SKIP no C compiler"; exit 0; }
fi
# shellcheck disable=SC2034 # for who sources this
clocked=(env LD_PRELOAD=/mnt/build/tests/clock.so)
set_clock() {
    echo "$1" >"$CLOCK_FILE.new"
    mv "$CLOCK_FILE.new" "$CLOCK_FILE"
    chmod 644 "$CLOCK_FILE"
}
