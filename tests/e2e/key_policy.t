#!/bin/bash
# An organization's key policy from orgd to sshd's door: who logs in by which key, at the next login after each change; and what host doctor
# says where sshd takes other keys.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../lib/root.sh"
inside_root
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/host.sh"
. "$(dirname "$0")/../lib/keys.sh"

start_syslog
cp "$TOP/conf/sshd_config.example" /etc/ssh/sshd_config.d/orglogin.conf
start_sshd
for name in ada desk mine; do key $name; done
start_orgd --create-organizations anyone
organize ada member ben admin >"$T/organize" 2>&1 || diag "$(cat "$T/organize")"
id=$(by olga org list -o json | jq -r '.[0].id')
cat >$CONF <<CONFIG
organizations = ({ name = "acme"; provider = "native"; url = "$LOCAL"; id = "$id"; token_file = "/etc/orglogin/acme.token"; });
groups = ({ name = "acme"; org = "acme"; everyone = true; });
access = ({ services = ["*"]; org = "acme"; roles = ["owner", "admin", "member"]; });
CONFIG
orgsyncd 2>"$T/orgsyncd.log" &
wait_for 20 eval 'getent passwd ada >/dev/null'
edit() { by olga org edit "$@" 2>/dev/null; }
key_of() { by "$1" key "${@:2}" >"$T/out" 2>"$T/err"; }
# in_by KEY, out_by KEY: within a second (a loss is told at once, a gain after a moment), whether ada logs in by it
opens() { [ "$(KEY=$1 as ada id -un)" = ada ]; }
in_by() { wait_for 5 opens "$1" && echo in || echo out; }
out_by() { wait_for 2 eval "! opens $1" && echo out || echo in; }

key_of ada add /root/keys/ada.pub
is "$(in_by ada)" in 'a member logs in by the key that she added'
edit --set key_adders=admins
is "$(out_by ada)" out 'and not when only administrators add keys'
by ada org create Mine >/dev/null 2>&1
key_of ada add /root/keys/mine.pub --org "$id"
is "$(by ada key list -o json | jq -r '[.[].comment] | sort | join(" ")')" 'ada mine' 'she adds one that counts in an organization of her own'
by ada key add /root/keys/desk.pub --member ada --org Mine >/dev/null 2>&1
is "$(out_by mine) $(out_by desk)" 'out out' 'which opens nothing, nor does one that she gives herself there'
key_of ben add /root/keys/desk.pub --member ada
is "$(in_by desk) $(out_by ada)" 'in out' 'one that an administrator gives does'
key_of ben remove desk --member ada --yes
is "$(out_by desk)" out 'and no more when it is withdrawn'
edit --set key_adders=members --set key_days=30
is "$(in_by ada) $(out_by desk)" 'in out' 'where members add keys, hers counts again, and the withdrawn one does not'
ok 'host explain tells the end that the policy gives it' wait_for 5 eval 'orgadmin host explain ada sshd | grep "^key " | grep -qE ", ends 20[0-9-]*T[0-9:]*Z$"'
edit --set security_keys_only=yes
is "$(out_by ada)" out 'where only security keys count, it opens nothing'
edit --set security_keys_only=no
is "$(in_by ada)" in 'and does when all count'

# --- host doctor ---
doctor() { orgadmin host doctor -o json 2>/dev/null | jq -r '.[] | select(.check == "key policy") | "\(.result) \(.found)"'; }
is "$(doctor)" 'ok sshd takes no ssh key of a member that the organization would not' 'host doctor has nothing to say where sshd takes no files'
sed -i 's|AuthorizedKeysFile none|AuthorizedKeysFile .ssh/authorized_keys|' /etc/ssh/sshd_config.d/orglogin.conf
is "$(doctor)" 'failure acme says which ssh keys its members may have, and sshd takes others, from AuthorizedKeysFile .ssh/authorized_keys' 'where sshd does, it asks the organization, and fails'
edit --set key_days=0
is "$(doctor | cut -d' ' -f1)" ok 'where the organization takes all keys, it does not'
stop_orgd
like "$(doctor)" '^skipped acme does not tell whether it has one: POST http://127.0.0.1:7080/v1/organizations/get' 'while the organization cannot be asked, it says so'
done_testing
