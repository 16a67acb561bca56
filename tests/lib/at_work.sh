# Members at work on this host, in every way that a session can outlive its login. Source it after host.sh.

# bomb: forks without end. Eight chains of processes, each of which lives for a moment: nobody can find and kill them one by one. It ends itself after
# 20 s, and has few processes in all, since what forks without a limit stops the machine that tests it. stubborn: ignores what it can ignore.
make_programs() {
    cat >/usr/local/bin/bomb <<'BOMB'
#!/bin/bash
ulimit -u 150 || exit # dash has no such limit
exec perl -e 'my $end = time + 20; fork for 1 .. 3; while (time < $end) { my $p = fork; exit if $p; select undef, undef, undef, 0.005 }'
BOMB
    cat >/usr/local/bin/stubborn <<'STUBBORN'
#!/usr/bin/perl
$SIG{$_} = 'IGNORE' for qw(TERM HUP INT QUIT USR1);
sleep 1003;
STUBBORN
    chmod 755 /usr/local/bin/bomb /usr/local/bin/stubborn
}

# at_work NAME [linger]: NAME has an ssh session, a ControlMaster connection, tmux, a process that was left behind, one that ignores signals, a root
# shell by sudo, and a fork bomb; with "linger" also a lingering user manager with a service. Returns when all of it runs.
at_work() {
    ssh -o ControlMaster=auto -o ControlPath="/root/control-$1" -o ControlPersist=yes "$1@localhost" true </dev/null >/dev/null 2>>"$T/err"
    as "$1" 'tmux new-session -d "sleep 1001"
        setsid nohup sleep 1002 >/dev/null 2>&1 </dev/null &
        setsid stubborn >/dev/null 2>&1 </dev/null &
        setsid bomb >/dev/null 2>&1 </dev/null &'
    ssh -tt "$1@localhost" 'exec sleep 1004' </dev/null >/dev/null 2>&1 &
    ssh -tt "$1@localhost" 'exec sudo -n sh -c "sleep 1005; :"' </dev/null >/dev/null 2>&1 &
    [ -z "${2:-}" ] || { loginctl enable-linger "$1" && as "$1" 'systemd-run --user --quiet sleep 1006'; }
    wait_for 20 works "$@"
}
# works NAME [linger]: does all of that run?
works() {
    local program
    for program in 'sleep 1001' 'sleep 1002' stubborn 'sleep 1004' ${2:+'sleep 1006'}; do
        pgrep -u "$1" -f "$program" >/dev/null || return 1
    done
    pgrep -u "$1" perl >/dev/null && pgrep -u root -f '^sleep 1005' >/dev/null
}
# at_rest NAME: ends it as root
at_rest() {
    pkill -KILL -u "$1"
    pkill -KILL -u root -f '^sleep 1005'
}

# percentiles FILE: tells p50 and p99 of the times in it; $p50 is the first
percentiles() {
    local sorted
    mapfile -t sorted < <(sort -n "$1")
    p50=${sorted[${#sorted[@]} / 2]}
    diag "from the API's answer to the end of the last process: p50 $p50 ms, p99 ${sorted[(${#sorted[@]} * 99 + 99) / 100 - 1]} ms, ${#sorted[@]} removals"
}
