#!/bin/bash
# orgsyncd as the tests' own tree has it, with sanitizers (of memory and undefined behaviour; of threads with SANITIZE=thread),
# against a real orgd: from the first listing through changes, reloads, refusals, ends and an organization that is away. No report.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../lib/root.sh"
RUNTIMES=tests/orgsyncd_sanitized
# On the machine: the runtimes, which the root does not have.
if [ -z "${ORG_IN_ROOT:-}" ]; then
    build=${BUILD:-build}
    [ -e "$build/check/orgsyncd" ] || skip_root "there is no sanitized tree: make check builds it"
    libraries=$(ldd "$build/check/orgsyncd" | awk '/lib(a|t|ub)san\.so/ { print $3 }')
    [ -n "$libraries" ] || skip_root "the sanitized tree has its sanitizers' runtimes in no library"
    rm -rf "${build:?}/$RUNTIMES" && mkdir -p "$build/$RUNTIMES"
    # shellcheck disable=SC2086 # a list of paths
    cp -L $libraries "$build/$RUNTIMES/"
fi
inside_root
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/host.sh"

LOG=/var/log/orgsyncd
cp "/mnt/build/$RUNTIMES"/* /usr/lib/
# It looks for what is its own in its own tree.
for its in STATEDIR:/var/lib/orglogin RUNDIR:/run/orglogin SYSCONFDIR:/etc/orglogin SUDOERSDIR:/etc/sudoers.d; do
    there=$(place /mnt/build/check "${its%%:*}")
    mkdir -p "$there" "${its#*:}"
    mount --bind "${its#*:}" "$there"
done
export ASAN_OPTIONS=detect_leaks=0
sanitized() { /mnt/build/check/orgsyncd "$@" 2>>$LOG; }
said() { grep -q "$1" $LOG; }
known() { getent passwd "$1"; }
unknown() { ! known "$1"; }
in_group() { id -Gn "$1" | grep -qw "$2"; }

start_orgd
ok 'orgd starts with an organization of ada and mia' organize ada admin mia member
id=$(by olga org show -o json | jq -r .id)
# By name, for which libcurl has a thread.
sed -e 's|url = .*|url = "http://localhost:7080";|' -e "s|org_7f3a|$id|" -e 's/^# sudo = /sudo = /' \
    -e 's|^groups = (|accounts = ( { org = "acme"; roles = ["admin"]; home = "/srv/%u"; shell = "/bin/sh"; } ); &|' /usr/share/doc/orglogin/orglogin.conf >"$CONF"

ok 'the sanitized orgsyncd --check succeeds' sanitized --check
ok 'the sanitized orgsyncd --once succeeds' sanitized --once
is "$(grep -c '^%#' /etc/sudoers.d/orglogin) $(getent passwd ada | cut -d: -f6-)" '1 /srv/ada:/bin/sh' 'the sanitized orgsyncd makes the file of sudo, and homes by role'
/mnt/build/check/orgsyncd 2>>$LOG >/dev/null &
daemon=$!
ok 'the sanitized orgsyncd starts and syncs' wait_for 30 orgadmin host sync
ok 'the sanitized orgsyncd publishes a member' known ada
joins olga $LOCAL gus member >/dev/null 2>&1
ok 'the sanitized orgsyncd publishes a new member' wait_for 20 known gus
by olga member role mia admin >/dev/null 2>&1
ok 'the sanitized orgsyncd publishes a changed role' wait_for 20 in_group mia acme-admins
by olga member remove gus --yes >/dev/null 2>&1
sleep 0.5
ok 'host sync with the sanitized orgsyncd succeeds' orgadmin host sync
ok 'host sync --accept with the sanitized orgsyncd succeeds' orgadmin host sync --accept
ok 'host status by nobody with the sanitized orgsyncd succeeds' setpriv --reuid=nobody --clear-groups orgadmin host status
like "$(orgadmin host metrics)" '^orgsyncd_generation [0-9]' 'host metrics with the sanitized orgsyncd prints the generation'
logins=
for _ in 1 2 3 4 5 6 7 8; do
    for _ in 1 2 3 4 5; do su ada -c true </dev/null || exit; done &
    logins="$logins $!"
done
# shellcheck disable=SC2086 # a list of numbers
wait $logins
is $? 0 'eight logins at once with the sanitized orgsyncd succeed'

cp "$CONF" "$T/good"
echo 'nonsense = 1;' >>"$CONF"
kill -HUP "$daemon"
ok 'the sanitized orgsyncd logs a bad configuration' wait_for 20 said 'nonsense'
sed 's/^sudo = /# sudo = /' "$T/good" >"$CONF"
kill -HUP "$daemon"
ok 'the sanitized orgsyncd removes the file of sudo' wait_for 20 said 'sudoers.d/orglogin is removed'
cp "$T/good" "$CONF"
kill -HUP "$daemon"
ok 'the sanitized orgsyncd reads a good configuration again' wait_for 20 said 'reloaded'
ok 'the sanitized orgsyncd syncs after both configurations' wait_for 30 orgadmin host sync
for pid in $(pgrep -P "$daemon"); do kill -9 "$pid" 2>/dev/null; done
ok 'the sanitized orgsyncd syncs after its children were killed' wait_for 30 orgadmin host sync
stop_orgd
ok 'host sync with the sanitized orgsyncd fails when the organization is away' wait_for 20 bash -c '! orgadmin host sync'
start_orgd
joins olga $LOCAL zoe member >/dev/null 2>&1
ok 'the sanitized orgsyncd publishes a new member when the organization is back' wait_for 40 known zoe
kill "$daemon"
wait "$daemon"
is $? 0 'the sanitized orgsyncd ends with 0'
is "$(grep -E -A 20 'ERROR: |WARNING: ThreadSanitizer|runtime error:' $LOG)" '' 'the log of the sanitized orgsyncd has no report of the sanitizers' || diag "$(tail -n 40 $LOG)"
done_testing
