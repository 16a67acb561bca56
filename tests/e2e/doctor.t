#!/bin/bash
# host doctor: a sound machine passes; then one thing at a time is broken, and that is what it names, that alone, with a remedy.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../lib/root.sh"
. "$(dirname "$0")/../faults/clock.sh"
inside_root
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/host.sh"
. "$(dirname "$0")/../lib/keys.sh"

TOKEN=/etc/orglogin/acme.token
crowd=$(for i in 1 2 3 4 5 6 7 8 9; do echo "user$i:member"; done)

# doctor: runs it; $rc, $found: what is not as it should be ("failure CHECK;warning CHECK"), $T/json and $T/err
doctor() {
    "${with[@]}" orgadmin host doctor -o json >"$T/json" 2>"$T/err"
    rc=$?
    found=$(jq -r '[.[] | select(.result == "failure" or .result == "warning") | "\(.result) \(.check)"] | join(";")' "$T/json")
}
with=()
# says CHECK: what was found and what is advised there
says() { jq -r --arg check "$1" '.[] | select(.check == $check) | "\(.found) -> \(.advice // "")"' "$T/json"; }
# names WHAT FOUND PATTERN: doctor has found just that, and says so of the first one
names() {
    local want=0 shown=${2/;*;*/ and others}
    case $2 in *failure*) want=1 ;; esac
    is "$rc $found" "$want $2" "host doctor with $1 finds: ${shown:-nothing}"
    [ -z "$2" ] || like "$(says "$(sed 's/^[a-z]* //; s/;.*//' <<<"$2")" | grep ' -> .')" "$3" "host doctor with $1 names trouble and remedy"
}
# broken WHAT FOUND PATTERN SCRIPT: the same after SCRIPT, whose traces below /etc and in the state directory are gone afterwards
# shellcheck disable=SC2317,SC2329 # called by broken
copied() {
    local copy
    copy=$(mktemp -d /tmp/copy.XXXXXX) && cp -a "$1/." "$copy" && chmod --reference="$1" "$copy" && mount --bind "$copy" "$1"
}
export -f copied
planted=0
broken() {
    planted=$((planted + 1))
    [ -n "${LONG:-}" ] || [ $((planted % 3)) = 1 ] || return 0 # LONG=1 plants all
    # shellcheck disable=SC2016 # the inner shell's
    with=(unshare --mount --propagation private bash -c 'copied /etc && copied /var/lib/orglogin && eval "$1" && shift && exec "$@"' bash "$4")
    doctor
    with=()
    names "$1" "$2" "$3"
}

cp "$BUILD/tests/libnss_extra.so.2" "/lib/$(uname -m)-linux-gnu/"
touch /etc/extra
start_syslog
start_sshd
useradd --create-home --shell /bin/bash larry
configure_file_provider
sed -i "s|^    # ca_file = .*|    token_file = \"$TOKEN\";|" $CONF
(umask 077 && echo no-secret >$TOKEN)
# shellcheck disable=SC2086 # a list of words
publish ada:admin mia:member rem:member sue:member:suspended $crowd >/dev/null
# shellcheck disable=SC2086 # a list of words
members ada:admin mia:member sue:member:suspended $crowd
key ada
key ada2
with_key ada ada
with_key ada ada2
cp "$MEMBERS" "$T/members"
orgsyncd 2>"$T/log" &
daemon=$!
# shellcheck disable=SC2317 # called by wait_for
left() { [ "$(getent passwd rem | cut -d: -f7)" = /usr/sbin/nologin ]; }
wait_for 10 left

# --- all is well ---
doctor
names "a sound machine" ''
is "$(jq -r '[.[].result] | unique | join(" ")' "$T/json")" ok 'host doctor skips no check on a sound machine'
like "$(cat "$T/err")" '^[0-9]+ checks: 0 failures, 0 warnings, 0 skipped\.$' 'host doctor prints a summary line on a sound machine'
like "$(says 'PAM sshd')" 'refuses strangers and rem; lets in root, larry, ada' 'host doctor runs the sshd stack for root, a local user, members and strangers'
for service in sshd login sudo sudo-i su su-l cron systemd-user; do
    like "$(grep -c "pam_org($service:account): user=doctor-[0-9a-f]* .*reason=stranger" $AUTH_LOG)" '^1$' "host doctor asks the $service stack about a stranger"
    like "$(grep -c "pam_org($service:account): user=rem .*reason=removed" $AUTH_LOG)" '^1$' "host doctor asks the $service stack about a former member"
done
orgadmin host doctor >"$T/out" 2>/dev/null
is "$? $(head -1 "$T/out")" '0 CHECK             RESULT FOUND' 'host doctor prints a table'
is "$(wc -l <"$T/out")" "$(($(jq length "$T/json") + 1))" 'host doctor prints a table line for each check'
orgadmin host doctor -o csv --columns check,result 2>/dev/null >"$T/out"
is "$(sed -n 2p "$T/out" | tr -d '\r')" 'configuration,ok' 'host doctor -o csv prints the checks'
su -s /bin/sh nobody -c 'orgadmin host doctor' >"$T/out" 2>"$T/err"
is "$? $(wc -c <"$T/out")" "1 0" 'host doctor by another user than root fails without output'
like "$(cat "$T/err")" 'requires root.*sudo orgadmin host doctor' 'host doctor by another user than root names sudo'

# --- configuration and files ---
broken "a configuration that does not say what happens to sessions" "warning sessions" 'goes on when the member is removed.*on_removal' "sed -i '/^sessions = {/,/^};/d' $CONF"
broken "an unknown key" "failure configuration" 'orglogin.conf:[0-9]+: .*hoem' "sed -i 's/^  home = /  hoem = /' $CONF"
broken "a configuration that a group may write" "failure configuration" 'writable by group' "chmod 664 $CONF"
broken "no configuration" "failure configuration" 'no /etc/orglogin/orglogin.conf.*host enroll' "rm $CONF"
broken 'a state directory that anybody may write' "failure directories" '/etc/orglogin is writable' 'chmod 777 /etc/orglogin'
broken "a state directory closed to others" "failure directories" '/var/lib/orglogin is closed' 'chmod 700 /var/lib/orglogin'
broken "a ledger that others can read" "failure directories" 'ids.db is readable' 'chmod 644 /var/lib/orglogin/ids.db'
broken "a token that others can read" "failure token files" "$TOKEN is readable" "chmod 644 $TOKEN"
broken "no token" "failure token files" "$TOKEN does not exist" "rm $TOKEN"
broken "no user for the fetcher" "failure fetcher's user" 'no orgsync.*useradd' "sed -i /^orgsync:/d /etc/passwd"

broken "a full file system" "failure space" 'room for [0-9]+ kB.*make room' \
    'cp -a /var/lib/orglogin /tmp/state && mount -t tmpfs -o size=512k full /var/lib/orglogin && cp -a /tmp/state/. /var/lib/orglogin &&
     head -c 400k /dev/zero >/var/lib/orglogin/fill; rm -r /tmp/state'

# --- snapshot ---
S=$SNAPSHOT
broken "no snapshot" "failure snapshot" 'does not exist' "rm $S"
broken "a snapshot that anybody may write" "failure snapshot" 'writable' "chmod 666 $S"
broken "a snapshot that others cannot read" "failure snapshot" 'closed to others.*chmod 644' "chmod 600 $S"
broken 'a snapshot of another version' "failure snapshot" 'another version.*systemctl restart orgsyncd' \
    "printf '\\001' | dd of=$S bs=1 seek=8 conv=notrunc 2>/dev/null"
broken "a truncated snapshot" "failure snapshot" . "truncate -s -8 $S"
broken "a damaged snapshot" "failure snapshot" 'damaged' "perl -0777 -i -pe 's|/home/mia|/home/may|' $S"
broken "damaged keys in the snapshot" "failure snapshot" 'is damaged.*restart orgsyncd' "perl -0777 -i -pe 's|ssh-ed25519|ssh-ed25518|' $S"
broken "a damaged ledger" "failure members" 'orgsyncd --check fails.*ledger' 'echo damaged >/var/lib/orglogin/ids.db'

# --- organizations and members ---
broken "an organization that orgsyncd has not read yet" "failure organization beta" 'does not know it.*reload' \
    "jq '{organization: {id: \"org_b\", name: \"beta\"}, members: [.members[0] | .id = \"b\" | .username = \"bea\"]}' $MEMBERS >/etc/beta.json
     sed -i 's|^organizations = (|&{ name = \"beta\"; provider = \"file\"; url = \"/etc/beta.json\"; range = [1879048192, 2000199999]; },|
        s|^groups = (|&{ name = \"beta-all\"; org = \"beta\"; everyone = true; },|' $CONF"
broken "an url that leads nowhere, not read yet" "failure organization acme" 'a new orgsyncd would not: .*gone' "sed -i 's|url = .*|url = \"/gone\";|' $CONF"
broken "a local user with a member's name" "warning members" 'usr_user5.*has a user' 'echo user5:x:4242:4242::/:/usr/sbin/nologin >>/etc/passwd'
broken "a group that is mapped and not there" "warning members" 'dockre.*none of that name' \
    "sed -i 's|^groups = (|&{ name = \"dockre\"; org = \"acme\"; roles = [\"admin\"]; local = true; },|' $CONF"
broken 'a local user with an id of the members' "warning ids" 'user svc has 2000400123.*' 'echo svc:x:2000400123:100::/:/usr/sbin/nologin >>/etc/passwd'
broken 'a local user with an id of the members, behind a line that fits no buffer' "warning ids" 'user svc has 2000400123.*' \
    '{ printf "long:x:4243:4243:%0100000d::/usr/sbin/nologin\n" 0; echo svc:x:2000400123:100::/:/usr/sbin/nologin; } >>/etc/passwd'
broken 'subordinate ids among those of the members' "warning ids" 'in /etc/subuid larry has 2000400000-2000465535' 'echo larry:2000400000:65536 >/etc/subuid'

# --- names ---
N=/etc/nsswitch.conf
broken "no org for passwd" "failure nsswitch.conf" 'passwd: org is not there.*passwd: files systemd org' "sed -i '/^passwd/s/ org//' $N"
broken "no org for shadow" "failure nsswitch.conf" 'shadow: org is not there' "sed -i '/^shadow/s/ org//' $N"
broken "org in front of files" "failure nsswitch.conf" 'group: org stands in front of files' "sed -i 's/^group:.*/group: org files systemd/' $N"
broken "org in front of systemd" "failure nsswitch.conf" 'in front of systemd' "sed -i 's/^group:.*/group: files org systemd/' $N"
broken 'org behind [NOTFOUND=return]' "failure nsswitch.conf" 'never asked' "sed -i 's/^passwd:.*/passwd: files [NOTFOUND=return] org/' $N"
broken "initgroups without org" "failure nsswitch.conf" 'initgroups: org is not there' "echo 'initgroups: files' >>$N"
broken "org for sudoers" "warning nsswitch.conf" 'sudoers: org has no rules.*sudoers: files' "echo 'sudoers: files org' >>$N"
broken "another name service with a member's name" "warning other name services" 'extra: user5 is uid 5003 there.*users.name' \
    "sed -i 's/^passwd:.*/passwd: files extra systemd org/' $N; echo user5:x:5003:100::/:/bin/sh >/etc/extra"
broken "another name service with other names" "" . \
    "sed -i 's/^passwd:.*/passwd: files extra systemd org/' $N; echo zed:x:5003:100::/:/bin/sh >/etc/extra"
broken "no nsswitch.conf" "failure nsswitch.conf" 'passwd: org is not there' "rm $N"
broken 'an empty libnss_org' "failure libnss_org" 'too short' 'mount --bind /dev/null /usr/lib/*-linux-gnu/libnss_org.so.2'
perl -e '$_ = getpwnam "ada"; open F, ">", "/proc/self/loginuid" and print F "4294967295"; close F; print "\n"; sleep 100' >"$T/behind" &
wait_for 5 test -s "$T/behind"
module=$(echo /usr/lib/*-linux-gnu/libnss_org.so.2)
cp "$module" "$module.new"
mv "$module.new" "$module"
if [ "$(cat "/proc/$!/loginuid" 2>/dev/null || echo 4294967295)" = 4294967295 ]; then
    doctor
    names "a daemon that goes on with an older libnss_org" "warning upgrade" '1 program goes on.*: perl.*restart'
fi
kill $!
wait $!
mkdir -p /run/nscd
nscd && wait_for 5 test -S /run/nscd/socket
doctor
names 'nscd that caches users and groups' "warning nscd" 'members who left.*enable-cache passwd no'
nscd --shutdown
wait_for 5 eval '! pgrep -x nscd'
sed -E -i 's/(enable-cache\s+(passwd|group)\s+)yes/\1no/' /etc/nscd.conf
nscd && wait_for 5 test -S /run/nscd/socket
doctor
names 'nscd that caches no users and groups' ''
nscd --shutdown
wait_for 5 eval '! pgrep -x nscd'

# --- PAM ---
P=/etc/pam.d
M=$(echo /usr/lib/*/security)
all='failure PAM sshd;failure PAM login;failure PAM sudo;failure PAM sudo-i;failure PAM su;failure PAM su-l;failure PAM cron;failure PAM systemd-user'
broken 'an empty pam_org' "failure pam_org" 'too short' "mount --bind /dev/null $M/pam_org.so"
broken "no local account" "warning local account" 'none beside root' "sed -i /^larry:/d /etc/passwd"
broken "a local account of another name service" "" . \
    "sed -i /^larry:/d /etc/passwd; sed -i 's/^passwd:.*/passwd: files extra systemd org/' $N; echo zed:*:60100:100::/:/bin/sh >/etc/extra"
broken "common-account without pam_org" "$all;warning PAM others" 'does not ask pam_org.*share/doc' "sed -i /pam_org/d $P/common-account"
broken 'an sshd stack without pam_org' "failure PAM sshd" 'does not ask pam_org' "sed -i 's/^@include common-account/account required pam_unix.so/' $P/sshd"
broken 'a sufficient line in front of pam_org' "failure PAM sudo" 'a line in front of it' "sed -i '1i account sufficient pam_unix.so' $P/sudo"
broken 'a jump over pam_org' "failure PAM sudo" 'a line in front of it' "sed -i '1i account [success=4 default=ignore] pam_unix.so' $P/sudo"
broken "a line in front of it that lets members in whose roles do not do" "failure PAM sudo" 'member .*, whose roles do not do, is let in' \
    "sed -i '1i account sufficient pam_succeed_if.so quiet user in mia:user1:user2:user3:user4:user5:user6:user7:user8:user9' $P/sudo"
broken "homes in /" "warning home and shell" 'home of .* is /[a-z0-9]+: .*users.home' "sed -i 's|^  home = .*|  home = \"/%u\";|' $CONF; orgsyncd --once >/dev/null"
H='mount -t tmpfs -o mode=755 homes /home'
broken "a home that is somebody else's" "failure home and shell" 'refuses the home of user7: /home/user7 belongs to uid 1' "$H && mkdir /home/user7 && chown 1 /home/user7"
broken 'a home that is a link' "failure home and shell" 'refuses the home of user7: /home/user7 is a symbolic link' "$H && ln -s /etc /home/user7"
broken 'homes where others can write' "failure home and shell" 'refuses the home of .*: /home is above the home directory and writable' "$H && chmod 1777 /home"
broken "a home that is root's" "warning home and shell" '/home/user7, the home of user7, belongs to root' "$H && mkdir /home/user7"
broken 'an sshd stack that does not ask about homes' "warning home and shell" 'session phase does not ask pam_org.*pam-auth-update' "sed -i /^-session.*pam_org/d $P/sshd"
broken 'an sshd stack without pam_mkhomedir' "warning home and shell" '/home/[a-z0-9]+, the home of .* is not there.*pam_mkhomedir' "sed -i /pam_mkhomedir/d $P/sshd"
broken "an optional pam_org" "failure PAM cron" 'its own control' \
    "sed -i 's/^@include common-account/account optional pam_org.so\naccount required pam_permit.so/' $P/cron"
broken 'a substack that ends well in front of pam_org' "" . \
    "printf 'account sufficient pam_unix.so\n' >$P/sub; sed -i '1i account substack sub' $P/sudo"
broken 'an include of a missing file' "failure PAM login" 'nowhere is included and is not there' "sed -i '1i account include nowhere' $P/login"
broken "a stack that refuses root" "failure PAM login" 'root is refused.*keep a root shell' "sed -i '1i account requisite pam_deny.so' $P/login"
broken "a stack that refuses local users" "failure PAM cron" 'local user larry is refused.*keep a root shell' \
    "sed -i '1i account requisite pam_succeed_if.so quiet uid != '\$(id -u larry) $P/cron"
broken "a stack that refuses members" "failure PAM sshd" 'member ada is refused' "sed -i '1i account requisite pam_succeed_if.so quiet uid < 200000' $P/sshd"
broken 'a mistaken argument of pam_org' "failure PAM su;failure PAM su-l" 'refused, but by mistake' "sed -i '1i account required pam_org.so rolle=admin' $P/su"
broken 'a missing PAM module' "failure PAM sshd" 'refused, but by mistake.*[Mm]odule' "sed -i '1i account required pam_none.so' $P/sshd"
broken 'a PAM module that crashes' "failure PAM sshd" 'died: Segmentation|a module ended the program' "sed -i '1i account required /mnt/build/tests/pam_ends.so crash' $P/sshd"
broken 'a PAM module that ends the program' "failure PAM sudo" 'a module ended the program' "sed -i '1i account required /mnt/build/tests/pam_ends.so exit' $P/sudo"
broken 'a PAM module that hangs' "failure PAM cron" 'did not end within' "sed -i '1i account required /mnt/build/tests/pam_ends.so hang' $P/cron"
broken 'a PAM module that prints' "" . "sed -i '1i account optional /mnt/build/tests/pam_ends.so print' $P/cron"
broken 'a service left to the stack other' "failure PAM cron;warning PAM others" 'does not ask pam_org' \
    "sed -i /common-account/d $P/cron; sed -i 's/^@include common-account/account required pam_unix.so/' $P/other"
broken 'a foreign service without pam_org' "warning PAM others" 'gdm-password' "echo 'account required pam_permit.so' >$P/gdm-password"
broken "sshd without PAM" "failure sshd" 'UsePAM no' 'echo UsePAM no >/etc/ssh/sshd_config.d/x.conf'
broken "an sshd that asks for passwords by keyboard-interactive alone" "warning sshd" 'PasswordAuthentication no, but KbdInteractiveAuthentication yes.*line \(1\)' \
    "sed -i '/^auth .*pam_org/d' $P/sshd"
broken "an sshd that asks for passwords by keyboard-interactive, too" "" . \
    "sed -i '/^auth .*pam_org/d' $P/sshd; echo PasswordAuthentication yes >/etc/ssh/sshd_config.d/a.conf"
broken "an sshd that asks for a second factor behind the key" "" . \
    "sed -i '/^auth .*pam_org/d' $P/sshd; echo AuthenticationMethods publickey,keyboard-interactive >/etc/ssh/sshd_config.d/x.conf"
broken "an sshd that asks for a second factor, or for a password" "warning sshd" 'whoever answers' \
    "sed -i '/^auth .*pam_org/d' $P/sshd; echo AuthenticationMethods publickey,keyboard-interactive keyboard-interactive:pam >/etc/ssh/sshd_config.d/x.conf"
broken 'an sshd that admits no group of an organization' "warning sshd" 'nobody of an organization' 'echo AllowGroups larry adm >/etc/ssh/sshd_config.d/x.conf'
broken 'an sshd that admits a group of the organization' "" . 'echo AllowGroups larry acme-admins >/etc/ssh/sshd_config.d/x.conf'
broken 'an sshd that admits a local user alone' "warning sshd" 'nobody of an organization' 'echo AllowUsers larry >/etc/ssh/sshd_config.d/x.conf'
broken 'an sshd without KbdInteractiveAuthentication' "" . 'sed -i "s/^KbdInter.*/KbdInteractiveAuthentication no/" /etc/ssh/sshd_config.d/orglogin.conf'
broken "keys below a directory that others can write" "warning sshd" 'AuthorizedKeysFile leads below /etc/keys, .*chown root' \
    'mkdir -m 777 /etc/keys; sed -i "s|AuthorizedKeysFile .*|AuthorizedKeysFile .ssh/authorized_keys /etc/keys/%u|" /etc/ssh/sshd_config.d/orglogin.conf'
broken "keys below a directory of root's" "" . 'mkdir -m 755 /etc/keys; sed -i "s|/etc/ssh/keys|/etc/keys|" /etc/ssh/sshd_config.d/orglogin.conf'
broken "sshd that takes a member's environment" "warning sshd" 'PermitUserEnvironment yes' 'echo PermitUserEnvironment yes >/etc/ssh/sshd_config.d/x.conf'
D=/etc/ssh/sshd_config.d/orglogin.conf
broken "sshd that does not ask for the keys of members" "warning ssh keys" 'does not ask for them: those .* of ada.*sshd_config.example' "sed -i /AuthorizedKeysCommand/d $D"
broken "sshd that asks another command for keys" "warning ssh keys" 'does not ask' "sed -i 's|AuthorizedKeysCommand .*|AuthorizedKeysCommand /bin/true|' $D"
broken "no user for the key command" "failure ssh keys" 'no user "orglogin-keys".*useradd' "sed -i /^orglogin-keys:/d /etc/passwd"
broken "a key command that others may write to" "failure ssh keys" 'does not run .*/etc/x/orglogin-keys.*chmod go-w' \
    "mkdir /etc/x; cp $KEYS /etc/x/; chmod 777 /etc/x/orglogin-keys; sed -i s,$KEYS,/etc/x/orglogin-keys, $D"
broken "a key command below a directory of another's" "failure ssh keys" '/etc/x is not there, not root.s, or others may write' \
    "mkdir /etc/x; cp $KEYS /etc/x/; chown larry /etc/x; sed -i s,$KEYS,/etc/x/orglogin-keys, $D"
broken "a key command that its user may not run" "failure ssh keys" 'as orglogin-keys for ada ends with status 127.*chmod 755' \
    "mkdir /etc/x; cp $KEYS /etc/x/; chmod 700 /etc/x/orglogin-keys; sed -i s,$KEYS,/etc/x/orglogin-keys, $D"
broken "a key command that fails" "failure ssh keys" 'status 3: sshd takes no key from it' \
    "mkdir /etc/x; printf '#!/bin/sh\n$KEYS \"\$@\"; exit 3\n' >/etc/x/orglogin-keys; chmod 755 /etc/x/orglogin-keys; sed -i s,$KEYS,/etc/x/orglogin-keys, $D"
broken "a key command that hangs" "failure ssh keys" 'for ada did not end within 10 s' \
    "mkdir /etc/x; printf '#!/bin/sh\nsleep 60\n' >/etc/x/orglogin-keys; chmod 755 /etc/x/orglogin-keys; sed -i s,$KEYS,/etc/x/orglogin-keys, $D"
broken "a key command with another's number" "failure ssh keys" 'tells none of the 2 of ada.*%u %U' "sed -i 's|%u %U|%u 2000400001|' $D"
broken "a key command that runs as nobody" "warning ssh keys" 'runs it as nobody.*AuthorizedKeysCommandUser orglogin-keys' \
    "sed -i 's|AuthorizedKeysCommandUser .*|AuthorizedKeysCommandUser nobody|' $D"
broken "a command behind the key command" "" . "sed -i 's|%u %U|%u %U --chain /bin/echo %u|' $D"
broken "keys of a member's own" "warning own ssh keys" '1 member has keys .*/home/ada/.ssh/authorized_keys' \
    "sed -i 's|AuthorizedKeysFile .*|AuthorizedKeysFile .ssh/authorized_keys|' $D; install -d -o ada -m 700 /home/ada /home/ada/.ssh; echo x >/home/ada/.ssh/authorized_keys"
broken "keys of members' own that do not count" "" . 'install -d -o ada -m 700 /home/ada /home/ada/.ssh; echo x >/home/ada/.ssh/authorized_keys'
rm -rf /home/ada
broken "keys of a member's own by another path" "warning own ssh keys" '/home/ada/keys' "sed -i 's|AuthorizedKeysFile .*|AuthorizedKeysFile /home/%u/keys|' $D; install -d -o ada -m 700 /home/ada; echo x >/home/ada/keys"
rm -rf /home/ada
# Where the organization says which keys count, sshd takes no others.
ruled() { echo "jq '.organization += {$1}' $MEMBERS >/etc/orglogin/new && cat /etc/orglogin/new >$MEMBERS && rm /etc/orglogin/new"; }
with=(unshare --mount --propagation private bash -c "copied /etc && sed -i 's|AuthorizedKeysFile .*|AuthorizedKeysFile none|' $D && $(ruled 'key_days: 90') && exec \"\$@\"" bash)
doctor; with=()
names "a key policy, and sshd that takes no files" "" .
is "$(says 'key policy')" 'sshd takes no ssh key of a member that the organization would not -> ' 'host doctor says that the key policy holds'
for rule in 'key_adders: "admins"' 'key_days: 90' 'security_keys_only: true'; do
    with=(unshare --mount --propagation private bash -c "copied /etc && $(ruled "$rule") && exec \"\$@\"" bash)
    doctor; with=()
    names "a key policy ($rule), and a place of other keys" "failure key policy" 'acme says which ssh keys .* from AuthorizedKeysFile /etc/ssh/keys/%u -> AuthorizedKeysFile none'
done
broken "a policy that lets all keys count" "" . "$(ruled 'key_adders: "members", key_days: 0, security_keys_only: false')"
broken 'an sshd configuration with a mistake' "warning sshd" 'cannot be looked at: .*Nonsense' 'echo Nonsense >/etc/ssh/sshd_config.d/x.conf'

# --- sudo ---
broken "sudo that does not ask PAM" "failure sudoers" '!pam_acct_mgmt' "echo 'Defaults !pam_acct_mgmt' >/etc/sudoers.d/x"
broken "sudo that does not ask PAM about one member" "failure sudoers" '!pam_acct_mgmt' "echo 'Defaults:ada !pam_acct_mgmt' >/etc/sudoers.d/x"
broken "sudo by another service" "warning PAM others;failure sudoers" 'answer is ignored, by open' \
    "echo 'account required pam_permit.so' >$P/open; echo 'Defaults pam_service=open' >/etc/sudoers.d/x"
broken "sudo -i by a service that is not there" "failure sudoers" 'pam_login_service=nowhere' "echo 'Defaults pam_login_service=nowhere' >/etc/sudoers.d/x"
broken "sudo by a service that asks pam_org" "" . "echo 'Defaults pam_service=su, insults' >/etc/sudoers.d/x"
broken "rules for sudo that are too long" "warning sudoers" 'longer than 16 kB' "for i in {1..600}; do echo \"Defaults:u\$i !lecture\"; done >/etc/sudoers.d/x"
broken "rules for sudo with a mistake" "warning sudoers" 'cannot be looked at.*visudo' "echo 'Defaults nonsense =' >/etc/sudoers.d/x"

# sudo of the members whose roles are "roles" in the configuration, as orgsyncd makes it
given="echo 'sudo = ( { org = \"acme\"; roles = [\"owner\", \"admin\"]; commands = [\"ALL\"]; nopasswd = true; } );' >>$CONF; orgsyncd --once >/dev/null 2>&1"
R=/etc/sudoers.d/orglogin
broken "sudo by role" "" . "$given"
broken "sudo by role, but no file" "failure sudo by role" "$R is not there: members have not.*its log" "$given; rm $R"
broken "sudo by role, but somebody else's file" "failure sudo by role" 'was not made by orgsyncd' "$given; echo 'larry ALL=(ALL) ALL' >$R"
broken "sudo by role, and a link there" "failure sudo by role" 'is a symbolic link' "$given; mv $R $R.d; ln -s orglogin.d $R"
broken "sudo that does not read sudoers.d" "failure sudo by role" 'sudo does not serve ada, whom .* -> /etc/sudoers needs the line @includedir' "$given; sed -i /includedir/d /etc/sudoers"
broken "sudo by role that the configuration has no more" "failure sudo by role" 'gives rights that orglogin.conf does not.*reload' "$given; sed -i /^sudo/d $CONF"
broken "sudo by role, and an entry that is not in force" "failure sudo by role" 'has 1 rule, and orglogin.conf 2 -> systemctl reload' \
    "$given; sed -i 's|^sudo = (|&{ org = \"acme\"; roles = [\"admin\", \"owner\"]; commands = [\"/bin/id\"]; },|' $CONF"
broken "another rule for all members" "warning sudo by role" 'serves .*, too, by a rule that is not' "$given; echo '%acme ALL=(ALL) NOPASSWD: ALL' >/etc/sudoers.d/x"
broken "sudo by role that no rule of access admits" "warning sudo by role" 'serves ada by sudoers, and pam_org refuses' \
    "sed -i '/services = .\"[*]\"/s/\"[*]\"/\"sshd\"/' $CONF; $given"
broken "a wildcard for sudo" "warning sudo commands" '"/bin/cat /var/log/[*]" in orglogin.conf has a wildcard' "${given/ALL//bin/cat /var/log/*}"
broken "a directory for sudo" "warning sudo commands" 'wildcard' "${given/ALL//opt/tools/}"
broken "a command for sudo" "" . "${given/ALL//bin/cat /var/log/x}"

# --- what the configuration gives away ---
broken "a group that still names a former member" "warning group lines" 'oldies names rem, who left -> gpasswd -d' 'echo oldies:x:990:larry,rem >>/etc/group'
broken "a local group as good as root" "warning local groups" 'a member of adm is' \
    "sed -i 's|^groups = (|&{ name = \"adm\"; org = \"acme\"; roles = [\"admin\"]; local = true; },|' $CONF"
publishes='orgsyncd --once >/dev/null'
broken "sudo for everyone" "warning rules" 'every member may use sudo ->' \
    "sed -i 's|^access = (|&{ services = [\"sudo\"]; org = \"acme\"; everyone = true; },|' $CONF; $publishes"
broken 'every service for every member' "warning rules" 'every member may use sudo and su' \
    "sed -i 's|services = \\[\"sshd\".*|services = [\"*\"]; org = \"acme\"; everyone = true; }|' $CONF; $publishes"
broken 'rules for sudo whose roles all present members have' "" . "sed -i '/services = .\"[*]\"/s/\"admin\"]/\"admin\", \"member\"]/' $CONF; $publishes"

broken "a range that systemd takes for containers" "warning ids" 'meets that of systemd.s containers' \
    "sed -i 's|provider = \"file\";|& range = [200000, 1999999999];|' $CONF; rm /var/lib/orglogin/ids.db; $publishes"
broken 'a login shell that does not exist' "failure home and shell" 'the shell of .*, /usr/bin/fish, cannot be run.*users.shell' \
    "sed -i 's|/bin/bash|/usr/bin/fish|' $CONF; echo /usr/bin/fish >>/etc/shells; $publishes"
broken 'a login shell that /etc/shells lacks' "failure configuration" '/usr/bin/true is not in /etc/shells' "sed -i 's|/bin/bash|/usr/bin/true|' $CONF"
maps='sed -i "s|^groups = (|&{ name = \"backup\"; org = \"acme\"; roles = [\"admin\"]; local = true; },|" '$CONF
polkit='mkdir -p /etc/polkit-1/rules.d /usr/lib/polkit-1 && install -m 755 /bin/true /usr/lib/polkit-1/polkitd'
admins() { echo "echo 'polkit.addAdminRule(function(action, subject) { return [\"unix-group:$1\"]; });' >/etc/polkit-1/rules.d/$2"; }
broken "polkit that looks for administrators in a mapped local group" "warning group readers" 'polkit reads the line of the local group backup.*takes none of them' \
    "$maps; $polkit; $(admins backup 50-a.rules)"
broken "polkit that also knows a group of the organization" "" . "$maps; $polkit; $(admins backup 50-a.rules); $(admins acme-admins 40-a.rules)"
broken "polkit that looks for administrators in another group" "" . "$maps; $polkit; $(admins backup-operators 50-a.rules)"
broken "no polkit beside a rule of its" "" . "$maps; rm -f /usr/lib/polkit-1/polkitd; mkdir -p /etc/polkit-1/rules.d; $(admins backup 50-a.rules)"

# --- orgsyncd ---
set_clock -86400
with=("${clocked[@]}")
doctor
names "a clock that was set back" "failure clock" 'in the future'
with=()
members ada:admin mia:member
orgadmin host sync 2>/dev/null
doctor
names "losses that the brake holds" "failure organization acme" 'the brake holds back the losses of.*host sync --accept'
rm "$MEMBERS"
orgadmin host sync 2>/dev/null
doctor
names "an organization that is away" "failure organization acme" "$MEMBERS"
cp "$T/members" "$MEMBERS"
orgadmin host sync
kill -STOP "$(pgrep -P $daemon -u root)"
doctor
names "an orgsyncd that hangs" "failure orgsyncd" 'timed out.*restart'
kill -CONT "$(pgrep -P $daemon -u root)"
kill $daemon
wait $daemon
doctor
names "no orgsyncd" "failure orgsyncd" 'No such file.*systemctl start orgsyncd'
like "$(says 'organization acme')" 'can be listed; last heard from .* members get in for .* more' 'host doctor tells how long members get in without orgsyncd'
perl -MSocket -e 'socket(S, PF_UNIX, SOCK_SEQPACKET, 0); bind(S, sockaddr_un("/run/orglogin/orgsyncd.sock")); $> = 65534; listen(S, 5); sleep 30' &
wait_for 5 test -S /run/orglogin/orgsyncd.sock
doctor
names 'an orgsyncd socket that is not owned by root' "failure orgsyncd" 'not permitted.*not root'
kill $!
rm -f /run/orglogin/orgsyncd.sock
orgsyncd 2>"$T/log" &
wait_for 5 orgadmin host sync
doctor
names 'orgsyncd started again' ''

# --- Fedora's layout, as shipped ---
rm $P/*
cp "$TOP"/conf/pam.d.fedora/* "$TOP"/tests/e2e/fedora/* $P/
sed -i '/pam_ck_connector\|pam_pwquality/d' $P/*
cp $P/crond $P/cron
sed -i /^Kbd/d /etc/ssh/sshd_config.d/orglogin.conf # sshd takes keys only, and these stacks passwords
rm /usr/lib/pam.d/systemd-user
doctor
names 'the stacks of Fedora' ''
done_testing
