#!/bin/bash
# The packages of this checkout, in the Debian that they are for: equal wherever they are built, complete, and without a word from lintian.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../../lib/root.sh"
. "$(dirname "$0")/../../lib/debian.sh"
. "$(dirname "$0")/../../lib/tap.sh"
inside_builder

names() { (cd "$1" && printf '%s\n' *.deb); }
is "$(names "$PACKAGES/now" | grep -v dbgsym | sed 's/_.*//' | xargs)" 'libnss-org libpam-org orgadmin orgd orglogin orgsyncd' 'make deb makes six packages'
is "$(dpkg-deb -f "$PACKAGES"/now/orglogin_*.deb Version)" "$(sed -n 's/^#define ORG_VERSION "\(.*\)"$/\1/p' "$TOP/common/paths.h")~deb$(. /etc/os-release && echo "$VERSION_ID")" \
    'their version is that of the programs, for this Debian'

# --- equal ---
# Another directory, time zone, umask, language and number of jobs.
mkdir -p "$T/quite/another directory"
(umask 077 && tar -C "$TOP" --exclude-vcs --exclude=./build -cf - . | tar -C "$T/quite/another directory" --no-same-permissions -xf -)
ok 'make deb succeeds in another directory, time zone and umask' env TZ=Asia/Kolkata LC_ALL=C.UTF-8 DEB_BUILD_OPTIONS=parallel=1 \
    bash -c 'umask 077; exec "$1/quite/another directory/packaging/deb" "$1/other"' bash "$T"
is "$(names "$T/other" | xargs)" "$(names "$PACKAGES/now" | xargs)" 'the second build makes the same packages'
for deb in $(names "$PACKAGES/now"); do
    ok "${deb%%_*} is the same, byte for byte" cmp "$T/other/$deb" "$PACKAGES/now/$deb"
done

# --- whole ---
mkdir "$T/files"
for deb in $(names "$PACKAGES/now" | grep -v dbgsym); do
    dpkg-deb --fsys-tarfile "$PACKAGES/now/$deb" | tar -tf - | sed -n 's|^\./\(.*[^/]\)$|\1|p' | grep -v '^usr/share/doc/[^/]*/\(changelog.*gz\|copyright\)$' >"$T/files/${deb%%_*}"
done
is "$(sort "$T"/files/* | uniq -d)" '' 'no file is in two packages'
is "$(for deb in "$PACKAGES"/now/*.deb; do dpkg-deb --fsys-tarfile "$deb" | tar -tvf - | awk '$2 != "root/root"'; done)" '' "every file is root's"
like "$(sed -n '/usr\/sbin\/orgsyncd$/p' "$T/files/orgsyncd")" . 'orgsyncd has the program'
for package in libnss-org libpam-org; do
    is "$(dpkg-deb -f "$PACKAGES/now/$package"_*.deb Multi-Arch)" same "$package is there once an architecture"
    # Files of two architectures in one place must be equal.
    is "$(grep -v "/$(dpkg-architecture -qDEB_HOST_MULTIARCH)/" "$T/files/$package" | grep '^usr/\(s\?bin\|lib\)/')" '' "$package has no program outside of its architecture's place"
done

# --- lintian ---
lintian --fail-on none --allow-root "$PACKAGES"/now/*.changes >"$T/lintian" 2>&1
is "$(grep '^[EW]:' "$T/lintian")" '' 'lintian finds no error and gives no warning'
is "$(find "$TOP/debian" -name '*lintian-overrides')" '' 'nothing is hidden from lintian'
ok 'shellcheck finds nothing in the maintainer scripts as they are installed' bash -c '
    for deb in "$1"/now/*.deb; do
        rm -rf "$2/control"; dpkg-deb -e "$deb" "$2/control"
        for script in "$2/control"/{preinst,postinst,prerm,postrm,config}; do
            [ ! -e "$script" ] || shellcheck --severity=warning -e SC1091 "$script" || exit 1
        done
    done' bash "$PACKAGES" "$T"
done_testing
