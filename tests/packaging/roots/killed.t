#!/bin/bash
# packaging/pam-profile, and the scripts of libpam-org that call it, killed at each rename, of which some leave pam-auth-update's own files such
# that it would do nothing any more: local users get in, and the next run ends well.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../../lib/root.sh"
. "$(dirname "$0")/../../lib/debian.sh"
. "$(dirname "$0")/../../lib/tap.sh"
inside_debian
export DEBIAN_FRONTEND=noninteractive
can_trace || skip_all 'strace may not trace here'

dpkg -i "$PACKAGES"/now/{libnss-org,libpam-org}_*.deb >"$T/out" 2>&1 || { diag "$(cat "$T/out")"; exit 1; }
useradd --create-home --shell /bin/bash larry
profile() { /usr/libexec/orglogin/pam-profile "$1" >"$T/out" 2>&1; }
# What is right or wrong of the profile: the stacks, and pam-auth-update's record of them.
state() { (cd / && sha256sum etc/pam.d/common-* var/lib/pam/{account,auth,password,session,session-noninteractive}); ls -A /etc/pam.d; }
answers() { grep -c '^Name:' /var/cache/debconf/config.dat; }
locals() { su larry -c true && su root -c true; }
keep() { mkdir "$T/$1" && cp -a /etc/pam.d /var/lib/pam /var/cache/debconf "$T/$1/"; }
back() {
    cp -a "$T/$1/pam.d/." /etc/pam.d/ && cp -a "$T/$1/pam/." /var/lib/pam/
    rm -rf /var/cache/debconf /etc/pam.d/*-new /var/lib/pam/*.new /var/lib/libpam-org && cp -a "$T/$1/debconf" /var/cache/
}
keep off
state >"$T/state.off"
ok 'the profile is switched on' profile on
keep on
state >"$T/state.on"
ok 'the profile is switched on again' profile on
is "$(state | diff "$T/state.on" -)" '' 'and nothing changes'
ok 'the profile is switched off' profile off
is "$(state | diff "$T/state.off" -)" '' 'all is as it was before'
is "$(ls -A /var/lib/libpam-org 2>/dev/null)" '' 'nothing is left of the runs'
wanted=$(answers)

# killed FROM TO COMMAND...: COMMAND is killed at each of its renames, then run to its end
killed() {
    local from=$1 to=$2 n bad='' mute=0
    for n in $(seq 1 14); do
        back "$from"
        (strace -f -o /dev/null -e trace=rename,renameat,renameat2 -e inject=rename,renameat,renameat2:signal=KILL:when="$n" "${@:3}"; true) >"$T/out" 2>&1
        locals >"$T/out" 2>&1 || bad+=" $n:locals"
        state | cmp -s - "$T/state.$from" || state | cmp -s - "$T/state.$to" || mute=$((mute + 1))
        "${@:3}" >"$T/out" 2>&1 || bad+=" $n:status"
        state | cmp -s - "$T/state.$to" || bad+=" $n:state $(grep -c pam_org /etc/pam.d/common-account)"
        [ "$(answers)" = "$wanted" ] || bad+=" $n:debconf $(answers)"
        locals >"$T/out" 2>&1 || bad+=" $n:locals after"
    done
    diag "$mute of 14 kills were in the middle"
    is "$bad" '' "killed at each rename, local users get in and the next run ends well: ${*:3}"
    [ "$mute" -gt 0 ] || fail 'some of the kills were in the middle'
}
killed off on /usr/libexec/orglogin/pam-profile on
killed on off /usr/libexec/orglogin/pam-profile off
killed on off /usr/libexec/orglogin/pam-profile remove
killed on off /var/lib/dpkg/info/libpam-org:"$(dpkg --print-architecture)".prerm remove
killed on on /var/lib/dpkg/info/libpam-org:"$(dpkg --print-architecture)".postinst configure 0

# --- a removal that was killed, and given up ---
for n in 3 5 7 9; do
    back on
    (strace -f -o /dev/null -e trace=rename -e inject=rename:signal=KILL:when=$n dpkg --remove libpam-org; true) >"$T/out" 2>&1
    dpkg --configure -a >"$T/out" 2>&1
    dpkg -i "$PACKAGES"/now/libpam-org_*.deb >"$T/out" 2>&1
    is "$(state | diff "$T/state.on" -) $(dpkg-query -W -f '${db:Status-Abbrev}' libpam-org)" ' ii ' "a removal that was killed at rename $n, and an installation after it, leave the gate on" || diag "$(cat "$T/out")"
done

# --- what an administrator edits after the kill stays ---
back off
(strace -f -o /dev/null -e trace=rename -e inject=rename:signal=KILL:when=4 /usr/libexec/orglogin/pam-profile on; true) >"$T/out" 2>&1
if [ -d /var/lib/libpam-org/before ]; then
    sed -i '/^# end of pam-auth-update/i account required pam_time.so' /etc/pam.d/common-account
    touch -d '1 hour' /etc/pam.d/common-account
    is "$(profile on; echo $?)" 1 'after an edit by hand it says that it changes nothing'
    like "$(cat /etc/pam.d/common-account)" '^account required pam_time.so$' 'and the edit stays'
else
    fail 'the fourth kill leaves an unfinished run'
fi
done_testing
