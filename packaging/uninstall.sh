#!/bin/sh
# Before and after `make uninstall`; SYSCONFDIR, STATEDIR and SUDOERSDIR are this installation's.
#
#   uninstall.sh used   prints each place where the machine still asks orglogin, and below it what changes that; ends with 1 if there is one
#   uninstall.sh left   prints what stays on the machine when the installed files are gone
set -u
CONFIGURATION=${SYSCONFDIR:-/etc/orglogin}
STATE=${STATEDIR:-/var/lib/orglogin}
SUDOERS=${SUDOERSDIR:-/etc/sudoers.d}/orglogin
SSHD=/etc/ssh/sshd_config.d/orglogin.conf
status=0

# found PLACE REMEDY
found() {
    printf '%s\n    %s\n' "$1" "$2"
    status=1
}

# pam_remedy FILE LINE
pam_remedy() {
    case $1:$2 in
    *:auth*) [ "$1" != /etc/pam.d/sshd ] || echo "when sshd no longer has KbdInteractiveAuthentication yes (it would ask for passwords): take out the line" ;;
    /etc/pam.d/common-*) echo "pam-auth-update --disable orglogin; a line that it leaves was changed by hand: take out both lines, pam_localuser and pam_org, never one alone" ;;
    esac
}

pam_lines() {
    for file in /etc/pam.d/*; do
        case ${file##*/} in *.* | *~ | '*') continue ;; esac # no service has such a name
        # A link belongs to authselect.
        if [ -L "$file" ] && grep -qs '^[^#]*pam_org\.so' "$file"; then
            found "$file" "authselect select PROFILE, with the profile of before"
            continue
        fi
        while read -r line || [ -n "$line" ]; do
            case $line in '#'* | '') continue ;; *pam_org.so*) ;; *) continue ;; esac
            remedy=$(pam_remedy "$file" "${line#-}")
            found "$file: $line" "${remedy:-take out the line}"
        done <"$file"
    done
}

used() {
    # It is orgsyncd that takes rights away. One that a person has made is left.
    ! grep -qs '^# Made by orgsyncd' "$SUDOERS" ||
        found "$SUDOERS" 'take "sudo" out of orglogin.conf; systemctl reload orgsyncd. Without orgsyncd: rm '"$SUDOERS"
    ! grep -qsi '^[[:space:]]*KbdInteractiveAuthentication[[:space:]]*yes' "$SSHD" ||
        found "$SSHD: KbdInteractiveAuthentication yes" "rm $SSHD; systemctl reload ssh"
    lines=$(grep -EisH '^[[:space:]]*AuthorizedKeysCommand[[:space:]].*/orglogin-keys' /etc/ssh/sshd_config /etc/ssh/sshd_config.d/*.conf |
        sed 's/:[[:space:]]*/: /')
    [ -z "$lines" ] || found "$lines" "take out the line, and AuthorizedKeysCommandUser; systemctl reload ssh"
    pam_lines
    lines=$(grep -Es '^[^#]*[[:space:]]org([[:space:]]|$)' /etc/nsswitch.conf | sed 's|^|/etc/nsswitch.conf: |')
    [ -z "$lines" ] || found "$lines" "sed -E -i '/^[a-z]+:/s/[[:space:]]+org\>//' /etc/nsswitch.conf"
    for unit in orgsyncd orgd; do
        for link in /etc/systemd/system/*/"$unit.service"; do
            [ ! -L "$link" ] || found "$link" "systemctl disable --now $unit"
        done
    done
}

# stays PATH MEANING
stays() { [ ! -e "$1" ] || echo "$1: $2"; }

left() {
    echo 'What stays, for you to keep or to remove:'
    stays "$CONFIGURATION" "the configuration, and tokens that open the organization (orgadmin token revoke)"
    stays "$STATE" "the numbers of the members: keep it as long as files of theirs exist"
    stays /etc/orgd "the settings of orgd"
    stays /var/lib/orgd "the organizations that orgd served"
    stays "$SUDOERS" "members' rights by sudo"
    stays "$SSHD" "sshd's settings for members"
    stays /etc/ssh/keys "members' keys, if sshd looked for them there"
    stays /etc/nsswitch.conf.before-orglogin "nsswitch.conf as it was before the enrollment"
    stays /etc/authselect/custom/orglogin "a profile of authselect"
    for unit in orgsyncd orgd; do stays "/etc/systemd/system/$unit.service.d" "your settings of the unit"; done
    for user in orgsync orgd orglogin-keys; do ! grep -qs "^$user:" /etc/passwd || echo "the user $user: userdel $user"; done
    echo 'the home directories of members'
}

case ${1-} in
used | left) "$1" ;;
*) echo 'usage: uninstall.sh used | left' >&2; exit 2 ;;
esac
exit "$status"
