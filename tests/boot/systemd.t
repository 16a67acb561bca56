#!/bin/bash
# Under a real systemd: the units as they are shipped, ssh sessions with a user manager, units of members, the journal.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../lib/root.sh"
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/host.sh"
URL=unix:/run/orgd/orgd.sock

# Before the boot: the first user as orgd(8) has it, so that the owner's token does not get into the journal.
prepare() {
    userdel orgsync
    userdel orglogin-keys
    systemd-sysusers 2>/dev/null
    mkdir -p /root/people /run/orgd
    (umask 077 && orgd init --owner olga@acme.example >"$T/token" 2>/dev/null)
    start "$T/orgd.out" '^listening' orgd 2>"$T/orgd.log" || { cat "$T/orgd.log" >&2; return 1; }
    if ! {
        by olga login --url $URL --token-file "$T/token" && by olga org create acme && joins olga $URL ada admin && joins olga $URL mia member &&
            by olga token create --name host --role member --out /etc/orglogin/acme.token
    } >"$T/err" 2>&1; then
        cat "$T/err" >&2
        return 1
    fi
    id=$(by olga org show -o json | jq -r .id)
    kill "$started" && wait
    sed -e "s|https://org.example.com|$URL|" -e "s|org_7f3a|$id|" -e 's/^# sudo = /sudo = /' /usr/share/doc/orglogin/orglogin.conf >$CONF
    sed -i -E 's/^(passwd|group|shadow):.*/\1: files systemd org/' /etc/nsswitch.conf
    new_key ada mia stranger
    client_knows_host
    systemctl enable orgd.service orgsyncd.service 2>/dev/null
}
inside_boot

property() { systemctl show --value --property="$1" "$2"; }
journal() { journalctl --quiet --boot --output=short "$@"; }
decisions() { journal --grep='pam_org\(' "$@"; }
active() { [ "$(property ActiveState "$1")" = active ]; }

# --- the daemons, as shipped ---
is "$(timeout 120 systemctl is-system-running --wait)" running "the machine boots into the state running" || journal -p warning
is "$(systemctl is-active orgd.service orgsyncd.service | xargs)" "active active" "orgd and orgsyncd are active after the boot"
is "$(stat -c '%U:%G %a %F' /var/lib/orgd /var/lib/orgd/orgd.db | xargs)" "orgd:orgd 700 directory orgd:orgd 600 regular file" "orgd takes over the data file of orgd init"
ok "orgsyncd publishes the members of orgd" wait_for 5 getent passwd mia
is "$(orgadmin host status -o json | jq -r '.[0] | .members + .held')" 3yes "host status counts three members and no trouble"
is "$(stat -c '%U:%G %a' /var/lib/orglogin /var/lib/orglogin/snapshot /var/lib/orglogin/ids.db | xargs)" \
    "root:root 755 root:root 644 root:root 600" "the snapshot is readable by all, the ledger by root only"
is "$(stat -c '%U:%G %a %F' /run/orglogin /run/orglogin/orgsyncd.sock | xargs)" \
    "root:root 755 directory root:root 666 socket" "everybody may connect to the socket of orgsyncd"
is "$(stat -c '%U:%G %a %F' /run/orglogin/orgsyncd-{root,keys}.sock | xargs)" \
    "root:root 600 socket root:orglogin-keys 660 socket" "root, and orglogin-keys by the group that sysusers.conf makes, have a socket of their own"
main=$(property MainPID orgsyncd.service)
fetcher=$(pgrep -P "$main" -u orgsync)
keeper=$(pgrep -P "$main" -u root)
is "$(id -u orgsync)" "$(awk '/^Uid/ { print $3 }' "/proc/$fetcher/status")" "the fetcher runs as the user that sysusers.conf makes"
# sees PROCESS COMMAND...: COMMAND in the mounts and the root directory of PROCESS. --root is not to be left out: where this machine is itself
# in a chroot, the top of its mounts is another machine's.
sees() { nsenter --target "$1" --mount --root --wd "${@:2}"; }
declare -A called=(["$main"]="the supervisor" ["$fetcher"]="the fetcher" ["$keeper"]="the keeper")
for process in $main $fetcher $keeper; do
    for place in /etc /usr /root /var/lib; do
        is "$(sees "$process" sh -c "echo there; exec 2>/dev/null; touch $place/x && echo written")" there \
            "${called[$process]-a process} cannot write in $place"
    done
done
ok "the keeper can write in /var/lib/orglogin" sees "$keeper" touch /var/lib/orglogin/x
rm -f /var/lib/orglogin/x
is "$(for process in $main $keeper; do sees "$process" sh -c "touch /etc/sudoers.d/x.x && echo written"; done | xargs)" "written written" "the supervisor and the keeper can write in /etc/sudoers.d"
rm -f /etc/sudoers.d/x.x
is "$(sees "$fetcher" setpriv --reuid orgsync --clear-groups --regid orgsync sh -c "touch /etc/sudoers.d/y.y && echo written" 2>/dev/null)" "" "the user of the fetcher cannot write in /etc/sudoers.d"
ok "orgsyncd makes the file of sudo" wait_for 5 test -e /etc/sudoers.d/orglogin
is "$(stat -c '%U:%G %a' /etc/sudoers.d/orglogin) $(grep -c '^%#' /etc/sudoers.d/orglogin)" "root:root 440 1" "the file of sudo is root's, and has one rule"
is "$(as ada sudo -n id -un) $(as mia sudo -n id -un)" "root " "sudo serves an admin, and no plain member"
is "$(sees "$keeper" find /home /root -mindepth 1 2>/dev/null | wc -l)" 0 "the keeper sees no home directory"
is "$(awk '/^(CapEff|CapBnd|CapAmb)/ { print $2 }' "/proc/$fetcher/status" | sort -u | wc -l)" 2 "the fetcher has no capability"
is "$(awk '/^Seccomp:/ { print $2 }' "/proc/$fetcher/status")" 2 "the fetcher is behind a system call filter"
is "$(awk '/^Seccomp_filters:/ { print $2 }' "/proc/$fetcher/status")" "$(($(awk '/^Seccomp_filters:/ { print $2 }' "/proc/$keeper/status") + 1))" "the fetcher has a system call filter beside that of the unit"
is "$(awk '/^NSpid/ { print $3 }' "/proc/$fetcher/status")" 1 "the fetcher is in a pid namespace of its own"
is "$(readlink "/proc/$fetcher/ns/net")" "$(readlink /proc/1/ns/net)" "the fetcher is in the network of the machine"
ok "the keeper is not in the network of the machine" test "$(readlink "/proc/$keeper/ns/net")" != "$(readlink /proc/1/ns/net)"
unlike "$(journal -u orgsyncd.service -u orgd.service)" 'live_[a-z0-9]{20}:' "the journal has no token"

# --- a reload takes sudo away, and gives it ---
sed -i 's/^sudo = /# sudo = /' $CONF
systemctl reload orgsyncd.service
ok "a reload without sudo removes the file" wait_for 10 test ! -e /etc/sudoers.d/orglogin
is "$(as ada sudo -n id -un)" "" "sudo serves nobody then"
sed -i 's/^# sudo = /sudo = /' $CONF
systemctl reload orgsyncd.service
ok "a reload with sudo makes the file" wait_for 10 test -e /etc/sudoers.d/orglogin
main=$(property MainPID orgsyncd.service)
keeper=$(pgrep -P "$main" -u root)

# --- the doctor asks systemd ---
doctor_says() { orgadmin host doctor -o json 2>/dev/null | jq -r --arg check "$1" '.[] | select(.check == $check) | "\(.result): \(.found)"'; }
like "$(doctor_says orgsyncd)" '^ok: runs' "host doctor finds orgsyncd running"
systemctl disable orgsyncd.service 2>/dev/null
is "$(doctor_says orgsyncd)" 'warning: runs, and would not after a boot' "host doctor warns when the next boot does not start orgsyncd"
systemctl enable orgsyncd.service 2>/dev/null

# --- reload ---
sed -i 's|/bin/bash|/bin/sh|' $CONF
ok "systemctl reload orgsyncd succeeds" systemctl reload orgsyncd.service
# shellcheck disable=SC2329 # called by wait_for
shell_is() { [ "$(getent passwd "$1" | cut -d: -f7)" = "$2" ]; }
ok "a reload puts the new configuration in force" wait_for 5 shell_is ada /bin/sh
sed -i 's|shell = .*|shell = "nothing";|' $CONF
systemctl reload orgsyncd.service
# shellcheck disable=SC2329 # called by wait_for
said() { journal -u orgsyncd.service | grep -q "$1"; }
ok "a reload reports a faulty configuration with its line" wait_for 5 said 'orglogin.conf:[0-9]*:.*the previous configuration stays in force'
ok "a reload of a faulty configuration keeps the former one" shell_is ada /bin/sh
is "$(property MainPID orgsyncd.service)" "$main" "a reload keeps the process of orgsyncd"
sed -i 's|shell = .*|shell = "/bin/bash";|' $CONF
systemctl reload orgsyncd.service
ok "a reload takes the mended configuration" wait_for 5 shell_is ada /bin/bash

# --- ssh sessions and their user managers ---
mia=$(id -u mia)
is "$(as ada 'id -un; systemctl --user is-system-running --wait' | xargs)" "ada running" "an ssh session of a member has a running user manager"
# shellcheck disable=SC2016 # her shell's
is "$(as ada 'loginctl show-session --value --property=Name --property=Service $XDG_SESSION_ID' | sort | xargs)" "ada sshd" "an ssh session of a member is a session of logind"
like "$(decisions SYSLOG_FACILITY=10)" "sshd(-session)?\[[0-9]+\]: pam_org\(sshd:account\): user=ada service=sshd org=acme decision=allow reason=rule rule=1 age_ms=[0-9]+ generation=[0-9]+$" \
    "the journal has the decision of pam_org on an ssh login, in authpriv"
like "$(decisions)" "\(systemd\)\[[0-9]+\]: pam_org\(systemd-user:account\): user=ada service=systemd-user org=acme decision=allow " "the journal has the decision of pam_org on the user manager"
is "$(as stranger id -un; grep -c '^Access denied' "$T/err")" 1 "a stranger gets no ssh session"

# --- units that run as a member ---
is "$(systemd-run --quiet --wait --pipe --uid=mia id -un)" mia "a unit with User= runs as a member"
like "$(systemd-run --quiet --wait --pipe --uid=ada --property=SupplementaryGroups=acme id -Gn)" '\bacme\b' "a unit with SupplementaryGroups= has a group of the organization"
ok "a unit with StateDirectory= and User= writes as a member" systemd-run --quiet --wait --uid=mia --property=StateDirectory=mine touch /var/lib/mine/x
is "$(stat -c %U /var/lib/mine/x)" mia "a unit's StateDirectory= belongs to the member"
ok "a unit with PAMName= runs as an active member" systemd-run --quiet --wait --uid=mia --property=PAMName=cron true
like "$(decisions)" 'pam_org\(cron:account\): user=mia .*decision=allow' "the journal has the decision of pam_org on a unit with PAMName="

# --- a member with a lingering user manager leaves ---
loginctl enable-linger mia
ok "the user manager of a lingering member runs" wait_for 5 active "user@$mia.service"
by olga member remove mia --yes >/dev/null 2>&1
ok "a lingering member's removal is published" wait_for 5 shell_is mia /usr/sbin/nologin
refused_start() { ! systemctl restart "$1" 2>"$T/err"; }
ok "the user manager of a removed member does not start again" refused_start "user@$mia.service"
like "$(decisions)" "pam_org\(systemd-user:account\): user=mia service=systemd-user org=acme decision=deny reason=removed " "the journal has the refusal of a removed member's user manager"
is "$(as mia id -un; grep -c '^Access denied' "$T/err")" 1 "a removed member gets no ssh session"
systemctl reset-failed
is "$(systemd-run --quiet --wait --uid=mia --property=PAMName=cron true 2>&1; systemctl --failed --plain --no-legend | wc -l)" 1 "a unit with PAMName= does not run as a removed member"
systemctl reset-failed
is "$(systemd-run --quiet --wait --pipe --uid=mia id -Gn)" acme "a unit with User= alone runs as a removed member with the primary group only"

# --- it ends and comes back ---
kill -9 "$main"
# shellcheck disable=SC2329 # called by wait_for
restarted() { [ "$(property MainPID orgsyncd.service)" != "$1" ] && active orgsyncd.service && orgadmin host status; }
ok "systemd starts orgsyncd again after kill -9" wait_for 10 restarted "$main"
times=0
for i in 1 2 3 4 5 6 7; do
    main=$(property MainPID orgsyncd.service)
    kill -9 "$main"
    wait_for 20 restarted "$main" && times=$((times + 1))
done
is $times 7 "systemd starts orgsyncd again after each of seven kill -9"
is "$(as ada id -un)" ada "a member logs in after orgsyncd was killed seven times"
mkdir -p /etc/systemd/system/orgsyncd.service.d
printf '[Service]\nLoadCredential=acme:/etc/orglogin/acme.token\n' >/etc/systemd/system/orgsyncd.service.d/token.conf
sed -i 's|/etc/orglogin/acme.token|/run/credentials/orgsyncd.service/acme|' $CONF
systemctl daemon-reload
ok "orgsyncd starts with its token as a credential of the unit" systemctl restart orgsyncd.service
ok "orgsyncd syncs with its token as a credential of the unit" wait_for 5 orgadmin host sync
ok "systemctl stop orgsyncd succeeds" systemctl stop orgsyncd.service
is "$(property Result orgsyncd.service) $(pgrep -cu orgsync)" "success 0" "systemctl stop ends orgsyncd with success and leaves no fetcher"
is "$(as ada id -un)" ada "a member logs in while orgsyncd is stopped"
like "$(decisions)" 'user=ada service=sshd org=acme decision=allow reason=offline' "the journal has reason=offline for a login while orgsyncd is stopped"

# --- it hangs ---
printf '[Service]\nWatchdogSec=5\n' >/etc/systemd/system/orgsyncd.service.d/watchdog.conf
systemctl daemon-reload
systemctl start orgsyncd.service
ok "orgsyncd starts under a watchdog of 5 s" wait_for 5 orgadmin host status
main=$(property MainPID orgsyncd.service)
sleep 12
is "$(property MainPID orgsyncd.service)" "$main" "orgsyncd outlives a watchdog of 5 s by 12 s"
kill -STOP "$(pgrep -P "$main" -u root)"
ok "systemd starts orgsyncd again when its keeper hangs" wait_for 60 restarted "$main"
like "$(journal -u orgsyncd.service)" 'Watchdog timeout' "the journal has the watchdog's timeout when the keeper hangs"

# --- a container that maps few numbers ---
container='host doctor finds that the container maps no number of the members'
if unshare --user --map-root-user true 2>/dev/null; then
    like "$(unshare --user --map-root-user orgadmin host doctor -o json 2>/dev/null | jq -r '.[] | select(.check == "ids") | .result + " " + .found')" \
        '^failure the members. range [0-9-]+ is not mapped in this container' "$container"
else
    pass "$container # SKIP no user namespaces here (is this machine a chroot?)"
fi

# --- a mistake in the configuration ---
sed -i 's|shell = .*|shell = "nothing";|' $CONF
kill -9 "$(property MainPID orgsyncd.service)"
# shellcheck disable=SC2329 # called by wait_for
failed() { [ "$(property ActiveState orgsyncd.service)" = failed ]; }
ok "orgsyncd killed with a faulty configuration ends in the state failed" wait_for 20 failed
sleep 3
is "$(property ExecMainStatus orgsyncd.service) $(journal -u orgsyncd.service | grep 'orglogin.conf:[0-9]*:' | grep -vc 'previous configuration stays in force')" "3 1" "orgsyncd reports the faulty line once and exits with status 3"
is "$(as ada id -un)" ada "a member logs in while orgsyncd fails for its configuration"

# --- what systemd thinks of the units ---
for unit in orgsyncd orgd orgd-user; do
    is "$(systemd-analyze verify --man=no /usr/lib/systemd/system/$unit.service 2>&1)" "" "systemd-analyze verify has no complaint about $unit.service"
done
exposure() { systemd-analyze security --offline=true --no-pager "/usr/lib/systemd/system/$1.service" | sed -n 's/.*exposure level[^:]*: \([0-9.]*\).*/\1/p'; }
for limit in orgsyncd:3.0 orgd:2.0 orgd-user:3.0; do
    unit=${limit%:*}
    diag "$unit.service: $(exposure "$unit")"
    is "$(awk "BEGIN { print $(exposure "$unit") <= ${limit#*:} }")" 1 "the exposure of $unit.service is at most ${limit#*:}"
done
done_testing
