#!/bin/bash
# host status, explain and sync, against a snapshot and a made-up orgsyncd, where the program was built to look for them.
. "$(dirname "$0")/../lib/tap.sh"
need_root
need python3 jq
# Names of members resolve as on a host: in a mount namespace of the test's own /etc/nsswitch.conf has our service.
if [ -z "${ORG_OWN_MOUNTS:-}" ]; then
    unshare --mount true 2>/dev/null || skip_all "may not make a mount namespace"
    ORG_OWN_MOUNTS=1 exec unshare --mount --propagation private "$0"
fi
echo 'passwd: files org' >"$T/nsswitch.conf"
mount --bind "$T/nsswitch.conf" /etc/nsswitch.conf
ORGADMIN=$BUILD/orgadmin
MKSNAPSHOT=${MKSNAPSHOT:-$BUILD/tests/mksnapshot}

SNAPSHOT=$(place "$BUILD" STATEDIR)/snapshot SOCKET=$(place "$BUILD" RUNDIR)/orgsyncd.sock
case $SNAPSHOT in "$BUILD"/*) ;; *) skip_all "$BUILD was built for the machine's own places: make check has a tree with others" ;; esac
mkdir -p "${SNAPSHOT%/*}" "${SOCKET%/*}"
rm -f "$SNAPSHOT" "$SOCKET"
run() { out=$(LD_LIBRARY_PATH=$BUILD "$ORGADMIN" "$@" 2> "$T/err" < /dev/null); rc=$?; err=$(cat "$T/err"); }
reply() { printf '%s\n' "$@" > "$T/reply"; }
line() { sed -n "s/^$1 *//p" <<< "$out"; }

run host status
is "$rc/$out" 4/ 'host status without orgsyncd exits 4 and prints no data'
like "$err" "orgsyncd does not answer at $SOCKET: No such file" 'host status without orgsyncd names the missing socket'
run host sync
is "$rc/$out" 4/ 'host sync without orgsyncd exits 4 and prints no data'
run host explain ann sshd
is "$rc/$(line decision)" '1/refused (unavailable)' 'host explain without a snapshot refuses as unavailable'
run host explain root sshd
is "$rc/$(line decision)" '0/not decided here (root)' 'host explain leaves root undecided'
run host explain daemon sshd
is "$rc/$(line decision)" '0/not decided here (local)' 'host explain leaves a local account undecided'

"$MKSNAPSHOT" "$SNAPSHOT" $(($(date +%s%3N) - 600000)) || fail 'mksnapshot writes a snapshot'
run host explain ann sudo
is "$rc/$(line decision)" '0/allowed (offline)' 'host explain allows an owner offline'
is "$(line ids)/$(line organization)/$(line state)/$(line roles)/$(line permissions)" \
    'uid 200001, gid 200001/acme/active/owner/org:view, members:view' 'host explain prints ids, organization, state, roles and permissions'
is "$(line rule)" '1 of 2: services sudo; roles owner, admin; permissions none' 'host explain prints the rule that decided'
like "$(line freshness)" '^not confirmed: orgsyncd does not answer' 'host explain prints freshness "not confirmed" without orgsyncd'
like "$(line 'last heard')" '^10 min ago; good for 60 min offline' 'host explain prints the time last heard and the grace'
run host explain ann sudo-i
is "$rc/$(line decision)" '0/allowed (offline)' 'host explain treats sudo-i like sudo'
is "$(line account)" "uid 200001, of the member" 'host explain says that the account has the number of the member'
run host explain cid sudo
is "$rc/$(line decision)/$(line rule)" '1/refused (role)/none of 2 rules matches' 'host explain refuses sudo to a plain member'
run host explain bob sshd
is "$rc/$(line decision)/$(line state)" '1/refused (suspended)/suspended' 'host explain refuses a suspended member'
run host explain dan sshd
is "$rc/$(line decision)/$(line member)" '1/refused (stranger)/no member has that name' 'host explain refuses a stranger'
like "$(line account)" '^no name service knows that name' 'host explain says that no name service knows a stranger'
run host explain $'a\e[2J' sshd
is "$rc/$(grep -c $'\e' <<< "$out")" 1/0 'host explain prints no control character of a strange name'
"$MKSNAPSHOT" "$SNAPSHOT" $(($(date +%s%3N) - 7200000))
run host explain ann sshd
is "$rc/$(line decision)" '1/refused (stale)' 'host explain refuses a snapshot beyond the grace as stale'

reply 1 7 1500 1 ''
python3 "$TOP/tests/fakes/orgsyncd.py" "$SOCKET" "$T/reply" "$T/log" &
wait_for 10 test -S "$SOCKET"
run host explain ann sshd
is "$rc/$(line decision)/$(line freshness)" '0/allowed (rule)/confirmed by the organization just now' 'host explain prints a confirmation by orgsyncd'
like "$(line rule)" '^2 of 2: services sshd, login; everyone; ' 'host explain prints the other rule that allowed'
run host status
is "$rc" 0 'host status with orgsyncd exits 0'
like "$out" '^acme +1500 ms +3 +7 +yes' 'host status prints age, members and generation of an organization'
unlike "$err" placement 'host status without the placement of orgsyncd prints none'
printf 'placement = "wyhash";  # in users\nrange = [200000, 299999];  # in organization "acme"\n' > "$T/reply.numbers"
run host status
like "$err" $'in orglogin.conf:\n  placement = "wyhash";  # in users\n  range = \\[200000, 299999\\];  # in organization "acme"' 'host status prints the placement for the orglogin.conf of another host'
unlike "$out" placement 'host status keeps the placement out of its data'
run host status -o json
unlike "$err" placement 'host status -o json prints no placement'
rm "$T/reply.numbers"
is "$(jq -r '.[0] | .organization + " " + .members' <<< "$out")" 'acme 3' 'host status -o json prints organization and members'
reply 0 7 -1 0 $'the API is away\e[2J'
run host status
like "$out" '^acme +[0-9]+ [a-z]+ +3 +7 +no +the API is away\[2J$' 'host status prints trouble without control characters'
run host explain ann sshd
like "$(line freshness)" '^not confirmed: the API is away' 'host explain prints the trouble of the organization'
run host sync
is "$rc/$(grep -c 'not synced: the API is away' <<< "$err")" 4/1 'host sync exits 4 when the API is away'
reply 1 8 0 1 ''
run host sync
is "$rc/$err" '0/Synced: 3 active members, generation 8.' 'host sync prints the number of members and the generation'
run host sync --accept
is "$(tail -n 2 "$T/log" | tr '\n' ' ')" 'op=2 org= op=3 org= ' 'host sync --accept sends another operation than host sync'
"$MKSNAPSHOT" "$SNAPSHOT" "$(date +%s%3N)"
run host explain ann sshd
is "$rc/$(line decision)" '1/refused (unavailable)' 'host explain refuses when orgsyncd has a newer generation than the snapshot'
like "$(line trouble)" "^$SNAPSHOT is superseded, and the new one cannot be read" 'host explain says that the snapshot is superseded'
reply 2 0 -1 0 'only root may'
run host sync
is "$rc/$(grep -c 'refuses: only root may' <<< "$err")" 1/1 'host sync exits 1 when orgsyncd refuses it'
# Members that a group's line would be too long for: a line of the doctor's, and none while they fit.
for crowd in 8000 9000; do
    "$MKSNAPSHOT" "$SNAPSHOT" "$(date +%s%3N)" $crowd
    run host doctor
    is "$(grep -c 'crowd lists none of its' <<< "$out")/$(grep -c 'groups.*crowd lists none of its 9000 members' <<< "$out")" \
        $((crowd / 9000))/$((crowd / 9000)) "host doctor with a group of $crowd members names it only if its line is too long"
done
rm "$SNAPSHOT"; echo damaged > "$SNAPSHOT"
run host explain ann sshd
is "$rc/$(line decision)" '1/refused (unavailable)' 'host explain refuses a damaged snapshot as unavailable'
rm -f "$SNAPSHOT" "$SOCKET"
done_testing
