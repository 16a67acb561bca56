#!/bin/bash
# A snapshot that is missing, damaged or not to be trusted: members are unknown for now and stay outside, local accounts and
# root notice nothing, nothing crashes, and a good one is taken up at once.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../lib/root.sh"
inside_root
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/host.sh"

start_syslog
start_sshd
useradd --create-home --shell /bin/bash larry
new_key ada larry root
configure_file_provider
ok "orgsyncd publishes the members" publish ada:admin mia:member
cp $SNAPSHOT "$T/good"
ada=$(getent passwd ada)
uid=$(id -u ada)

# place FILE: a copy of it becomes the snapshot, as orgsyncd would put it there
place() {
    rm -rf $SNAPSHOT.new
    cp "$1" $SNAPSHOT.new
    chmod 644 $SNAPSHOT.new
    rm -rf $SNAPSHOT
    mv $SNAPSHOT.new $SNAPSHOT
}
# still_standing WHAT: what must hold whatever the snapshot is like
still_standing() {
    timeout 30 getent passwd ada >"$T/out"
    is "$? [$(cat "$T/out")]" "2 []" "$1: a member's name is unknown"
    is "$(timeout 30 getent passwd "$uid"; echo $?)" 2 "... and so is the number"
    is "$(timeout 30 getent group acme-admins; echo $?)" 2 "... and so is a group"
    is "$(as ada echo in; grep -c '^Access denied' "$T/err")" 1 "... a member stays outside, told in one line"
    is "$(timeout 30 id -un larry) $(as larry id -un)" "larry larry" "... a local user is resolved and logs in"
    is "$(as root id -un)" root "... root logs in"
    ok "... root's sudo works" sudo -n true
}

rm $SNAPSHOT
still_standing "missing"

for size in 0 1 511 512 1000 $(($(stat -c %s "$T/good") - 1)); do
    place "$T/good"
    truncate -s "$size" $SNAPSHOT
    is "$(timeout 30 getent passwd ada; echo $?)" 2 "cut to $size bytes: unknown"
done
still_standing "truncated"

place "$T/good"
chown larry $SNAPSHOT
still_standing "foreign-owned"

place "$T/good"
chmod g+w $SNAPSHOT
still_standing "group-writable"

mv $SNAPSHOT $SNAPSHOT.real
chmod 644 $SNAPSHOT.real
ln -s $SNAPSHOT.real $SNAPSHOT
still_standing "a symbolic link"
rm $SNAPSHOT

mkfifo $SNAPSHOT
still_standing "a fifo"
rm $SNAPSHOT

head -c 4096 /dev/urandom >"$T/noise"
place "$T/noise"
still_standing "noise"

# damage SEED: a copy of the good one with 1 to 8 bytes changed, the same for the same SEED
damage() {
    perl -0777 -ne 'BEGIN { srand shift } my $bytes = $_;
        substr($bytes, int rand length $bytes, 1) = chr int rand 256 for 0 .. rand 8;
        print $bytes' "$1" "$T/good" >"$T/bad"
}
wrong=0 unknown=0
for ((seed = 1; seed <= 150; seed++)); do
    damage $seed
    place "$T/bad"
    out=$(timeout 30 getent passwd ada)
    status=$?
    case "$status $out" in
    "0 $ada") ;;
    "2 ") unknown=$((unknown + 1)) ;;
    *)
        wrong=$((wrong + 1))
        diag "seed $seed: exit status $status, $out"
        ;;
    esac
done
is "$wrong" 0 "150 damaged snapshots: the right answer or none, and no crash"
ok "... and some of them none" test $unknown -gt 0

place "$T/good"
is "$(getent passwd ada)" "$ada" "the good one is back: the name too"
is "$(as ada id -un)" ada "and the login"
done_testing
