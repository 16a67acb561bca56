#!/bin/bash
# Teams of the organization as groups of the machine, in access and sudo: made, joined, renamed, left, deleted at orgd, and from a file.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../lib/root.sh"
inside_root
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/host.sh"
. "$(dirname "$0")/../lib/keys.sh"

start_syslog
start_sshd
start_orgd
organize ada admin mia member tim member >"$T/organize" 2>&1 || diag "$(cat "$T/organize")"
org=$(by olga org list -o json | jq -r '.[0].id')
for name in ada mia tim; do
    key $name
    by $name key add "/root/keys/$name.pub" >/dev/null
done
# as_olga PATH JSON: her call
owner=$(cat /root/people/olga/token)
as_olga() {
    local body="{\"organizationId\":\"$org\",$2}"
    exec 3<>/dev/tcp/127.0.0.1/7080
    printf 'POST /v1/organizations/%s HTTP/1.1\r\nHost: h\r\nConnection: close\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s' \
        "$1" "$owner" "${#body}" "$body" >&3
    tail -n 1 <&3
    exec 3>&-
}
new_team() { as_olga teams/create "\"name\":\"$1\",\"slug\":\"$2\"" | jq -r .team.id; }
id_of() { by olga member show "$1" -o json | jq -r .id; }
joins_team() { as_olga teams/add "\"id\":\"$1\",\"userId\":\"$(id_of "$2")\"" >/dev/null; }
leaves_team() { as_olga teams/remove "\"id\":\"$1\",\"userId\":\"$(id_of "$2")\"" >/dev/null; }
is_called() { as_olga teams/update "\"id\":\"$1\",\"slug\":\"$2\"" >/dev/null; }
configure() {
    cat >$CONF <<CONFIG
organizations = ({ name = "acme"; provider = "native"; url = "$LOCAL"; id = "$org"; token_file = "/etc/orglogin/acme.token"; });
groups = ({ name = "acme"; everyone = true; }, { name = "acme-%t"; teams = "*"; }, { name = "role-%t"; roles = "*"; }, { name = "rooters"; teams = ["ops"]; });
access = ({ services = ["sshd", "sudo"]; teams = [$1]; });
sudo = ({ teams = ["ops"]; commands = ["/usr/bin/id"]; nopasswd = true; });
freshness = { login_max_age = "6s"; timeout = "2s"; offline_grace = "1h"; poll = "1s"; };
CONFIG
}
group() { getent group "$1" | cut -d: -f3,4; }
gid() { getent group "$1" | cut -d: -f3; }
groups_of() { id -nG "$1" | tr ' ' '\n' | sort | xargs; }
reason() { orgadmin host explain "$1" "${2:-sshd}" 2>/dev/null | sed -n 's/^decision .*(\(.*\))$/\1/p'; }
# shellcheck disable=SC2329 # called by wait_for
becomes() { [ "$($2 "$3")" = "$1" ]; }

ops=$(new_team 'The operators' ops)
dev=$(new_team Developers dev)
configure '"ops"'
is "$(orgsyncd --check | grep '^acme: team')" 'acme: team "ops": no member is in such a team yet, so that it gives nothing' '--check says of a team without members that it gives nothing'
joins_team "$ops" tim
like "$(orgsyncd --check)" "^acme: team \"ops\" is $ops \(The operators\)\$" '--check says which team a rule names'
orgsyncd 2>"$T/log" &
host_pid=$!
ok 'the host syncs' wait_for 20 orgadmin host sync
for name in ada mia tim; do install -d -o $name -g "$(id -g $name)" -m 700 /home/$name; done

# --- groups ---
is "$(groups_of tim)" 'acme acme-ops role-member rooters tim' 'a member is in the groups of the teams and of the role'
is "$(groups_of ada)" 'acme ada role-admin' 'whoever is in no team is in none of the groups'
ops_gid=$(gid acme-ops)
is "$(group acme-ops)" "$ops_gid:tim" 'the group lists its members'
joins_team "$dev" mia
ok 'a member who joins a team is in its group at once' wait_for 5 becomes 'acme acme-dev mia role-member' groups_of mia

# --- who may log in ---
is "$(as tim id -un) $(reason tim)" 'tim rule' 'sshd admits a member of the team that the rule names'
is "$(as mia id -un) $(reason mia)" ' role' 'and refuses a member of another team'
is "$(as tim sudo -n id -u)" 0 'sudo runs what the entry for the team says'
like "$(orgadmin host explain tim sshd)" "^teams +$ops" 'host explain prints the team'

# --- a rename ---
is_called "$ops" operations
ok 'a renamed team is a group of its new name' wait_for 5 becomes "$ops_gid:tim" group acme-operations
is "$(getent group acme-ops)" '' 'and of the former one no more'
is_called "$dev" ops # takes over the name that the rule says
ok 'another team gets the free name' wait_for 5 becomes 'acme acme-ops mia role-member' groups_of mia
ok 'with a number of its own' test "$(gid acme-ops)" != "$ops_gid"
is "$(as mia id -un) $(reason mia)" ' role' 'the rule does not admit the team that took the name over'
is "$(as tim id -un) $(reason tim)" 'tim rule' 'and goes on admitting the one that had it'
ok 'the log says so' wait_for 5 grep -q "the team \"ops\" in orglogin.conf is the one with the id $ops, .*; another one, $dev, has that name now" "$T/log"

# --- names that mean something else ---
groupadd acme-local
is_called "$dev" local
ok "a team called like a group of the machine has its id in the group's name" wait_for 10 becomes "acme acme-t$dev mia role-member" groups_of mia
groupdel acme-local
is_called "$dev" dev

# --- who leaves ---
leaves_team "$ops" tim
ok 'who leaves the team is out of its groups' wait_for 5 becomes 'acme role-member tim' groups_of tim
is "$(as tim id -un) $(reason tim)" ' role' 'and is refused'
is "$(group acme-operations)" "$ops_gid:" 'the empty group stays'
as_olga teams/delete "\"id\":\"$ops\"" >/dev/null
new=$(new_team 'New operators' operations)
joins_team "$new" ada
ok 'a new team of the name of one that was deleted has its name' wait_for 5 becomes 'acme acme-operations ada role-admin' groups_of ada
ok 'and never its number' test "$(gid acme-operations)" != "$ops_gid"
kill $host_pid
wait $host_pid 2>/dev/null

# --- a new ledger beside the last snapshot ---
dev_gid=$(gid acme-dev)
rm /var/lib/orglogin/ids.db
ok 'orgsyncd makes a new ledger' orgsyncd --once
is "$(gid acme-dev)" "$dev_gid" 'in which the team has its number again'

# --- a file ---
by olga member list -o json --all >$MEMBERS
like "$(jq -c '[.members[] | select(.username == "mia") | .teams[]]' $MEMBERS)" "\"id\":\"$dev\",\"slug\":\"dev\",\"name\":\"Developers\"" 'an export has the teams'
configure '"dev"'
sed -i "s|provider = \"native\"; url = \"[^\"]*\"|provider = \"file\"; url = \"$MEMBERS\"|; s|token_file = \"[^\"]*\"; ||" $CONF
ok 'orgsyncd takes it' orgsyncd --once
is "$(groups_of mia) $(gid acme-dev)" "acme acme-dev mia role-member $dev_gid" 'and the groups are as before'
is "$(reason mia) $(reason tim)" 'offline role' 'the rule admits the team'
# Names that were chosen to do harm.
jq --arg ctl $'a\n\e[31mroot:x:0:' '.members |= map(if .username == "tim" then .teams = [{id: "1", slug: "udo", name: "x"}, {id: "2", slug: $ctl, name: $ctl}, {id: "3", slug: "dev"},
    (range(10; 1100) | {id: tostring, slug: "many-\(.)"})] else . end)' $MEMBERS >$MEMBERS.new
mv $MEMBERS.new $MEMBERS
sed -i 's/"acme-%t"/"s%t"/' $CONF
orgsyncd --once >"$T/out" 2>"$T/err"
is "$(getent group sudo | cut -d: -f4)$(id -nG tim | tr ' ' '\n' | grep -xc -e sudo -e root)" 0 'no team makes itself group sudo'
is "$(id -nG tim | tr ' ' '\n' | grep -cE '^s(many-|t1$|t2$|t3$)')" 1000 'a member is in a thousand teams, and not in more'
like "$(cat "$T/err")" 'member .* is in 1093 teams, of which 1000 count' 'which is said'
is "$(grep -c $'\e' "$T/err")" 0 'no control character gets into the log'
done_testing
