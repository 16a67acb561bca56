#!/bin/bash
# RPM packages, as far as Debian can tell: the spec builds them, equal in one directory; they have what Debian's packages have; rpm installs and
# erases them; and where authselect is (Debian 13), it takes their profile. That they work on Fedora, nobody can tell here.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../../lib/root.sh"
. "$(dirname "$0")/../../lib/debian.sh"
. "$(dirname "$0")/../../lib/tap.sh"
inside_builder

version=$(sed -n 's/^#define ORG_VERSION "\(.*\)"$/\1/p' "$TOP/common/paths.h")
profile=; [ ! -e /usr/share/authselect/default/local ] || profile=1
cp -r "$TOP" "$T/tree" 2>/dev/null; rm -rf "$T/tree/build"
# rpm notes the directory that it builds in: it is the same one both times.
ok 'the spec builds' "$T/tree/packaging/rpm/build" "$T/out" || done_testing
mv "$T/out" "$T/one"
names() { rpm -qp --qf '%{NAME}\n' "$1"/*.rpm | sort -u | xargs; }
is "$(names "$T/one")" "nss-org orgadmin orgd orglogin ${profile:+orglogin-authselect }orgsyncd pam-org" 'the packages are those of Debian'
is "$(rpm -qp --qf '%{VERSION}\n' "$T/one"/*.rpm | sort -u)" "$version" 'their version is that of the programs'
ok 'there is a source package for another machine' test -e "$T/one/orglogin-$version-1.src.rpm"

# --- equal ---
mkdir -p "$T/another directory"
mv "$T/tree" "$T/another directory/tree"
ok 'the spec builds from another directory, time zone and umask' env TZ=Asia/Kolkata LC_ALL=C.UTF-8 bash -c 'umask 077; exec "$1/another directory/tree/packaging/rpm/build" "$1/out"' bash "$T"
mv "$T/out" "$T/two"
for file in "$T/one"/*.rpm; do
    ok "${file##*/} is the same, byte for byte" cmp "$file" "$T/two/${file##*/}"
done

# --- whole ---
of() { find "$T/one" -name "$1-$version-1.*.rpm" ! -name '*.src.rpm'; }
kept='^/?usr/(s?bin|libexec|share/(man|bash-completion|zsh|fish|doc/orglogin))/'
rpm_files() { rpm -qlp "$(of "$1")" | grep -E "$kept" | sed -E 's|\.gz$||' | while read -r file; do grep -qx "$file/.*" <<<"$(rpm -qlp "$(of "$1")")" || echo "$file"; done | sort; }
deb_files() { (cd "$TOP" && cat "debian/$1.install") | sed -E 's|^[^ ]* ||; s|^|/|' | grep -E "$kept" | sort; }
# Without what the globs of the lists stand for, and what is one Debian's.
plain() { grep -vE '/doc/orglogin/(pam\.d|pam\.d\.fedora|selinux)/|\*$|/pam-profile$'; }
for pair in nss-org:libnss-org pam-org:libpam-org orgsyncd:orgsyncd orgadmin:orgadmin orgd:orgd orglogin:orglogin; do
    is "$(diff <(rpm_files "${pair%:*}" | plain) <(deb_files "${pair#*:}" | plain))" '' "${pair%:*} has what Debian's ${pair#*:} has"
done
is "$(rpm -qp --requires "$(of orglogin)" | grep -E '^(nss-org|pam-org|orgsyncd|orgadmin)' | sed 's/([^)]*)//' | xargs)" \
    "nss-org = $version-1 orgadmin = $version-1 orgsyncd = $version-1 pam-org = $version-1" 'a host has all parts in one version'
is "$(rpm -qp --scripts "$T/one"/*.rpm | grep -E '%\{?[a-z]')" '' 'no macro is left in a script'
is "$(rpm -qlvp "$T/one"/*64.rpm | awk '$3 != "root" || $4 != "root"')" '' "every file is root's"

# --- installed and erased ---
mapfile -t packages < <(find "$T/one" -name '*.rpm' ! -name '*.src.rpm')
listing() { (cd / && find etc usr \( -path usr/lib/sysimage -o -path usr/share/doc -o -path usr/src \) -prune -o ! -type d -print | sort); }
listing >"$T/before"
mapfile -t force < <(! rpm --force-debian --version >/dev/null 2>&1 || echo --force-debian) # Debian 12's asks for it
ok 'rpm installs them' rpm -ivh --nodeps "${force[@]}" --quiet "${packages[@]}"
is "$(getent -s files passwd orgsync orglogin-keys orgd | cut -d: -f1 | xargs)" 'orgsync orglogin-keys orgd' 'their users are made'
is "$(rpm -Va --nodeps nss-org pam-org orgsyncd orgadmin orgd 2>&1)" '' 'rpm finds them as they were made'
is "$(orgsyncd --version) $(orgadmin --version)" "orgsyncd $version orgadmin $version" 'the programs run'
echo 'account required pam_org.so' >>/etc/pam.d/cron
rpm -e --nodeps pam-org >"$T/out" 2>&1
is "$? $(rpm -q pam-org | grep -c "^pam-org-$version")" '1 1' 'pam-org is not erased while a PAM stack asks it'
like "$(cat "$T/out")" 'first select another profile' 'it says what to do first'
rm /etc/pam.d/cron

# --- authselect ---
if [ -n "$profile" ]; then
    mkdir -p /etc/authselect
    cp -p /etc/nsswitch.conf "$T/nsswitch.conf"; cp -rp /etc/pam.d "$T/pam.d"
    like "$(authselect list)" '^- orglogin[[:space:]]' 'authselect knows the profile'
    ok 'authselect selects it' authselect select orglogin --force
    ok 'and finds nothing wrong' authselect check
    is "$(grep -E '^(passwd|group|shadow):' /etc/nsswitch.conf | grep -vc ' org$')" 0 'names of members come last'
    is "$(grep -c '^hosts:' /etc/nsswitch.conf)" 1 'the other lines of nsswitch.conf are those of the profile local'
    is "$(grep -c '^account.*pam_org.so' /etc/pam.d/system-auth) $(grep -c '^account.*pam_org.so' /etc/pam.d/password-auth)" '1 1' 'pam_org decides in system-auth and password-auth'
    is "$(cd /etc/pam.d && for file in postlogin fingerprint-auth smartcard-auth; do grep -qE '^(auth|session|account)' $file || echo $file; done)" '' 'no file of the profile is empty'
    orgadmin host enroll --print --provider file --url /nonexistent >"$T/out" 2>&1
    rpm -e --nodeps pam-org >"$T/out" 2>&1
    is "$?" 1 'pam-org is not erased while the profile is selected'
    ok 'authselect selects the profile local' authselect select local --force
else
    pass 'authselect is not in this Debian # SKIP'
fi
ok 'rpm erases them' rpm -e --nodeps nss-org pam-org orgsyncd orgadmin orgd orglogin ${profile:+orglogin-authselect}
# authselect makes its own settings of dconf with any profile.
is "$(listing | diff "$T/before" - | grep '^[<>]' | grep -vE 'etc/(passwd|group|shadow|gshadow|subuid|subgid)-?$|etc/(authselect|pam\.d|nsswitch|dconf/db/distro\.d/(locks/)?20-authselect)|etc/\.pwd\.lock')" '' 'nothing is left but the users'
done_testing
