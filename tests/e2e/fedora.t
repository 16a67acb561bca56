#!/bin/bash
# The stacks of conf/pam.d.fedora under the services of a Fedora-style /etc/pam.d (tests/e2e/fedora), with this root's programs.
# What Debian lacks is left out of the stacks and named: everything else is loaded and decides as it would there.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../lib/root.sh"
inside_root
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/host.sh"

rm /etc/pam.d/*
cp "$TOP"/conf/pam.d.fedora/* "$TOP"/tests/e2e/fedora/* /etc/pam.d/
sed -i '/^#/d' /etc/pam.d/*
modules=$(echo /usr/lib/*/security)
lacking=
# shellcheck disable=SC2013 # words
for module in $(grep -ho 'pam_[a-z0-9_]*\.so' /etc/pam.d/* | sort -u); do
    [ -e "$modules/$module" ] && continue
    lacking+=" $module"
    # Other lines of postlogin jump over those of pam_lastlog, which Debian 13 lacks.
    if [ "$module" = pam_lastlog.so ]; then sed -i "s/$module.*/pam_permit.so/" /etc/pam.d/*; else sed -i "/$module/d" /etc/pam.d/*; fi
done
diag "without$lacking, which Debian's libpam-modules lacks"
like "$lacking" '^ pam_ck_connector\.so( pam_lastlog\.so)? pam_pwquality\.so$' 'the stacks lack only modules that decide about no account'
cp /etc/pam.d/crond /etc/pam.d/cron # whose name it has on Debian

start_syslog
start_sshd
useradd --create-home --shell /bin/bash larry
new_key ada mia gus rem stranger larry root
printf '%s ALL=(ALL:ALL) NOPASSWD: ALL\n' ada mia gus rem larry >/etc/sudoers.d/test
configure_file_provider
publish ada:admin mia:member gus:guest rem:member >/dev/null
ok 'orgsyncd publishes the members' publish ada:admin mia:member gus:guest

OURS='^Access denied: '
session() { setpriv --reuid="$1" --regid="$(id -g "$1")" --init-groups --reset-env "${@:2}" </dev/null; }
for name in ada mia larry root; do
    is "$(as $name id -un)" $name "sshd with the stacks of Fedora admits $name"
    is "$(cat "$T/err")" '' "sshd with the stacks of Fedora tells $name nothing"
done
is "$(stat -c '%U %a' /home/mia)" "mia 700" 'sshd with the stacks of Fedora makes a home directory of mode 700'
for name in gus rem stranger; do
    is "$(as $name id -un)" '' "sshd with the stacks of Fedora refuses $name"
    is "$(grep -c "$OURS" "$T/err")" 1 "sshd with the stacks of Fedora tells $name the refusal in one line"
done
for name in ada larry; do
    is "$(session $name sudo -n id -un)" root "sudo with the stacks of Fedora admits $name"
    is "$(session $name sudo -n -i id -un)" root "sudo -i with the stacks of Fedora admits $name"
done
for name in mia gus rem; do
    for options in -n '-n -i'; do
        # shellcheck disable=SC2086 # options
        is "$(session $name sudo $options id -un 2>"$T/err"; cat "$T/err")" "sudo: PAM account management error: Permission denied
sudo: a password is required" "sudo $options with the stacks of Fedora refuses $name"
    done
done
for name in ada mia larry; do is "$(su $name -c 'id -un') $(su - $name -c 'id -un')" "$name $name" "root with the stacks of Fedora runs su and su - for $name"; done
# login_says NAME: what login prints on a terminal of its own
# shellcheck disable=SC2016 # the inner shell's
login_says() { log_in "$T/terminal" "$1" 'echo I am $(id -un)'; tr -d '\r' <"$T/terminal"; }
for name in ada mia larry root; do like "$(login_says $name)" "I am $name" "login with the stacks of Fedora admits $name"; done
for name in gus rem; do like "$(login_says $name)" "$OURS" "login with the stacks of Fedora refuses $name in one line"; done

# pam_org missing or misused keeps members outside and local accounts inside, as on Debian.
mv "$modules/pam_org.so" "$modules/pam_org.away"
is "$(as ada echo in) $(as larry id -un) $(as root id -un)" " larry root" 'sshd with a missing pam_org.so admits local accounts alone'
mv "$modules/pam_org.away" "$modules/pam_org.so"
is "$(as ada id -un)" ada 'sshd admits members again when pam_org.so is back'
done_testing
