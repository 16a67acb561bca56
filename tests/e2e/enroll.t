#!/bin/bash
# host enroll: one command makes a fresh machine one of an organization's; what it says is left to do is done to the letter, and a
# member logs in. It can be repeated and undone, and what fails leaves nothing behind.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../lib/root.sh"
inside_root
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/host.sh"

URL=http://127.0.0.1:7400
TOKEN=/etc/orglogin/acme.token

# The machine before orglogin, as Debian has it; sshd takes root's keys already, and members' where root puts them.
sed -i 's/ org$//' /etc/nsswitch.conf
export DEBIAN_FRONTEND=noninteractive
pam-auth-update --package --force
sed -i '/pam_org\|pam_mkhomedir/d' /etc/pam.d/sshd
rm /etc/ssh/sshd_config.d/orglogin.conf
rm -f /etc/orglogin/*
# systemctl as far as the steps want it
cat >/usr/local/sbin/systemctl <<'SYSTEMCTL'
#!/bin/bash
case $* in
'enable --now orgsyncd') setsid orgsyncd </dev/null >/dev/null 2>>/var/log/orgsyncd.log & ;;
'reload orgsyncd') kill -HUP "$(pgrep -o -x orgsyncd)" ;;
'reload ssh') kill -HUP "$(cat /run/sshd.pid)" ;;
'disable --now orgsyncd') kill "$(pgrep -o -x orgsyncd)" ;;
*) echo "systemctl $*: not known here" >&2; exit 1 ;;
esac
SYSTEMCTL
chmod +x /usr/local/sbin/systemctl

start_syslog
start_sshd
new_key stranger larry root
useradd --create-home --shell /bin/bash larry
mkdir -p /var/lib/orgd /run/orgd /root/people/olga
orgd --data /var/lib/orgd/orgd.db --socket /run/orgd/orgd.sock --listen 127.0.0.1:7400 --owner olga@acme.example --attempts 60000 \
    >/root/orgd.out 2>/var/log/orgd.log &
wait_for 10 grep -q '^listening on 127' /root/orgd.out
(umask 077 && sed -n 2p /root/orgd.out >/root/people/olga/token)
ok 'the owner logs in' by olga login --url $URL --token-file /root/people/olga/token
ok 'the owner makes an organization' by olga org create 'Acme Corp.'
# The members' keys are given to the organization, and nothing is copied to the host.
joins_with_key() {
    ssh-keygen -q -t ed25519 -N '' -C "$1" -f "/root/keys/$1"
    by olga invitation create "$1@acme.example" --role "$2" --out "/root/people/$1.invitation" &&
        by "$1" invitation accept --url $URL --token-file "/root/people/$1.invitation" --username "$1" --key "/root/keys/$1.pub"
}
joins_with_key ada admin >/dev/null 2>&1
joins_with_key mia member >/dev/null 2>&1
system_files() { cat /etc/nsswitch.conf /etc/pam.d/* /etc/passwd /etc/group /etc/ssh/sshd_config /etc/ssh/sshd_config.d/* /etc/sudoers.d/* | sha256sum; }
before=$(system_files)
tokens() { by olga token list -o json | jq -r '[.[] | .name + "/" + .role] | sort | join(" ")'; }

# enroll PERSON [OPTION...]: its exit status is $rc; what it prints is in $T/steps and $T/err
enroll() {
    by "$1" host enroll --print "${@:2}" >"$T/steps" 2>"$T/err"
    rc=$?
}
# in_vain STATUS PATTERN WHAT: it failed, said why, and left nothing
in_vain() {
    is "$rc $(wc -c <"$T/steps")" "$1 0" "host enroll with $3 exits $1 without steps"
    like "$(cat "$T/err")" "$2" "host enroll with $3 names the reason"
    is "$(ls -A /etc/orglogin) $(tokens)" " " "host enroll with $3 leaves no file and no token"
}

# --- what fails ---
(umask 077 && echo live_aaaaaaaaaaaaaaaaaaaa:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA >"$T/bad")
enroll nobody
in_vain 3 'not logged in' 'no login'
enroll nobody --url $URL --token-file "$T/bad"
in_vain 1 '401 unauthorized' 'a bad token'
enroll olga --url http://127.0.0.1:7499 --token-file "$T/bad"
in_vain 4 'check that the server runs' 'an API that cannot be reached'
enroll olga --org none
in_vain 1 'no organization "none"' 'an unknown organization'
enroll mia
in_vain 1 '403 forbidden.*ask an owner' 'the login of a plain member'
sed -i 's/^orgsync:/orgsink:/' /etc/passwd
enroll olga
in_vain 3 'no user "orgsync".*' 'no user orgsync'
sed -i 's/^orgsink:/orgsync:/' /etc/passwd
chmod 644 /root/people/olga/token
enroll nobody --url $URL --token-file /root/people/olga/token
in_vain 3 'readable by group or others' 'a token file that others can read'
chmod 600 /root/people/olga/token
enroll olga --name 'Acme Corp'
in_vain 2 '"Acme Corp" cannot be the name' 'a name with a blank'
(umask 077 && echo x >/etc/orglogin/acme-corp.token)
enroll olga
is "$rc" 3 'host enroll refuses to overwrite a token file'
like "$(cat "$T/err")" 'acme-corp.token exists already.*--name' 'host enroll names the token file that exists'
is "$(cat /etc/orglogin/acme-corp.token) $(tokens)" "x " 'host enroll neither sends nor overwrites an existing token file'
rm /etc/orglogin/acme-corp.token
su -s /bin/sh larry -c "orgadmin host enroll --print --url $URL" >"$T/steps" 2>"$T/err"
rc=$?
in_vain 1 'requires root.*sudo' 'a user other than root'

# --- it works ---
enroll olga --name acme
is "$rc" 0 'host enroll by an owner succeeds'
is "$(stat -c '%U %a %n' /etc/orglogin/*)" "root 600 $TOKEN
root 644 $CONF" 'host enroll writes a token of mode 600 and a configuration'
is "$(tokens)" "host host/member" 'host enroll makes a token of the host with the role member'
like "$(cat "$T/err")" '^acme: listed$' 'host enroll tries the configuration with orgsyncd'
like "$(cat "$T/err")" 'would publish: 3 users \(3 active\), 2 groups' 'host enroll tells how many users and groups would be published'
ok 'host enroll prints its steps as a shell script' bash -n "$T/steps"
is "$(system_files)" "$before" 'host enroll changes no file of the system'
like "$(cat $CONF)" 'range = \[2000400000, 2147483645\];' 'host enroll writes the range into the configuration'
like "$(cat $CONF)" 'placement = "blake2b";' 'host enroll writes the placement into the configuration'
like "$(cat "$T/steps")" "sed -E -i.before-orglogin 's/\^\(passwd\|group\|shadow\):" 'the steps of host enroll change nsswitch.conf'
unlike "$(cat "$T/steps")" 'initgroups|authselect' 'the steps of host enroll touch neither initgroups nor authselect'
like "$(cat "$T/steps")" '^DEBIAN_FRONTEND=noninteractive pam-auth-update --enable orglogin$' 'the steps of host enroll enable the PAM profile'
like "$(cat "$T/steps")" 'systemctl enable --now orgsyncd' 'the steps of host enroll start orgsyncd'
like "$(cat "$T/steps")" "^sed 's/\^Match Group acme\\$/Match Group acme/' /usr/share/doc/orglogin/sshd_config.example >/etc/ssh/sshd_config.d/orglogin.conf\$" \
    'the steps of host enroll tell sshd of the keys of members'
like "$(cat "$T/steps")" "^sed -i 's/\^# sudo = /sudo = /' $CONF\$" 'the steps of host enroll switch sudo on'
unlike "$(cat $CONF)" '^sudo' 'host enroll by itself gives nobody sudo'
like "$(tail -1 "$T/steps")" '^orgadmin host doctor$' 'the steps of host enroll end with host doctor'

sed '$d' "$T/steps" >"$T/todo"
ok 'the steps of host enroll run without error' bash -e "$T/todo"
# shellcheck disable=SC2317,SC2329 # called by wait_for
known() { getent passwd "$1"; }
ok 'the members are known after the steps of host enroll' wait_for 10 known mia
orgadmin host doctor -o json >"$T/json" 2>"$T/err"
is "$? $(jq -r '[.[] | select(.result != "ok") | "\(.result) \(.check)"] | join(";")' "$T/json")" "0 " 'host doctor finds nothing after the steps of host enroll'
is "$(as mia id -un)" mia 'sshd admits a member of the enrolled host'
is "$(as mia stat -c "'%U %a'" /home/mia)" 'mia 700' 'sshd of the enrolled host makes a home directory of mode 700'
is "$(grep -v '^#' /etc/pam.d/common-account | xargs -n 1)" "$(grep -v '^#' /usr/share/doc/orglogin/pam.d/common-account | xargs -n 1)" \
    'the enrolled host has the shipped common-account stack'
as_sudo() { as "$1" sudo -n id -un; }
is "$(as_sudo ada) $(as_sudo mia)" 'root ' 'sudo of the enrolled host serves an admin, and no plain member'
like "$(cat /etc/sudoers.d/orglogin)" '^%#[0-9]+ ALL=\(ALL:ALL\) NOPASSWD: ALL$' 'the enrolled host has one rule for sudo'
is "$(as ada id -Gn | tr ' ' '\n' | grep -c '^acme')" 2 'an admin of the enrolled host is in both groups'
is "$(as larry id -un) $(as root id -un)" 'larry root' 'local users of the enrolled host log in as before'
is "$(as stranger id -un)" '' 'sshd of the enrolled host refuses a stranger'
is "$(setpriv --reuid=mia --regid="$(id -g mia)" --init-groups sudo -n id -un 2>/dev/null)" '' 'sudo of the enrolled host refuses a plain member'
ok 'the owner removes a member' by olga member remove mia --yes
# shellcheck disable=SC2317,SC2329 # called by wait_for
refused() { [ -z "$(as mia id -un)" ]; }
ok 'sshd of the enrolled host refuses the removed member' wait_for 10 refused

# --- again ---
sums=$(sha256sum $CONF $TOKEN)
enroll olga
is "$rc $(grep -vc '^#\|^$' "$T/steps") $(tail -1 "$T/steps")" "0 1 orgadmin host doctor" 'host enroll of an enrolled host prints host doctor alone'
like "$(cat "$T/err")" 'holds a valid token and is not changed' 'host enroll of an enrolled host keeps a good token'
is "$(sha256sum $CONF $TOKEN)" "$sums" 'host enroll of an enrolled host keeps configuration and token unchanged'
is "$(tokens)" "host host/member" 'host enroll of an enrolled host makes no token'
enroll olga --name other
is "$rc" 2 'host enroll refuses another name for an enrolled organization'
key=$(by olga token list -o json | jq -r '.[0].key')
by olga token revoke "$key" --yes 2>/dev/null
# shellcheck disable=SC2317,SC2329 # called by wait_for
away() { orgadmin host doctor -o json 2>/dev/null | jq -e '.[] | select(.check == "organization acme") | .result == "failure"'; }
ok 'host doctor finds a revoked token' wait_for 30 away
like "$(orgadmin host doctor -o json 2>/dev/null | jq -r '.[] | select(.check == "organization acme") | .found + " -> " + .advice')" \
    ' 401 .*no longer valid: orgadmin host enroll' 'host doctor advises host enroll for a revoked token'
enroll olga
is "$rc $(tokens)" "0 host host/member" 'host enroll replaces a revoked token'
like "$(cat "$T/steps")" '^orgsyncd --check && systemctl reload orgsyncd$' 'the steps of host enroll reload orgsyncd for a new token'
bash -e "$T/steps" >"$T/out" 2>&1
# shellcheck disable=SC2317,SC2329 # called by wait_for
fine() { orgadmin host doctor 2>/dev/null >&2; }
ok 'host doctor finds nothing after the new token' wait_for 30 fine
is "$(sha256sum $CONF)" "$(head -1 <<<"$sums")" 'host enroll of a new token keeps the configuration'

# --- a configuration of the administrator's own ---
ok 'the owner makes a second organization' by olga org create Beta
printf '\n# mine\n' >>$CONF
sums=$(sha256sum $CONF)
enroll olga --org Beta
is "$rc $(sha256sum $CONF)" "0 $sums" 'host enroll of a second organization keeps an edited configuration'
like "$(cat "$T/steps")" '^#    name = "beta";$' 'host enroll of a second organization prints the block to add'
like "$(cat "$T/steps")" '^#    range = \[1879048192, 2000199999\];$' 'host enroll of a second organization prints a range of its own'
sed -n '/^#  {$/,/^#  }$/s/^#//p' "$T/steps" >"$T/block"
sed -i -e "/^organizations = (/r $T/block" $CONF
sed -i '0,/^  }$/s//  },/' $CONF
sed -i 's|^groups = (|&{ name = "beta"; org = "beta"; everyone = true; },|' $CONF
sed -i 's|^access = (|&{ services = ["sshd"]; org = "beta"; everyone = true; },|' $CONF
ok 'orgsyncd --check accepts the added block' orgsyncd --check
ok 'the steps of host enroll of a second organization run without error' bash -e "$T/steps"
is "$(orgadmin host status -o json | jq -r '[.[].organization] | sort | join(" ")')" 'acme beta' 'orgsyncd serves both organizations'
echo 'x = ' >>$CONF
sums=$(sha256sum /etc/orglogin/*)
enroll olga --org Beta
is "$rc $(sha256sum /etc/orglogin/*)" "3 $sums" 'host enroll with an unsound configuration touches no file'
like "$(cat "$T/err")" 'orgsyncd --check says where' 'host enroll with an unsound configuration names orgsyncd --check'

# --- undone, as orgadmin(1) says ---
undo=$(sed -n '/^is not there, these commands/,/^\.Sh/s/^\.Dl # //p' "$TOP/packaging/man/orgadmin.1")
like "$undo" 'nsswitch' 'orgadmin(1) has the commands that undo host enroll'
ok 'the commands that undo host enroll run without error' bash -e <<<"${undo//NAME/acme}"
rm /etc/orglogin/beta.token
is "$(system_files)" "$before" 'the undone enrollment leaves the files of the system as they were'
is "$(ls -A /etc/orglogin)" '' 'the undone enrollment leaves nothing in /etc/orglogin'
is "$(as larry id -un) $(as root id -un) $(as ada id -un)" 'larry root ' 'after the undone enrollment local users log in and members do not'
is "$(find /etc/sudoers.d /etc/ssh/sshd_config.d -name '*orglogin*')" '' 'the undone enrollment leaves no rule for sudo and no setting of sshd'
by olga --org 'Acme Corp.' token list -o json | jq -r '.[].key' >"$T/keys"
while read -r key; do by olga --org 'Acme Corp.' token revoke "$key" --yes 2>/dev/null; done <"$T/keys"

# --- a line initgroups, and authselect ---
rm -rf /var/lib/orglogin/* # as on another machine: this one's ledger has Beta's numbers elsewhere
cp /etc/nsswitch.conf "$T/nsswitch"
echo 'initgroups: files' >>/etc/nsswitch.conf
enroll olga --name acme
ok 'the steps of host enroll run with a line initgroups' bash -ec "$(grep '^sed ' "$T/steps")"
is "$(grep -c '^initgroups' /etc/nsswitch.conf)" 0 'the steps of host enroll remove the line initgroups'
is "$(grep -E '^(passwd|group|shadow)' /etc/nsswitch.conf | xargs)" 'passwd: files systemd org group: files systemd org shadow: files systemd org' 'the steps of host enroll add org to passwd, group and shadow beside initgroups'
mv "$T/nsswitch" /etc/nsswitch.conf
mkdir -p /etc/authselect
enroll olga
like "$(cat "$T/steps")" '^authselect create-profile orglogin --base-on=minimal$' 'host enroll with authselect makes a profile'
unlike "$(cat "$T/steps")" 'pam-auth-update|/etc/nsswitch.conf|sshd. *>>' 'host enroll with authselect changes no other file'
mkdir -p /usr/share/authselect/default/local
enroll olga
like "$(cat "$T/steps")" '^authselect create-profile orglogin --base-on=local$' 'host enroll with authselect of Fedora 40 bases the profile on local'
mkdir -p /usr/share/authselect/vendor/orglogin
enroll olga
is "$(grep authselect "$T/steps" | grep -v '^#')" 'authselect select orglogin' 'host enroll with authselect takes the profile of the package'
rm -r /etc/authselect /usr/share/authselect /etc/orglogin/*
by olga --org 'Acme Corp.' token list -o json | jq -r '.[].key' >"$T/keys"
while read -r key; do by olga --org 'Acme Corp.' token revoke "$key" --yes 2>/dev/null; done <"$T/keys"

# --- a token that somebody else has made ---
ok 'the owner makes a token for a host' by olga --org 'Acme Corp.' token create --name web1 --role member --out "$T/host.token"
enroll nobody --url $URL --token-file "$T/host.token" --name acme
is "$rc" 0 'host enroll with a token made for the host succeeds'
is "$(cat $TOKEN)" "$(cat "$T/host.token")" 'host enroll stores the token made for the host'
is "$(by olga --org 'Acme Corp.' token list -o json | jq length)" 1 'host enroll with a token made for the host makes no other'
rm /etc/orglogin/*

# --- an export ---
by olga --org 'Acme Corp.' member list -o json --all >"$T/export.json"
enroll nobody --provider file --url "$T/export.json" --name acme
is "$rc $(ls /etc/orglogin)" '3 ' 'host enroll refuses an export that the fetcher cannot read'
mkdir /srv/export
cp "$T/export.json" /srv/export/acme.json
cd /srv || exit
enroll nobody --provider file --url export/acme.json --name acme
is "$rc $(ls /etc/orglogin)" '0 orglogin.conf' 'host enroll of an export writes no token'
like "$(cat $CONF)" 'url = "/srv/export/acme.json";' 'host enroll of an export writes an absolute path'
rm -rf $CONF /var/lib/orglogin/*

# --- an API without tokens for hosts, and with options of its own ---
listen "$T/vendor" python3 -B "$TOP/tests/fakes/cratedb.py"
(umask 077 && echo ada-key:ada-secret >"$T/key")
enroll nobody --provider cratedb --url "$heard" --token-file "$T/key" --org acme --region here
is "$rc $(cat $TOKEN)" '0 ada-key:ada-secret' 'host enroll of a vendor stores the given token'
like "$(cat "$T/err")" 'no tokens for hosts' 'host enroll of a vendor says that there are no tokens for hosts'
like "$(cat $CONF)" '^    options = \{ region = "here"; \};$' 'host enroll of a vendor writes its options'
like "$(cat "$T/err")" 'would publish: 3 users \(3 active\)' 'host enroll of a vendor lists the members'
done_testing
