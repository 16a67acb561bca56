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
ok 'orgsyncd publishes the members' publish ada:admin mia:member
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
    is "$? [$(cat "$T/out")]" "2 []" "the name of a member is unknown with $1"
    is "$(timeout 30 getent passwd "$uid"; echo $?)" 2 "the number of a member is unknown with $1"
    is "$(timeout 30 getent group acme-admins; echo $?)" 2 "a group of the organization is unknown with $1"
    is "$(as ada echo in; grep -c '^Access denied' "$T/err")" 1 "sshd refuses a member in one line with $1"
    is "$(timeout 30 id -un larry) $(as larry id -un)" "larry larry" "a local user is resolved and logs in with $1"
    is "$(as root id -un)" root "root logs in with $1"
    ok "root can use sudo with $1" sudo -n true
}

rm $SNAPSHOT
still_standing 'a missing snapshot'

for size in 0 1 511 512 1000 $(($(stat -c %s "$T/good") - 1)); do
    place "$T/good"
    truncate -s "$size" $SNAPSHOT
    is "$(timeout 30 getent passwd ada; echo $?)" 2 "the name of a member is unknown with a snapshot cut to $size bytes"
done
still_standing 'a truncated snapshot'

place "$T/good"
chown larry $SNAPSHOT
still_standing 'a snapshot owned by another user'

place "$T/good"
chmod g+w $SNAPSHOT
still_standing 'a snapshot writable by its group'

mv $SNAPSHOT $SNAPSHOT.real
chmod 644 $SNAPSHOT.real
ln -s $SNAPSHOT.real $SNAPSHOT
still_standing 'a symbolic link as snapshot'
rm $SNAPSHOT

mkfifo $SNAPSHOT
still_standing 'a fifo as snapshot'
rm $SNAPSHOT

head -c 4096 /dev/urandom >"$T/noise"
place "$T/noise"
still_standing 'a snapshot of random bytes'

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
is "$wrong" 0 '150 damaged snapshots give the right answer or none, and no crash'
ok 'some of 150 damaged snapshots give no answer' test $unknown -gt 0

place "$T/good"
is "$(getent passwd ada)" "$ada" 'the name of a member resolves with a good snapshot again'
is "$(as ada id -un)" ada 'sshd admits a member with a good snapshot again'
done_testing
