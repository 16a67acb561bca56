#!/bin/bash
# host enroll and unenroll: one line makes a fresh machine one of an organization's, proved by the real stacks; another gives it back. What
# fails, or is killed at any moment, is undone.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../lib/root.sh"
inside_root
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/host.sh"
export DEBIAN_FRONTEND=noninteractive

# --- the machine before orglogin, as Debian has it ---
sed -i 's/ org$//' /etc/nsswitch.conf
pam-auth-update --package --force
sed -i '/pam_org\|pam_mkhomedir/d' /etc/pam.d/{sshd,passwd,chsh,chfn}
rm -f /etc/ssh/sshd_config.d/orglogin.conf /etc/sudoers.d/orglogin /etc/orglogin/*
# systemctl, as far as it is asked; what it has started is a child of this script
mkdir -p /run/systemd/system /etc/systemd/system/multi-user.target.wants
cat >/usr/bin/systemctl <<'SYSTEMCTL'
#!/bin/bash
link=/etc/systemd/system/multi-user.target.wants/orgsyncd.service
case $* in
'enable --now orgsyncd') ln -sf /usr/lib/systemd/system/orgsyncd.service $link; pgrep -r D,R,S -x orgsyncd >/dev/null || echo >/run/systemd/start ;;
'reload orgsyncd') kill -HUP "$(pgrep -o -x orgsyncd)" ;;
'reload ssh') kill -HUP "$(cat /run/sshd.pid)" ;;
'disable --now orgsyncd') rm -f $link; pid=$(pgrep -r D,R,S -o -x orgsyncd) && kill "$pid" && while pgrep -r D,R,S -x orgsyncd; do sleep 0.02; done >/dev/null; true ;;
*) echo "systemctl $*: not known here" >&2; exit 1 ;;
esac
SYSTEMCTL
chmod +x /usr/bin/systemctl
mkfifo /run/systemd/start
{ while read -r <>/run/systemd/start; do setsid orgsyncd </dev/null >/dev/null 2>>/var/log/orgsyncd.log & done; } &
starter=$!
start_syslog
start_sshd
new_key stranger larry root
useradd --create-home --shell /bin/bash --groups sudo larry

# --- a server with a certificate of a private authority ---
cd "$T" || exit
for name in ca.pem server.pem server.key other.pem other.key; do sed -n "/^# $name\$/,/^# -----END/s/^# //p" "$0" | sed 1d >$name; done
chmod 600 ./*.key
mkdir -p /etc/ssl/certs; cp other.pem /etc/ssl/certs/ca-certificates.crt # the system trusts somebody, and not this authority
start "$T/orgd.out" '^listening on https' orgd --data /var/lib/orgd.db --listen 127.0.0.1:7080 --tls 127.0.0.1:7443 --cert server.pem --key server.key \
    --owner olga@acme.example --attempts 60000 2>>"$T/orgd.err"
URL=https://127.0.0.1:7443
mkdir -p /root/people/olga
(umask 077 && grep -E '^live_' "$T/orgd.out" >/root/people/olga/token)
by olga login --url $URL --ca-file ca.pem --token-file /root/people/olga/token 2>/dev/null
by olga org create Acme >/dev/null 2>&1
by olga org create Beta >/dev/null 2>&1
joins_with_key() {
    ssh-keygen -q -t ed25519 -N '' -C "$1" -f "/root/keys/$1"
    by olga invitation create "$1@acme.example" --org Acme --role "$2" --out "/root/people/$1.invitation" &&
        by "$1" invitation accept --url $URL --ca-file ca.pem --token-file "/root/people/$1.invitation" --username "$1" --key "/root/keys/$1.pub"
}
joins_with_key ada admin >/dev/null 2>&1
joins_with_key mia member >/dev/null 2>&1
line() { by olga machine invite "${1:-web01}" --org "${2:-Acme}" 2>/dev/null; }
# enroll LINE [OPTION...]: runs the line of machine invite, as it stands; the exit status is $rc
enroll() { eval "$1 ${*:2}" >"$T/out" 2>"$T/err" </dev/null; rc=$?; }

# all that is of the machine, with modes
system() { (cd / && find etc var/lib/pam \( -type f -o -type l \) ! -name '*-old' ! -name '.pwd.lock' -printf '%p %m %u %l ' \( -type l -printf '\n' -o -exec md5sum {} \; \)) | sort; grep -c ^Name: /var/cache/debconf/config.dat; }
answers() { grep -c ^Name: /var/cache/debconf/config.dat; }
system >"$T/before"
# as_before WHAT
as_before() { system >"$T/after"; if diff "$T/before" "$T/after" >"$T/diff"; then pass "$1"; else fail "$1"; diag "$(cat "$T/diff" "$T/err")"; fi; }
forget() { rm -rf /etc/orglogin/* /var/lib/orglogin/*; }

# --- no way in ---
passwd -l root >/dev/null 2>&1
code=$(line)
enroll "$code" --yes --name acme
is "$rc" 3 'host enroll refuses a machine without a local account that can become root'
like "$(cat "$T/err")" 'no local account can become root.*--no-rescue' 'host enroll says what is missing'
echo 'larry:secret' | chpasswd
system >"$T/before"

# --- who else is there ---
enroll "${code/7443/7444}" --yes --name acme
is "$rc" 4 'host enroll fails where no server is'
start "$T/other.out" '^listening on https' orgd --data "$T/other.db" --socket "$T/other.sock" --tls 127.0.0.1:7444 --cert other.pem --key other.key --owner eve@acme.example 2>"$T/other.err"
enroll "${code/7443/7444}" --yes --name acme
is "$rc" 4 'host enroll sends no code to another server, though the same authority vouches for it'
like "$(cat "$T/err")" 'pinned' 'host enroll says that the key is not the pinned one'
unlike "$(cat "$T/other.err")" 'machines/enroll' 'the other server has heard nothing'
enroll "${code%% --pin*}" --yes --name acme
is "$rc" 4 'host enroll refuses a private authority without a pin'
like "$(cat "$T/err")" 'certificate.*' 'host enroll names the certificate'
like "$(cat "$T/err")" 'the line of machine invite has a --pin' 'host enroll says where a pin comes from'
enroll "orgadmin host enroll --url $URL --code mach_00000000000000000000:$(printf '%043d' 0) --pin ${code##* }" --yes
is "$rc" 1 'host enroll refuses a code that there is not'
for wrong in "--pin x" "--pin sha256//AAAA"; do
    enroll "${code%% --pin*} $wrong" --yes
    is "$rc" 2 "host enroll refuses $wrong"
done
enroll "$code" --token-file /root/people/olga/token --yes
is "$rc" 2 'host enroll takes a code or a token'
sed -i 's/^group:.*/group: org files/' /etc/nsswitch.conf
enroll "$code" --yes --name acme
is "$rc" 3 'host enroll refuses an nsswitch.conf that asks orglogin before the files'
like "$(cat "$T/err")" '/etc/nsswitch.conf, group: ' 'host enroll names the line'
sed -i 's/^group:.*/group:          files systemd/' /etc/nsswitch.conf
as_before 'what was refused has changed nothing'
is "$(ls /etc/orglogin)" '' 'what was refused has written nothing'
is "$(by olga machine list --org Acme -o json | jq -r '.[] | "\(.name) \(.enrolled)"')" 'web01 null' 'what was refused has not used the code'

# --- it works ---
enroll "$code" --name acme
is "$rc" 2 'host enroll without a terminal wants --yes'
like "$(cat "$T/err")" 'would publish: 3 users' 'host enroll tells who would be published before it asks'
for line in '1 owner \(olga\): every service; no sudo' '1 admin \(ada\): every service; no sudo' '1 member \(mia\): sshd, login, cron, systemd-user; no sudo'; do
    like "$(cat "$T/err")" "^acme: $line\$" "host enroll tells of each role what it may do: $line"
done
as_before 'host enroll without an answer has changed nothing of the system'
is "$(cd /var/lib/orglogin && echo *)" 'kept' 'host enroll without an answer leaves no numbers of members, and what the code gave'
is "$(cd /var/lib/orglogin/kept && echo ./*) $(stat -c '%U %a' /var/lib/orglogin/kept)" './acme.ca.pem ./acme.token ./code ./orglogin.conf root 700' 'that is the token, the authority, the configuration and the code, for root alone'
like "$(cat "$T/err")" '^Nobody gets sudo: "sudo" in /etc/orglogin/orglogin.conf gives it' 'host enroll says where sudo comes from'
like "$(cat "$T/err")" '/var/lib/orglogin/kept: .* orgadmin host enroll goes on from there, without another code' 'host enroll says where that is'
cp -p /etc/passwd "$T/passwd"; echo 'mia:x:4711:4711::/nonexistent:/bin/sh' >>/etc/passwd
cp /var/lib/orglogin/kept/orglogin.conf "$T/conf"
sed -i 's/^# sudo/sudo/; s/^groups = (/&{ name = "adm"; local = true; org = "acme"; roles = ["admin"]; },/' /var/lib/orglogin/kept/orglogin.conf
enroll 'orgadmin host enroll'
is "$rc" 2 'host enroll without a code and an answer goes on from there, and wants --yes'
like "$(cat "$T/err")" 'mia.*the machine has a user or group of that name' 'host enroll names a member whose name a local user has'
like "$(cat "$T/err")" '^acme: 1 admin \(ada\): every service; sudo ALL without a password; local group adm$' 'host enroll tells who gets sudo and a local group, also by an edited configuration'
like "$(cat "$T/err")" 'Warning: .*local group adm are as good as root' 'host enroll warns of a group that is as good as root'
cp -p "$T/passwd" /etc/passwd; cp "$T/conf" /var/lib/orglogin/kept/orglogin.conf
as_before 'it leaves the machine as it was once more'
enroll "$code" --yes --name acme
is "$rc" 0 'the same line goes on with what its code gave'
is "$(by olga machine show web01 --org Acme -o json | jq -r .refused)" 0 'without using the code again'
is "$(ls -d /var/lib/orglogin/kept 2>&1)" "ls: cannot access '/var/lib/orglogin/kept': No such file or directory" 'nothing is kept of an enrollment that has ended well'
[ "$rc" = 0 ] || diag "$(cat "$T/err"; orgadmin host doctor)"
like "$(cat "$T/err")" 'done: proved: a stranger is refused' 'host enroll proves what it did'
like "$(cat "$T/err")" 'the local account larry can become root' 'host enroll names the way in'
is "$(as mia id -un) $(as ada id -un)" 'mia ada' 'members log in'
is "$(as larry id -un) $(as root id -un) $(as stranger id -un)" 'larry root ' 'local users and root log in, a stranger does not'
is "$(cat /etc/orglogin/acme.ca.pem)" "$(cat ca.pem)" 'the authority is where the fetcher reads it'
like "$(cat $CONF)" 'ca_file = "/etc/orglogin/acme.ca.pem";' 'the configuration names the authority'
is "$(stat -c '%a' /etc/orglogin/acme.token)" 600 'the token is for root alone'
is "$(by olga machine show web01 --org Acme -o json | jq -r '"\(.enrolled != null) \(.refused)"')" 'true 0' 'the organization knows the machine'
is "$(by olga token list --org Acme -o json | jq -r '[.[] | .name + "/" + .role] | join(" ")')" 'web01/member' 'the machine has one token'
is "$(find /var/lib/orglogin -name 'enroll*' | wc -l) $(find /etc/systemd -name 'orglogin-enroll*')" '0 ' 'no journal is left'
# a copy of this machine's disk, with another state
unshare -m bash -c 'mount -t tmpfs copy /var/lib/orglogin && mount -t tmpfs copy /run/orglogin && chmod 755 /var/lib/orglogin /run/orglogin && exec orgsyncd' >/dev/null 2>&1 & copy=$!
changes() { by olga member role mia admin --org Acme; sleep 0.5; by olga member role mia member --org Acme; sleep 0.5; by olga machine show web01 --org Acme -o json | jq -e .shared; }
ok 'a copy of the machine that asks by its token is seen' wait_for 30 changes
like "$(by olga audit list --org Acme --action token.shared -o json | jq -r '.[0] | "\(.actor_name) \(.detail)"')" 'web01 two machines use it' 'the audit log has it'
kill $copy
enroll "$code" --yes --name acme
is "$rc" 1 'the line does not work twice'
like "$(cat "$T/err")" '403 code_used' 'host enroll says that the code was used'
is "$(by olga machine show web01 --org Acme -o json | jq -r .refused)" 1 'who made the code sees the second use'
like "$(by olga audit list --org Acme --action machine.refuse -o json | jq -r '.[0].detail')" 'the code was used from' 'the audit log has the second use'
system >"$T/enrolled"
enroll 'orgadmin host enroll --yes'
is "$rc" 0 'host enroll can be repeated'
system >"$T/after"; ok 'host enroll again changes nothing' cmp "$T/enrolled" "$T/after"

# --- and back ---
echo '# mine' >>/etc/nsswitch.conf
cp /usr/share/doc/orglogin/pam.d/passwd /etc/pam.d/passwd # as the doctor advises
setsid setpriv --reuid=mia --regid="$(id -g mia)" --clear-groups sleep 60 & sleeper=$!
orgadmin host unenroll </dev/null >"$T/out" 2>"$T/err"
is "$?" 2 'host unenroll without a terminal wants --yes'
orgadmin host unenroll --yes </dev/null >"$T/out" 2>"$T/err"
is "$?" 0 'host unenroll --yes needs no terminal'
like "$(cat "$T/err")" 'home directories of 2 members' 'host unenroll tells of the homes that stay'
like "$(cat "$T/err")" "processes of members go on: mia \\(" 'host unenroll names who still has a process'
like "$(cat "$T/err")" 'orgadmin machine revoke' 'host unenroll tells who ends the token'
kill $sleeper
is "$(tail -1 /etc/nsswitch.conf)" '# mine' 'host unenroll keeps what others have changed'
sed -i '$d' /etc/nsswitch.conf
unlike "$(cat /etc/pam.d/passwd)" '^[^#]*pam_org' "host unenroll takes out what the doctor's advice put in"
sed -i '/^#.*pam_org\|^# shell, \|^# name, \|^# change, /d' /etc/pam.d/passwd
grep -v passwd "$T/before" >"$T/b"; system | grep -v passwd >"$T/a"
diff "$T/b" "$T/a" >"$T/diff"; is "$? $(cat "$T/diff")" '0 ' 'host unenroll leaves the machine as it was'
is "$(ls -A /etc/orglogin)" '' 'host unenroll leaves no token'
is "$(as larry id -un) $(as root id -un) $(as ada id -un)" 'larry root ' 'after host unenroll local users log in and members do not'
orgadmin host unenroll --yes </dev/null >"$T/out" 2>"$T/err"
is "$?" 0 'host unenroll can be repeated'
system >"$T/before"

# --- what fails is undone ---
# in_vain WHAT: the last enroll failed, and the machine is as before
in_vain() {
    cp "$T/err" "$T/said"
    isnt "$rc" 0 "host enroll fails $1"
    as_before "host enroll that fails $1 leaves the system as it was"
    is "$(find /var/lib/orglogin -name 'enroll*' | wc -l) $(as larry id -un)" '0 larry' "host enroll that fails $1 leaves no journal, and local users log in"
}
isnt() { if [ "$1" != "$2" ]; then pass "$3"; else fail "$3"; diag "got: $1"; fi; }
enroll "$(line)" --yes --name acme
is "$rc" 0 'a machine comes back with another code'
orgadmin host unenroll --yes 2>/dev/null; system >"$T/before"
enroll "$(line)" --print --name acme
is "$rc" 0 'host enroll --print takes a code, too'
cp /etc/pam.d/common-account "$T/common-account"; sed -i '/pam_unix/s/new_authtok_reqd=done //' /etc/pam.d/common-account; system >"$T/before"
enroll 'orgadmin host enroll --yes'; in_vain 'because common-account was changed by hand'
like "$(cat "$T/said")" 'if they were changed by hand' 'host enroll says what to do by hand'
cp "$T/common-account" /etc/pam.d/common-account; system >"$T/before"
cp /etc/pam.d/su "$T/su"; sed -i '1i account sufficient pam_permit.so' /etc/pam.d/su; system >"$T/before"
enroll 'orgadmin host enroll --yes'; in_vain 'because su lets strangers in'
like "$(cat "$T/said")" 'PAM su ' 'host enroll names the service'
cp "$T/su" /etc/pam.d/su; system >"$T/before"
mv /usr/sbin/sshd /usr/sbin/sshd.away
enroll 'orgadmin host enroll --yes'; is "$rc" 0 'host enroll succeeds without an sshd'
[ "$rc" = 0 ] || diag "$(cat "$T/err")"
ok 'without an sshd there are no settings for it' test ! -e /etc/ssh/sshd_config.d/orglogin.conf
mv /usr/sbin/sshd.away /usr/sbin/sshd
# --- a token that only root's login has made ---
orgadmin host unenroll --yes 2>/dev/null
sed -i '/etc.orglogin./d' "$T/before" # --print had left the configuration
as_before 'host unenroll of a machine without an sshd leaves it as it was'
sed -i '1i account sufficient pam_permit.so' /etc/pam.d/su; system >"$T/before"
enroll 'by olga host enroll --org Acme --yes --name acme'; in_vain 'of a login because su lets strangers in'
is "$(by olga token list --org Acme -o json | jq -r '[.[] | select(.name | startswith("host ")) | .name] | join(" ")')$(ls -d /var/lib/orglogin/kept 2>/dev/null)" '' 'the token that a login made is ended, and nothing is kept'
cp "$T/su" /etc/pam.d/su; system >"$T/before"

# --- killed ---
# lives WHEN: nobody is kept out
lives() {
    local wrong=
    su root -c true || wrong+=' su-root'; su larry -s /bin/sh -c true || wrong+=' su-larry'; id larry >/dev/null || wrong+=' id'; /usr/sbin/sshd -t || wrong+=' sshd'
    wait_for 5 larry_by_ssh || wrong+=' ssh' # sshd that has just been told to read its configuration anew does not listen for a moment
    [ -z "$wrong" ] || { locked+=" $1:$wrong"; }
}
larry_by_ssh() { [ "$(as larry id -un)" = larry ]; }
compare() { system >"$T/after"; cmp -s "$T/before" "$T/after" || { bad+=" $1"; diff "$T/before" "$T/after" >"$T/diff.$1"; }; }
undone() { orgadmin host unenroll --unfinished >/dev/null 2>"$T/err" || bad+=" $1:rc"; compare "$1"; }
told() { [ -z "$bad" ] || diag "$(head -50 "$T"/diff.*)"; rm -f "$T"/diff.*; }
# What a code gave is what the next enrollment goes on from; given is that of a code that was spent.
forget
enroll "$(line)" --name acme
mv /var/lib/orglogin/kept "$T/kept"
given() { rm -rf /var/lib/orglogin/* && cp -a "$T/kept" /var/lib/orglogin/kept; }
enrolled() { grep -q ' org$' /etc/nsswitch.conf; }
killed=0 bad='' locked='' whole=0 count=$(answers) lost=''
ROUNDS=${ROUNDS:-8}; [ -z "${LONG:-}" ] || ROUNDS=50
given; start_ms=$(date +%s%3N); orgadmin host enroll --yes >/dev/null 2>&1; length=$(($(date +%s%3N) - start_ms))
start_ms=$(date +%s%3N); orgadmin host unenroll --yes >/dev/null 2>&1; back=$(($(date +%s%3N) - start_ms))
# moment I OF MS: of these milliseconds, in seconds
moment() { awk -v i="$1" -v n="$2" -v l="$3" 'BEGIN { printf "%.3f", l / 1000 * i / (n + 1) }'; }
for ((i = 1; i <= ROUNDS; i++)); do
    given
    setsid orgadmin host enroll --yes >/dev/null 2>&1 & pid=$!
    sleep "$(moment $i "$ROUNDS" "$length")"
    if [ $((i % 2)) = 0 ]; then kill -9 -- -$pid; else kill -9 $pid; fi 2>/dev/null
    wait $pid 2>/dev/null
    lives "$i"
    if [ -e /var/lib/orglogin/enroll ]; then
        killed=$((killed + 1))
        [ $((i % 3)) != 0 ] || { timeout -s KILL 0.0$((i % 9 + 1)) orgadmin host unenroll --unfinished >/dev/null 2>&1; lives "$i again"; }
        undone "$i"
        cmp -s "$T/kept/acme.token" /var/lib/orglogin/kept/acme.token || lost+=" $i"
    elif enrolled; then
        whole=$((whole + 1)); orgadmin host unenroll --yes 2>/dev/null
    fi
done
is "$bad" '' "host enroll that is killed is undone ($killed of $ROUNDS in the middle, $whole had ended)"; told
is "$locked" '' 'no kill keeps root or a local user out'
is "$lost" '' 'no kill loses what the code gave'
ok 'kills come while something is to be undone' test $killed -ge $((ROUNDS / 3))
is "$(answers)" "$count" 'debconf has as many answers as before'
# at renames that orgadmin, pam-auth-update and debconf make: each process at its own of that number
renames() { strace -f -qq -o "$T/strace" -e trace=rename,renameat,renameat2 -e inject=rename,renameat,renameat2:signal=KILL:when="$1" timeout 60 orgadmin "${@:2}" >/dev/null 2>&1; }
bad='' locked=''
points=(1 3 9); [ -z "${LONG:-}" ] || points=({1..16})
for i in "${points[@]}"; do
    given
    renames "$i" host enroll --yes
    lives "rename $i"
    [ -e /var/lib/orglogin/enroll ] || ! enrolled || orgadmin host unenroll --yes 2>/dev/null
    undone "rename$i"
done
is "$bad$locked $(answers)" " $count" 'a kill at a rename is undone'; told
# a machine that is given back, again until that ends well
bad='' locked='' killed=0
gives_back() {
    lives "$1"
    ! [ -e /etc/orglogin/orglogin.conf ] || killed=$((killed + 1))
    orgadmin host unenroll --yes >/dev/null 2>"$T/err" || bad+=" $1:rc"
    compare "$1"
    [ -z "$(ls -d /etc/orglogin/* /var/lib/orglogin/kept 2>/dev/null)" ] || bad+=" $1:left"
}
step=2; [ -z "${LONG:-}" ] || step=1
for ((i = 1; i <= ROUNDS; i += step)); do
    given; orgadmin host enroll --yes >/dev/null 2>&1
    setsid orgadmin host unenroll --yes >/dev/null 2>&1 & pid=$!
    sleep "$(moment $i "$ROUNDS" "$back")"
    if [ $((i % 2)) = 0 ]; then kill -9 $pid; else kill -9 -- -$pid; fi 2>/dev/null
    wait $pid 2>/dev/null
    gives_back "unenroll$i"
done
points=(2 6 9); [ -z "${LONG:-}" ] || points=({1..16})
for i in "${points[@]}"; do
    given; orgadmin host enroll --yes >/dev/null 2>&1
    renames "$i" host unenroll --yes
    gives_back "unrename$i"
done
is "$bad$locked $(answers)" " $count" "host unenroll that is killed ends well when it is run again ($killed in the middle)"; told
ok 'kills come while something is to be given back' test $killed -ge 3
given; enroll 'orgadmin host enroll --yes'
is "$rc $(as mia id -un)" '0 mia' 'after all the kills host enroll ends well'
orgadmin host unenroll --yes 2>/dev/null

# --- a full disk: /etc and /var on one, with ever more pages free ---
bad='' locked='' full=0
given
mkdir "$T/disk" && mount -t tmpfs -o size=64m disk "$T/disk"
disk=(/etc /var/lib/orglogin /var/lib/pam /var/cache/debconf)
for directory in "${disk[@]}"; do
    mkdir -p "$T/disk$directory"; cp -a "$directory/." "$T/disk$directory/"; mount --bind "$T/disk$directory" "$directory"
done
fill() { rm -f "$T/disk/fill"; head -c 64M /dev/zero >"$T/disk/fill" 2>/dev/null; truncate -s -$(($1 * 4096)) "$T/disk/fill"; }
step=18; [ -z "${LONG:-}" ] || step=1
for ((i = 0; i <= 400; i += step)); do
    given; fill "$i"
    enroll 'orgadmin host enroll --yes'
    lives "full$i"
    if [ "$rc" = 0 ]; then break; fi
    full=$((full + 1))
    compare "full$i"
    [ ! -e /var/lib/orglogin/enroll ] || bad+=" full$i:journal"
    rm -f "$T/disk/fill"
    cmp -s "$T/kept/acme.token" /var/lib/orglogin/kept/acme.token || bad+=" full$i:kept"
done
is "$rc $bad$locked" '0 ' "host enroll with a full disk is undone, while it is full ($full times)"; told
ok 'the disk is full at many moments' test $full -ge 4
rm -f "$T/disk/fill"
bad='' locked=''
for ((i = 0; i <= 27; i += step)); do
    fill "$i"
    orgadmin host unenroll --yes >/dev/null 2>"$T/err"; rc=$?
    lives "full$i"
    rm -f "$T/disk/fill"
    orgadmin host unenroll --yes >/dev/null 2>"$T/err" || bad+=" unfull$i:rc"
    compare "unfull$i"
    given; enroll 'orgadmin host enroll --yes'; [ "$rc" = 0 ] || bad+=" unfull$i:again"
done
is "$bad$locked" '' 'host unenroll with a full disk keeps nobody out, and ends well when there is room'; told
orgadmin host unenroll --yes 2>/dev/null
for directory in "${disk[@]}"; do umount "$directory"; done
umount "$T/disk"
as_before 'the machine is as it was'

# --- another organization's code, and a code by a stranger ---
forget
by olga machine invite web02 --org Beta --numbers '70000-79999 wyhash' >/dev/null 2>&1
enroll "$(line web01 Beta)" --yes --name beta
is "$rc" 0 "a code of another organization leads to that organization"
is "$(as mia id -un)" '' "and its members are let in, no others"
is "$(grep -c 'range = \[70000, 79999\]; # as on the other hosts' $CONF) $(grep -c 'placement = "wyhash";' $CONF)" '1 1' 'the configuration has the range and the placement of the fleet'
is "$(id -u olga)" "$(getent -s org passwd olga | cut -d: -f3)" 'its owner has a number'
ok 'the number is in the range of the fleet' test "$(id -u olga)" -ge 70000 -a "$(id -u olga)" -le 79999
orgadmin host unenroll --yes 2>/dev/null
kill $starter
done_testing

# What openssl would make, for 127.0.0.1 and a hundred years; the keys open nothing else.
# ca.pem
# -----BEGIN CERTIFICATE-----
# MIIBcTCCARegAwIBAgIUVDoMtetqaZxHKPDevRsPN+ZL+7MwCgYIKoZIzj0EAwIw
# DTELMAkGA1UEAwwCY2EwIBcNMjYxMTI2MTYwOTM5WhgPMjEyNjExMDIxNjA5Mzla
# MA0xCzAJBgNVBAMMAmNhMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE54t0L7lx
# /uELJmF9/BaQwsmLQU5aW3RZq+EkbhJxfSoefAmZvaqXjjcz/PfcOpxVbSJXyxIU
# F8GunPCeYe9iXaNTMFEwHQYDVR0OBBYEFCi2IDGzXnoHtYvLTpLtnDBpg2MEMB8G
# A1UdIwQYMBaAFCi2IDGzXnoHtYvLTpLtnDBpg2MEMA8GA1UdEwEB/wQFMAMBAf8w
# CgYIKoZIzj0EAwIDSAAwRQIgKkufHMs9htrKiQVon+IPhLlL/1IdWzCqmuyjyiA9
# 0akCIQDB81YIzyUIbAXzR0v688pAoz1kssSkrSqOf0m0/Dp+sA==
# -----END CERTIFICATE-----
# server.pem
# -----BEGIN CERTIFICATE-----
# MIIBYjCCAQigAwIBAgIBBzAKBggqhkjOPQQDAjANMQswCQYDVQQDDAJjYTAgFw0y
# NjExMjYxNjA5MzlaGA8yMTI2MTEwMjE2MDkzOVowETEPMA0GA1UEAwwGc2VydmVy
# MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE9E+0CwrbyyQ20QJrVu0R4T7OgNLo
# YsHVGw4zQ/n4RYxA5WHXjjd7lN9Hq4QpM5eQ0tyEJVlUikCKeNl0yOjDq6NTMFEw
# DwYDVR0RBAgwBocEfwAAATAdBgNVHQ4EFgQUOzpbfYQPjCkxl+QbAO+qXNF5QKMw
# HwYDVR0jBBgwFoAUKLYgMbNeege1i8tOku2cMGmDYwQwCgYIKoZIzj0EAwIDSAAw
# RQIhAKFg2w82B/NARpgGQ3GZQiYWbMtBkuYQ2DLLUtrqgoooAiBOeJ0+S10QJcqJ
# GVieDDPG1vNyIR/EVqN+2ZPlieyJhg==
# -----END CERTIFICATE-----
# server.key
# -----BEGIN PRIVATE KEY-----
# MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgPCEuOu3wjt6c14Uw
# JRlioYxaWRL6Cs962RnG5DJvTvmhRANCAAT0T7QLCtvLJDbRAmtW7RHhPs6A0uhi
# wdUbDjND+fhFjEDlYdeON3uU30erhCkzl5DS3IQlWVSKQIp42XTI6MOr
# -----END PRIVATE KEY-----
# other.pem
# -----BEGIN CERTIFICATE-----
# MIIBYTCCAQegAwIBAgIBBzAKBggqhkjOPQQDAjANMQswCQYDVQQDDAJjYTAgFw0y
# NjExMjYxNjA5MzlaGA8yMTI2MTEwMjE2MDkzOVowEDEOMAwGA1UEAwwFb3RoZXIw
# WTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAATChIlvrDqWqHVs2FdvgRPQFUT1yt2i
# 4PadkvKVYt9jzWUdZact9bcKGfknJ9IfR137PTPvcvyFiFUqo/+oAGjYo1MwUTAP
# BgNVHREECDAGhwR/AAABMB0GA1UdDgQWBBQYmFoZ8OgkKJAhG7f8zJBxN7hyfDAf
# BgNVHSMEGDAWgBQotiAxs156B7WLy06S7ZwwaYNjBDAKBggqhkjOPQQDAgNIADBF
# AiEAj3dXQTy7jbtNYxSEgDNt+pqH6ppN0Y9erxPnBaEuI+kCIEgFjlvuwdPDugoU
# wXKU+eQSxob+R2PbZVcfNKVhueP5
# -----END CERTIFICATE-----
# other.key
# -----BEGIN PRIVATE KEY-----
# MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgHMXWT26dx7dqEu/o
# MYIKVsXnp9PgD3KsuigtG/vWPVmhRANCAATChIlvrDqWqHVs2FdvgRPQFUT1yt2i
# 4PadkvKVYt9jzWUdZact9bcKGfknJ9IfR137PTPvcvyFiFUqo/+oAGjY
# -----END PRIVATE KEY-----
