#!/bin/bash
# debian/ beside the rest of the tree: what make install installs is in exactly one package, and what is said twice is said alike.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../lib/tap.sh"
export LC_ALL=C
need make
cd "$TOP" || exit 1

# --- each file in one package ---
MAKEFLAGS='' make -s -o all install BUILD="$BUILD" DESTDIR="$T/root" APPARMOR=/etc/apparmor.d >"$T/out"
(cd "$T/root" && find . ! -type d | sed 's|^\./||' | sort) >"$T/installed"
# places: the packages that have the file $1, a word each; "nowhere" is debian/not-installed, "debhelper" what debian/rules hands over
places() {
    local list pattern
    for list in debian/*.install debian/not-installed; do
        while read -r pattern _; do
            # shellcheck disable=SC2254 # a pattern
            case $1 in $pattern) echo "$list" ;; esac
        done <"$list"
    done
}
wrong() { while read -r file; do n=$(places "$file" | wc -l); [ "$n" = 1 ] || echo "$file: $n"; done <"$T/installed"; }
is "$(wrong)" '' 'every file of make install is in one list of debian/'
like "$(wc -l <"$T/installed")" '^[3-9][0-9]$' 'make install installs files'
# matches PATTERN: a file of make install, or of the tree
dead() {
    local pattern file found
    while read -r pattern _; do
        found=
        while read -r file; do
            # shellcheck disable=SC2254 # a pattern
            case $file in $pattern) found=1 && break ;; esac
        done <"$T/installed"
        [ -n "$found" ] || [ -e "$pattern" ] || echo "$pattern"
    done < <(cat debian/*.install debian/not-installed)
}
is "$(dead)" '' 'every line of the lists has a file'
is "$(cd debian && printf '%s\n' *.install | sed 's/\.install$//' | xargs)" "$(sed -n 's/^Package: //p' debian/control | sort | xargs)" 'every package has a list'
is "$(sed -n 's|^usr/lib/systemd/system/\(.*\)|\1|p' "$T/installed" | xargs)" 'orgd-user.service orgd.service orglogin-enroll.service orglogin-first-boot.service orgsyncd.service' 'the units are those that debian/rules knows'
is "$(sed -n '/^u /p' packaging/systemd/sysusers.conf | awk '{ print $2 }' | sort | xargs)" 'orgd orglogin-keys orgsync' 'the users are those that debian/rules divides'

# --- said twice ---
is "$(sed -n '1s/^orglogin (\(.*\)) .*/\1/p' debian/changelog)" "$(sed -n 's/^#define ORG_VERSION "\(.*\)"$/\1/p' common/paths.h)" 'debian/changelog has the version of common/paths.h'
is "$(sed -n '/^Build-Depends:/,/^[A-Z][a-z-]*:/p' debian/control | grep -oE '[a-z0-9-]+-dev|pkg-config|po-debconf' | sort | xargs)" \
    "$(tests/lib/deps --list build deb | grep -E -- '-dev$|pkg-config|po-debconf' | grep -vx 'libc6-dev\|dpkg-dev' | sort | xargs)" 'debian/control needs for building what tests/lib/deps lists'
is "$(sed -n '/^Permission is/,$p' LICENSE | xargs -d '\n' | tr -s ' ')" \
    "$(sed -n '/^ Permission is/,$p' debian/copyright | sed 's/^ \.$//; s/^ //' | xargs -d '\n' | tr -s ' ')" 'debian/copyright has the text of LICENSE'
for template in debian/*.templates; do
    sed -n 's/^_Description: //p' "$template" | while read -r text; do grep -qF "msgid \"$text\"" debian/po/templates.pot || echo "$text"; done
done >"$T/out"
is "$(cat "$T/out")" '' "debian/po has the questions of debconf (debconf-updatepo makes it)"

# --- maintainer scripts ---
for script in debian/*.{postinst,prerm,postrm,config}; do
    is "$(sed -n 1,2p "$script" | xargs)" '#!/bin/sh set -e' "$script ends at the first command that fails"
    is "$(tail -1 "$script")" '#DEBHELPER#' "$script ends with debhelper's part"
    ok "$script is sh" sh -n "$script"
    is "$(grep -nE '&& [^|]*$' "$script" | grep -vE '&&$|(if|elif|while) |\|\|')" '' "$script has no && whose failure would end it"
done
if have shellcheck; then
    ok 'shellcheck finds nothing in debian/' shellcheck --severity=warning -e SC1091 debian/*.{postinst,prerm,postrm,config} debian/tests/smoke packaging/nsswitch packaging/pam-profile packaging/deb packaging/repo
fi
is "$(grep -ls 'pam-profile remove' debian/*)" debian/libpam-org.prerm 'the PAM profile is removed in one place'
is "$(grep -c '^if \[ "$1" = remove \] && decides; then$' debian/lib{nss,pam}-org.prerm | xargs)" 'debian/libnss-org.prerm:1 debian/libpam-org.prerm:1' \
    'names and the profile go only at a removal'
is "$(for script in debian/lib{nss,pam}-org.p{rerm,ostinst}; do sed -n '/^decides()/,/^}/p' "$script" | cksum; done | sort -u | wc -l)" 1 'the four scripts that know of architectures know the same'
is "$(grep '^Default:' packaging/pam-configs/orglogin)" 'Default: no' 'the PAM profile is off until it is enabled'
done_testing
