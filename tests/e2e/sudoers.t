#!/bin/bash
# "sudo" in orglogin.conf: one file in /etc/sudoers.d, by numbers, which visudo has accepted; real sudo follows the role, and what goes wrong
# changes nothing.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../lib/root.sh"
inside_root
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/host.sh"

FILE=/etc/sudoers.d/orglogin
rm $FILE
start_syslog
useradd --create-home --shell /bin/bash larry
echo 'larry ALL=(ALL:ALL) NOPASSWD: ALL' >/etc/sudoers.d/larry
chmod 440 /etc/sudoers.d/larry
configure_file_provider
sed -i 's/poll = "60s"/poll = "1s"/' $CONF
# Every member may use sudo as far as pam_org is concerned: here sudoers decides.
sed -i 's|^access = (|&{ services = ["sudo"]; org = "acme"; everyone = true; },|' $CONF
cp $CONF "$T/plain"
# configure ENTRY...: orglogin.conf with these entries of sudo; the group of "ops" has a role, the one of "pia" a person
configure() {
    local entries
    entries=$(printf '{ org = "acme"; %s },' "$@")
    sed 's|^groups = (|&{ name = "acme-ops"; org = "acme"; roles = ["ops"]; }, { name = "acme-pia"; org = "acme"; members = ["usr_pia"]; },|' "$T/plain" >$CONF
    [ $# = 0 ] || printf 'sudo = ( %s );\n' "${entries%,}" >>$CONF
}
ADMINS='roles = ["owner", "admin"]; commands = ["ALL"]; nopasswd = true;'
by_sudo() { setpriv --reuid="$1" --regid="$(id -g "$1")" --init-groups --reset-env sudo -n "${@:2}" </dev/null 2>"$T/err"; }
files() { find /etc/sudoers.d -mindepth 1 -printf '%f\n' | sort | paste -sd' '; }
rules() { grep -v '^#\|^$' $FILE; }
gid() { getent group "$1" | cut -d: -f3; }
PEOPLE='ada:admin mia:member oda:ops pia:member'
# once [ENTRY...]: configured, and done; what orgsyncd says is in $T/log
once() {
    configure "$@"
    # shellcheck disable=SC2086 # a list of words
    publish $PEOPLE >"$T/out" 2>"$T/log"
}

# --- given ---
ok 'orgsyncd publishes without sudo' once
is "$(files)" 'README larry' 'without "sudo" there is no file of orgsyncd in sudoers.d'
configure "$ADMINS"
orgsyncd --check >"$T/out" 2>&1
is "$?" 0 'orgsyncd --check accepts sudo for a role'
like "$(cat "$T/out")" '^sudo serves the group "acme-admins": \(ALL:ALL\) NOPASSWD: ALL$' 'orgsyncd --check says whom sudo serves'
is "$(files)" 'README larry' 'orgsyncd --check writes nothing'
ok 'orgsyncd publishes with sudo for a role' once "$ADMINS"
is "$(rules)" "%#$(gid acme-admins) ALL=(ALL:ALL) NOPASSWD: ALL" 'the file has one rule, with the number of the group'
is "$(stat -c '%U:%G %a %F' $FILE) $(files)" 'root:root 440 regular file README larry orglogin' 'the file is of root, with mode 0440, and alone'
ok 'visudo accepts all of sudoers' visudo -c
is "$(by_sudo ada id -un) $(by_sudo ada -u mia id -un) $(by_sudo larry id -un)" 'root mia root' 'sudo serves a member with the role, and local users as before'
is "$(by_sudo mia id -un)$(by_sudo oda id -un)" '' 'sudo refuses members without the role'
like "$(cat "$T/err")" 'password is required' 'it is sudoers that refuses them'
before=$(stat -c '%i %Y' $FILE)
ok 'orgsyncd publishes other roles' publish ada:member mia:admin oda:ops pia:member
is "$(stat -c '%i %Y' $FILE)" "$before" 'another snapshot does not touch the file'
is "$(by_sudo ada id -un) $(by_sudo mia id -un)" ' root' 'sudo follows the role: given and taken'
# in_session GROUP NAME COMMAND...: in a session that is older than NAME's loss of GROUP, and keeps it
in_session() { setpriv --reuid="$2" --regid="$(id -g "$2")" --groups="$(gid acme),$(gid "$1")" --reset-env "${@:3}" </dev/null 2>"$T/err"; }
mark=$(wc -l <$AUTH_LOG)
said() { tail -n +$((mark + 1)) $AUTH_LOG; }
is "$(in_session acme-admins ada sudo -n id -un)" '' 'sudo refuses who has lost the role, also in a session that still has the group'
wait_for 5 eval 'said | grep -q "pam_org.*user=ada"'
like "$(said)" 'user=ada service=sudo org=acme decision=deny reason=groups' 'the log has the reason groups for a session of before'
is "$(in_session acme-admins mia sudo -n id -un)" root 'sudo serves a session that has the groups of today'
is "$(setpriv --reuid=mia --regid="$(gid acme-admins)" --groups="$(gid acme)" sudo -n id -un 2>/dev/null </dev/null)" root 'so it does behind newgrp'
is "$(setpriv --reuid=ada --regid="$(gid acme-admins)" --groups="$(gid acme)" sudo -n id -un 2>/dev/null </dev/null)" '' 'sudo refuses who has kept a lost group by newgrp'
is "$(in_session acme-admins ada orgadmin host explain ada sudo | grep '^decision')" 'decision      refused (groups)' 'host explain in that session says so'
like "$(in_session acme-admins mia orgadmin host explain ada sudo | grep '^decision')" 'allowed' 'host explain of another says nothing of the own groups'

# --- by role, by person, by command ---
ok 'orgsyncd publishes with sudo for a person and some commands' once "$ADMINS" 'members = ["usr_pia"]; commands = ["/usr/bin/id -u", "/usr/bin/printf a,b:c=d#e"]; nopasswd = true;' \
    'roles = ["ops"]; commands = ["/usr/bin/true"];'
is "$(rules)" "%#$(gid acme-admins) ALL=(ALL:ALL) NOPASSWD: ALL
%#$(gid acme-pia) ALL=(root) NOPASSWD: /usr/bin/id -u, /usr/bin/printf a\\,b\\:c\\=d\\#e
%#$(gid acme-ops) ALL=(root) PASSWD: /usr/bin/true" 'the file has a rule for each entry, with what is special behind a backslash'
is "$(id -Gn pia) $(id -Gn mia) $(id -Gn oda)" 'acme acme-pia acme acme acme-ops' 'a group by person has that person alone'
is "$(by_sudo pia id -u) $(by_sudo pia printf a,b:c=d#e)" '0 a,b:c=d#e' 'sudo runs the commands of a person'
is "$(by_sudo pia id) $(by_sudo pia id -un) $(by_sudo pia printf a)" '  ' 'sudo runs no other command of that person, and not with other arguments'
is "$(by_sudo pia -u mia id -u)" '' 'sudo runs the commands as root alone'
is "$(by_sudo oda true; echo $?) $(grep -c 'password is required' "$T/err")" '1 1' 'without nopasswd sudo asks for a password'
like "$(orgsyncd --check 2>&1)" 'asks the group "acme-ops" for a password, and members have none' 'orgsyncd --check says that members have no password'
# A name is what a member chooses: who takes pia's, or her id for a name, has nothing of hers.
members ada:admin usr_pia:member pia:member
jq '.members |= map(if .username == "pia" then .id = "usr_other" else . end)' $MEMBERS >"$T/other" && cp "$T/other" $MEMBERS
orgsyncd --once >"$T/out" 2>&1
is "$(by_sudo usr_pia id -u)$(by_sudo pia id -u)" '' 'who has the name or the id of that person as a name has none of her commands'

# --- the mistakes that --check finds; a running orgsyncd keeps what it has ---
ok 'orgsyncd publishes with sudo for a role again' once "$ADMINS"
cp $FILE "$T/good"
orgsyncd 2>"$T/log" &
daemon=$!
wait_for 10 test -S /run/orglogin/orgsyncd-root.sock
before=$(stat -c '%i %Y' $FILE)
kill -HUP $daemon
wait_for 10 grep -q 'configuration reloaded' "$T/log"
sleep 1
is "$(stat -c '%i %Y' $FILE)" "$before" 'a reload with the same entries does not touch the file'
# mistake WHAT PATTERN ENTRY...
mistake() {
    configure "${@:3}"
    orgsyncd --check >"$T/out" 2>&1
    is "$?" 3 "orgsyncd --check refuses sudo with $1"
    like "$(cat "$T/out")" "orglogin.conf.*$2" "orgsyncd --check says what is wrong with sudo with $1"
    : >"$T/log"
    kill -HUP $daemon
    ok "orgsyncd keeps its configuration at a reload with $1" wait_for 10 grep -q 'the previous configuration stays in force' "$T/log"
    is "$(cat $FILE)" "$(cat "$T/good")" "the file stays as it was with $1"
}
ALL='commands = ["ALL"]; nopasswd = true;'
mistake 'a role that no group has' 'no group has exactly these members: add to "groups" \{ name = "acme-sudo"; org = "acme"; roles = \["admin"\]; \}' "roles = [\"admin\"]; $ALL"
mistake 'a person that no group has' 'no group has exactly.*members = \["usr_mia"\]; \}' "members = [\"usr_mia\"]; $ALL"
mistake 'a role more than the group' 'no group has exactly' "roles = [\"ops\", \"admin\"]; $ALL"
mistake 'nobody' 'of nobody: give roles, teams or members' "$ALL"
mistake 'no roles' 'roles' "roles = []; $ALL"
mistake 'everyone' 'unknown key "everyone"' "everyone = true; $ALL"
mistake 'no commands' 'lacks "commands"' 'roles = ["ops"];'
mistake 'a command without a path' '"id" in "commands" must' 'roles = ["ops"]; commands = ["id"];'
mistake 'a command that is forbidden' '"!/bin/su" in "commands" must' 'roles = ["ops"]; commands = ["!/bin/su"];'
mistake 'ALL beside others' 'stands alone' 'roles = ["ops"]; commands = ["/bin/id", "ALL"];'
mistake 'a tag' 'must' 'roles = ["ops"]; commands = ["NOEXEC: ALL"];'
mistake 'a backslash' 'no backslash' 'roles = ["ops"]; commands = ["/bin/echo a\\\\"];'
mistake 'a newline' 'string' 'roles = ["ops"]; commands = ["/bin/id\nada ALL=(ALL) ALL"];'
mistake 'a path that climbs' 'path' 'roles = ["ops"]; commands = ["/opt/tools/../../bin/sh"];'
mistake 'a regular expression' 'regular expression' 'roles = ["ops"]; commands = ["/bin/cat ^/var/log/.*$"];'
mistake 'what visudo refuses' 'visudo refuses it: stdin:.*syntax error' 'roles = ["ops"]; commands = ["/usr/bin/ x"];'
sed 's|^groups = (|&{ name = "audio"; org = "acme"; roles = ["sound"]; local = true; },|' "$T/plain" >$CONF
echo "sudo = ( { org = \"acme\"; roles = [\"sound\"]; $ALL } );" >>$CONF
like "$(orgsyncd --check 2>&1)" 'no group has exactly' 'a local group, which has other members, is no group for sudo'
sed "s|^groups = (|&{ name = \"acme-ops\"; org = \"acme\"; roles = [\"ops\"]; },|" "$T/plain" >$CONF
echo "sudo = ( { org = \"acne\"; roles = [\"ops\"]; $ALL } );" >>$CONF
like "$(orgsyncd --check 2>&1)" 'organization "acne", which is not configured' 'sudo of an unknown organization is a mistake'
sed -i '/services = \["sudo"\]/s/{ services = \["sudo"\][^}]*},//; s/^sudo.*//' $CONF
echo "sudo = ( { org = \"acme\"; roles = [\"ops\"]; $ALL } );" >>$CONF
like "$(orgsyncd --check 2>&1)" 'refuses the group "acme-ops": no rule in "access"' 'orgsyncd --check says that no rule of access admits the role'

# --- a reload changes, and takes away ---
# reload PATTERN ENTRY...: until the log says PATTERN
reload() {
    configure "${@:2}"
    : >"$T/log"
    kill -HUP $daemon
    wait_for 20 grep -Eq "$1" "$T/log"
}
ok 'a reload with another entry writes the file' reload 'orglogin is written: sudo serves 1 group$' "roles = [\"ops\"]; $ALL"
is "$(rules) $(by_sudo oda id -un)" "%#$(gid acme-ops) ALL=(ALL:ALL) NOPASSWD: ALL root" 'sudo goes by the reloaded file'
ok 'a reload without entries removes the file' reload 'orglogin is removed'
is "$(files)" 'README larry' 'no trace of the file is left'

# --- what lies there ---
echo 'larry ALL=(ALL:ALL) ALL' >$FILE
chmod 440 $FILE
ok "a reload with somebody else's file says that it stays" reload 'was not made by orgsyncd: it stays' "$ADMINS"
is "$(cat $FILE)" 'larry ALL=(ALL:ALL) ALL' "somebody else's file is not touched"
ok "a reload without entries and with somebody else's file succeeds" reload 'configuration reloaded'
sleep 1
is "$(cat $FILE)" 'larry ALL=(ALL:ALL) ALL' "somebody else's file is not removed"
rm $FILE
echo secret >"$T/target"
ln -s "$T/target" $FILE
ok 'a reload with a symbolic link there says that it stays' reload 'is a symbolic link: it stays' "$ADMINS"
is "$(readlink $FILE) $(cat "$T/target")" "$T/target secret" 'the link and its target are not touched'
rm $FILE
mkdir $FILE
ok 'a reload with a directory there says that it stays' reload 'not a regular file: it stays' "$ADMINS"
rmdir $FILE
ln -s "$T/target" $FILE.new
ok 'a reload with a link under the temporary name writes the file' reload 'orglogin is written' "$ADMINS"
is "$(stat -c '%F %a' $FILE) $(cat "$T/target") $(files)" 'regular file 440 secret README larry orglogin' 'the link under the temporary name was not followed'
chmod 4777 $FILE
echo 'mia ALL=(ALL:ALL) NOPASSWD: ALL' >>$FILE
chmod 444 $FILE
ok 'a reload writes a changed file anew' reload 'orglogin is written' "$ADMINS"
is "$(cat $FILE) $(stat -c %a $FILE)" "$(cat "$T/good") 440" 'the file is as it should be again'

# --- what goes wrong ---
cp -a /etc/sudoers "$T/sudoers"
echo '@include /etc/nowhere' >>/etc/sudoers
ok 'a reload while sudoers has a mistake of its own writes the file' reload 'orglogin is written' "roles = [\"ops\"]; $ALL"
cp -a "$T/sudoers" /etc/sudoers
mount -t tmpfs -o size=4k,mode=750 full /etc/sudoers.d
cp "$T/good" $FILE
chmod 440 $FILE
ok 'a reload on a full file system says so' reload 'cannot be written, and stays as it was: No space' "$ADMINS" "roles = [\"ops\"]; $ALL"
is "$(cat $FILE) $(files)" "$(cat "$T/good") orglogin" 'on a full file system the file stays as it was, and nothing lies beside it'
ok 'a reload without entries on a full file system removes the file' reload 'orglogin is removed'
mount -o remount,ro /etc/sudoers.d
ok 'a reload on a file system that is read-only says so' reload 'cannot be written.*Read-only' "$ADMINS"
umount /etc/sudoers.d
mv /usr/sbin/visudo /usr/sbin/visudo.real
rm -f $FILE
ok 'a reload without sudo says that it is not there' reload 'not in force: there is no /usr/sbin/visudo' "$ADMINS"
is "$(files)" 'README larry' 'without visudo nothing is written'
like "$(orgsyncd --check 2>&1)" '^sudo is not installed' 'orgsyncd --check says that sudo is not installed'
# One that accepts a text, and not the file: what it says last counts.
cat >/usr/sbin/visudo <<'VISUDO'
#!/bin/sh
[ -e /tmp/accept ] && { rm /tmp/accept; exit 0; }
echo 'stdin:4: no' >&2
exit 1
VISUDO
chmod +x /usr/sbin/visudo
touch /tmp/accept
ok 'a reload with a file that visudo refuses says so' reload 'cannot be written, and stays as it was: stdin:4: no' "$ADMINS"
is "$(files)" 'README larry' 'what visudo refuses is not left in the directory'
printf '#!/bin/sh\n[ -e /tmp/accept ] && { rm /tmp/accept; exit 0; }\nsleep 1000\n' >/usr/sbin/visudo
touch /tmp/accept
ok 'a reload with a visudo that hangs goes on' reload 'configuration reloaded' "$ADMINS"
ok 'while visudo hangs, logins are confirmed' wait_for 5 orgadmin host sync
ok 'a visudo that hangs is ended' wait_for 15 grep -q 'visudo did not end within 10 s' "$T/log"
is "$(files)" 'README larry' 'what a visudo that hangs has not accepted is not left in the directory'
mv /usr/sbin/visudo.real /usr/sbin/visudo
echo acme-ops:x:4242: >>/etc/group
ok 'a reload with a group that is not served says so' reload 'group "acme-ops" is not served, so its members have no rule' "$ADMINS" "roles = [\"ops\"]; $ALL"
ok 'the other entry is in force' wait_for 10 test -e $FILE
is "$(rules)" "%#$(gid acme-admins) ALL=(ALL:ALL) NOPASSWD: ALL" 'a local group of that name has no rule'
kill $daemon
wait $daemon 2>/dev/null
done_testing
