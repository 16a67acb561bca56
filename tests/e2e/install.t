#!/bin/bash
# make install and make uninstall: what is where, whose, and what it names; nothing of it stays.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../lib/tap.sh"
need make

# installs TARGET [VARIABLE=VALUE...]: make TARGET into $T/root; "-o all": what is built stays as it is
installs() {
    MAKEFLAGS='' make -C "$TOP" -o all "$1" BUILD="$BUILD" DESTDIR="$T/root" "${@:2}" >"$T/out" 2>"$T/err"
}
below() { (cd "$T/root" && find . -mindepth 1 "$@" | sort); }

# --- who may read it ---
(umask 077 && mkdir "$T/root" && installs install)
is "$?" 0 'make install succeeds under the umask 077'
is "$(below -type f ! -perm 644 | xargs)" './usr/bin/orgadmin ./usr/libexec/orglogin/nsswitch ./usr/libexec/orglogin/orglogin-keys ./usr/libexec/orglogin/pam-profile ./usr/sbin/orgd ./usr/sbin/orgsyncd' 'make install makes programs executable and nothing else'
is "$(below -type f -perm 755 | wc -l) $(below -type d ! -perm 755)" '6 ' 'make install makes every file and directory readable'
is "$(find "$T/root" -name '.*')" '' 'make install leaves no hidden file'

# --- again, while the old one is in use ---
if strace -o /dev/null true 2>/dev/null; then
    MAKEFLAGS='' strace -f -qq -e trace=openat,creat -o "$T/trace" make -C "$TOP" -o all install BUILD="$BUILD" DESTDIR="$T/root" >"$T/out"
    is "$?" 0 'make install over an installation succeeds'
    like "$(grep -c 'O_WRONLY' "$T/trace")" '[1-9]' 'make install over an installation writes files'
    is "$(grep -E '[/"](pam_org.so|libnss_org.so.2|orgsyncd)", O_(WRONLY|RDWR)' "$T/trace")" '' 'make install never writes a module or orgsyncd in place'
fi

# --- what is named is there ---
# named PREFIX: the programs and directories that the units, pages and remarks name
named() {
    grep -rhoE --include=*.service --include=*.[1578] --include=*.md --include=*.example --include=orglogin.conf \
        '/usr/[a-z/]*(sbin/org[a-z]+|libexec/orglogin/[a-z-]+|share/doc/orglogin[a-zA-Z._/-]*)' "$T/root" | sed 's/\.$//' | sort -u
}
lacking() { named | while read -r path; do [ -e "$T/root$path" ] || echo "$path"; done; }
is "$(lacking)" '' 'make install installs every path that units and pages name'
like "$(named)" '^/usr/sbin/orgsyncd$' 'the installed units and pages name orgsyncd'
ok 'make uninstall succeeds' installs uninstall
is "$(below -not -type d; below -name '*org*' -type d)" '' 'make uninstall leaves no file'
rm -r "$T/root"
ok 'make install with PREFIX and SYSCONFDIR succeeds' installs install PREFIX=/usr/local SYSCONFDIR=/etc/local/orglogin
is "$(lacking)" '' 'make install with PREFIX installs every path that units and pages name'
like "$(named)" '^/usr/local/sbin/orgsyncd$' 'the units and pages installed with PREFIX name its orgsyncd'
is "$(below | grep '/lib/.*org.*\.so' | grep local)" '' 'make install with PREFIX puts the modules where libc and libpam look'
is "$(grep -rl '/etc/orglogin' "$T/root" | grep -v '/bin/\|/sbin/\|/libexec/\|\.so')" '' 'make install with SYSCONFDIR leaves no mention of /etc/orglogin'
ok 'make uninstall with PREFIX and SYSCONFDIR succeeds' installs uninstall PREFIX=/usr/local SYSCONFDIR=/etc/local/orglogin
is "$(below -not -type d; below -name '*org*' -type d)" '' 'make uninstall with PREFIX and SYSCONFDIR leaves no file'

# --- what AppArmor is told ---
mkdir -p "$T/root/etc/apparmor.d/abstractions"
ok 'make install succeeds where AppArmor is' installs install STATEDIR=/srv/state
is "$(cd "$T/root/etc/apparmor.d" && find . -type f | sort | xargs)" './abstractions/authentication.d/pam_org ./abstractions/nameservice.d/libnss_org' \
    'make install adds the abstractions where AppArmor is, and no profile'
is "$(cat "$T"/root/etc/apparmor.d/abstractions/*/* "$T"/root/usr/share/doc/orglogin/{apparmor,selinux}/* | grep -c '/var/lib/orglogin') $(grep -c '/srv/state' \
    "$T"/root/etc/apparmor.d/abstractions/nameservice.d/libnss_org)" '0 2' 'the installed abstractions, profiles and SELinux module name the STATEDIR'
ok 'make uninstall succeeds where AppArmor is' installs uninstall
is "$(below -not -type d; below -path '*apparmor.d*' | xargs)" './etc/apparmor.d ./etc/apparmor.d/abstractions' 'make uninstall takes the abstractions away'
rm -r "$T/root"
ok 'make install succeeds without AppArmor' installs install
is "$(below -path './etc/apparmor.d*')" '' 'make install makes no /etc/apparmor.d without AppArmor'
ok 'make install with APPARMOR succeeds' installs install APPARMOR=/etc/apparmor.d
is "$(below -path './etc/apparmor.d/*' -type f | wc -l)" 2 'make install with APPARMOR makes /etc/apparmor.d for a package'
ok 'make uninstall with APPARMOR succeeds' installs uninstall APPARMOR=/etc/apparmor.d

# --- not from under a machine that uses it ---
mkdir -p "$T/etc/pam.d" "$T/etc/ssh/sshd_config.d" "$T/etc/systemd/system/multi-user.target.wants" "$T/here"
printf 'account required pam_unix.so\n' >"$T/etc/pam.d/login"
printf 'passwd: files\n' >"$T/etc/nsswitch.conf"
printf 'root:x:0:0::/root:/bin/sh\n' >"$T/etc/passwd"
# uninstalls: as on a machine whose /etc is $T/etc
uninstalls() {
    # shellcheck disable=SC2016 # the inner shell's
    unshare --map-root-user --mount sh -c 'mount --rbind "$0/etc" /etc && cd "$1" && MAKEFLAGS= exec make --no-print-directory uninstall BUILD="$2" \
        PREFIX="$0/here" LIBDIR="$0/here/lib" PAMCONFIGS="$0/here" SYSCONFDIR="$0/here/etc" STATEDIR="$0/here/state"' "$T" "$TOP" "$BUILD" >"$T/out" 2>"$T/err"
}
# refuses PLACE REMEDY WHAT: it fails, names the one place and what changes it, and removes nothing
refuses() {
    is "$(uninstalls; echo $?)" 2 "make uninstall refuses while $3"
    is "$(cat "$T/out")" "$1
    $2" "make uninstall names the place and the remedy while $3"
    like "$(cat "$T/err")" 'still asks orglogin there; nothing is removed' "make uninstall says that nothing is removed while $3"
}
# What it says of this machine's own server is left out.
stays() { grep -v '^rm\|^/var/lib/orgd:\|^/etc/orgd:' "$T/out"; }
by_hand() { printf '%s\n' "$1" >"$T/etc/pam.d/$2"; }
if unshare --map-root-user --mount true 2>/dev/null; then
    ok 'make uninstall succeeds on a machine that does not use orglogin' uninstalls
    is "$(stays)" 'What stays, for you to keep or to remove:
the home directories of members' 'make uninstall lists nothing that is not there'
    by_hand 'account required pam_org.so' login
    refuses '/etc/pam.d/login: account required pam_org.so' 'take out the line' 'a PAM stack asks pam_org'
    by_hand '# account required pam_org.so' login
    by_hand 'account required pam_org.so' login.dpkg-old
    ok 'make uninstall minds no comment in a PAM stack and no file that is no service' uninstalls
    by_hand 'account  [success=2 default=die]  pam_org.so' common-account
    refuses '/etc/pam.d/common-account: account  [success=2 default=die]  pam_org.so' \
        'pam-auth-update --disable orglogin; a line that it leaves was changed by hand: take out both lines, pam_localuser and pam_org, never one alone' \
        'common-account asks pam_org'
    rm "$T/etc/pam.d/common-account"
    by_hand '-auth  [perm_denied=die default=ignore]  pam_org.so members' chsh
    refuses '/etc/pam.d/chsh: -auth  [perm_denied=die default=ignore]  pam_org.so members' 'take out the line' 'chsh asks pam_org'
    rm "$T/etc/pam.d/chsh"
    by_hand 'auth requisite pam_org.so' sshd
    refuses '/etc/pam.d/sshd: auth requisite pam_org.so' \
        'when sshd no longer has KbdInteractiveAuthentication yes (it would ask for passwords): take out the line' 'sshd tells refused users why'
    echo 'KbdInteractiveAuthentication yes' >"$T/etc/ssh/sshd_config.d/orglogin.conf"
    uninstalls
    like "$(sed -n 1,2p "$T/out" | xargs)" '^/etc/ssh/sshd_config.d/orglogin.conf: KbdInteractiveAuthentication yes rm .*orglogin.conf; systemctl reload ssh$' \
        'make uninstall names KbdInteractiveAuthentication before the line in the stack of sshd'
    rm "$T/etc/pam.d/sshd" "$T/etc/ssh/sshd_config.d/orglogin.conf"
    cp "$TOP/conf/sshd_config.example" "$T/etc/ssh/sshd_config.d/orglogin.conf"
    refuses '/etc/ssh/sshd_config.d/orglogin.conf: AuthorizedKeysCommand /usr/libexec/orglogin/orglogin-keys %u %U' 'take out the line, and AuthorizedKeysCommandUser; systemctl reload ssh' \
        'sshd asks orglogin-keys'
    rm "$T/etc/ssh/sshd_config.d/orglogin.conf"
    echo 'group: files org systemd' >>"$T/etc/nsswitch.conf"
    refuses '/etc/nsswitch.conf: group: files org systemd' "sed -E -i '/^[a-z]+:/s/[[:space:]]+org\\>//' /etc/nsswitch.conf" 'nsswitch.conf asks libnss_org'
    eval "$(sed -n 's|^    \(sed .*\) /etc/nsswitch.conf$|\1 "$T/etc/nsswitch.conf"|p' "$T/out")"
    is "$(tail -1 "$T/etc/nsswitch.conf")" 'group: files systemd' 'the remedy for nsswitch.conf takes out org and nothing else'
    ln -s /usr/lib/systemd/system/orgd.service "$T/etc/systemd/system/multi-user.target.wants/"
    refuses /etc/systemd/system/multi-user.target.wants/orgd.service 'systemctl disable --now orgd' 'orgd is started at boot'
    rm "$T/etc/systemd/system/multi-user.target.wants/orgd.service"

    mkdir "$T/etc/sudoers.d"
    echo '# Made by orgsyncd of "sudo" in /etc/orglogin/orglogin.conf' >"$T/etc/sudoers.d/orglogin"
    refuses /etc/sudoers.d/orglogin 'take "sudo" out of orglogin.conf; systemctl reload orgsyncd. Without orgsyncd: rm /etc/sudoers.d/orglogin' 'members have sudo by orgsyncd'
    rm "$T/etc/sudoers.d/orglogin"

    # --- what it leaves behind ---
    mkdir -p "$T/here/etc" "$T/here/state"
    touch "$T/here/etc/acme.token" "$T/etc/sudoers.d/orglogin" "$T/etc/nsswitch.conf.before-orglogin"
    echo 'Match Group acme' >"$T/etc/ssh/sshd_config.d/orglogin.conf"
    echo 'orgsync:x:990:990::/:/usr/sbin/nologin' >>"$T/etc/passwd"
    ok 'make uninstall succeeds over a configuration' uninstalls
    is "$(stays | cut -d: -f1)" "What stays, for you to keep or to remove
$T/here/etc
$T/here/state
/etc/sudoers.d/orglogin
/etc/ssh/sshd_config.d/orglogin.conf
/etc/nsswitch.conf.before-orglogin
the user orgsync
the home directories of members" 'make uninstall lists what it leaves behind'
    ok 'make uninstall leaves the token' test -e "$T/here/etc/acme.token"
fi
done_testing
