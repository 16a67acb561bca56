#!/bin/bash
# The relay: an organization whose members another API lists. Its ids, roles and keys are the source's, nothing of orgd's own is mixed in; what was
# read is told at once, with its age; a bad answer takes nobody away; a webhook only has the source read.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/orgd.sh"
need python3 openssl
fake_start() { listen "$T/port" python3 -B "$TOP/tests/fakes/github.py" --log "$T/github.log" "$@"; fake_url=$heard fake_pid=$started; }
fake() { curl -sS -d "$1" "$fake_url/_fake" > /dev/null; }
gone() { curl -sS -X DELETE -H 'Authorization: Bearer ghp_ada' "$fake_url/orgs/acme/memberships/$1"; }
listings() { grep -c '"path":"/orgs/acme/members"' "$T/github.log"; } # pages of members that were asked for
operator() { "$ORGD" --data "$DATA" mirror "$@" 2>&1; }
on() { call "/organizations/$1" "{\"organizationId\":\"acme\"${2:+,$2}}" "${3-$admin}"; }
fresh() { on members/changes "\"since\":$revision,\"fresh\":true"; }
secret=a-secret-of-the-webhook
sign() { printf '%s' "$1" | openssl dgst -sha256 -hmac "${2-$secret}" | sed 's/.*= /sha256=/'; }
# hook BODY [SIGNATURE]: its status
hook() { curl -sS -o "$T/hook.out" -w '%{http_code}' --unix-socket "$SOCKET" -H 'Content-Type: application/json' ${2+-H "X-Hub-Signature-256: $2"} --data-binary "$1" http://localhost/v1/mirrors/hook/acme; }
# hold NAME: a poll in the background, which knows what there is; its answer and when it came are in $T/NAME
hold() {
    on members/changes '"since":0'; revision=$(field .revision)
    { request /organizations/members/changes -N -d "{\"organizationId\":\"acme\",\"since\":$revision,\"wait\":60000}" -H "Authorization: Bearer $admin" |
        while IFS= read -r line || [ -n "$line" ]; do echo "$(date +%s%3N) $line"; done; } > "$T/$1" &
    wait_for 10 grep -q . "$T/$1"
}
answered() { tail -n 1 "$T/$1" | grep -q '{'; }
took() { wait_for 30 answered "$1"; echo $(($(tail -n 1 "$T/$1" | cut -d' ' -f1) - begun)); }
ids() { on members/list; field '[.members[].userId | tonumber] | sort | join(" ")'; }
state() { on members/changes '"since":0'; field ".members[] | select(.userId == \"$1\") | .state"; }

fake_start
orgd_start
(umask 077; echo ghp_ada > "$T/token"; echo "$secret" > "$T/secret"; echo ghp_ada > "$T/open"; chmod 644 "$T/open")
users=$(sql 'SELECT count(*) FROM users')

# --- what the operator says wrong ---
refused() { local name=$1; shift; like "$(operator add "$@")" "$name" "mirror add says: $name"; }
refused 'unknown provider "gitub"; there are' acme --provider gitub --url "$fake_url" --token-file "$T/token"
refused 'has no option "nokey"' acme --provider github --url "$fake_url" --token-file "$T/token" --provider-option nokey=1
refused 'cannot be used: ' acme --provider github --url http://example.org --token-file "$T/token"
refused 'no.token: does not exist' acme --provider github --url "$fake_url" --token-file "$T/no.token"
refused 'open: ' acme --provider github --url "$fake_url" --token-file "$T/open"
refused 'files must be named from the root on' acme --provider github --url "$fake_url" --token-file token
refused 'organization: must be the id' 'a cme' --provider github --url "$fake_url" --token-file "$T/token"
refused '1-86400' acme --provider github --url "$fake_url" --token-file "$T/token" --poll 0
is "$(sql 'SELECT count(*) FROM organizations')" 0 'and nothing is stored'

# --- a source that cannot be read ---
fake '{"fault":{"path":"/orgs/acme/members","status":502,"times":0}}'
is "$(operator add acme --provider github --url "$fake_url" --token-file "$T/token" --webhook-secret-file "$T/secret" --poll 3600)" 'ok: yes' 'an organization is mirrored'
like "$(operator add acme --provider github --url "$fake_url" --token-file "$T/token")" 'There is an organization with the id acme' 'and not twice'
wait_for 10 grep -q 'acme: its source cannot be read: .*502' "$ORGD_LOG"
is "$?" 0 'the log says that its source fails, and why'
wait_for 10 eval 'operator list | grep -q 502'
is "$?" 0 'mirror list says so, too'
admin=$(operator token acme | sed -n 's/^bearer: //p')
on members/list; expect 503 source_unread 'members that were never read are not listed'
on members/changes '"since":0'; expect 503 source_unread 'nor told'
fake '{"reset":true}'
wait_for 20 eval 'on members/list; [ "$status" = 200 ]'
is "$?" 0 'it is tried again'
wait_for 10 grep -q 'acme: its source can be read again' "$ORGD_LOG"
is "$?" 0 'the log says that it is read again'

# --- what is served ---
is "$(ids)" '1 2 3 4 5 6' "the members have the ids of the source"
on members/list
is "$(field '.members[] | select(.userId == "2") | "\(.username) \(.roles[0]) \(.state) \(.keys | length) \(.email)"')" 'Mia member active 1 null' 'the record is the one of the source, with its keys'
is "$(field '.members[] | select(.userId == "1") | .roles[0]')" owner 'and its roles'
on members/changes '"since":0'; revision=$(field .revision)
is "$(field '"\(.complete) \(.source.fresh) \(.source.age | type)"')" 'true false number' 'the answer says how old the last whole reading is'
is "$(sql 'SELECT count(*) FROM users')" "$users" 'no account was made'
like "$(operator list)" 'acme +github +.* 3600 +6 +20' 'mirror list has the members, and when they were read'
like "$("$ORGD" --data "$DATA" org list)" acme 'org list has it, too'

# --- nothing of its own ---
for path in update:'"name":"x"' roles/set:'"role":"x","permissions":[]' roles/remove:'"role":"x"' members/set-role:'"userId":"2","role":"owner"' members/remove:'"userId":"2"' \
    members/suspend:'"userId":"2"' members/resume:'"userId":"2"' members/revoke-tokens:'"userId":"2"' members/keys/list:'"userId":"2"' \
    members/keys/add:'"userId":"2","key":"ssh-ed25519 AAAA"' members/keys/remove:'"userId":"2","fingerprint":"x"' teams/create:'"name":"x"' teams/update:'"id":"x"' \
    teams/delete:'"id":"x"' teams/list: teams/members:'"id":"x"' teams/add:'"id":"x","userId":"2"' teams/remove:'"id":"x","userId":"2"' \
    invitations/create:'"email":"a@example.org"' invitations/resend:'"id":"x"' invitations/revoke:'"id":"x"' invitations/list: join-codes/create: join-codes/list: join-codes/revoke:'"id":"x"'; do
    on "${path%%:*}" "${path#*:}"; expect 409 mirrored "${path%%:*} is refused"
done
like "$("$ORGD" --data "$DATA" org owner acme owner@localhost 2>&1)" 'no account becomes one' 'the operator cannot make an account its owner'
on members/list '' "$OWNER"; expect 404 organization_not_found "the server's first user is no member"

# --- a webhook ---
hold removal
gone Mia
is "$(hook '{"action":"member_removed"}') $(hook '{"action":"member_removed"}' "$(sign '{"action":"member_removed"}' another)") $(hook '{"action":"x"}' "$(sign '{"action":"y"}')") $(hook x sha256=00) $(hook x "sha1=$(printf '%040d' 0)")" \
    '401 401 401 401 401' 'a webhook without its signature, or with a wrong one, is refused'
is "$(curl -sS -o /dev/null -w '%{http_code}' --unix-socket "$SOCKET" -H "X-Hub-Signature-256: $(sign x)" -d x http://localhost/v1/mirrors/hook/other)" 401 'as is one for an organization that is not mirrored'
is "$(state 2)" active 'and has nothing read'
begun=$(date +%s%3N)
is "$(hook '{"action":"member_removed"}' "$(sign '{"action":"member_removed"}')")" 200 'one with its signature is taken'
ms=$(took removal); diag "$ms ms"
like "$(tail -n 1 "$T/removal")" '"userId":"2".*"state":"removed"' 'a held poll is told of the removal'
ok 'within two seconds' test "$ms" -lt 2000
is "$(ids)" '1 3 4 5 6' 'the listing has the others'
is "$(tail -n 1 "$T/removal" | cut -d' ' -f2- | jq '.source.age < 5000')" true 'with the age of that reading'
before=$(listings)
for _ in {1..15}; do hook again "$(sign again)" > /dev/null; done
sleep 1 # as long as a reading that was wanted waits
ok 'a webhook that is sent again and again has the source read twice a second at most' test $(($(listings) - before)) -le 12
diag "$(($(listings) - before)) pages"
is "$(ids)" '1 3 4 5 6' 'and changes nothing'

# --- a host that wants to know now: the source is read once for all who ask ---
on members/changes '"since":0'; revision=$(field .revision)
before=$(listings)
fresh
is "$status $(field '"\(.source.fresh) \(.complete) \(.members | length)"')" '200 true false 0' 'a host that wants to know has the source read'
wait_for 5 eval '[ $(($(listings) - before)) -ge 2 ]'
one=$(($(listings) - before)) before=$(listings)
fake '{"fault":{"path":"/orgs/acme/members","query":"role=all","times":1,"delay":1.5}}'
for _ in {1..100}; do
    printf 'url = "http://localhost/v1/organizations/members/changes"\nunix-socket = "%s"\nheader = "Content-Type: application/json"\nheader = "Authorization: Bearer %s"\ndata = "%s"\nnext\n' \
        "$SOCKET" "$admin" "{\\\"organizationId\\\":\\\"acme\\\",\\\"since\\\":$revision,\\\"fresh\\\":true}"
done | sed '$d' > "$T/hundred"
is "$(curl -sS --no-progress-meter -Z --parallel-immediate --parallel-max 100 -K "$T/hundred" | grep -o '"fresh":true' | wc -l)" 100 'a hundred hosts that ask at a time are answered by what was read after they asked'
diag "$(($(listings) - before)) pages for all, $one for one"
ok 'for two or three readings' test $(($(listings) - before)) -le $((3 * one))

# --- bad answers ---
bad() { # NAME FAULT
    fake "{\"reset\":true,\"fault\":$2}"; gone Mia > "$T/gone"
    wait_for 10 eval 'fresh; [ "$(field .source.fresh)" = false ]'
    is "$? $status $(ids)" '0 200 1 3 4 5 6' "$1: nobody is taken away, and no host is confirmed"
    fake '{"reset":true}'; gone Mia
    wait_for 10 eval 'fresh; [ "$(field .source.fresh)" = true ]'
}
bad 'an empty listing' '{"path":"/members","times":0,"headers":{"Link":""},"body":[]}'
bad 'a link to another host' '{"path":"/members","query":"role=all","times":0,"headers":{"Link":"<http://127.0.0.1:1/x>; rel=\"next\""},"body":[{"id":1,"login":"ada","type":"User"}]}'
bad 'a token that sees public members alone' '{"path":"user/memberships","times":0,"status":404,"body":{"message":"Not Found"}}'

# --- a source that asks not to be asked ---
fake '{"reset":true,"fault":{"path":"/orgs/acme/members","times":0,"status":429,"headers":{"Retry-After":"86400"},"body":{"message":"slow"}}}'
fresh; before=$(listings)
is "$(field .source.fresh)" false 'Retry-After of a day: hosts are not confirmed'
age=$(field .source.age)
is "$(hook later "$(sign later)")" 200 'a webhook is taken meanwhile'
begun=$(date +%s%3N); fresh; ok 'a host that asks is answered at once' test $(($(date +%s%3N) - begun)) -lt 2000
is "$(field "\"\\(.source.fresh) \\(.source.age > $age)\"") $(($(listings) - before))" 'false true 0' 'with the older age, and the source is not asked'

# --- another start: what is known of the source is not how old it is ---
orgd_end
fake '{"reset":true,"fault":{"path":"/orgs/acme/members","status":502,"times":0}}'
orgd_start
on members/changes '"since":0'
is "$status $(field '"\(.source.age) \(.source.fresh) \([.members[] | select(.state != "removed")] | length)"')" '200 null false 5' 'after another start the members are there, and their age is not known'
keys_of() { on members/changes '"since":0'; field ".members[] | select(.userId == \"$1\") | .keys | length"; }
fake '{"reset":true,"fault":{"path":"/keys","status":403,"times":0,"headers":{"Retry-After":"60"},"body":{"message":"rate limit"}}}'
gone Mia; gone bob
wait_for 20 eval '[ "$(state 3)" = removed ]'
is "$? $(keys_of 1)" '0 1' 'keys that cannot be read now stay as they were'
fake '{"reset":true}'
operator remove acme --yes > /dev/null
wait_for 20 eval 'on members/list; [ "$status" = 401 ]'
is "$?" 0 'mirror remove ends it, and its token'
is "$(sql 'SELECT (SELECT count(*) FROM mirrors) + (SELECT count(*) FROM mirrored) + (SELECT count(*) FROM organizations)')" 0 'nothing of it is left'

# --- without a webhook, by the poll; many members; machines ---
kill "$fake_pid"; fake_start --members 2500
fake '{"fault":{"path":"/keys","status":403,"times":0,"headers":{"Retry-After":"60"},"body":{"message":"rate limit"}}}'
is "$(operator add acme --provider github --url "$fake_url" --token-file "$T/token" --poll 1)" 'ok: yes' 'it is mirrored again'
admin=$(operator token acme | sed -n 's/^bearer: //p')
wait_for 30 eval 'on members/changes "\"since\":0"; [ "$status" = 200 ]'
is "$(field '.members | length') $(field '[.members[] | has("keys"), .keysUnread] | unique | tostring')" '2506 [false,true]' 'an organization of some slices comes whole; keys that were never read are told to be that'
on members/list; is "$(field '[.members[].userId] | unique | length')" 2506 'its listing in pieces, too'
hold poll
begun=$(date +%s%3N)
gone user002000; gone bob
wait_for 10 eval '[ "$(state 2999)$(state 3)" = removedremoved ]'
is "$?" 0 'what was removed is removed here with the next poll'
on machines/invite '"name":"web01"'
is "$status" 200 "the operator's token invites a machine"
call /organizations/machines/enroll "{\"code\":\"$(field .code)\"}"
is "$status $(field '"\(.organizationId) \(.name)"')" '200 acme web01' 'a machine enrolls'
machine=$(field .apiToken.bearer)
on members/changes '"since":0' "$machine"; is "$status $(field '.members | length')" '200 2506' "its token reads the members"
on access/add '"role":"owner"'; is "$status" 200 'a rule for a role of the source is made'
rule=$(field .rule.id)
on members/changes '"since":0' "$machine"; is "$(field '.access[0].role')" owner 'and told'
is "$(api /organizations/audit/list '{"organizationId":"acme"}' "$admin" | jq -r '[.events[] | select(.action == "mirror.read") | .detail | split(" ") | map(tonumber?)] | [.[][0]] | max')" 2506 'the audit log tells what each reading changed'

# --- another provider: orgd itself, which relays in its turn ---
fake '{"reset":true}'
upper=$SOCKET upper_token=$admin upper_pid=$orgd_pid UPPER_DATA=$DATA
(umask 077; echo "$machine" > "$T/native.token")
if [ "$STORE" = sqlite ]; then
    DATA=$T/lower.db SOCKET=$T/lower.sock upper_owner=$OWNER OWNER=
    orgd_start --owner low@localhost
    is "$(operator add acme --provider native --url "unix:$upper" --token-file "$T/native.token" --poll 1)" 'ok: yes' 'an orgd mirrors an organization of another orgd'
    admin=$(operator token acme | sed -n 's/^bearer: //p')
    wait_for 20 eval 'operator list | grep -q "has access rules"'
    is "$?" 0 'but not one with access rules, which are made for each machine'
    on members/list; expect 503 source_unread 'so that no machine behind it admits those whom they keep out'
    is "$(SOCKET=$upper on access/remove "\"id\":\"$rule\"" "$upper_token"; echo "$status")" 200 'the rule is removed'
    wait_for 30 eval 'on members/list; [ "$status" = 200 ]'
    wait_for 10 eval 'on members/changes "\"since\":0"; [ "$(field ".source.age < 20000")" = true ]'
    is "$? $(field '[.members[] | select(.userId == "1")][0] | "\(.username) \(.roles[0])"')" '0 ada owner' 'with the ids and roles of the first source'
    fake '{"fault":{"path":"/orgs/acme/members","times":0,"status":500}}'
    wait_for 20 eval 'on members/changes "\"since\":0"; [ "$(field ".source.age > 3000")" = true ]'
    is "$?" 0 'while the first source fails, the second relay is no fresher than the first'
    revision=$(field .revision)
    fresh; is "$(field .source.fresh)" false 'and says so to whoever wants to know'
    fake '{"reset":true}'
    is "$(SOCKET=$upper on access/add '"role":"owner"' "$upper_token"; echo "$status")" 200 'there is a rule again'
    wait_for 20 eval 'operator list | grep -q "has access rules"'
    is "$?" 0 'and the relay takes nothing from there any more'
    orgd_end
    DATA=$UPPER_DATA SOCKET=$upper orgd_pid=$upper_pid OWNER=$upper_owner
fi
orgd_end
is "$("$ORGD" --data "$DATA" check 2>&1)" "$DATA_NAME: nothing is wrong" 'the data are sound'
done_testing
