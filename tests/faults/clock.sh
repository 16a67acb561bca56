# A wall clock that a test sets: for orgsyncd and for programs with PAM in them, by a library that is put before libc
# (tests/plugins/clock.c). Source it, then:
#   "${clocked[@]}" PROGRAM...   runs it with the test's clock
#   set_clock SECONDS            what it is off by
CLOCK_FILE=/run/clock
# shellcheck disable=SC2034 # for who sources this
clocked=(env LD_PRELOAD=/mnt/build/tests/clock.so)
set_clock() {
    echo "$1" >"$CLOCK_FILE.new"
    mv "$CLOCK_FILE.new" "$CLOCK_FILE"
    chmod 644 "$CLOCK_FILE"
}
