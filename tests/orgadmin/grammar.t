#!/bin/bash
# What issue 3 adds to the grammar, against orgd: organizations changed and deleted, invitations revoked and sent again, join
# codes, an organization's own roles, tokens, the audit log.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/orgd.sh"
need script
ORGADMIN=$BUILD/orgadmin
umask 022
unset ORGADMIN_ORG ORGADMIN_TOKEN_FILE ORGADMIN_PROFILE

orgd_start --owner ann@example.org
(umask 077; printf '%s\n' "$OWNER" > "$T/ann.token")
# as PERSON COMMAND...: sets $out, $err, $rc
as() {
    local person=$1; shift
    out=$(XDG_CONFIG_HOME=$T/$person "$ORGADMIN" "$@" 2> "$T/err" < "${INPUT:-/dev/null}"); rc=$?
    err=$(cat "$T/err")
}
done_is() { is "$rc" 0 "$1" || diag "$err"; }
fails() { is "$rc/$out/$(wc -l < "$T/err")" "$1//1" "$3"; like "$err" "^orgadmin: .*$2" "$3: the message"; }
get() { jq -r "$1" <<< "$out"; }
# deletes ANSWER: what ann's terminal sees when org delete Doomed is answered so
deletes() { XDG_CONFIG_HOME=$T/ann typed "$T/seen" "$ORGADMIN org delete Doomed" 'Type Doomed:' "$1\n"; out=$(cat "$T/seen"); }

as ann login --url "unix:$SOCKET" --token-file "$T/ann.token"
as ann org create Acme -o json; acme=$(get .id)

# org
as ann org edit --name 'Acme Works'; done_is 'org edit --name renames the current organization'
as ann org show -o json; is "$(get .name)" 'Acme Works' 'org show prints the new name of the organization'
as ann org current -o json; is "$(get .name)" 'Acme Works' 'org edit --name updates the name in the stored login'
as ann org edit "$acme" --name Acme; done_is 'org edit ORG --name takes an id'
as elsewhere login --url "unix:$SOCKET" --token-file "$T/ann.token"
as elsewhere org edit "$acme" --name Moved
as ann org list; as ann org current -o json; is "$(get .name)" Moved 'org list updates the name in the stored login'
as elsewhere org edit "$acme" --name Acme
as ann org show; as ann org current -o json; is "$(get .name)" Acme 'org show updates the name in the stored login'
as ann org edit; fails 2 'give --name NAME' 'org edit refuses to run without a change'
as ann org edit Acme --org Acme --name b; fails 2 'once' 'org edit refuses an argument together with --org'
as ann org create Doomed -o json; doomed=$(get .id)
as ann org switch Acme
as ann org delete Doomed; fails 2 'There is no terminal to ask on: give --yes' 'org delete refuses without a terminal and --yes'
INPUT=<(echo Doomed) as ann org delete Doomed; fails 2 'no terminal' 'org delete takes no confirmation from a pipe'
deletes doomed
like "$out" "Delete Doomed \($doomed\) at unix:.* for good\? Type Doomed:" 'org delete asks for the name on a terminal'
like "$out" 'nothing is changed' 'org delete changes nothing when another name is typed'
as ann org show Doomed; done_is 'an unconfirmed org delete keeps the organization'
deletes Doomed
like "$out" "Doomed \($doomed\) is deleted" 'org delete deletes when the name is typed'
as ann org show Doomed; fails 1 'you are in no organization "Doomed"' 'org show does not find a deleted organization'
as ann org create Doomed; as ann org delete Doomed -y; done_is 'org delete -y deletes without a question'
as ann org current; fails 3 'no organization is chosen' 'org current refuses after its organization was deleted'
as ann org switch Acmee; fails 1 'did you mean "Acme"' 'org switch suggests the right spelling of a mistyped name'
as ann org switch Acme

# invitations
as ann invitation create bob@example.org --out "$T/bob.1"
like "$err" "bob@example.org is invited to Acme. The token is in $T/bob.1; whoever has it can accept" 'invitation create --out says where the token is and who can use it'
as ann invitation resend bob@example.org --out "$T/bob.2"; done_is 'invitation resend takes an e-mail address'
ok 'invitation resend makes another token' test "$(cat "$T/bob.1")" != "$(cat "$T/bob.2")"
as bob invitation accept --url "unix:$SOCKET" --username bob --token-file "$T/bob.1"
fails 1 'invitation_not_found.*; try: ask for a new invitation' 'invitation accept refuses a token from before invitation resend'
as ann invitation list -o json; bob=$(get '.[0].id')
as ann invitation resend "$bob" -o json; like "$(get .token)" '^inv_' 'invitation resend takes an id and prints the token as JSON'
(umask 077; get .token > "$T/bob.3")
rm -f "$T/cid.token"; as ann invitation create cid@example.org --out "$T/cid.token"
as ann invitation revoke cid@example.org; fails 2 'Withdraw the invitation of cid@example.org to Acme\? There is no terminal' 'invitation revoke refuses without a terminal and --yes'
as ann invitation revoke cid@example.org --yes; done_is 'invitation revoke --yes withdraws an invitation'
as cid invitation accept --url "unix:$SOCKET" --username cid --token-file "$T/cid.token"; fails 1 invitation_not_found 'invitation accept refuses a revoked invitation'
as ann invitation revoke cid@example.org --yes; fails 1 'no pending invitation "cid@example.org"; see' 'invitation revoke refuses an invitation revoked before'
as ann invitation resend bop@example.org; fails 1 'did you mean "bob@example.org"' 'invitation resend suggests the right spelling of a mistyped address'
as bob invitation accept --url "unix:$SOCKET" --username bob --token-file "$T/bob.3"; done_is 'invitation accept takes the token of the last resend'

# join codes
as ann joincode create --role member --max-uses 1 -o json
done_is 'joincode create makes a join code'
(umask 077; get .code > "$T/code"); code=$(get .id)
is "$(get '"\(.role) \(.max_uses) \(.uses)"')" 'member 1 0' 'joincode create -o json prints role, limit and uses'
as ann joincode create --out "$T/code2"; is "$rc/$out/$(stat -c %a "$T/code2")" 0//600 'joincode create --out prints nothing and writes a private file'
as ann joincode create --max-uses many; fails 2 'max_uses.* is no number: many' 'joincode create refuses a --max-uses that is no number'
as ann joincode list
is "$(wc -l <<< "$out")" 3 'joincode list prints every join code'
unlike "$out" "$(cat "$T/code")" 'joincode list prints no code'
rm -f "$T/cid.token"; as ann org create Other; as ann invitation create cid@example.org --out "$T/cid.token"; as ann org switch Acme
as cid invitation accept --url "unix:$SOCKET" --username cid --token-file "$T/cid.token"
as cid joincode join --code-file "$T/code" -o json
is "$(get '"\(.organization) \(.role) \(.already)"')" "$acme member false" 'joincode join --code-file makes a member'
is "$err" "You are in $acme now." 'joincode join says which organization was joined'
as cid joincode join --code-file "$T/code" -o json; is "$(get .already)/$err" "true/You are in $acme already." 'joincode join by a member says that he is in already'
as ann member remove cid -y
as cid joincode join --code-file "$T/code"; fails 1 'removed: You were removed from the organization: ask for an invitation' 'joincode join refuses a person who was removed'
rm -f "$T/cid.token"; as ann invitation create cid@example.org --out "$T/cid.token"
as cid invitation accept --token-file "$T/cid.token"; done_is 'invitation accept lets a removed person return'
as ann org create Third; as ann invitation create dan@example.org --out "$T/dan.token"; as ann org switch Acme
as dan invitation accept --url "unix:$SOCKET" --username dan --token-file "$T/dan.token"
as dan joincode join --code-file "$T/code"; fails 1 'code_not_found' 'joincode join refuses a code without uses left'
as ann joincode list -o json; is "$(get ".[] | select(.id == \"$code\") | .uses")" 1 'joincode list -o json prints the number of uses'
unlike "$out" '"code"' 'joincode list -o json prints no code'
as ann joincode revoke "${code}x" -y; fails 1 'Acme has no join code "code_[a-z0-9]*x"; see orgadmin joincode list' 'joincode revoke refuses an unknown id'
as ann joincode revoke "$code"; fails 2 "Withdraw the join code $code \(member\) of Acme\? There is no terminal" 'joincode revoke refuses without a terminal and --yes'
as ann joincode revoke "$code" -y; done_is 'joincode revoke -y withdraws a join code'
as ann joincode list -o json; is "$(get length)" 1 'joincode list leaves out a revoked code'
INPUT=$T/code2 as dan joincode join --code-file -; done_is 'joincode join takes the code from standard input'

# roles
as ann role create auditor --permissions org:view,members:view; done_is 'role create makes a role'
as ann role list -o json; is "$(get '.[] | select(.id == "auditor") | .permissions | sort | join(" ")')" 'members:view org:view' 'role list prints the permissions of a new role'
as ann role create auditor --permissions org:view; fails 1 'has a role "auditor" already' 'role create refuses a name that exists'
as ann role edit auditor --permissions org:view,members:view,members:manage; done_is 'role edit changes the permissions of a role'
as ann role edit auditer --permissions org:view; fails 1 'has no role "auditer"' 'role edit refuses an unknown role'
as ann role edit owner --permissions org:view; fails 1 'builtin_role' 'role edit refuses a built-in role'
as ann role create x; fails 2 'give --permissions' 'role create refuses a role without permissions'
as ann member role cid auditor; done_is 'member role gives a member an own role'
as ann member show cid -o json; like "$(get '.permissions|join(" ")')" members:manage 'a member of an own role has its permissions'
as ann role remove auditor -y; fails 1 'role_in_use.*; try: first give its members another role' 'role remove refuses a role in use'
as ann member role cid member; as ann role remove auditor -y; done_is 'role remove removes an unused role'
as ann role list -o json; is "$(get '[.[].id] | sort | join(" ")')" 'admin member owner' 'role list leaves out a removed role'

# tokens
as ann token create --name web1 --role member --out "$T/host.token"
as ann token list -o json
key=$(get '.[] | select(.name == "web1") | .key')
is "$(get '.[] | select(.name == "web1") | "\(.role) \(has("secret")) \(has("bearer"))"')" 'member false false' 'token list prints the role of a token and no secret'
as host --url "unix:$SOCKET" --token-file "$T/host.token" member list; done_is 'member list works with a created token'
as ann token revoke "${key}x" --yes; fails 1 'Acme has no token "live_[a-z0-9]*x"; see orgadmin token list' 'token revoke refuses an unknown key'
as ann token revoke "$key"; fails 2 "Make the token $key \(.*member\) of Acme invalid\? There is no terminal" 'token revoke refuses without a terminal and --yes'
as ann token create --name twice --out "$T/twice1"; as ann token create --name twice --out "$T/twice"
is "$err" "The token is in $T/twice." 'token create --out says where the token is'
as ann token revoke twice --yes; fails 2 '2 tokens of Acme are called "twice"; use the key' 'token revoke refuses a name of two tokens'
as ann token create --name spare --out "$T/spare"
XDG_CONFIG_HOME=$T/ann "$ORGADMIN" token create --name unseen > /dev/full 2> "$T/err"
is "$?/$(tail -n 1 "$T/err")" '4/It is made, but its secret is lost: revoke it, and make another one.' 'token create fails and says so when the token cannot be printed'
as ann token revoke spare --yes; is "$rc/$err" "0/The token $(cut -d: -f1 "$T/spare") is no longer valid in Acme." 'token revoke takes a name'
as ann token revoke "$key" --yes; done_is 'token revoke takes a key'
as host --url "unix:$SOCKET" --token-file "$T/host.token" member list; fails 1 'unauthorized.*; try: log in again' 'member list refuses a revoked token'

# audit
as ann audit list -o json
done_is 'audit list succeeds for an owner'
ok 'audit list prints the newest event first' jq -e '[.[].at] as $at | $at == ($at | sort | reverse)' <<< "$out"
actions=$(get "[.[].action] | unique | join(\" \")")
for action in invitation.create invitation.accept join-code.join member.remove role.set token.revoke; do like " $actions " " $action " "audit list contains the event $action"; done
action=$(get '.[] | select(.action | startswith("token.")) | .action' | head -n 1)
as ann audit list --action "$action" -o json; is "$(get '[.[].action] | unique | join(" ")')" "$action" 'audit list --action prints the events of that action alone'
as ann audit list --from 2020-01-01 --to 2020-01-31 -o json; is "$(get length)" 0 'audit list --from --to of an empty month prints nothing'
as ann audit list --from "$(date -u -d yesterday +%F)" --to "$(date -u -d tomorrow +%F)" -o json; ok 'audit list --from --to of these days prints their events' test "$(get length)" -gt 10
as ann audit list --from yesterday --to today -o json; ok 'audit list --from yesterday prints events' test "$(get length)" -gt 5
as ann audit list --to yesterday -o json; is "$(get length)" 0 'audit list --to yesterday prints no event of today'
as ann audit list --from "$(date -u -d '1 hour ago' +%FT%T)+00:00" -o json; ok 'audit list takes an offset' test "$(get length)" -gt 5
as ann audit list --from "$(TZ=UTC-5 date +%FT%T)+00:00" -o json; is "$rc/$(get length)" 0/0 'audit list takes a time to come'
for bad in 2026-02-30 2026-13-01 2026-1-1 2026-01-02T25:00:00Z 2026-01-02T03:04 12 '' 2026-01-02T03:04:05+99:00; do
    as ann audit list --from "$bad"; is "$rc/$out" 2/ "audit list refuses --from '$bad'"
done
as ann token create --expires soon; is "$rc" 2 'token create refuses an --expires that is no time'
as ann audit list --from soon; fails 2 '"soon" is no time' 'audit list refuses a --from that is no time'
as ann audit list --action "$action"
like "$out" "^AT +ACTOR_NAME +ACTION +SUBJECT_NAME +FROM" 'audit list leaves the column out of the table that no event fills'
as ann audit list --action "$action" --columns at,detail; like "$out" '^AT +DETAIL$' 'audit list --columns detail prints that column though it is empty'
as ann audit list --action "$action" -o csv; like "$out" '^id,at,.*,detail,' 'audit list -o csv has every column'
as ann audit list -o wide; like "$out" "^ID +AT .* DETAIL +FROM" 'audit list -o wide prints the columns that some event fills'
unlike "$out" "$(cut -d: -f2 "$T/host.token")" 'audit list prints no secret'
as cid audit list; fails 1 '403 forbidden.*; try: ask an owner' 'audit list is refused for a plain member'

for i in $(seq 1 12); do as ann org edit --name "Acme"; done
as ann audit list -o json; all=$(get length)
is "$(get '[.[].id] | unique | length')" "$all" 'audit list -o json prints every event once'

as ann logout; done_is 'logout removes the login'
as ann org list; fails 3 'not logged in' 'org list refuses after logout'
is "$(find "$T/ann" -type f -exec grep -l live_ {} + | wc -l)" 0 'logout leaves no token in any file'
as ann logout; fails 3 'is not logged in' 'logout refuses a second time'
orgd_end
done_testing
