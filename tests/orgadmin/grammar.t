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
fails() { is "$rc/$out/$(wc -l < "$T/err")" "$1//1" "$3"; like "$err" "^orgadmin: .*$2" "$3: $2"; }
get() { jq -r "$1" <<< "$out"; }
# deletes ANSWER: what ann's terminal sees when org delete Doomed is answered so
deletes() { XDG_CONFIG_HOME=$T/ann typed "$T/seen" "$ORGADMIN org delete Doomed" 'Type Doomed:' "$1\n"; out=$(cat "$T/seen"); }

as ann login --url "unix:$SOCKET" --token-file "$T/ann.token"
as ann org create Acme -o json; acme=$(get .id)

# org
as ann org edit --name 'Acme Works'; done_is 'org edit'
as ann org show -o json; is "$(get .name)" 'Acme Works' 'the organization has another name'
as ann org current -o json; is "$(get .name)" 'Acme Works' 'which the login knows'
as ann org edit "$acme" --name Acme; done_is 'org edit by id'
as ann org edit; fails 2 'give --name NAME' 'org edit without a change'
as ann org edit Acme --org Acme --name b; fails 2 'once' 'org edit of two'
as ann org create Doomed -o json; doomed=$(get .id)
as ann org switch Acme
as ann org delete Doomed; fails 2 'There is no terminal to ask on: give --yes' 'org delete without a terminal'
INPUT=<(echo Doomed) as ann org delete Doomed; fails 2 'no terminal' 'org delete from a pipe'
deletes doomed
like "$out" "Delete Doomed \($doomed\) at unix:.* for good\? Type Doomed:" 'org delete asks for the name'
like "$out" 'nothing is changed' 'and takes no other'
as ann org show Doomed; done_is 'it is still there'
deletes Doomed
like "$out" "Doomed \($doomed\) is deleted" 'the name typed deletes'
as ann org show Doomed; fails 1 'you are in no organization "Doomed"' 'it is gone'
as ann org create Doomed; as ann org delete Doomed -y; done_is 'org delete --yes'
as ann org current; fails 3 'no organization is chosen' 'a deleted organization is not the current one'
as ann org switch Acmee; fails 1 'did you mean "Acme"' 'a mistyped name'
as ann org switch Acme

# invitations
as ann invitation create bob@example.org --out "$T/bob.1"
like "$err" "bob@example.org is invited to Acme. The token is in $T/bob.1; whoever has it can accept" 'invitation create says what to do'
as ann invitation resend bob@example.org --out "$T/bob.2"; done_is 'invitation resend by address'
ok 'with another token' test "$(cat "$T/bob.1")" != "$(cat "$T/bob.2")"
as bob invitation accept --url "unix:$SOCKET" --username bob --token-file "$T/bob.1"
fails 1 'invitation_not_found.*; try: ask for a new invitation' 'the old token is void'
as ann invitation list -o json; bob=$(get '.[0].id')
as ann invitation resend "$bob" -o json; like "$(get .token)" '^inv_' 'invitation resend by id, as JSON'
(umask 077; get .token > "$T/bob.3")
as ann invitation create cid@example.org --out "$T/cid.token"
as ann invitation revoke cid@example.org; fails 2 'Withdraw the invitation of cid@example.org to Acme\? There is no terminal' 'invitation revoke asks'
as ann invitation revoke cid@example.org --yes; done_is 'invitation revoke'
as cid invitation accept --url "unix:$SOCKET" --username cid --token-file "$T/cid.token"; fails 1 invitation_not_found 'nobody accepts a revoked one'
as ann invitation revoke cid@example.org --yes; fails 1 'no pending invitation "cid@example.org"; see' 'it is not there any more'
as ann invitation resend bop@example.org; fails 1 'did you mean "bob@example.org"' 'a mistyped address'
as bob invitation accept --url "unix:$SOCKET" --username bob --token-file "$T/bob.3"; done_is 'the last token is good'

# join codes
as ann joincode create --role member --max-uses 1 -o json
done_is 'joincode create'
(umask 077; get .code > "$T/code"); code=$(get .id)
is "$(get '"\(.role) \(.max_uses) \(.uses)"')" 'member 1 0' 'with its role and limit'
as ann joincode create --out "$T/code2"; is "$rc/$out/$(stat -c %a "$T/code2")" 0//600 'joincode create --out'
as ann joincode create --max-uses many; fails 2 'max_uses.* is no number: many' 'a limit that is no number'
as ann joincode list
is "$(wc -l <<< "$out")" 3 'joincode list'
unlike "$out" "$(cat "$T/code")" 'without the code'
as ann org create Other; as ann invitation create cid@example.org --out "$T/cid.token"; as ann org switch Acme
as cid invitation accept --url "unix:$SOCKET" --username cid --token-file "$T/cid.token"
as cid joincode join --code-file "$T/code" -o json
is "$(get '"\(.organization) \(.role) \(.already)"')" "$acme member false" 'joincode join'
is "$err" "You are in $acme now." 'and is told'
as cid joincode join --code-file "$T/code" -o json; is "$(get .already)/$err" "true/You are in $acme already." 'a member already'
as ann member remove cid -y
as cid joincode join --code-file "$T/code"; fails 1 'removed: You were removed from the organization: ask for an invitation' 'a code is no way back for who was removed'
as ann invitation create cid@example.org --out "$T/cid.token"
as cid invitation accept --token-file "$T/cid.token"; done_is 'an invitation is'
as ann org create Third; as ann invitation create dan@example.org --out "$T/dan.token"; as ann org switch Acme
as dan invitation accept --url "unix:$SOCKET" --username dan --token-file "$T/dan.token"
as dan joincode join --code-file "$T/code"; fails 1 'code_not_found' 'the code is used up'
as ann joincode list -o json; is "$(get ".[] | select(.id == \"$code\") | .uses")" 1 'its uses are counted'
unlike "$out" '"code"' 'JSON has no code either'
as ann joincode revoke "${code}x" -y; fails 1 'Acme has no join code "code_[a-z0-9]*x"; see orgadmin joincode list' 'joincode revoke of one that is none is told'
as ann joincode revoke "$code"; fails 2 "Withdraw the join code $code \(member\) of Acme\? There is no terminal" 'joincode revoke asks'
as ann joincode revoke "$code" -y; done_is 'joincode revoke'
as ann joincode list -o json; is "$(get length)" 1 'one is left'
INPUT=$T/code2 as dan joincode join --code-file -; done_is 'the code from standard input'

# roles
as ann role create auditor --permissions org:view,members:view; done_is 'role create'
as ann role list -o json; is "$(get '.[] | select(.id == "auditor") | .permissions | sort | join(" ")')" 'members:view org:view' 'role list has it'
as ann role create auditor --permissions org:view; fails 1 'has a role "auditor" already' 'no second one of that name'
as ann role edit auditor --permissions org:view,members:view,members:manage; done_is 'role edit'
as ann role edit auditer --permissions org:view; fails 1 'has no role "auditer"' 'role edit of none'
as ann role edit owner --permissions org:view; fails 1 'builtin_role' 'owner stays owner'
as ann role create x; fails 2 'give --permissions' 'a role must permit something'
as ann member role cid auditor; done_is 'a member has it'
as ann member show cid -o json; like "$(get '.permissions|join(" ")')" members:manage 'and may what it permits'
as ann role remove auditor -y; fails 1 'role_in_use.*; try: first give its members another role' 'a role that is in use stays'
as ann member role cid member; as ann role remove auditor -y; done_is 'role remove'
as ann role list -o json; is "$(get '[.[].id] | sort | join(" ")')" 'admin member owner' 'it is gone'

# tokens
as ann token create --name web1 --role member --out "$T/host.token"
as ann token list -o json
key=$(get '.[] | select(.name == "web1") | .key')
is "$(get '.[] | select(.name == "web1") | "\(.role) \(has("secret")) \(has("bearer"))"')" 'member false false' 'token list, without secrets'
as host --url "unix:$SOCKET" --token-file "$T/host.token" member list; done_is 'the token works'
as ann token revoke "${key}x" --yes; fails 1 'Acme has no token "live_[a-z0-9]*x"; see orgadmin token list' 'token revoke of one that is none is told'
as ann token revoke "$key"; fails 2 "Make the token $key \(.*member\) of Acme invalid\? There is no terminal" 'token revoke asks'
as ann token create --name twice --out "$T/twice"; as ann token create --name twice --out "$T/twice"
is "$err" "The token is in $T/twice." 'token create says where it is'
as ann token revoke twice --yes; fails 2 '2 tokens of Acme are called "twice"; use the key' 'a name that two have'
as ann token create --name spare --out "$T/spare"
XDG_CONFIG_HOME=$T/ann "$ORGADMIN" token create --name unseen > /dev/full 2> "$T/err"
is "$?/$(tail -n 1 "$T/err")" '4/It is made, but its secret is lost: revoke it, and make another one.' 'a token that could not be printed'
as ann token revoke spare --yes; is "$rc/$err" "0/The token $(cut -d: -f1 "$T/spare") is no longer valid in Acme." 'token revoke by name'
as ann token revoke "$key" --yes; done_is 'token revoke'
as host --url "unix:$SOCKET" --token-file "$T/host.token" member list; fails 1 'unauthorized.*; try: log in again' 'and works no more'

# audit
as ann audit list -o json
done_is 'audit list'
ok 'newest first' jq -e '[.[].at] as $at | $at == ($at | sort | reverse)' <<< "$out"
actions=$(get "[.[].action] | unique | join(\" \")")
for action in invitation.create invitation.accept join-code.join member.remove role.set token.revoke; do like " $actions " " $action " "it has $action"; done
action=$(get '.[] | select(.action | startswith("token.")) | .action' | head -n 1)
as ann audit list --action "$action" -o json; is "$(get '[.[].action] | unique | join(" ")')" "$action" 'audit list --action'
as ann audit list --from 2020-01-01 --to 2020-01-31 -o json; is "$(get length)" 0 'audit list of another month'
as ann audit list --from "$(date -u -d yesterday +%F)" --to "$(date -u -d tomorrow +%F)" -o json; ok 'of these days' test "$(get length)" -gt 10
as ann audit list --from yesterday; fails 1 '400 invalid' 'a time that is none'
as ann audit list --action "$action"
like "$out" "^AT +ACTOR_NAME +ACTION +SUBJECT_NAME +FROM" 'as a table, without the column that none of them has'
as ann audit list --action "$action" --columns at,detail; like "$out" '^AT +DETAIL$' 'which is there when it is asked for'
as ann audit list --action "$action" -o csv; like "$out" '^id,at,.*,detail,' 'and in CSV'
as ann audit list -o wide; like "$out" "^ID +AT .* DETAIL +FROM" 'one that some have is there'
unlike "$out" "$(cut -d: -f2 "$T/host.token")" 'no secret is in it'
as cid audit list; fails 1 '403 forbidden.*; try: ask an owner' 'not for everybody'

for i in $(seq 1 12); do as ann org edit --name "Acme"; done
as ann audit list -o json; all=$(get length)
is "$(get '[.[].id] | unique | length')" "$all" 'every event once'

as ann logout; done_is 'logout'
as ann org list; fails 3 'not logged in' 'forgets'
is "$(find "$T/ann" -type f -exec grep -l live_ {} + | wc -l)" 0 'all of it'
as ann logout; fails 3 'is not logged in' 'once'
orgd_end
done_testing
