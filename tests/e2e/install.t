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
is "$(below -type f ! -perm 644 | xargs)" './usr/bin/orgadmin ./usr/sbin/orgd ./usr/sbin/orgsyncd' 'make install makes programs executable and nothing else'
is "$(below -type f -perm 755 | wc -l) $(below -type d ! -perm 755)" '3 ' 'make install makes every file and directory readable'
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
        '/usr/[a-z/]*(sbin/org[a-z]+|share/doc/orglogin[a-zA-Z./-]*)' "$T/root" | sed 's/\.$//' | sort -u
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
is "$(grep -rl '/etc/orglogin' "$T/root" | grep -v '/bin/\|/sbin/\|\.so')" '' 'make install with SYSCONFDIR leaves no mention of /etc/orglogin'
ok 'make uninstall with PREFIX and SYSCONFDIR succeeds' installs uninstall PREFIX=/usr/local SYSCONFDIR=/etc/local/orglogin
is "$(below -not -type d; below -name '*org*' -type d)" '' 'make uninstall with PREFIX and SYSCONFDIR leaves no file'

# --- not from under a machine that uses it ---
mkdir -p "$T/etc/pam.d" "$T/here"
printf 'account required pam_unix.so\n' >"$T/etc/pam.d/login"
printf 'passwd: files\n' >"$T/etc/nsswitch.conf"
# uninstalls: as on a machine whose /etc is $T/etc
uninstalls() {
    # shellcheck disable=SC2016 # the inner shell's
    unshare --map-root-user --mount sh -c 'mount --rbind "$0/etc" /etc && cd "$1" && MAKEFLAGS= exec make --no-print-directory uninstall BUILD="$2" \
        PREFIX="$0/here" LIBDIR="$0/here/lib" PAMCONFIGS="$0/here" SYSCONFDIR="$0/here/etc"' "$T" "$TOP" "$BUILD" >"$T/out" 2>"$T/err"
}
if unshare --map-root-user --mount true 2>/dev/null; then
    ok 'make uninstall succeeds on a machine that does not use orglogin' uninstalls
    echo 'account required pam_org.so' >>"$T/etc/pam.d/login"
    is "$(uninstalls; echo $?) $(cat "$T/out")" '2 /etc/pam.d/login' 'make uninstall refuses while a PAM stack asks pam_org, and names it'
    like "$(cat "$T/err")" 'orgadmin\(1\)' 'make uninstall refers to orgadmin(1) while a PAM stack asks pam_org'
    sed -i '$d' "$T/etc/pam.d/login"
    echo 'group: files systemd org' >>"$T/etc/nsswitch.conf"
    is "$(uninstalls; echo $?) $(cat "$T/out")" '2 /etc/nsswitch.conf:group: files systemd org' 'make uninstall refuses while nsswitch.conf asks libnss_org, and names it'
fi
done_testing
