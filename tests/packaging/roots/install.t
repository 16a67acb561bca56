#!/bin/bash
# The packages from a signed repository, by README's lines: what the installation changes, what the removal gives back, and what stays until
# somebody says that it may go.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../../lib/root.sh"
. "$(dirname "$0")/../../lib/debian.sh"
. "$(dirname "$0")/../../lib/tap.sh"
. "$(dirname "$0")/../../lib/host.sh"
inside_debian
export DEBIAN_FRONTEND=noninteractive

# What a machine's logins and names go by, with modes and owners. ENTIRE: also what a package may leave in /etc.
gate() { (cd /etc && find nsswitch.conf pam.d ssh sudoers.d -type f -exec stat -c '%n %a %U:%G' {} + -exec sha256sum {} + | sort); }
everything() { (cd / && find etc var/lib/pam ! -name 'ld.so.cache' ! -path 'etc/ssl/certs/*' \( -type f -exec sha256sum {} + -o -exec stat -c '%n %F %a' {} + \) | sort); }
# What stays of an installation after a purge: the users, which no package of Debian removes.
documented() { grep -vE ' ?etc/(passwd|group|shadow|gshadow|subuid|subgid)-?$'; }
apt() { apt-get -q -y -o Dpkg::Use-Pty=0 "$@" >"$T/apt" 2>&1 || { diag "$(tail -30 "$T/apt")"; return 1; }; }
# The package's state, as dpkg abbreviates it: ii, rc or nothing.
state() { dpkg-query -W -f '${db:Status-Abbrev}' "$1" 2>/dev/null | tr -d ' '; }

# --- README's lines ---
rm -rf /etc/apt/sources.list /etc/apt/sources.list.d/*
cp -r "$PACKAGES/repo" /srv/repo
sed -n '/^### Packages/,/^### /p' "$TOP/README.md" | awk '/^```/ { on = !on; next } on' | grep -v '^make' |
    sed 's|https://packages.acme.example|file:/srv/repo|; s|^apt-get |apt-get -q -y -o Dpkg::Use-Pty=0 |; s|curl -fsS file:/srv/repo/\([^ ]*\) -o|cp /srv/repo/\1|' >"$T/readme"
is "$(grep -c 'apt-get .*install.* orglogin$' "$T/readme")" 1 'README has the lines of an installation'
ok 'ca-certificates and openssl are configured before' dpkg --configure -a
everything >"$T/before"
cp -p /etc/nsswitch.conf "$T/nsswitch.conf"
gate >"$T/gate"
ok "README's lines install orglogin from a signed repository" bash -e "$T/readme"
[ "$(state orglogin)" = ii ] || done_testing
is "$(for p in orglogin libnss-org libpam-org orgsyncd orgadmin orgd; do echo "$p $(state $p)"; done | xargs)" \
    'orglogin ii libnss-org ii libpam-org ii orgsyncd ii orgadmin ii orgd' "a host has all packages but the server's"
is "$(diff "$T/gate" <(gate))" '' 'the installation changes no PAM stack, no nsswitch.conf and no configuration of sshd'
is "$(getent -s files passwd orgsync orglogin-keys orgd | cut -d: -f1 | xargs)" 'orgsync orglogin-keys' 'the installation makes the users of the host'
ok 'systemd-analyze has no word about the installed unit' bash -c '[ -z "$(systemd-analyze verify --man=no orgsyncd.service 2>&1)" ]'
for page in orgadmin.1 orgsyncd.8 orglogin.conf.5 orglogin-keys.8 pam_org.8 libnss_org.8 orglogin-providers.7; do
    [ -e "/usr/share/man/man${page##*.}/$page.gz" ] || fail "the page $page is installed"
done
is "$(grep -rhoE '/usr/(s?bin|libexec|share/doc/orglogin)/[a-zA-Z._/-]*[a-zA-Z]' /usr/share/doc/orglogin/*.example /usr/share/doc/orglogin/orglogin.conf \
    /usr/share/doc/orglogin/pam.d /{usr/,}lib/systemd/system/orgsyncd.service 2>/dev/null | sort -u | while read -r path; do [ -e "$path" ] || echo "$path"; done)" '' \
    'every file that the unit and the examples name is installed, and not compressed'

# --- a repository that is not ours ---
cp -r /srv/repo /srv/bad
printf x >>"$(echo /srv/bad/pool/orgadmin_*.deb)"
echo 'deb [signed-by=/etc/apt/keyrings/orglogin.asc] file:/srv/bad stable main' >/etc/apt/sources.list.d/bad.list
apt update
(cd "$T" && apt-get download -o Dir::Etc::sourcelist=/etc/apt/sources.list.d/bad.list -o Dir::Etc::sourceparts=- orgadmin) >"$T/bad" 2>&1
like "$(cat "$T/bad")" 'unexpected size|Hash Sum mismatch' 'a package that was changed in the repository is refused'
sed -i 's/^Date:.*/Date: Thu, 01 Jan 2026 00:00:00 UTC/' /srv/bad/dists/stable/InRelease
apt-get update -q >"$T/bad" 2>&1
like "$(cat "$T/bad")" 'BADSIG|invalid|not signed' 'an index that was changed in the repository is refused'
rm /etc/apt/sources.list.d/bad.list
apt update

# --- enrolled by hand ---
configure_file_provider
publish ada:admin rob:member:removed
useradd --create-home --shell /bin/bash larry
/usr/libexec/orglogin/nsswitch on
/usr/libexec/orglogin/pam-profile on
# admits NAME...: those of them whom su lets in
admits() { local name; for name in "$@"; do ! su "$name" -c true >/dev/null 2>&1 || printf '%s ' "$name"; done; }
# The member may: a host without orgsyncd running goes by the last answer.
like "$(id ada 2>&1)" acme 'the member has a name'
is "$(admits ada rob larry root)" 'ada larry root ' 'the member and local users are admitted, a removed member is not'
gate >"$T/enrolled"

# --- removed and installed again ---
ok 'the packages are removed' apt remove orglogin orgsyncd libpam-org libnss-org
is "$(diff "$T/gate" <(gate))" '' 'the removal gives nsswitch.conf and the PAM stacks back as they were'
is "$(admits ada larry root)" 'larry root ' 'local users are admitted without the packages, the former member has no name'
ok 'ids, the snapshot and the configuration stay' test -e /var/lib/orglogin/ids.db -a -e /var/lib/orglogin/snapshot -a -e "$CONF"
ok 'the packages are installed again' apt install orglogin
is "$(diff "$T/enrolled" <(gate))" '' 'the gate is as it was before the removal'
is "$(admits ada rob larry root)" 'ada larry root ' 'the member and local users are admitted again'
is "$(ls -d /var/lib/libnss-org /var/lib/libpam-org 2>/dev/null)" '' 'nothing is remembered any longer'
/usr/libexec/orglogin/pam-profile off
/usr/libexec/orglogin/nsswitch off
ok 'the packages are removed while the gate is off' apt remove orglogin orgsyncd libpam-org libnss-org
ok 'the packages are installed after that' apt install orglogin
is "$(diff "$T/gate" <(gate))" '' 'a gate that was off before the removal is off'

# --- edited by the administrator ---
/usr/libexec/orglogin/nsswitch on
sed -i 's/^group:.*/group: files [SUCCESS=merge] org [NOTFOUND=return] systemd # ours/; s/^shadow:.*/shadow: files/' /etc/nsswitch.conf
/usr/libexec/orglogin/pam-profile on
gate >"$T/edited"
ok 'the packages are removed from an nsswitch.conf that was edited' apt remove libnss-org
unlike "$(sed 's/#.*//' /etc/nsswitch.conf)" '\borg\b' 'no line has org'
like "$(grep ^group /etc/nsswitch.conf)" '^group: files \[SUCCESS=merge\] systemd # ours$' 'nothing but org, and what follows its answer, is taken out'
ok 'the packages are installed again' apt install orglogin
is "$(diff "$T/edited" <(gate))" '' 'an edited nsswitch.conf is as it was'
apt remove libnss-org
sed -i 's/^passwd:.*/passwd: files extra/' /etc/nsswitch.conf
apt install orglogin
is "$(grep '^passwd' /etc/nsswitch.conf)" 'passwd: files extra org' 'a line that was edited meanwhile gets org at its end'
cp /etc/pam.d/common-account "$T/common-account"
echo 'account required pam_permit.so' >>/etc/pam.d/common-account
sed -i 's/^\(account.*\)pam_org.so/\1pam_org.so debug/' /etc/pam.d/common-account
sed -i '/^# end of pam-auth-update/i account required pam_time.so' /etc/pam.d/common-account
apt-get -q -y remove libpam-org >"$T/out" 2>&1
is "$? $(state libpam-org)" '100 ii' 'libpam-org is not removed while a PAM stack that it cannot change asks it'
like "$(cat "$T/out")" '/etc/pam.d/common-account:account.*pam_org.so' 'the refusal names the file and the line'
is "$(admits ada rob larry root)" 'ada larry root ' 'the gate is as it was after the refusal'
cp "$T/common-account" /etc/pam.d/common-account
echo 'account required pam_org.so' >>/etc/pam.d/cron
apt-get -q -y remove libpam-org >"$T/out" 2>&1
is "$? $(state libpam-org)" '100 ii' 'libpam-org is not removed while a service of its own asks it'
like "$(cat /etc/pam.d/common-account)" 'pam_org' 'the profile is enabled again after the refusal'
sed -i '/pam_org/d' /etc/pam.d/cron
ok 'libpam-org is removed after the line was taken out' apt remove libpam-org
unlike "$(cat /etc/pam.d/*)" pam_org 'no PAM stack asks it then'
apt install orglogin
like "$(cat /etc/pam.d/common-account)" pam_org 'and it does again after the installation'
cp -p "$T/nsswitch.conf" /etc/
/usr/libexec/orglogin/nsswitch on

# --- another architecture beside ---
# foreign PACKAGE: the same for another architecture, whose module nobody loads here
other=$([ "$(dpkg --print-architecture)" = i386 ] && echo amd64 || echo i386)
dpkg --add-architecture "$other"
foreign() {
    rm -rf "$T/foreign"
    dpkg-deb -R "$PACKAGES/now/$1"_*.deb "$T/foreign"
    mv "$T/foreign/usr/lib/$(dpkg-architecture -qDEB_HOST_MULTIARCH)" "$T/foreign/usr/lib/foreign"
    sed -i "s/^Architecture:.*/Architecture: $other/" "$T/foreign/DEBIAN/control"
    dpkg-deb -b "$T/foreign" "$T/$1.deb" >/dev/null
}
foreign libnss-org && foreign libpam-org
quiet() { "$@" >"$T/out" 2>&1 || { diag "$(cat "$T/out")"; return 1; }; }
gate >"$T/both"
ok 'the modules are installed for another architecture beside' quiet dpkg -i --force-depends "$T"/lib{nss,pam}-org.deb
is "$(diff "$T/both" <(gate))" '' 'which changes nothing'
quiet dpkg -r --force-depends libnss-org:"$other" libpam-org:"$other"
is "$(diff "$T/both" <(gate))" '' 'and their removal changes nothing'
quiet dpkg -i --force-depends "$T"/lib{nss,pam}-org.deb
quiet dpkg -r --force-depends libnss-org:"$(dpkg --print-architecture)" libpam-org:"$(dpkg --print-architecture)"
is "$(diff "$T/gate" <(gate))" '' "the removal of the machine's own modules switches names and the gate off"
quiet dpkg -i --force-depends "$PACKAGES"/now/lib{nss,pam}-org_*.deb
is "$(diff "$T/both" <(gate))" '' 'and their installation on again'
quiet dpkg -r --force-depends lib{nss,pam}-org:"$(dpkg --print-architecture)" lib{nss,pam}-org:"$other"
is "$(diff "$T/gate" <(gate)) $(find /usr/lib -name 'pam_org.so')" ' ' 'all modules are removed at once, and names and the gate are off'
quiet dpkg -P --force-depends lib{nss,pam}-org:"$other"
dpkg --remove-architecture "$other"
quiet dpkg -i --force-depends "$PACKAGES"/now/lib{nss,pam}-org_*.deb
is "$(diff "$T/gate" <(gate))" '' 'what a purge forgot is not put back'
/usr/libexec/orglogin/nsswitch on
/usr/libexec/orglogin/pam-profile on >"$T/out" 2>&1

# --- purged ---
ok 'the packages are purged' apt purge orglogin orgsyncd libpam-org libnss-org orgadmin
ok 'a purge without a terminal keeps ids, tokens and the configuration' test -e /var/lib/orglogin/ids.db -a -e "$CONF"
is "$(for p in orglogin libnss-org libpam-org orgsyncd orgadmin; do state $p; done)" '' 'dpkg knows nothing of the packages'
is "$(diff "$T/gate" <(gate))" '' 'nsswitch.conf, the PAM stacks and sshd are as before'
is "$(admits larry root)" 'larry root ' 'local users are admitted'
apt install orglogin
is "$(diff "$T/gate" <(gate))" '' 'after a purge the gate is off'
echo 'orgsyncd orgsyncd/purge-data boolean true' | debconf-set-selections
: >/etc/orglogin/acme.token
rm "$MEMBERS"
: >/etc/orglogin/orgd.conf
ok 'the packages are purged by somebody who says that the data may go' apt purge orglogin orgsyncd libpam-org libnss-org orgadmin
is "$(ls -d /var/lib/orglogin /etc/orglogin/* 2>/dev/null)" /etc/orglogin/orgd.conf 'numbers, tokens and configuration of the host are gone, and nothing else'
rm -r /etc/orglogin
userdel -r larry 2>/dev/null
rm -f /etc/apt/sources.list.d/orglogin.list /etc/apt/keyrings/orglogin.asc
is "$(diff "$T/before" <(everything) | documented | grep '^[<>]')" '' '/etc is as it was before the first installation, but for users'

# --- the server alone ---
echo 'deb [signed-by=/srv/repo/orglogin.asc] file:/srv/repo stable main' >/etc/apt/sources.list.d/orglogin.list
apt update
everything >"$T/before"
ok 'orgd alone is installed' apt install orgd
is "$(getent -s files passwd orgd | cut -d: -f7)" /usr/sbin/nologin 'the installation makes the user of orgd'
is "$(find /etc/systemd/system -name 'orgd*'; ls -A /var/lib/orgd /var/lib/private/orgd 2>/dev/null)" '' 'orgd is not enabled, and has made no data'
ok 'systemd-analyze has no word about the units of orgd' bash -c '[ -z "$(systemd-analyze verify --man=no orgd.service 2>&1)" ]'
like "$(cat /{usr/,}lib/systemd/system/orgd-user.service 2>/dev/null)" 'systemd-sysusers --root=/ orgd\.conf' 'its user is made by the file that the package has'
ok 'the file is there' test -e /usr/lib/sysusers.d/orgd.conf
install -d -o orgd -m 700 /var/lib/orgd
: >/var/lib/orgd/orgd.db
ok 'orgd is purged' apt purge orgd
ok 'a purge without a terminal keeps the organizations' test -e /var/lib/orgd/orgd.db
apt install orgd
typed "$T/asked" 'DEBIAN_FRONTEND=readline dpkg --purge orgd' 'Remove the organizations that orgd served' 'no\n'
ok 'an operator who is asked and says no keeps the organizations' test -e /var/lib/orgd/orgd.db
apt install orgd
typed "$T/asked" 'DEBIAN_FRONTEND=readline dpkg --purge orgd' 'Remove the organizations that orgd served' 'yes\n'
is "$(state orgd)" '' 'orgd is purged by an operator who says yes' || diag "$(cat "$T/asked")"
is "$(ls -d /var/lib/orgd 2>/dev/null)" '' 'the organizations are gone'
is "$(diff "$T/before" <(everything) | documented | grep '^[<>]')" '' '/etc is as it was before orgd, but for its user'
ok 'an invited person installs orgadmin alone' apt install orgadmin
is "$(state libnss-org)$(state libpam-org)$(state orgsyncd)" '' 'orgadmin brings no other part'
ok 'orgadmin runs' orgadmin --version
done_testing
