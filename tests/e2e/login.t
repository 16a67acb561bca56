#!/bin/bash
# Logins by real sshd: members with a role come in, everybody else is told one line; local accounts are what they were.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../lib/root.sh"
inside_root
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/host.sh"

start_syslog
start_sshd
useradd --create-home --shell /bin/bash larry
new_key ada mia gus ivan sue stranger larry root
configure_file_provider
ok 'orgsyncd publishes the members' publish ada:admin mia:member gus:guest ivan:member:pending sue:member:suspended

# Admitted.
is "$(as ada id -un)" ada 'sshd admits an admin'
like "$(as ada id -Gn)" '\bacme\b.*\bacme-admins\b|\bacme-admins\b.*\bacme\b' 'an admin has the groups of the configuration'
is "$(as mia id -un)" mia 'sshd admits a member'
unlike "$(as mia id -Gn)" acme-admins 'a member is not in the group of the admins'
is "$(as mia pwd)" /home/mia 'a member begins in the home directory'
is "$(stat -c '%U %a' /home/mia)" "mia 700" 'the home directory of a member is owned by the member with mode 700'
as mia true >"$T/out"
is "$(cat "$T/out" "$T/err")" "" 'sshd tells an admitted member nothing'
like "$(cat $AUTH_LOG)" 'pam_org.*mia' 'the log has the line of pam_org on a login'

# Copies: nothing of ours is mixed into a protocol on stdout.
head -c 100000 /dev/urandom >"$T/data"
ok 'scp copies a file to the host' scp -q "$T/data" mia@localhost:copied
ok 'scp copies a file from the host' scp -q mia@localhost:copied "$T/back"
ok 'a file copied by scp there and back has the same bytes' cmp "$T/data" "$T/back"
as mia cat copied >"$T/back"
ok 'a file read through ssh has the same bytes' cmp "$T/data" "$T/back"
is "$(echo pwd | sftp -q -b - mia@localhost 2>&1 | tail -1)" "Remote working directory: /home/mia" 'sftp works for a member'

# refused NAME WHY: no session, one line that begins with "Access denied" besides ssh's own
refused() {
    local out
    out=$(as "$1" echo in)
    is "$? [$out]" "255 []" "sshd refuses $2"
    is "$(grep -c '^Access denied' "$T/err")" 1 "sshd tells $2 the refusal in one line"
}
refused gus "a member whose role no rule names"
refused ivan "a member who has not accepted yet"
refused sue "a suspended member"
refused stranger "a stranger"
stranger_told=$(grep '^Access denied' "$T/err")
like "$(cat $AUTH_LOG)" 'pam_org.*gus' 'the log has the line of pam_org on a refusal'

# Without the key nobody learns whether an account exists.
cp /root/keys/stranger "$T/wrong"
for name in ada gus larry nobody-at-all; do
    ssh -i "$T/wrong" -o IdentitiesOnly=yes -F none -o NumberOfPasswordPrompts=1 "$name@localhost" true </dev/null 2>"$T/err"
    is "$(grep '^Access denied' "$T/err")" "$stranger_told" "sshd tells $name with a wrong key the same as a stranger"
done

# Local accounts.
is "$(as larry id -un)" larry 'sshd admits a local user'
is "$(cat "$T/err")" "" 'sshd tells a local user nothing'
is "$(as root id -u)" 0 'sshd admits root'
echo "closed for today" >/etc/nologin
refused_by_nologin=$(as mia echo in)
is "$refused_by_nologin" "" '/etc/nologin closes the machine to members'
is "$(as root id -u)" 0 '/etc/nologin does not close the machine to root'
rm /etc/nologin

# Whatever happens to pam_org.so, local accounts stay outside of it and members stay outside of the machine.
module=$(echo /usr/lib/*/security/pam_org.so)
mv "$module" "$module.away"
is "$(as ada echo in) $(as larry id -un) $(as root id -un)" " larry root" 'sshd with a missing pam_org.so admits local accounts alone'
mv "$module.away" "$module"
cp /etc/pam.d/common-account "$T/stack"
sed -i 's/pam_org.so$/pam_org.so rle=admin/' /etc/pam.d/common-account
is "$(as ada echo in) $(as larry id -un) $(as root id -un)" " larry root" 'sshd with a mistaken argument of pam_org admits local accounts alone'
sed -i 's/pam_org.so rle=/pam_org.so role=/' /etc/pam.d/common-account
is "$(as ada echo in) $(as mia echo in)" "in " 'sshd with role=admin of pam_org admits admins alone'
cp "$T/stack" /etc/pam.d/common-account

# A removed member.
ok 'orgsyncd publishes without a member' publish ada:admin gus:guest
refused mia 'a removed member'
is "$(stat -c %U /home/mia)" mia 'the files of a removed member keep their owner by name'
is "$(as ada id -un)" ada 'sshd admits the remaining admin'

# sshd_config.example, without what the tests add but the place of keys: it counts for members alone.
rm /etc/ssh/sshd_config.d/tests.conf
kill "$(cat /run/sshd.pid)"
wait_for 5 test ! -e /run/sshd.pid
/usr/sbin/sshd
wait_for 5 test -s /run/sshd.pid
own_key() { install -d -o "$1" -m 700 "$3/.ssh" && install -o "$1" -m 600 "/root/keys/$2.pub" "$3/.ssh/authorized_keys"; }
own_key ada gus /home/ada
own_key larry larry /home/larry
rm /etc/ssh/keys/larry
is "$(as ada id -un)" ada 'sshd_config.example, with a place for keys, takes those of a member from there'
is "$(as ada -i /root/keys/gus -o IdentitiesOnly=yes -F none id -un)" '' 'sshd_config.example takes no key that a member put into the own home directory'
is "$(as larry id -un)" larry 'sshd_config.example leaves the keys of a local user where they were'
is "$(sshd -T -C user=larry,host=h,addr=192.0.2.1 | grep '^passwordauth')" 'passwordauthentication yes' 'sshd_config.example leaves the password of a local user as it was'
is "$(sshd -T -C user=ada,host=h,addr=192.0.2.1 | grep '^passwordauth')" 'passwordauthentication no' 'sshd_config.example asks a member for no password'
refused mia 'a removed member, with sshd_config.example,'
refused stranger 'a stranger, with sshd_config.example,'
done_testing
