#!/bin/bash
# AppArmor, enforcing, on a kernel of its own: what packaging/apparmor lets programs and our daemons do is enough, and not more than that.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../../lib/root.sh"
. "$(dirname "$0")/../../lib/tap.sh"
. "$(dirname "$0")/../../lib/host.sh"
CONFINED=/usr/local/bin # programs with profiles of the test's own
ABSTRACTIONS=/etc/apparmor.d/abstractions
. "$(dirname "$0")/confined.sh"

# confine PROGRAM NAME ABSTRACTION...: a copy of it with a profile of these abstractions
confine() {
    local copy=$CONFINED/$2
    cp "$1" "$copy"
    {
        printf 'abi <abi/3.0>,\ninclude <tunables/global>\nprofile %s %s {\n  %s mr,\n  include <abstractions/base>\n' "$2" "$copy" "$copy"
        printf '  include <abstractions/%s>\n' "${@:3}"
        echo '}'
    } >"/etc/apparmor.d/$2"
}

prepare() {
    prepare_host || return
    confine /usr/bin/getent names nameservice
    confine /usr/bin/orgadmin logs-in nameservice authentication
    cp /usr/share/doc/orglogin/apparmor/usr.sbin.* /etc/apparmor.d/
}
inside_vm apparmor=1 security=apparmor

profile_of() { cat "/proc/$1/attr/current"; }
profiles_of() { for pid in $(pgrep -x "$1"); do profile_of "$pid"; done | sort | uniq -c | xargs; }
# denials PROFILE: what the kernel has refused under it
denials() { audited "apparmor=\"DENIED\".* profile=\"$1\""; }

is "$(timeout 300 systemctl is-system-running --wait)" running 'the machine boots into the state running under AppArmor' || systemctl --failed
like "$(cat /sys/kernel/security/lsm)" '\bapparmor\b' 'the kernel has AppArmor'
wait_for 60 knows ada
ok 'orgsyncd makes the file of sudo' wait_for 60 sudo_is_made
is "$(profiles_of orgsyncd)" '3 orgsyncd (enforce)' 'the three processes of orgsyncd are confined by its profile'
is "$(profiles_of orgd)" '1 orgd (enforce)' 'orgd is confined by its profile'

# --- programs that ask for names, and that log people in ---
# (Not every kernel keeps a program from a socket that its profile lacks, so that authentication.d/pam_org cannot be missed here.)
is "$(names passwd ada | cut -d: -f1)" ada 'a confined program with abstractions/nameservice sees a member'
is "$(names group acme | cut -d: -f1)" acme 'a confined program with abstractions/nameservice sees a group of the organization'
is "$(denials names)" '' 'AppArmor refuses nothing to a confined program that asks for names'
like "$(logs-in host explain ada sshd 2>&1)" '^freshness +confirmed' 'a confined program with abstractions/authentication gets an answer of orgsyncd'
mv $ABSTRACTIONS/nameservice.d/libnss_org "$T/"
apparmor_parser -r /etc/apparmor.d/names
is "$(names passwd ada)" '' 'a confined program sees no member without nameservice.d/libnss_org'
like "$(denials names)" 'name="/var/lib/orglogin/snapshot"' 'AppArmor reports the snapshot that it refuses without nameservice.d/libnss_org'
mv "$T/libnss_org" $ABSTRACTIONS/nameservice.d/
is "$(denials logs-in | grep -E 'name="(/var/lib/orglogin/snapshot|/run/orglogin/.*|/etc/passwd)"')" '' 'AppArmor refuses nothing to a confined program that logs people in'

# --- the daemons do all that they do ---
check_host
is "$(profiles_of orgsyncd) $(profiles_of orgd)" '3 orgsyncd (enforce) 1 orgd (enforce)' 'restarted daemons are confined by their profiles'
# --- the operator's commands, and orgd init ---
like "$(orgd user list 2>&1)" ' olga@acme.example ' "the operator's commands of root work under the profile of orgd"
systemctl stop orgd
rm -rf /var/lib/orgd /etc/orgd/orgd.conf /etc/systemd/system/orgd.service.d
init() { orgd init --owner olga@acme.example --tls 127.0.0.1:8443 --cert /etc/orgd/chain.pem --key /etc/orgd/key.pem </dev/null; }
like "$(init 2>"$T/told")" '^live_[a-z0-9]{20}:' 'orgd init of root works under the profile of orgd' || diag "$(cat "$T/told")"
ok 'the lines that orgd init prints start orgd' bash -ec "$(grep -E '^  systemctl' "$T/told")"
is "$(profiles_of orgd)" '1 orgd (enforce)' 'orgd is confined with the settings of orgd init'
is "$(denials orgsyncd)" '' 'AppArmor refuses nothing to orgsyncd'
is "$(denials orgd)" '' 'AppArmor refuses nothing to orgd'

# --- and nothing else ---
for profile in orgsyncd orgd; do
    is "$(aa-exec -p $profile -- /bin/cat /etc/shadow 2>/dev/null)" '' "the profile $profile keeps /etc/shadow away"
done
done_testing
