#!/bin/bash
# Each file that ships is put alone onto a Debian that has nothing else of ours, and whose ssh takes keys only: everybody gets in where he got
# in before, and nowhere else. LONG=1 takes the files that touch no login as well, Fedora's on a machine with its stacks, and those of conf/
# also where ssh takes passwords and our two modules are there, without a snapshot.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../lib/root.sh"
inside_root
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/host.sh"
export DEBIAN_FRONTEND=noninteractive

# --- a machine without us ---
nss=$(echo /usr/lib/*/libnss_org.so.2) pam=$(echo /usr/lib/*/security/pam_org.so)
mkdir "$T/modules"
mv "$nss" "$pam" "$T/modules/"
rm -rf /etc/pam.d /etc/ssh/sshd_config.d/* /etc/sudoers.d/* /etc/orglogin /var/lib/orglogin /usr/share/pam-configs/orglogin /usr/bin/orgadmin \
    /usr/sbin/org* /usr/libexec/orglogin /usr/lib/systemd/system/org* /usr/lib/sysusers.d/orglogin.conf
userdel orglogin-keys
cp -a "$BUILD/root/etc/pam.d" /etc/pam.d
cp "$BUILD/root/etc/nsswitch.conf" /etc/nsswitch.conf
cp "$BUILD/tests/libnss_extra.so.2" "/lib/$(uname -m)-linux-gnu/"
sed -i 's/^passwd:.*/passwd: files extra systemd/' /etc/nsswitch.conf
echo 'zed:*:5003:100::/tmp:/bin/sh' >/etc/extra # an account of another name service
for name in larry kim; do useradd --create-home --shell /bin/bash --password "$(perl -e 'print crypt("secret", "\$6\$salt\$")')" $name; done
useradd --create-home --shell /bin/bash --password '!' lou # locked: the key alone counts
echo 'larry ALL=(ALL:ALL) ALL' >/etc/sudoers.d/larry
start_syslog
mkdir -p /run/sshd /root/keys
client_knows_host
for name in larry lou root zed; do ssh-keygen -q -t ed25519 -N '' -f /root/keys/$name; done
for name in larry lou; do
    install -d -o $name -g $name -m 700 /home/$name/.ssh
    install -o $name -g $name -m 600 /root/keys/$name.pub /home/$name/.ssh/authorized_keys
done
cp /root/keys/root.pub /root/.ssh/authorized_keys
mkdir /etc/ssh/zed
cp /root/keys/zed.pub /etc/ssh/zed/keys
printf 'Match User zed\n    AuthorizedKeysFile /etc/ssh/zed/keys\n' >>/etc/ssh/sshd_config
cat >"$T/answer" <<'ANSWER'
#!/bin/sh
echo secret
ANSWER
chmod +x "$T/answer"

# --- who gets in where ---
session() { setpriv --reuid="$1" --regid="$(id -g "$1")" --init-groups --reset-env "${@:2}"; }
by_ssh() {
    SSH_ASKPASS=$T/answer SSH_ASKPASS_REQUIRE=force timeout 60 ssh -o PreferredAuthentications="$1" "$2@localhost" 'echo $USER' </dev/null
}
by_su() { su "$1" -c 'echo $USER' </dev/null; }
# by_kim PASSWORD PROGRAM...
by_kim() { printf '%s\n' "$1" | session kim "${@:2}"; }
by_larry() { echo secret | session larry "$@"; }
# shellcheck disable=SC2016 # the inner shell's
# What is typed before the shell reads is lost: login empties its terminal.
by_login() {
    while sleep 0.5; do echo 'echo I=$(id -un); exit'; done 2>/dev/null | timeout 60 script -qec "exec login -f $1" /dev/null | tr -d '\r' | sed -n 's/^.*I=\([a-z]*\)$/\1/p' | tail -1
}
# kim's own shell, name and password; one after the other, as each locks the files
by_kim_herself() {
    by_kim secret chfn -w 1 && by_kim secret chsh -s /bin/sh && printf '%s\n' secret Quaint-7-horse Quaint-7-horse | session kim passwd && echo kim
}
# door WHAT NAME COMMAND...: in the background, a line that says whether COMMAND lets NAME in, which prints its name then
door() {
    local what=$1 name=$2
    shift 2
    {
        if [ "$("$@" 2>/dev/null | tail -1)" = "$name" ]; then echo "$what $name: in"; else echo "$what $name: out"; fi
    } >"$lines/$what $name" &
}
doors() {
    local name lines
    lines=$(mktemp -d /tmp/doors.XXXXXX)
    /usr/sbin/sshd -o MaxStartups=100 -E /tmp/sshd.log || { echo 'sshd does not start'; return; }
    wait_for 5 test -s /run/sshd.pid
    for name in larry lou root zed kim; do door 'ssh by key' $name by_ssh publickey $name; done
    for name in larry kim; do
        door 'ssh by password' $name by_ssh password $name
        door 'ssh by keyboard-interactive' $name by_ssh keyboard-interactive $name
    done
    door 'ssh by password' nobody-at-all by_ssh password nobody-at-all
    for name in larry lou zed; do door 'su by root' $name by_su $name; done
    door 'su by kim' larry by_kim secret su larry -c 'id -un'
    door 'su with a wrong password by kim' larry by_kim wrong su larry -c 'id -un'
    door 'sudo by larry' root by_larry sudo -S id -un
    door 'sudo without a password by larry' root by_larry sudo -n id -un
    door 'sudo by kim' root by_kim secret sudo -S id -un
    for name in larry root; do door 'login' $name by_login $name; done
    wait
    door 'chfn, chsh and passwd by' kim by_kim_herself
    wait
    kill "$(cat /run/sshd.pid)"
    cat "$lines/"*
}

# --- one file after the other, each on a machine of its own ---
copied() {
    local copy
    copy=$(mktemp -d /tmp/copy.XXXXXX) && cp -a "$1/." "$copy" && chmod --reference="$1" "$copy" && mount --bind "$copy" "$1"
}
# put FILE WHERE [MODE]
put() { mkdir -p "${2%/*}" && install -m "${3:-644}" "$TOP/$1" "$2"; }
# place FILE: where a person puts it who reads its first line, and what is run then
place() {
    local name=${1##*/}
    case $1 in
    conf/nsswitch.conf.example) put "$1" /etc/nsswitch.conf && sed -i 's/^passwd: *files/& extra/' /etc/nsswitch.conf ;;
    conf/orglogin.conf) put "$1" /etc/orglogin/orglogin.conf ;;
    conf/orgd.conf) put "$1" /etc/orgd/orgd.conf ;;
    conf/haproxy.cfg) put "$1" /etc/haproxy/haproxy.cfg ;;
    conf/pam.d/* | conf/pam.d.fedora/*) put "$1" "/etc/pam.d/$name" ;;
    conf/sshd_config.example) put "$1" /etc/ssh/sshd_config.d/orglogin.conf ;;
    packaging/pam-configs/*) put "$1" "/usr/share/pam-configs/$name" && pam-auth-update --package ;;
    packaging/systemd/sysusers.conf) put "$1" /usr/lib/sysusers.d/orglogin.conf && systemd-sysusers ;;
    packaging/systemd/*.service) put "$1" "/usr/lib/systemd/system/$name" ;;
    packaging/completions/*.bash) put "$1" /etc/profile.d/orgadmin.sh ;; # at its worst: in every login shell
    nothing | conf/cloud-init.yaml) ;;
    *) echo "where is $1 put?" >&2; return 1 ;;
    esac
}
# as_keys_only, as_passwords: the two machines
as_keys_only() { sed -i '1i PasswordAuthentication no' /etc/ssh/sshd_config; }
as_passwords() { :; }
# Debian's services by Fedora's files, as authselect has them without us
as_fedora() {
    rm /etc/pam.d/*
    cp "$TOP"/conf/pam.d.fedora/* "$TOP"/tests/e2e/fedora/* /etc/pam.d/
    cp "$BUILD"/root/etc/pam.d/ch* /etc/pam.d/
    for name in auth account password session; do echo "$name include system-auth" >"/etc/pam.d/common-$name"; done
    echo 'password include system-auth' >/etc/pam.d/passwd
    sed -i '/^account.*pam_localuser\|pam_mkhomedir\|^account.*pam_org/d; s/^\(auth.*\)pam_org.so/\1pam_deny.so/' /etc/pam.d/*
}
# alone MACHINE FILE: who gets in where then
alone() {
    unshare --mount --propagation private bash -c 'set -e
        for folder in /etc /home /usr/share/pam-configs /usr/lib/sysusers.d /var/lib/pam /var/cache/debconf; do
            copied $folder
        done
        mount -t tmpfs run /run
        mkdir /run/sshd
        "$1"; place "$2" >/tmp/placed 2>&1; sed -i "/pam_ck_connector\|pam_pwquality/d; s/ use_authtok//" /etc/pam.d/*; doors' bash "$1" "$2"
}
export -f copied put place as_keys_only as_passwords as_fedora doors door session by_ssh by_su by_kim by_larry by_login by_kim_herself wait_for
export TOP BUILD T WAIT_LEAST

declare -A name=([as_keys_only]="a machine whose ssh takes keys only" [as_passwords]="a machine whose ssh takes passwords" [as_fedora]="a machine with the stacks of Fedora")
# as_before MACHINE: is it one?
as_before() {
    alone "$1" nothing >"$T/$1"
    is "$(grep -c ': in$' "$T/$1") $(grep 'ssh by password larry' "$T/$1")" "$2 ssh by password larry: $3" "${name[$1]} lets in the local people of this test"
}
# unchanged MACHINE FILE
unchanged() {
    local change but=
    change=$(alone "$1" "$2" | diff "$T/$1" - | grep '^[<>]')
    case $2 in
    */common-account | conf/pam.d.fedora/*)
        # No module or no snapshot: who is no local account is refused, and that is said there.
        like "$(tr -d '#\n' <"$TOP/$2")" 'no snapshot' "$2 says what becomes of accounts of other name services without a snapshot"
        change=$(grep -v ' zed: ' <<<"$change") but=", but accounts of other name services"
        ;;
    esac
    is "$change" '' "$2 alone lets in whom it did before and nobody else$but, on ${name[$1]}"
}

LONG=${LONG:-}
cd "$TOP" || exit 1
as_before as_keys_only 12 out
[ -z "$LONG" ] || as_before as_fedora 14 in
for file in $(find conf packaging -type f | sort); do
    case $file in
    # Put nowhere, or done nothing with until root runs it; or asleep until a policy is loaded (tests/boot/vm).
    packaging/uninstall.sh | packaging/deb | packaging/repo | packaging/nsswitch | packaging/pam-profile | packaging/selinux/* | packaging/apparmor/* | \
        packaging/rpm/* | packaging/authselect/* | conf/cloud-init.yaml) ;;
    conf/orglogin.conf | conf/orgd.conf | conf/haproxy.cfg | packaging/systemd/sysusers.conf | packaging/completions/*.bash)
        [ -z "$LONG" ] || unchanged as_keys_only "$file"
        ;;
    packaging/man/* | */_orgadmin | *.fish) unlike "$(cat "$file")" '^\.(sy|pso|so|open)' "$file runs nothing when it is read" ;;
    packaging/systemd/*.service)
        place "$file"
        like "$(systemctl is-enabled "${file##*/}")" '^(disabled|static)$' "$file alone starts nothing"
        ;;
    conf/pam.d.fedora/*) [ -z "$LONG" ] || unchanged as_fedora "$file" ;;
    *) unchanged as_keys_only "$file" ;;
    esac
done
mv "$T/modules/libnss_org.so.2" "$nss"
mv "$T/modules/pam_org.so" "$pam"
if [ -n "$LONG" ]; then
    as_before as_passwords 14 in
    for file in $(find conf -type f ! -path '*.fedora/*' | sort); do unchanged as_passwords "$file"; done
fi
done_testing
