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
is "$?" 0 "make install"
is "$(below -type f ! -perm 644 | xargs)" './usr/bin/orgadmin ./usr/sbin/orgd ./usr/sbin/orgsyncd' "programs are not like the rest"
is "$(below -type f -perm 755 | wc -l) $(below -type d ! -perm 755)" '3 ' "... and all can be read, whatever the umask"
is "$(find "$T/root" -name '.*')" '' "nothing else is left"

# --- again, while the old one is in use ---
if strace -o /dev/null true 2>/dev/null; then
    MAKEFLAGS='' strace -f -qq -e trace=openat,creat -o "$T/trace" make -C "$TOP" -o all install BUILD="$BUILD" DESTDIR="$T/root" >"$T/out"
    is "$?" 0 "make install over it"
    like "$(grep -c 'O_WRONLY' "$T/trace")" '[1-9]' "... writes files"
    is "$(grep -E '[/"](pam_org.so|libnss_org.so.2|orgsyncd)", O_(WRONLY|RDWR)' "$T/trace")" '' "... none of which anybody could load half written"
fi

# --- what is named is there ---
# named PREFIX: the programs and directories that the units, pages and remarks name
named() {
    grep -rhoE --include=*.service --include=*.[1578] --include=*.md --include=*.example --include=orglogin.conf \
        '/usr/[a-z/]*(sbin/org[a-z]+|share/doc/orglogin[a-zA-Z./-]*)' "$T/root" | sed 's/\.$//' | sort -u
}
lacking() { named | while read -r path; do [ -e "$T/root$path" ] || echo "$path"; done; }
is "$(lacking)" '' "what the units and pages name is there"
like "$(named)" '^/usr/sbin/orgsyncd$' "... such as orgsyncd"
ok "make uninstall" installs uninstall
is "$(below -not -type d; below -name '*org*' -type d)" '' "... leaves nothing"
rm -r "$T/root"
ok "make install PREFIX=/usr/local SYSCONFDIR=/etc/local/orglogin" installs install PREFIX=/usr/local SYSCONFDIR=/etc/local/orglogin
is "$(lacking)" '' "what the units and pages name is there"
like "$(named)" '^/usr/local/sbin/orgsyncd$' "... such as orgsyncd"
is "$(below | grep '/lib/.*org.*\.so' | grep local)" '' "the modules are where libc and libpam look"
is "$(grep -rl '/etc/orglogin' "$T/root" | grep -v '/bin/\|/sbin/\|\.so')" '' "nothing names the usual directory of the configuration"
ok "... is uninstalled likewise" installs uninstall PREFIX=/usr/local SYSCONFDIR=/etc/local/orglogin
is "$(below -not -type d; below -name '*org*' -type d)" '' "... leaves nothing"

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
    ok "make uninstall where nothing asks orglogin" uninstalls
    echo 'account required pam_org.so' >>"$T/etc/pam.d/login"
    is "$(uninstalls; echo $?) $(cat "$T/out")" '2 /etc/pam.d/login' "not while PAM asks pam_org: the file is named"
    like "$(cat "$T/err")" 'orgadmin\(1\)' "... and what to do"
    sed -i '$d' "$T/etc/pam.d/login"
    echo 'group: files systemd org' >>"$T/etc/nsswitch.conf"
    is "$(uninstalls; echo $?) $(cat "$T/out")" '2 /etc/nsswitch.conf:group: files systemd org' "not while names are asked of it"
fi
done_testing
