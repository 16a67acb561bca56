#!/bin/bash
# Under a real systemd: an upgrade to another format of the snapshot while people log in, an upgrade that is killed, the removal and the
# installation of the packages while a member is logged in, and orgd as its package leaves it.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../../lib/root.sh"
. "$(dirname "$0")/../../lib/debian.sh"
. "$(dirname "$0")/../../lib/tap.sh"
. "$(dirname "$0")/../../lib/host.sh"
export DEBIAN_FRONTEND=noninteractive

apt() { apt-get -q -y -o Dpkg::Use-Pty=0 "$@" >"$T/apt" 2>&1 || { diag "$(tail -30 "$T/apt")"; return 1; }; }
# repository NAME: apt knows that one, and no other
repository() {
    rm -rf /etc/apt/sources.list /etc/apt/sources.list.d/*
    echo "deb [trusted=yes] file:/srv/$1 stable main" >/etc/apt/sources.list.d/orglogin.list
    apt update
}

prepare() {
    cp -r "$PACKAGES/repo" "$PACKAGES/repo.next" /srv
    repository repo
    apt install orglogin orgd || return 1
    configure_file_provider
    members ada:admin rob:member:removed
    /usr/libexec/orglogin/nsswitch on
    /usr/libexec/orglogin/pam-profile on
    new_key ada larry rob
    client_knows_host
    echo 'AuthorizedKeysFile /etc/ssh/keys/%u' >/etc/ssh/sshd_config.d/keys.conf
    printf 'MaxStartups 100\n' >>/etc/ssh/sshd_config.d/keys.conf
    useradd --create-home --shell /bin/bash larry
}
inside_debian_boot

property() { systemctl show --value --property="$1" "$2"; }
known() { getent passwd ada; }
format() { od -An -tu4 -j8 -N4 $SNAPSHOT | xargs; }
gate() { (cd /etc && cat nsswitch.conf pam.d/common-*) | sha256sum; }

# --- people who log in until they are told to stop; each login is a line "NAME STATUS" ---
logs_in() { while [ ! -e "$T/stop" ]; do as "$1" true; echo "$1 ssh $?"; done >>"$T/logins"; }
switches() { while [ ! -e "$T/stop" ]; do su "$1" -c true >/dev/null 2>&1; echo "$1 su $?"; sleep 0.05; done >>"$T/logins"; }
# A session, and a program that asks for names, as they were started before.
stays() { as ada 'while [ ! -e /tmp/over ]; do id -un; id -Gn; sleep 0.1; done' >"$T/session"; }
asks() {
    python3 -u - "$T/stop" >"$T/asked" <<'PY'
import os, pwd, sys, time
while not os.path.exists(sys.argv[1]):
    try:
        print(pwd.getpwnam("ada").pw_name)
    except KeyError:
        print("nobody")
    time.sleep(0.05)
PY
}
begin() {
    rm -f "$T/stop" /tmp/over
    : >"$T/logins"
    for name in ada larry; do
        logs_in $name >/dev/null 2>&1 &
        switches $name >/dev/null 2>&1 &
    done
    stays 2>/dev/null &
    asks 2>/dev/null &
    wait_for 10 grep -q 'ada ssh 0' "$T/logins" && wait_for 10 test -s "$T/session" -a -s "$T/asked"
}
end() { touch "$T/stop" /tmp/over; wait; }
# judge WHAT: nobody was refused, and names stayed
judge() {
    diag "$(sort "$T/logins" | uniq -c | xargs)"
    is "$(grep -v ' 0$' "$T/logins" | sort | uniq -c)" '' "no login is refused $1"
    is "$(for how in ssh su; do [ "$(grep -c "^ada $how 0" "$T/logins")" -ge 5 ] || echo "$how"; done)" '' "members logged in all the time $1"
    is "$(sort -u "$T/session" | xargs -d '\n' -n1 | sort -u | grep -vx 'ada' | wc -l) $(grep -vx 'ada\|ada .*acme.*\|acme.*' "$T/session" | sort -u)" '1 ' "a member's session keeps its names $1"
    is "$(sort -u "$T/asked")" ada "a program that was started before keeps its names $1"
}

timeout 120 systemctl is-system-running --wait >/dev/null
ok 'orgsyncd runs after the boot' wait_for 10 known
is "$(systemctl is-active orgsyncd)" active 'orgsyncd is active'
is "$(as rob true; echo $?)" 255 'a removed member is refused'
before=$(format)
version=$(dpkg-query -W -f '${Version}' orglogin)
gate >"$T/gate"

# --- another format ---
repository repo.next
process=$(property MainPID orgsyncd)
begin || fail 'people log in'
started=$(date +%s%N)
ok 'the packages are upgraded' apt upgrade
took=$((($(date +%s%N) - started) / 1000000))
diag "in $took ms"
like "$(cat "$T/apt")" 'Unpacking libpam-org.*\+next.* over' 'apt-get upgrade takes the new packages'
ok 'orgsyncd writes the new format' wait_for 10 bash -c "[ \$(od -An -tu4 -j8 -N4 $SNAPSHOT) -gt $before ]"
sleep 1
end
judge 'during an upgrade to another format'
unlike "$(property MainPID orgsyncd)" "^($process|0)$" 'orgsyncd is restarted'
is "$(gate)" "$(cat "$T/gate")" 'the gate is as it was before the upgrade'
is "$(as rob true; echo $?)" 255 'a removed member is refused after the upgrade'

# --- killed ---
# The packages of before in place by force, then upgrades that end with a kill at some moment; dpkg --configure -a goes on.
back() {
    repository repo
    # shellcheck disable=SC2046 # a word each
    apt install --allow-downgrades $(printf "%s=$version " orglogin orgsyncd libnss-org libpam-org orgadmin orgd) &&
        wait_for 10 bash -c "[ \$(od -An -tu4 -j8 -N4 $SNAPSHOT) = $before ]" && repository repo.next
}
for tenths in 2 4 6 8; do
    moment=$(awk -v took="$took" -v tenths="$tenths" 'BEGIN { print took * tenths / 10000 }')
    ok "the packages of before are installed" back
    begin
    setsid apt-get -q -y -o Dpkg::Use-Pty=0 upgrade >"$T/out" 2>&1 &
    upgrade=$!
    sleep "$moment"
    kill -9 -- -"$upgrade" 2>/dev/null
    wait "$upgrade" 2>/dev/null
    diag "killed after $moment s: $(dpkg -l '*org*' | awk '$2 ~ /org/ { print $1 $2 ($3 ~ /next/ ? "+" : "") }' | xargs)"
    dpkg --configure -a >"$T/out" 2>&1 || true
    ok "the upgrade that was killed after $moment s goes on" apt -f upgrade
    wait_for 10 bash -c "[ \$(od -An -tu4 -j8 -N4 $SNAPSHOT) -gt $before ]"
    end
    is "$(dpkg -l '*org*' | grep -c '^ii.*+next')" 6 "all packages are of the new version"
    judge "when the upgrade is killed after $moment s"
    is "$(gate)" "$(cat "$T/gate")" 'the gate is as it was'
done

# --- removed while somebody is logged in ---
begin
end
rm -f /tmp/over
stays &
wait_for 10 test -s "$T/session"
ok 'the packages are removed while a member is logged in' apt remove orglogin orgsyncd libpam-org libnss-org
is "$(pgrep -c -u "$(stat -c %u /home/ada)" sshd)" 1 'the session of the member lives on'
is "$(as ada true; echo $?) $(as larry id -un)" '255 larry' 'the member has no login, local users have'
is "$(systemctl --failed --plain --no-legend)" '' 'no unit has failed'
is "$(property ActiveState orgsyncd)" inactive 'orgsyncd is stopped'
ok 'the packages are installed again' apt install orglogin
touch /tmp/over
is "$(property ActiveState orgsyncd)" active 'orgsyncd runs again'
ok 'the member has a name again' wait_for 10 known
is "$(as ada id -un) $(gate)" "ada $(cat "$T/gate")" 'the member logs in, and the gate is as it was'

# --- orgd ---
is "$(systemctl is-enabled orgd) $(systemctl is-active orgd)" 'disabled inactive' 'orgd is neither enabled nor active by its installation and upgrades'
apt purge orgd
ok 'orgd is installed on a machine that runs' apt install orgd
is "$(systemctl is-enabled orgd) $(systemctl is-active orgd) $(ls -A /var/lib/orgd 2>/dev/null)" 'disabled inactive ' 'its installation enables and starts nothing, and makes no data'
unlike "$(journalctl --quiet --boot --output=cat)" 'live_[a-z0-9]{20}:' 'the journal has no token'
orgd init --owner olga@acme.example >"$T/token" 2>/dev/null
systemctl daemon-reload
systemctl --quiet enable --now orgd
is "$(systemctl is-active orgd) $(grep -c '^live_' "$T/token") $(journalctl --quiet --boot --unit=orgd --output=cat | grep -c '^live_')" 'active 1 0' 'the operator starts it after orgd init, which tells the token; the journal has none'
process=$(property MainPID orgd)
back
unlike "$(property MainPID orgd)" "^($process|0)$" 'another version of the package restarts orgd'
is "$(systemctl is-active orgd)" active 'orgd is active'
ok 'orgd is removed' apt remove orgd
is "$(property ActiveState orgd) $(pgrep -c -x orgd)" 'inactive 0' 'the removal stops orgd'
ok 'orgd is installed again' apt install orgd
systemctl daemon-reload
is "$(systemctl is-enabled orgd)" enabled 'orgd is enabled as it was'
is "$(systemctl --failed --plain --no-legend)" '' 'no unit has failed'
done_testing
