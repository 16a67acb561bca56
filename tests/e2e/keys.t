#!/bin/bash
# Members log in with the keys that the organization has of them: nothing of theirs lies on the machine. What opens, and for whom not, by
# real sshd and by the command that it runs.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../lib/root.sh"
inside_root
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/host.sh"
. "$(dirname "$0")/../lib/keys.sh"

start_syslog
start_sshd
useradd --create-home --shell /bin/bash larry
configure_file_provider
for name in ada mia sue rem pen gus docker larry root ghost; do key $name; done
key ada2 ecdsa 521
key ada3 rsa 2048
key weak rsa 1024
others=(ada:admin mia:member sue:member:suspended pen:member:pending gus:guest docker:member)
ok 'orgsyncd publishes the members with their keys' organization "${others[@]}" rem:member

# --- logins ---
is "$(as ada id -un)" ada 'sshd admits a member by the key that the organization has'
is "$(as mia id -un)" mia 'sshd admits another one'
is "$(KEY=ada2 as ada id -un) $(KEY=ada3 as ada id -un)" 'ada ada' 'sshd admits a member by each of several keys'
is "$(find /home /etc/ssh/keys -name authorized_keys -o -path '/etc/ssh/keys/*')" '' 'nothing of a key lies on the machine'
as gus true
is "$(grep -c '^Access denied: your role' "$T/err")" 1 'a member whose role does not allow it proves who he is, and is told so by pam_org'
is "$(KEY=mia as ada id -un)" '' "sshd refuses another member's key"
is "$(KEY=ghost as ada id -un)" '' 'sshd refuses a key that nobody has'
is "$(as rem id -un)" rem 'sshd admits a member who will leave'
organization "${others[@]}"
for name in sue pen rem; do
    is "$(as $name id -un)" '' "sshd refuses $name, who is not a current member"
    is "$(told $name)" '' "the command has nothing of $name, who is not a current member"
done

# local users
mkdir -m 700 /home/larry/.ssh
sed -i '/AuthorizedKeysFile/d' /etc/ssh/sshd_config.d/tests.conf
kill "$(cat /run/sshd.pid)"
ok 'sshd ends' wait_for 5 eval '[ ! -e /run/sshd.pid ]'
start_sshd
cp /root/keys/larry.pub /home/larry/.ssh/authorized_keys
chown -R larry: /home/larry/.ssh
is "$(as larry id -un)" larry "sshd admits a local user by his own authorized_keys"
is "$(KEY=ada as larry id -un)" '' "sshd refuses a member's key for a local user"
ok "docker is the name of a member who is withheld" eval '! id docker >/dev/null 2>&1 && orgsyncd --check 2>&1 | grep -q "docker.*not served"'
for name in larry root docker nobody daemon orglogin-keys nobody-at-all ../ada 'ada x' '' ada@x; do
    is "$(told "$name")" '' "the command has nothing of \"$name\""
done

# The shipped configuration as it is.
cp "$TOP/conf/sshd_config.example" /etc/ssh/sshd_config.d/orglogin.conf
kill "$(cat /run/sshd.pid)"
ok 'sshd ends' wait_for 5 eval '[ ! -e /run/sshd.pid ]'
start_sshd
install -D -m 644 /root/keys/ghost.pub /etc/ssh/keys/ada
install -d -o ada -m 700 /home/ada/.ssh && install -o ada -m 600 /root/keys/ghost.pub /home/ada/.ssh/authorized_keys
is "$(as ada id -un) $(KEY=ghost as ada id -un)" 'ada ' "with the shipped configuration the organization's keys count, and a member's own files do not"
is "$(as larry id -un)" larry 'and a local user logs in as before'
rm -r /etc/ssh/keys/ada /home/ada/.ssh

# --- what the command prints ---
is "$(told ada)" "$(lines_of ada ada2 ada3)" 'the command prints type and blob of each key, and nothing else'
uid=$(id -u ada)
is "$(told ada "$uid")" "$(lines_of ada ada2 ada3)" 'the command takes the number of the account'
for number in 0 1000 $((uid + 1)) 4294967295; do
    is "$(told ada $number)" '' "the command has nothing of an account of the number $number with a member's name"
done
for arguments in '' "ada x" "ada -1" "ada 4294967296" "ada 00000000000" "ada $uid more" "ada --chain" "--chain /bin/true" "--help"; do
    # shellcheck disable=SC2086 # words
    told $arguments >"$T/out"
    is "$? $(cat "$T/out")" '0 ' "the command says nothing and ends with 0 for the arguments \"$arguments\""
done
like "$(cat $AUTH_LOG)" 'orglogin-keys.*usage: ' 'the log has the usage'

# --- explained ---
prints() { for file in "$@"; do ssh-keygen -lf "/root/keys/$file.pub" | cut -d' ' -f1,2; done; }
is "$(orgadmin host explain ada sshd | sed -n 's/^keys  *//p')" "3 of the organization's" 'host explain says how many keys a member has'
is "$(orgadmin host explain ada sshd | sed -n 's/^key  *\([^ ]* [^ ]*\).*/\1/p')" "$(prints ada ada2 ada3)" 'with the fingerprints that ssh-keygen shows'
like "$(orgadmin host explain ada sshd | grep '^key ' | head -n 1)" '\(ssh-ed25519\)$' 'and the types'
is "$(orgadmin host explain sue sshd | sed -n 's/^keys  *//p')" "none of the organization's" 'a suspended member has none'
is "$(orgadmin host explain ada sudo | grep -c '^key')" 0 'of another service it shows none'
is "$(orgadmin host explain larry sshd | grep -c '^key')" 0 'nor of a local user'

# --- keys that are not as they must be ---
without_keys mia
with mia ssh-ed25519 "$(blob ada2)"                                    # another type inside
with mia ssh-rsa "$(blob weak)"                                        # too short
with mia ssh-ed25519 "$(blob mia) command=\"/bin/sh\""
with mia ssh-ed25519 "$(blob mia)
ssh-ed25519 $(blob ghost)"
with mia 'command="/bin/sh" ssh-ed25519' "$(blob mia)"
with mia 'cert-authority ssh-ed25519' "$(blob ghost)"
with mia ssh-ed25519-cert-v01@openssh.com "$(blob mia)"
with mia ssh-ed25519 "$(head -c 16384 /dev/zero | base64 -w0)"
with mia ssh-ed25519 "$(sed -n '/^-/!p' /root/keys/mia | tr -d '\n')"  # her private key
with mia ssh-ed25519 "$(blob mia)" tomorrow
update
is "$(told mia)" '' 'of keys that are not as they must be none is told'
like "$(cat "$T/sync.err")" 'member usr_mia: 10 of the ssh keys left out, first number 1: it is of another type inside than outside' 'the log has one line for all of them'
is "$(grep -c usr_mia "$T/sync.err")" 1 'one line it is'
is "$(id -un mia)" mia 'whose keys they are stays a member'
with_key mia mia; update
is "$(as mia id -un)" mia 'a good key beside them counts'
without_keys mia
jq --arg blob "$(blob ghost)" --arg mine "$(blob mia)" '(.members[] | select(.username == "mia")).keys =
    [{type: "ssh-ed25519", blob: $mine}] + [range(5000) | {type: "ssh-ed25519", blob: $blob}]' $MEMBERS >$MEMBERS.new && mv $MEMBERS.new $MEMBERS
update
is "$(told mia | wc -l) $(as mia id -un)" '32 mia' 'of thousands of keys 32 count'
like "$(cat "$T/sync.err")" 'usr_mia: 4969 of the ssh keys left out, first number 33: it is beyond the 32 keys' 'the log has a line for the others'

# --- withdrawn, expired ---
without_keys mia; update
is "$(as mia id -un)" '' 'a key that was withdrawn opens nothing from the next login on'
with_key mia mia "$(date -u -d '+1 hour' +%FT%TZ)"; update
is "$(as mia id -un)" mia 'a key counts before its end'
without_keys mia; with_key mia mia "$(date -u -d '+2 seconds' +%FT%TZ)"; update
like "$(orgadmin host explain mia sshd | grep '^key ')" ', ends 20[0-9-]*T[0-9:]*Z$' 'host explain shows when a key ends'
ok 'a key ends by itself' wait_for 10 eval '[ -z "$(told mia)" ]'
is "$(as mia id -un)" '' 'and opens nothing'
like "$(orgadmin host explain mia sshd | grep '^key ')" ', ended 20[0-9-]*T[0-9:]*Z$' 'host explain shows that it has ended'
for end in 1970-01-01T00:00:00Z 1969-12-31T23:59:59Z 2001-01-01T00:00:00.999+01:00; do
    without_keys mia; with_key mia mia $end; update
    is "$(told mia)" '' "a key that ended at $end is not told"
done
without_keys mia; with_key mia mia 2200-01-01T00:00:00Z; update
is "$(told mia)" "$(lines_of mia)" 'an end beyond 2106 is far away'
done_testing
