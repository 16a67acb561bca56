#!/bin/bash
# A fresh Debian under a real systemd, by README's words: our packages from their repository, two commands, and the first member logs in by ssh.
# Then unenroll and purge, and /etc is as it was. The same by cloud-init's file, without a terminal, and again.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../../lib/root.sh"
. "$(dirname "$0")/../../lib/debian.sh"
. "$(dirname "$0")/../../lib/tap.sh"
. "$(dirname "$0")/../../lib/host.sh"
export DEBIAN_FRONTEND=noninteractive

apt() { apt-get -q -y -o Dpkg::Use-Pty=0 "$@" >"$T/apt" 2>&1 || { diag "$(tail -30 "$T/apt")"; return 1; }; }

# What is there before: a local administrator, and the organization's server, which could be anywhere.
prepare() {
    cp -r "$PACKAGES/repo" /srv/repo
    rm -rf /etc/apt/sources.list /etc/apt/sources.list.d/*
    new_key larry
    client_knows_host
    printf 'AuthorizedKeysFile /etc/ssh/keys/%%u\nMaxStartups 100\n' >/etc/ssh/sshd_config.d/keys.conf
    useradd --create-home --shell /bin/bash --groups sudo larry
    echo larry:secret | chpasswd
    echo 'deb [trusted=yes] file:/srv/repo stable main' >/etc/apt/sources.list.d/before.list
    apt update && apt install orgd orgadmin && rm /etc/apt/sources.list.d/before.list
}
inside_debian_boot

# readme HEADING: the commands below a heading of README
readme() { sed -n "/^##* $1\$/,/^##* /p" "$TOP/README.md" | awk '/^```/ { on = !on; next } on'; }
everything() { (cd / && find etc var/lib/pam ! -path etc/ld.so.cache ! -path 'etc/ssl/certs/*' ! -path etc/.updated \( -type f -exec sha256sum {} + -o -exec stat -c '%n %F %a %U' {} + \) | sort); }
# docs/packages.md: the system users stay. README's own lines have made the other two.
documented() { grep -E '^[<>]' | grep -vE ' ?etc/(passwd|group|shadow|gshadow|subuid|subgid)-?( |$)|etc/apt/(keyrings|sources\.list\.d)(/orglogin\.(asc|list))?( |$)'; }

timeout 120 systemctl is-system-running --wait >/dev/null
# --- a server in a minute ---
readme 'A server in a minute' | sed 's/ *#.*//' >"$T/server"
is "$(sed -n 1p "$T/server")" 'orgd init' 'README has the lines of a server'
typed "$T/init" 'orgd init' 'address' 'olga@acme.example\n' '[Tt][Ll][Ss]' '\n' '[Mm]ail' '\n'
token=$(grep -aoE 'live_[a-z0-9]+:[A-Za-z0-9_-]+' "$T/init" | head -1)
isnt_empty() { [ -n "$1" ] || { diag "$(cat "$T/init")"; return 1; }; }
ok 'orgd init asks, and prints the token' isnt_empty "$token"
ok 'the server starts' bash -e <<<"$(sed -n 2p "$T/server")"
wait_for 10 test -S /run/orgd/orgd.sock
printf '%s\n' "$token" >"$T/token"; chmod 600 "$T/token"
ok 'the owner logs in' bash -ec "$(sed -n 3p "$T/server") --token-file $T/token"
ok "README's other lines make an organization and invite ada" bash -ec "$(sed -n '4,$p' "$T/server" | sed "s|invitation create .*|& --out $T/ada|")"
ssh-keygen -q -t ed25519 -N '' -f /root/keys/ada
ok 'ada accepts' by ada invitation accept --url unix:/run/orgd/orgd.sock --token-file "$T/ada" --username ada --key /root/keys/ada.pub
everything >"$T/before"

# --- a host in a minute ---

readme Packages | grep -v '^make' |
    sed 's|https://packages.acme.example|file:/srv/repo|; s|^apt-get |apt-get -q -y -o Dpkg::Use-Pty=0 |; s|curl -fsS file:/srv/repo/\([^ ]*\) -o|cp /srv/repo/\1|' >"$T/install"
began=$(date +%s%N)
ok "README's lines install orglogin" bash -e "$T/install"
is "$(as ada true; echo $?) $(as larry id -un)" '255 larry' 'the installation lets nobody in, and keeps nobody out'
# What README says: the first command prints the second one.
is "$(readme 'A host in a minute' | sed 's/ *#.*//')" 'orgadmin machine invite web01' 'README has one command for who invites'
line=$(orgadmin machine invite web01 2>/dev/null)
like "$line" '^orgadmin host enroll --url .* --code ' 'it prints the other one'
typed "$T/asked" "$line" 'Let the members of acme in' 'yes\n'
like "$(cat "$T/asked")" 'Members of acme log in on this machine now' 'host enroll asks, and succeeds' || diag "$(cat "$T/asked")"
is "$(as ada id -un)" ada 'the first member logs in by ssh'
diag "from apt-get install to the login: $((($(date +%s%N) - began) / 1000000)) ms"
is "$(as larry id -un) $(as ada sudo -n id -un)" 'larry ' 'a local user does, too; nobody has sudo who was not given it'
is "$(orgadmin host doctor -o json 2>/dev/null | jq -r '[.[] | select(.result == "failure") | .check] | join(";")')" '' 'host doctor finds no failure'
is "$(systemd-analyze verify --man=no orgsyncd.service orglogin-enroll.service orglogin-first-boot.service 2>&1)" '' 'systemd-analyze verify has no word about the units'

# --- and back ---
as ada 'echo "* * * * * true" | crontab -'
loginctl enable-linger ada
ok 'host unenroll gives the machine back' bash -c "orgadmin host unenroll --yes 2>'$T/err'"
like "$(cat "$T/err")" 'home directories of 1 members' 'it tells of the home directory that stays'
like "$(cat "$T/err")" 'crontabs of 1 members .*lingering of 1' 'and of the crontab and the lingering'
loginctl disable-linger ada 2>/dev/null; rm -f /var/spool/cron/crontabs/ada /var/lib/systemd/linger/ada
is "$(diff "$T/before" <(everything) | documented | grep -v 'etc/orglogin\|etc/systemd/system/multi-user.target.wants\|apparmor\|var/lib/pam/seen')" '' '/etc is as it was, but for what the packages have'
echo 'orgsyncd orgsyncd/purge-data boolean true' | debconf-set-selections
ok 'the packages are purged' apt purge orglogin orgsyncd libpam-org libnss-org
is "$(diff "$T/before" <(everything) | documented)" '' 'after unenroll and purge /etc is as it was, but for what docs/packages.md names'
is "$(ls -d /var/lib/orglogin /var/lib/libpam-org /var/lib/libnss-org 2>/dev/null)" '' 'and nothing is left in /var/lib'
is "$(as larry id -un) $(as ada id -un)" 'larry ' 'local users log in, members do not'
is "$(systemctl --failed --plain --no-legend)" '' 'no unit has failed'

# --- by cloud-init's file ---
apt install orglogin
json() { sed -n '/^runcmd:/,$s/^  - \(\[.*\]\)$/\1/p' /usr/share/doc/orglogin/cloud-init.yaml | sed -E 's/([[,] *)([a-z-]+)/\1"\2"/g'; }
is "$(json | jq -c '.[0:3]')" '["orgadmin","host","enroll"]' 'cloud-init.yaml has the command'
is "$(sed -n 's/^packages: //p' /usr/share/doc/orglogin/cloud-init.yaml)" '[orglogin]' 'and the package'
# runcmd CODE: what cloud-init does with it, as a service without a terminal
runcmd() {
    local words
    readarray -t words < <(json | jq -r '.[]' | sed "s|^https://org.acme.example\$|unix:/run/orgd/orgd.sock|; s|^CODE\$|$1|")
    systemd-run --quiet --wait --pipe --collect "${words[@]}" >"$T/out" 2>&1 </dev/null
}
code=$(orgadmin machine invite web01 2>/dev/null | sed 's/.*--code //')
ok 'runcmd of cloud-init.yaml enrolls, without a terminal' runcmd "$code" || diag "$(cat "$T/out")"
is "$(as ada id -un)" ada 'the member logs in'
everything >"$T/enrolled"
ok 'enrolling again by the configuration changes nothing' systemd-run --quiet --wait --pipe --collect orgadmin host enroll --yes
is "$(diff "$T/enrolled" <(everything))" '' 'not a file'
ok 'unenroll needs no terminal' systemd-run --quiet --wait --pipe --collect orgadmin host unenroll --yes
ok 'unenroll can be repeated' systemd-run --quiet --wait --pipe --collect orgadmin host unenroll --yes
apt purge orglogin orgsyncd libpam-org libnss-org
is "$(diff "$T/before" <(everything) | documented)" '' 'after unenroll and purge /etc is as it was'
done_testing
