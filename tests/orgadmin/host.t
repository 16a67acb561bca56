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
is "$rc/$out" 4/ 'status without orgsyncd'
like "$err" "orgsyncd does not answer at $SOCKET: No such file" 'says so'
run host sync
is "$rc/$out" 4/ 'sync without orgsyncd'
run host explain ann sshd
is "$rc/$(line decision)" '1/refused (unavailable)' 'explain without a snapshot'
run host explain root sshd
is "$rc/$(line decision)" '0/not decided here (root)' 'root'
run host explain daemon sshd
is "$rc/$(line decision)" '0/not decided here (local)' 'a local account'

"$MKSNAPSHOT" "$SNAPSHOT" $(($(date +%s%3N) - 600000)) || fail 'mksnapshot'
run host explain ann sudo
is "$rc/$(line decision)" '0/allowed (offline)' 'an owner, offline'
is "$(line ids)/$(line organization)/$(line state)/$(line roles)/$(line permissions)" \
    'uid 200001, gid 200001/acme/active/owner/org:view, members:view' 'with what is known of her'
is "$(line rule)" '1 of 2: services sudo; roles owner, admin; permissions none' 'and the rule'
like "$(line freshness)" '^not confirmed: orgsyncd does not answer' 'freshness'
like "$(line 'last heard')" '^10 min ago; good for 60 min offline' 'last heard'
run host explain ann sudo-i
is "$rc/$(line decision)" '0/allowed (offline)' 'sudo-i is sudo'
is "$(line account)" "uid 200001, of the member" '... whose account has her number'
run host explain cid sudo
is "$rc/$(line decision)/$(line rule)" '1/refused (role)/none of 2 rules matches' 'a member may not sudo'
run host explain bob sshd
is "$rc/$(line decision)/$(line state)" '1/refused (suspended)/suspended' 'a suspended member'
run host explain dan sshd
is "$rc/$(line decision)/$(line member)" '1/refused (stranger)/no member has that name' 'a stranger'
like "$(line account)" '^no name service knows that name' '... that no name service has'
run host explain $'a\e[2J' sshd
is "$rc/$(grep -c $'\e' <<< "$out")" 1/0 'a strange name is printed harmlessly'
"$MKSNAPSHOT" "$SNAPSHOT" $(($(date +%s%3N) - 7200000))
run host explain ann sshd
is "$rc/$(line decision)" '1/refused (stale)' 'beyond the grace'

reply 1 7 1500 1 ''
python3 "$TOP/tests/fakes/orgsyncd.py" "$SOCKET" "$T/reply" "$T/log" &
wait_for 10 test -S "$SOCKET"
run host explain ann sshd
is "$rc/$(line decision)/$(line freshness)" '0/allowed (rule)/confirmed by the organization just now' 'confirmed'
like "$(line rule)" '^2 of 2: services sshd, login; everyone; ' 'by the other rule'
run host status
is "$rc" 0 'status'
like "$out" '^acme +1500 ms +3 +7 +yes' 'of the organization'
unlike "$err" placement 'an orgsyncd that does not tell how it gives numbers'
printf 'placement = "wyhash";  # in users\nrange = [200000, 299999];  # in organization "acme"\n' > "$T/reply.numbers"
run host status
like "$err" $'in orglogin.conf:\n  placement = "wyhash";  # in users\n  range = \\[200000, 299999\\];  # in organization "acme"' 'one that does: for another host'
unlike "$out" placement '... not among the data'
run host status -o json
unlike "$err" placement '... nor for a program'
rm "$T/reply.numbers"
is "$(jq -r '.[0] | .organization + " " + .members' <<< "$out")" 'acme 3' 'as JSON'
reply 0 7 -1 0 $'the API is away\e[2J'
run host status
like "$out" '^acme +never +3 +7 +no +the API is away\[2J$' 'trouble, cleaned'
run host explain ann sshd
like "$(line freshness)" '^not confirmed: the API is away' 'explain tells it too'
run host sync
is "$rc/$(grep -c 'not synced: the API is away' <<< "$err")" 4/1 'sync that fails'
reply 1 8 0 1 ''
run host sync
is "$rc/$err" '0/Synced: 3 active members, generation 8.' 'sync'
run host sync --accept
is "$(tail -n 2 "$T/log" | tr '\n' ' ')" 'op=2 org= op=3 org= ' 'sync --accept asks for another thing'
"$MKSNAPSHOT" "$SNAPSHOT" "$(date +%s%3N)"
run host explain ann sshd
is "$rc/$(line decision)" '1/refused (unavailable)' 'a snapshot that is older than what orgsyncd answers'
like "$(line trouble)" "^$SNAPSHOT is superseded, and the new one cannot be read" '... says so'
reply 2 0 -1 0 'only root may'
run host sync
is "$rc/$(grep -c 'refuses: only root may' <<< "$err")" 1/1 'refused'
# Members that a group's line would be too long for: a line of the doctor's, and none while they fit.
for crowd in 8000 9000; do
    "$MKSNAPSHOT" "$SNAPSHOT" "$(date +%s%3N)" $crowd
    run host doctor
    is "$(grep -c 'crowd lists none of its' <<< "$out")/$(grep -c 'groups.*crowd lists none of its 9000 members' <<< "$out")" \
        $((crowd / 9000))/$((crowd / 9000)) "the doctor, with a group of $crowd members"
done
rm "$SNAPSHOT"; echo damaged > "$SNAPSHOT"
run host explain ann sshd
is "$rc/$(line decision)" '1/refused (unavailable)' 'a damaged snapshot'
rm -f "$SNAPSHOT" "$SOCKET"
done_testing
