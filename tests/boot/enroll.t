#!/bin/bash
# Under a real systemd: a boot undoes an enrollment that did not end, before sshd starts; from there two commands lead to a member's first ssh
# login, and one back.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../lib/root.sh"
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/host.sh"
export DEBIAN_FRONTEND=noninteractive
JOURNAL=/var/lib/orglogin/enroll
LINK=/etc/systemd/system/multi-user.target.wants/orglogin-enroll.service

# Debian as it is before orglogin, and then killed between two steps.
prepare() {
    pam-auth-update --package --force
    sed -i '/pam_org\|pam_mkhomedir/d' /etc/pam.d/{sshd,passwd,chsh,chfn}
    rm -f /etc/ssh/sshd_config.d/* /etc/sudoers.d/orglogin /etc/orglogin/*
    sed -i -E 's/^(passwd|group|shadow):.*/\1: files systemd/' /etc/nsswitch.conf
    new_key larry
    client_knows_host
    printf 'AuthorizedKeysFile /etc/ssh/keys/%%u\n' >/etc/ssh/sshd_config.d/keys.conf
    useradd --create-home --shell /bin/bash --groups sudo larry
    echo larry:secret | chpasswd
    mkdir -p $JOURNAL
    cp -p /etc/nsswitch.conf "$JOURNAL/+%etc%nsswitch.conf"
    cp -p /etc/pam.d/common-account "$JOURNAL/+%etc%pam.d%common-account"
    touch "$JOURNAL/-%etc%ssh%sshd_config.d%orglogin.conf"
    sed -i -E 's/^(passwd|group|shadow):.*/& org/' /etc/nsswitch.conf
    sed -i '1i account required pam_deny.so' /etc/pam.d/common-account
    echo 'no such word' >/etc/ssh/sshd_config.d/orglogin.conf
    touch /etc/pam.d/common-account.pam-new
    mv /var/cache/debconf/config.dat /var/cache/debconf/config.dat-old
    ln -s /usr/lib/systemd/system/orglogin-enroll.service $LINK
    ln -s /usr/lib/systemd/system/orgsyncd.service /etc/systemd/system/multi-user.target.wants/orgsyncd.service
}
inside_boot
system() { (cd / && find etc var/lib/pam \( -type f -o -type l \) ! -path 'etc/orglogin/*' ! -path etc/.updated ! -name '*-' ! -name '*-old' -printf '%p %m %u %l ' \( -type l -printf '\n' -o -exec md5sum {} \; \)) | sort; }
timeout 120 systemctl is-system-running --wait >/dev/null

# --- the boot ---
is "$(systemctl show -P Result orglogin-enroll.service) $(systemctl show -P ExecMainStatus orglogin-enroll.service)" 'success 0' 'the boot undoes an enrollment that did not end'
is "$(grep -c '^[^#]* org$' /etc/nsswitch.conf) $(grep -c '^account required pam_deny' /etc/pam.d/common-account)" '0 0' 'nsswitch.conf and the PAM stacks are what they were'
is "$(find /etc/pam.d -name '*.pam-new') $(find /etc -name orglogin.conf) $(find /var/lib/orglogin -name 'enroll*')" '  ' 'what an enrollment had left is gone'
ok 'debconf has its answers' test -s /var/cache/debconf/config.dat
is "$(find /etc/systemd/system -name 'org*')" '' 'no unit is left that was not there before'
is "$(systemctl is-active ssh) $(as larry id -un)" 'active larry' 'sshd has started behind it, and a local user logs in'
ok 'it comes before sshd' test "$(systemctl show -P ExecMainExitTimestampMonotonic orglogin-enroll.service)" -le "$(systemctl show -P ExecMainStartTimestampMonotonic ssh.service)"

# --- two commands ---
ok 'orgd has an owner' bash -c 'umask 077; orgd init --owner olga@acme.example >"$1" 2>/dev/null' bash "$T/token"
systemctl daemon-reload
systemctl start orgd
wait_for 10 test -S /run/orgd/orgd.sock
orgadmin login --url unix:/run/orgd/orgd.sock --token-file "$T/token" 2>/dev/null
orgadmin org create acme >/dev/null 2>&1
ssh-keygen -q -t ed25519 -N '' -f /root/keys/ada
orgadmin invitation create ada@acme.example --role admin --out "$T/ada" >/dev/null 2>&1
by ada invitation accept --url unix:/run/orgd/orgd.sock --token-file "$T/ada" --username ada --key /root/keys/ada.pub >/dev/null 2>&1
system >"$T/before"
read -ra line < <(orgadmin machine invite web01 2>/dev/null)
"${line[@]}" >"$T/out" 2>"$T/err" </dev/null
is "$?" 2 'the line of machine invite wants an answer'
system >"$T/after"; diff "$T/before" "$T/after" >"$T/diff"; is "$(cat "$T/diff") $(ls -A /etc/orglogin)" ' ' 'without one it changes nothing'
orgadmin host enroll --yes >"$T/out" 2>"$T/err"
is "$? $(grep -c 'goes on from /var/lib/orglogin/kept' "$T/err")" '0 1' 'host enroll goes on with what the code gave, although root has a login'
! grep -q 'orgadmin: ' "$T/err" || diag "$(cat "$T/err")"
is "$(as ada id -un) $(as larry id -un)" 'ada larry' 'the member and the local user log in by ssh'
is "$(systemctl is-enabled orgsyncd) $(systemctl is-active orgsyncd)" 'enabled active' 'orgsyncd runs, and will at the next boot'
is "$(orgadmin host doctor -o json 2>/dev/null | jq -r '[.[] | select(.result == "failure") | .check] | join(";")')" '' 'host doctor finds no failure'

# --- killed, with systemd's own jobs under way ---
orgadmin host unenroll --yes 2>"$T/err"
is "$?" 0 'host unenroll succeeds'
system >"$T/after"; diff "$T/before" "$T/after" >"$T/diff"; is "$(cat "$T/diff")" '' 'host unenroll leaves the machine as it was'
is "$(systemctl is-enabled orgsyncd 2>/dev/null) $(systemctl is-active orgsyncd)" 'disabled inactive' 'orgsyncd is stopped, also for the next boot'
bad=
for delay in 0.2 0.4 0.7 1 1.5; do
    read -ra line < <(orgadmin machine invite web01 2>/dev/null)
    setsid "${line[@]}" --yes >/dev/null 2>&1 & pid=$!
    sleep $delay; kill -9 $pid 2>/dev/null; wait $pid 2>/dev/null
    [ "$(as larry id -un)" = larry ] || bad+=" locked:$delay"
    orgadmin host unenroll --unfinished 2>/dev/null || bad+=" $delay"
    [ ! -e /etc/ssh/sshd_config.d/orglogin.conf ] || orgadmin host unenroll --yes 2>/dev/null # it had ended
    system >"$T/after"; cmp -s "$T/before" "$T/after" || { bad+=" differs:$delay"; diag "$(diff "$T/before" "$T/after")"; }
    rm -rf /etc/orglogin/* /var/lib/orglogin/kept
done
is "$bad" '' 'an enrollment that is killed is undone'
read -ra line < <(orgadmin machine invite web01 2>/dev/null)
"${line[@]}" --yes >/dev/null 2>&1
is "$? $(as ada id -un)" '0 ada' 'and another one ends well'

# --- an image, whose first boot enrolls ---
orgadmin host unenroll --yes 2>/dev/null; system >"$T/before"
UNIT=orglogin-first-boot.service
code() { orgadmin machine invite "$1" 2>/dev/null | sed 's/.*--code //'; }
prepares() { orgadmin host enroll --prepare --url unix:/run/orgd/orgd.sock "$@" 2>"$T/err"; }
orgadmin host enroll --prepare 2>"$T/err"; is "$?" 2 'host enroll --prepare wants a server'
prepares --token-file "$T/token"; is "$?" 2 'host enroll --prepare takes no token'
ok 'an image is prepared' prepares
ok 'an image is prepared again, with a code' prepares --code "$(code img1)"
is "$(stat -c '%U %a' /var/lib/orglogin/prepared) $(readlink /etc/systemd/system/multi-user.target.wants/$UNIT)" "root 600 /usr/lib/systemd/system/$UNIT" 'the code is for root alone, and the boot will run the unit'
is "$(as ada id -un)" '' 'nobody is let in before'
ok 'the first boot enrolls' systemctl start $UNIT
[ "$(as ada id -un)" = ada ] || diag "$(journalctl -u $UNIT --no-pager)"
is "$(as ada id -un) $(systemctl is-active orgsyncd)" 'ada active' 'the member logs in'
is "$(ls -d /var/lib/orglogin/prepared /etc/systemd/system/multi-user.target.wants/$UNIT 2>/dev/null)" '' 'which is forgotten then'
orgadmin host unenroll --yes 2>/dev/null
prepares
systemctl start $UNIT 2>/dev/null; is "$?" 1 'without a code the first boot enrolls nothing'
like "$(journalctl -u $UNIT --no-pager -o cat)" 'the code of this machine, the credential orglogin.code: does not exist' 'and says what is missing'
mkdir -p /run/systemd/system/$UNIT.d
printf '[Service]\nSetCredential=orglogin.code:%s\n' "$(code img2)" >/run/systemd/system/$UNIT.d/code.conf
systemctl daemon-reload
ok 'the first boot enrolls with the credential orglogin.code' systemctl start $UNIT
is "$(as ada id -un)" ada 'the member logs in'
orgadmin host unenroll --yes 2>/dev/null
system >"$T/after"; diff "$T/before" "$T/after" >"$T/diff"; is "$(cat "$T/diff")" '' 'host unenroll leaves the machine as it was'
done_testing
