#!/bin/bash
# The home directory at the first login, by the stacks that ship: made with mode 700 where nothing is, refused where something lies that others
# have put there or can put something into. Home and shell by role.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../lib/root.sh"
inside_root
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/host.sh"

start_syslog
start_sshd
useradd --create-home --shell /bin/bash larry
new_key ada mia oda cid pia larry root
export DEBIAN_FRONTEND=noninteractive
pam-auth-update --package --force # as Debian has it
pam-auth-update --enable orglogin
like "$(grep -v '^#' /etc/pam.d/common-session | xargs)" 'session \[perm_denied=die default=ignore\] pam_org.so session optional pam_mkhomedir.so umask=0077' \
    'pam-auth-update puts pam_org in front of pam_mkhomedir'
configure_file_provider
sed -i 's|^groups = (|accounts = ( { org = "acme"; roles = ["ops"]; home = "/srv/ops/%u"; shell = "/bin/sh"; }, { org = "acme"; members = ["usr_pia"]; shell = "/bin/dash"; } ); &|' $CONF
PEOPLE='ada:admin mia:member oda:ops cid:member pia:member'
sed -i 's/roles = \["member"\]/roles = ["member", "ops"]/' $CONF
# shellcheck disable=SC2086 # a list of words
ok 'orgsyncd publishes homes and shells by role and person' publish $PEOPLE

# --- made ---
is "$(as mia 'id -un; pwd; stat -c "%U %a" .' | xargs)" 'mia /home/mia mia 700' 'sshd makes the home directory of a member'
is "$(as oda 'pwd; echo $0; stat -c "%U %a" . ..' | xargs)" '/srv/ops/oda sh oda 700 root 755' 'sshd makes a home directory by role, with the directory above it'
is "$(as pia 'pwd; echo $0' | xargs)" '/home/pia dash' 'a person has the shell that the configuration gives her'
for i in 1 2 3 4 5 6 7 8; do as cid true && echo in >"$T/in.$i" & done
for job in $(jobs -p); do wait "$job"; done
is "$(cat "$T"/in.* | wc -l) $(stat -c '%U %a' /home/cid)" '8 cid 700' 'eight first logins at once are admitted, and make one home directory'

# --- refused ---
# refuses WHAT PATTERN: ssh and su to ada, with what has been put in the place of her home. sshd tells the client on standard output.
refuses() {
    is "$(as ada echo in | grep -c '^in$')" 0 "sshd refuses a member whose home $1"
    is "$(su - ada -c 'echo in' 2>"$T/err" | grep -c '^in$')" 0 "su refuses a member whose home $1"
    like "$(cat "$T/err")" "^Access denied: your home directory cannot be used: $2" "su tells why a home is refused that $1"
    like "$(tail -20 $AUTH_LOG)" "pam_org\(sshd:session\): user=ada home refused: $2" "the log says why a home is refused that $1"
}
told() { ssh ada@localhost echo in </dev/null >"$T/told" 2>&1; }
ln -s /etc /home/ada
told
like "$(cat "$T/told")" '^Access denied: your home directory cannot be used: /home/ada is a symbolic link\.' 'sshd tells a member why the home is refused'
refuses 'is a link to /etc' '/home/ada is a symbolic link'
is "$(find /etc -newer "$T/told" -user ada)" '' 'nothing in /etc has become hers'
is "$(timeout 20 ssh -W localhost:22 ada@localhost </dev/null 2>/dev/null | head -c 3)" '' 'a member whose home is refused has no connection forwarded'
is "$(timeout 20 ssh -W localhost:22 mia@localhost </dev/null 2>/dev/null | head -c 3)" SSH 'another member has'
is "$(echo pwd | sftp -q -b - ada@localhost 2>/dev/null)" '' 'sftp refuses a member whose home is a link to /etc'
is "$(orgadmin host explain ada sshd | grep '^home')" 'home          refused when a session begins: /home/ada is a symbolic link' 'host explain says why the home is refused'
is "$(orgadmin host explain pia sshd | grep '^home')" 'home          /home/pia, shell /bin/dash' 'host explain shows home and shell'
log_in "$T/tty" ada 'echo I am $(id -un)'
unlike "$(cat "$T/tty")" '^I am ada' 'login refuses a member whose home is a link to /etc'
rm /home/ada
ln -s /home/nowhere /home/ada
refuses 'is a dangling link' '/home/ada is a symbolic link'
rm /home/ada
install -d -o mia -m 755 /home/ada
echo 'echo caught' >/home/ada/.bashrc
refuses "is another member's" "/home/ada belongs to uid $(id -u mia)"
rm -r /home/ada
ln -s /home/mia /home/ada
refuses "is a link to another member's" '/home/ada is a symbolic link'
rm /home/ada
echo x >/home/ada
refuses 'is a file' '/home/ada is not a directory'
rm /home/ada
chmod 1777 /home
refuses 'is in a directory that others can write to' '/home is above the home directory and writable by group or others'
is "$(find /home -name 'ada*')" '' 'no home is made in a directory that others can write to'
chmod 755 /home
chown larry /home
refuses "is in a directory of another's" '/home is above the home directory and does not belong to root'
chown root /home
is "$(as larry id -un) $(as root id -un) $(as mia id -un)" 'larry root mia' 'all the others log in meanwhile'
is "$(as ada 'pwd; stat -c "%U %a" .' | xargs)" '/home/ada ada 700' 'the home is made when nothing lies in its place any more'
mv /home /data && ln -s data /home
is "$(as ada pwd) $(as larry pwd)" '/data/ada /data/larry' "a link of root's above the homes is followed"
rm /home && mv /data /home
mkdir /home/oda.away && mv /srv/ops/oda /home/oda.away && install -d /srv/ops/oda
is "$(as oda pwd)" /srv/ops/oda "a home directory that is root's is used"
ln -sfn /home/larry "$T/x"; rm -r /srv/ops/oda; ln -s /home/oda.away/oda /srv/ops/oda
is "$(as oda echo in | grep -c '^in$')" 0 'a home by role is refused likewise'

# --- whatever happens to the module, local users do not depend on it ---
ln -sfn /etc /home/ada.link
rm -rf /home/ada /home/larry.link && ln -s /etc /home/ada
usermod -d /home/larry.link larry && mv /home/larry /home/larry.real && ln -s /home/larry.real /home/larry.link
is "$(as larry pwd) $(as ada echo in | grep -c '^in$')" '/home/larry.real 0' 'the home of a local user is not looked at'
module=$(echo /usr/lib/*/security/pam_org.so)
mv "$module" "$module.away"
is "$(as larry id -un) $(as root id -un) $(as mia echo in)" 'larry root ' 'without pam_org local users log in, and members do not'
mv "$module.away" "$module"
mv $SNAPSHOT "$T/snapshot"
is "$(as larry id -un) $(as root id -un) $(as mia echo in)" 'larry root ' 'without a snapshot local users log in, and members do not'
cp "$T/snapshot" $SNAPSHOT
done_testing
