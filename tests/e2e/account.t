#!/bin/bash
# What a member hears from the programs that change an account or a group of the machine: one clear line, and no question for a password that
# members do not have. Local users change theirs as before.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../lib/root.sh"
inside_root
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/host.sh"

KEPT='The organization keeps this account: its password, name and shell cannot be changed on this machine.'
useradd --create-home --shell /bin/bash --password "$(perl -e 'print crypt("secret", "\$6\$salt\$")')" larry
configure_file_provider
publish ada:admin rem:member >/dev/null
ok 'orgsyncd publishes the members' publish ada:admin

session() { setpriv --reuid="$1" --regid="$(id -g "$1")" --init-groups --reset-env "${@:2}" 2>&1 | tr -d '\r'; }
for person in ada rem; do
    is "$(session $person passwd </dev/null)" "$KEPT
passwd: Permission denied
passwd: password unchanged" "passwd tells $person in one line that the organization keeps the account"
    is "$(session $person chfn -w 1 </dev/null)" "$KEPT
chfn: PAM: Permission denied" "chfn tells $person in one line that the organization keeps the account"
done
is "$(session ada chsh -s /bin/sh </dev/null)" "$KEPT
chsh: PAM: Permission denied" "chsh tells ada in one line that the organization keeps the account"
is "$(session rem chsh -s /bin/sh </dev/null)" "You may not change the shell for 'rem'." 'chsh refuses a former member, whose shell is nologin'
is "$(passwd ada 2>&1 </dev/null)" "$KEPT
passwd: Permission denied
passwd: password unchanged" 'passwd tells root the same about a member'
# These look into the machine's own files, and ask PAM nothing or about root alone.
like "$(chsh -s /bin/sh ada 2>&1 </dev/null)" "^chsh: user 'ada' does not exist in /etc/passwd$" 'chsh tells root that a member is not in /etc/passwd'
like "$(session ada gpasswd acme </dev/null)" "^gpasswd: group 'acme' does not exist in /etc/group$" 'gpasswd tells a member that the group of the organization is not in /etc/group'
like "$(session ada chage -l ada </dev/null)" "^chage: user 'ada' does not exist in /etc/passwd$" 'chage tells a member that there is no entry in /etc/passwd'

# changes NAME: larry changes his shell, name and password, as he may
changes() {
    ok "chsh of a local user works $1" session larry chsh -s /bin/sh <<<secret
    ok "chfn of a local user works $1" session larry chfn -w "$2" <<<secret
    is "$(getent passwd larry | cut -d: -f5,7)" ",,$2,:/bin/sh" "chsh and chfn of a local user change /etc/passwd $1"
    session larry passwd <<<"secret
Quaint-7-horse
Quaint-7-horse" >"$T/out"
    like "$(cat "$T/out")" 'password updated successfully' "passwd of a local user works $1"
    chpasswd <<<larry:secret
}
changes 'beside members' 1
rm "$SNAPSHOT"
changes 'without a snapshot' 2
mv /usr/lib/*/security/pam_org.so "$T/"
changes 'without pam_org.so' 3
unlike "$(cat "$T/out")" "$KEPT" 'a local user hears nothing of organizations'
done_testing
