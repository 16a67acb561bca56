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
pam-auth-update --package --force 2>/dev/null
sed -i 's/^auth .*pam_org.so/@include common-auth/; /pam_org\|pam_mkhomedir/d' /etc/pam.d/sshd
rm -f /etc/orglogin/*
# systemctl as far as the steps want it
cat >/usr/local/sbin/systemctl <<'SYSTEMCTL'
#!/bin/bash
case $* in
'enable --now orgsyncd') setsid orgsyncd </dev/null >/dev/null 2>>/var/log/orgsyncd.log & ;;
'reload orgsyncd') kill -HUP "$(pgrep -o -x orgsyncd)" ;;
'disable --now orgsyncd') kill "$(pgrep -o -x orgsyncd)" ;;
*) echo "systemctl $*: not known here" >&2; exit 1 ;;
esac
SYSTEMCTL
chmod +x /usr/local/sbin/systemctl

start_syslog
start_sshd
new_key ada mia stranger larry root
useradd --create-home --shell /bin/bash larry
mkdir -p /var/lib/orgd /run/orgd /root/people/olga
orgd --data /var/lib/orgd/orgd.db --socket /run/orgd/orgd.sock --listen 127.0.0.1:7400 --owner olga@acme.example --attempts 60000 \
    >/root/orgd.out 2>/var/log/orgd.log &
wait_for 10 grep -q '^listening on 127' /root/orgd.out
(umask 077 && sed -n 2p /root/orgd.out >/root/people/olga/token)
ok "olga, the owner, logs in" by olga login --url $URL --token-file /root/people/olga/token
ok "... and makes an organization" by olga org create 'Acme Corp.'
joins olga $URL ada admin >/dev/null 2>&1
joins olga $URL mia member >/dev/null 2>&1
system_files() { cat /etc/nsswitch.conf /etc/pam.d/* /etc/passwd /etc/group /etc/ssh/sshd_config /etc/ssh/sshd_config.d/* | sha256sum; }
before=$(system_files)
tokens() { by olga token list -o json | jq -r '[.[] | .name + "/" + .role] | sort | join(" ")'; }

# enroll PERSON [OPTION...]: its exit status is $rc; what it prints is in $T/steps and $T/err
enroll() {
    by "$1" host enroll "${@:2}" >"$T/steps" 2>"$T/err"
    rc=$?
}
# in_vain STATUS PATTERN WHAT: it failed, said why, and left nothing
in_vain() {
    is "$rc $(wc -c <"$T/steps")" "$1 0" "$3: fails"
    like "$(cat "$T/err")" "$2" "... and says why"
    is "$(ls -A /etc/orglogin) $(tokens)" " " "... and leaves nothing behind, here or there"
}

# --- what fails ---
(umask 077 && echo live_aaaaaaaaaaaaaaaaaaaa:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA >"$T/bad")
enroll nobody
in_vain 3 'not logged in' "nobody logged in"
enroll nobody --url $URL --token-file "$T/bad"
in_vain 1 '401 unauthorized' "a bad token"
enroll olga --url http://127.0.0.1:7499 --token-file "$T/bad"
in_vain 4 'check that the server runs' "an API that cannot be reached"
enroll olga --org none
in_vain 1 'no organization "none"' "an organization that is not there"
enroll mia
in_vain 1 '403 forbidden.*ask an owner' "a member who may make no tokens"
sed -i 's/^orgsync:/orgsink:/' /etc/passwd
enroll olga
in_vain 3 'no user "orgsync".*' "a machine where orgsyncd would not start"
sed -i 's/^orgsink:/orgsync:/' /etc/passwd
chmod 644 /root/people/olga/token
enroll nobody --url $URL --token-file /root/people/olga/token
in_vain 3 'readable by group or others' "a token that others can read"
chmod 600 /root/people/olga/token
enroll olga --name 'Acme Corp'
in_vain 2 '"Acme Corp" cannot be the name' "a name that cannot be one"
(umask 077 && echo x >/etc/orglogin/acme-corp.token)
enroll olga
is "$rc" 3 "a token that is there already: fails"
like "$(cat "$T/err")" 'acme-corp.token exists already.*--name' "... and says so"
is "$(cat /etc/orglogin/acme-corp.token) $(tokens)" "x " "... and sends it nowhere, nor is it overwritten"
rm /etc/orglogin/acme-corp.token
su -s /bin/sh larry -c "orgadmin host enroll --url $URL" >"$T/steps" 2>"$T/err"
rc=$?
in_vain 1 'requires root.*sudo' "somebody who is not root"

# --- it works ---
enroll olga --name acme
is "$rc" 0 "an owner enrolls the machine"
is "$(stat -c '%U %a %n' /etc/orglogin/*)" "root 600 $TOKEN
root 644 $CONF" "... which has a token and a configuration"
is "$(tokens)" "host host/member" "... the token is the host's own, and can look at the members"
like "$(cat "$T/err")" '^acme: listed$' "... orgsyncd has tried it"
like "$(cat "$T/err")" 'would publish: 3 users \(3 active\), 2 groups' "... with groups for all and for the admins"
ok "... what is left to do is a shell script" bash -n "$T/steps"
is "$(system_files)" "$before" "... and nothing of the system's own is changed"
like "$(cat $CONF)" 'range = \[2000400000, 2147483645\];' "... the configuration says from where numbers come"
like "$(cat $CONF)" 'placement = "blake2b";' "... and how"
like "$(cat "$T/steps")" "sed -E -i.before-orglogin 's/\^\(passwd\|group\|shadow\):" "... names are left to do"
unlike "$(cat "$T/steps")" 'initgroups|authselect' "... nothing that is not in use here"
like "$(cat "$T/steps")" '^pam-auth-update --enable orglogin$' "... PAM"
like "$(cat "$T/steps")" 'systemctl enable --now orgsyncd' "... and orgsyncd"
like "$(tail -1 "$T/steps")" '^orgadmin host doctor$' "... and a look at all of it"

sed '$d' "$T/steps" >"$T/todo"
ok "what is told is done" bash -e "$T/todo"
# shellcheck disable=SC2317,SC2329 # called by wait_for
known() { getent passwd "$1"; }
ok "... and the members are known" wait_for 10 known mia
orgadmin host doctor -o json >"$T/json" 2>"$T/err"
is "$? $(jq -r '[.[] | select(.result != "ok") | "\(.result) \(.check)"] | join(";")' "$T/json")" "0 " "... the doctor has nothing to say"
is "$(as mia id -un)" mia "a member logs in by ssh"
is "$(as mia stat -c "'%U %a'" /home/mia)" 'mia 700' "... at home"
is "$(grep -v '^#' /etc/pam.d/common-account | xargs -n 1)" "$(grep -v '^#' /usr/share/doc/orglogin/pam.d/common-account | xargs -n 1)" \
    "... by the stack that /usr/share/doc has"
is "$(as ada id -Gn | tr ' ' '\n' | grep -c '^acme')" 2 "an admin is in both groups"
is "$(as larry id -un) $(as root id -un)" 'larry root' "local users log in as before"
is "$(as stranger id -un)" '' "a stranger does not"
is "$(setpriv --reuid=mia --regid="$(id -g mia)" --init-groups sudo -n id -un 2>/dev/null)" '' "a member may not sudo"
ok "mia leaves" by olga member remove mia --yes
# shellcheck disable=SC2317,SC2329 # called by wait_for
refused() { [ -z "$(as mia id -un)" ]; }
ok "... and is refused" wait_for 10 refused

# --- again ---
sums=$(sha256sum $CONF $TOKEN)
enroll olga
is "$rc $(grep -vc '^#\|^$' "$T/steps") $(tail -1 "$T/steps")" "0 1 orgadmin host doctor" "enrolled again: nothing is left to do"
like "$(cat "$T/err")" 'holds a valid token and is not changed' "... the token stays"
is "$(sha256sum $CONF $TOKEN)" "$sums" "... the configuration too"
is "$(tokens)" "host host/member" "... and no other token is made"
enroll olga --name other
is "$rc" 2 "another name for it is refused"
key=$(by olga token list -o json | jq -r '.[0].key')
by olga token revoke "$key" --yes 2>/dev/null
# shellcheck disable=SC2317,SC2329 # called by wait_for
away() { orgadmin host doctor -o json 2>/dev/null | jq -e '.[] | select(.check == "organization acme") | .result == "failure"'; }
ok "the token is revoked: the doctor sees it" wait_for 30 away
like "$(orgadmin host doctor -o json 2>/dev/null | jq -r '.[] | select(.check == "organization acme") | .found + " -> " + .advice')" \
    ' 401 .*no longer valid: orgadmin host enroll' "... and says what to do"
enroll olga
is "$rc $(tokens)" "0 host host/member" "enrolled again: there is a new token"
like "$(cat "$T/steps")" '^orgsyncd --check && systemctl reload orgsyncd$' "... which orgsyncd is to read"
bash -e "$T/steps" >"$T/out" 2>&1
# shellcheck disable=SC2317,SC2329 # called by wait_for
fine() { orgadmin host doctor 2>/dev/null >&2; }
ok "... then all is well" wait_for 30 fine
is "$(sha256sum $CONF)" "$(head -1 <<<"$sums")" "... the configuration is what it was"

# --- a configuration of the administrator's own ---
ok "another organization" by olga org create Beta
printf '\n# mine\n' >>$CONF
sums=$(sha256sum $CONF)
enroll olga --org Beta
is "$rc $(sha256sum $CONF)" "0 $sums" "a second organization: the configuration is left to its owner"
like "$(cat "$T/steps")" '^#    name = "beta";$' "... who is told what to add"
like "$(cat "$T/steps")" '^#    range = \[1879048192, 2000199999\];$' "... with a range of its own"
sed -n '/^#  {$/,/^#  }$/s/^#//p' "$T/steps" >"$T/block"
sed -i -e "/^organizations = (/r $T/block" $CONF
sed -i '0,/^  }$/s//  },/' $CONF
sed -i 's|^groups = (|&{ name = "beta"; org = "beta"; everyone = true; },|' $CONF
sed -i 's|^access = (|&{ services = ["sshd"]; org = "beta"; everyone = true; },|' $CONF
ok "... and adds it" orgsyncd --check
ok "... with the rest of what is left to do" bash -e "$T/steps"
is "$(orgadmin host status -o json | jq -r '[.[].organization] | sort | join(" ")')" 'acme beta' "... both are served"
echo 'x = ' >>$CONF
sums=$(sha256sum /etc/orglogin/*)
enroll olga --org Beta
is "$rc $(sha256sum /etc/orglogin/*)" "3 $sums" "an unsound configuration: nothing is touched"
like "$(cat "$T/err")" 'orgsyncd --check says where' "... and it says so"

# --- undone, as orgadmin(1) says ---
undo=$(sed -n '/^To undo the enrollment/,/^\.Sh/s/^\.Dl # //p' "$TOP/packaging/man/orgadmin.1")
like "$undo" 'nsswitch' "orgadmin(1) has the commands that undo it"
ok "they run" bash -e <<<"${undo//NAME/acme}"
rm /etc/orglogin/beta.token
is "$(system_files)" "$before" "the system's files are what they were"
is "$(ls -A /etc/orglogin)" '' "nothing is left in /etc/orglogin"
is "$(as larry id -un) $(as root id -un) $(as ada id -un)" 'larry root ' "local users log in, members do not"
by olga --org 'Acme Corp.' token list -o json | jq -r '.[].key' >"$T/keys"
while read -r key; do by olga --org 'Acme Corp.' token revoke "$key" --yes 2>/dev/null; done <"$T/keys"

# --- a line initgroups, and authselect ---
rm -r /var/lib/orglogin/* # as on another machine: this one's ledger has Beta's numbers elsewhere
cp /etc/nsswitch.conf "$T/nsswitch"
echo 'initgroups: files' >>/etc/nsswitch.conf
enroll olga --name acme
ok "a line for initgroups: what is told is done" bash -ec "$(grep '^sed ' "$T/steps")"
is "$(grep -c '^initgroups' /etc/nsswitch.conf)" 0 "... and it is gone"
is "$(grep -E '^(passwd|group|shadow)' /etc/nsswitch.conf | xargs)" 'passwd: files systemd org group: files systemd org shadow: files org' "... the rest is as ever"
mv "$T/nsswitch" /etc/nsswitch.conf
mkdir -p /etc/authselect
enroll olga
like "$(cat "$T/steps")" '^authselect create-profile orglogin --base-on=minimal$' "authselect has both files"
unlike "$(cat "$T/steps")" 'pam-auth-update|/etc/nsswitch.conf|sshd. *>>' "... and nobody else touches them"
mkdir -p /usr/share/authselect/default/local
enroll olga
like "$(cat "$T/steps")" '^authselect create-profile orglogin --base-on=local$' "... the profile is called local since Fedora 40"
rm -r /etc/authselect /usr/share/authselect /etc/orglogin/*
by olga --org 'Acme Corp.' token list -o json | jq -r '.[].key' >"$T/keys"
while read -r key; do by olga --org 'Acme Corp.' token revoke "$key" --yes 2>/dev/null; done <"$T/keys"

# --- a token that somebody else has made ---
ok "an owner makes a token" by olga --org 'Acme Corp.' token create --name web1 --role member --out "$T/host.token"
enroll nobody --url $URL --token-file "$T/host.token" --name acme
is "$rc" 0 "the machine is enrolled with it"
is "$(cat $TOKEN)" "$(cat "$T/host.token")" "... it is what is stored"
is "$(by olga --org 'Acme Corp.' token list -o json | jq length)" 1 "... no other is made"
rm /etc/orglogin/*

# --- an export ---
by olga --org 'Acme Corp.' member list -o json --all >"$T/export.json"
enroll nobody --provider file --url "$T/export.json" --name acme
is "$rc $(ls /etc/orglogin)" '3 ' "an export that the fetcher cannot read is no good"
mkdir /srv/export
cp "$T/export.json" /srv/export/acme.json
cd /srv || exit
enroll nobody --provider file --url export/acme.json --name acme
is "$rc $(ls /etc/orglogin)" '0 orglogin.conf' "an export needs no token"
like "$(cat $CONF)" 'url = "/srv/export/acme.json";' "... its path is whole"
rm -r $CONF /var/lib/orglogin/*

# --- an API without tokens for hosts, and with options of its own ---
listen "$T/vendor" python3 -B "$TOP/tests/fakes/cratedb.py"
(umask 077 && echo ada-key:ada-secret >"$T/key")
enroll nobody --provider cratedb --url "$heard" --token-file "$T/key" --org acme --region here
is "$rc $(cat $TOKEN)" '0 ada-key:ada-secret' "a vendor's: the token given is stored"
like "$(cat "$T/err")" 'no tokens for hosts' "... and what that means is said"
like "$(cat $CONF)" '^    options = \{ region = "here"; \};$' "... the vendor's options are in the configuration"
like "$(cat "$T/err")" 'would publish: 3 users \(3 active\)' "... and orgsyncd has listed the members"
done_testing
