#!/bin/bash
# README's Install, to the letter, on a Debian under a real systemd: from nothing to a member's first ssh login, and back.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../lib/root.sh"
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/host.sh"
export DEBIAN_FRONTEND=noninteractive

# Debian as it is before.
prepare() {
    userdel orgsync
    userdel orglogin-keys
    rm /etc/pam.d/common-account
    pam-auth-update --package --force
    sed -i '/pam_org.so/d; /pam_mkhomedir/d' /etc/pam.d/sshd
    cp "$BUILD"/root/etc/pam.d/passwd "$BUILD"/root/etc/pam.d/ch* /etc/pam.d/
    rm /etc/ssh/sshd_config.d/*
    sed -i -E 's/^(passwd|group|shadow):.*/\1: files systemd/' /etc/nsswitch.conf
    rm -f /etc/sudoers.d/orglogin
    new_key ada larry
    client_knows_host
    useradd --create-home --shell /bin/bash larry
}
inside_boot

# step NUMBER: the commands in a block of that step
step() { awk -v n="$1" '/^[0-9]+\. / { on = $1 == n "." } on && /^ *```/ { block = !block; next } on && block { sub(/^ */, ""); print }' "$TOP/README.md"; }
system_files() { grep -rhv '^$' /etc/nsswitch.conf /etc/pam.d /etc/ssh | sha256sum; }
before=$(system_files)
timeout 120 systemctl is-system-running --wait >/dev/null

like "$(cat "$TOP/README.md")" '^1\. .*`systemd-sysusers` create them' "step 1 of README names systemd-sysusers"
ok "step 1: systemd-sysusers succeeds" systemd-sysusers
step 2 | sed 's|#.*||' >"$T/organization"
like "$(sed -n 1p "$T/organization")" '^orgd init --owner [^ ]*@[^ ]*' "step 2 of README begins with orgd init"
ok "step 2: orgd init succeeds" bash -ec "umask 077; $(sed -n 1p "$T/organization") >$T/token 2>$T/told"
like "$(cat "$T/token")" '^live_[a-z0-9]{20}:[A-Za-z0-9_-]{43}$' "step 2: the token of the first owner is the output of orgd init"
like "$(sed -n 2p "$T/organization")" '^systemctl enable --now orgd' "step 2 of README enables and starts orgd"
ok "step 2: orgd is enabled and started" bash -ec "$(sed -n 2p "$T/organization")"
is "$(journalctl --quiet --boot --output=cat | grep -c -e "$(cut -d: -f2 "$T/token")")" 0 "step 2: the journal does not have the token"
sed -e 1,2d -e "s|^orgadmin login .*|& --token-file $T/token|" "$T/organization" >"$T/rest"
ok "step 2: the other commands make an organization and an invitation" bash -ec "$(cat "$T/rest") >$T/invitation"
like "$(cat "$TOP/README.md")" '^3\. .*`orgadmin machine invite' "step 3 of README names orgadmin machine invite"
orgadmin host enroll --print >"$T/steps" 2>"$T/err"
is "$?" 0 "step 3: orgadmin host enroll succeeds"
ok "step 3: the commands that host enroll prints succeed" sh -e "$T/steps"
(umask 077 && grep -o '^inv_.*' "$T/invitation" >"$T/ada")
ok "the invited member accepts the invitation" by ada invitation accept --url unix:/run/orgd/orgd.sock --token-file "$T/ada" --username ada --key /root/keys/ada.pub
printf 'AuthorizedKeysFile /etc/ssh/keys/%%u\n' >/etc/ssh/sshd_config.d/keys.conf # larry's
systemctl restart ssh # unlike reload it waits
# shellcheck disable=SC2329 # called by wait_for
known() { getent passwd ada; }
ok "the new member is known to the host" wait_for 10 known
is "$(as ada 'id -un; pwd' | xargs)" 'ada /home/ada' "the new member logs in by ssh"
is "$(as larry id -un)" larry "a local user logs in by ssh beside members"
is "$(orgadmin host doctor -o json 2>/dev/null | jq -r '[.[] | select(.result == "failure") | .check] | join(";")')" '' "host doctor finds no failure"

# --- upgrade ---
upgrade=$(sed -n 's/^Upgrade: `\([^`]*\)`.*/\1/p' "$TOP/README.md")
like "$upgrade" '^make && build/orgsyncd --check && make install && systemctl daemon-reload && systemctl restart orgsyncd$' "README has the expected upgrade commands"
ok "upgrade: orgsyncd --check succeeds from the build directory" "$BUILD/orgsyncd" --check
printf '\001' | dd of=$SNAPSHOT bs=1 seek=8 conv=notrunc 2>/dev/null # the snapshot of an orgsyncd before
is "$(as ada id -un) $(as larry id -un)" ' larry' "upgrade: with a snapshot of another format local users log in, members do not"
ok "upgrade: the commands behind make install succeed" bash -ec "${upgrade#*make install && }"
ok "upgrade: the member is known after the restart" wait_for 10 known
is "$(as ada id -un)" ada "upgrade: the member logs in after the restart"

# --- undone ---
undo=$(sed -n '/^is not there, these commands/,/^\.Sh/s/^\.Dl # //p' "$TOP/packaging/man/orgadmin.1")
like "$undo" "nsswitch" "undo: orgadmin(1) has the commands"
ok "undo: the commands of orgadmin(1) succeed" bash -e <<<"${undo//NAME/acme}"
rm /etc/ssh/sshd_config.d/keys.conf
is "$(system_files)" "$before" "undo: nsswitch.conf, pam.d and ssh are what they were"

# --- or by what make uninstall says ---
used() { "$TOP/packaging/uninstall.sh" used; }
is "$(used)" "/etc/systemd/system/multi-user.target.wants/orgd.service
    systemctl disable --now orgd" "uninstall: after the commands of orgadmin(1) orgd alone is in the way"
sh -e <<<"$(grep '^sed.*nsswitch\|pam-auth-update' "$T/steps")"
systemctl --quiet enable orgsyncd
used >"$T/used"
is "$? $(sed -n 's/^\(\/[^:]*\).*/\1/p' "$T/used" | uniq | xargs)" "1 /etc/pam.d/common-account /etc/pam.d/common-session /etc/nsswitch.conf \
/etc/systemd/system/multi-user.target.wants/orgsyncd.service /etc/systemd/system/multi-user.target.wants/orgd.service" \
    "uninstall: the places that still ask orglogin are named"
ok "uninstall: the remedies that are printed can be run" bash -e <<<"$(sed -n 's/; a line that it leaves.*//; s/^    //p' "$T/used")"
is "$(used)" '' "uninstall: after the remedies nothing is in the way"
is "$(system_files)" "$before" "uninstall: after the remedies nsswitch.conf, pam.d and ssh are what they were"
done_testing
