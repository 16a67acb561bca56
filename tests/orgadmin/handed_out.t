#!/bin/bash
# What is handed out through orgadmin has an end, a maker and, for an invitation, a fixed login name.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/orgd.sh"
orgd_start
export HOME=$T XDG_CONFIG_HOME=$T/config
org=$(new_org Acme)
(umask 077; echo "$OWNER" > "$T/token")
by() { "$BUILD/orgadmin" "${@:2}" --org "$org" --url "unix:$SOCKET" --token-file "$T/$1" 2> "$T/err"; }
admin() { by token "$@" --output json; }
is "$(admin invitation create a@example.org --username ann > /dev/null; admin invitation list | jq -r '.[]|"\(.username) \(.maker)"')" 'ann owner' 'invitation create --username sets the username, and the list names the maker'
is "$(admin member add b@example.org --username ben > /dev/null; admin invitation list | jq -r '.[]|select(.email == "b@example.org").username')" ben 'member add --username sets the username of the invitation'
echo d@example.org > "$T/people"
by token member add --file "$T/people" --username dan
is "$?" 2 'member add --file refuses --username'
is "$(admin org show | jq .self_rename)" false 'a new organization does not let members rename themselves'
by token org edit --set self_rename=yes && is "$(admin org show | jq .self_rename)" true 'org edit --set self_rename=yes lets members rename themselves'
by token org edit --name Acme2 && is "$(admin org show | jq -r '"\(.name) \(.self_rename)"')" 'Acme2 true' 'org edit --name keeps self_rename'
by token org edit --set self_rename=maybe
like "$?$(cat "$T/err")" '^2.*"self_rename" is neither yes nor no: maybe' 'org edit refuses a self_rename that is neither yes nor no'
is "$(admin joincode create --expires 2099-01-02 > /dev/null; admin joincode list | jq -r '.[]|"\(.expires[:10]) \(.maker)"')" '2099-01-02 owner' 'joincode create --expires sets the end of a join code'
is "$(admin token create --expires 2099-01-02 > /dev/null; admin token list | jq -r '.[]|"\(.expires[:10]) \(.maker)"')" '2099-01-02 owner' 'token create --expires sets the end of a token'

# Who can do less has handed out less.
join "$org" eve admin
(umask 077; echo "$bearer" > "$T/eve")
by eve invitation create e@example.org --role admin > /dev/null
by eve joincode create --role admin > /dev/null
by token member role eve member
like "$(cat "$T/err")" 'Withdrawn with it: 1 invitation and 1 join code that eve made\.' 'member role names the invitations and join codes withdrawn with a demotion'
by token role create ops --permissions members:view 2> /dev/null
by token joincode create --role ops > /dev/null
by token role edit ops --permissions members:view,members:manage
like "$(cat "$T/err")" 'Withdrawn with it: 0 invitations and 1 join code of that role, or of those who have it\.' 'role edit names the invitations and join codes withdrawn with it'

# An owner leaves: what he handed out is withdrawn, and what goes on is named, for somebody to decide.
join "$org" bob owner
(umask 077; echo "$bearer" > "$T/bob")
by bob invitation create c@example.org > /dev/null
by bob joincode create > /dev/null
by bob token create --name deploy > /dev/null || diag "$(cat "$T/err")"
key=$(admin token list | jq -r '.[] | select(.maker == "bob").key')
by token member remove bob --yes
like "$(cat "$T/err")" 'Withdrawn with it: 1 invitation and 1 join code that bob made\.' 'member remove names the invitations and join codes withdrawn with it'
like "$(cat "$T/err")" "^  $key deploy \(member\)$" 'member remove names the tokens that the removed member made'
is "$(admin invitation list | jq 'map(select(.maker == "bob")) | length') $(admin token list | jq 'map(select(.maker == "bob")) | length')" '0 1' 'after member remove his invitations are gone and his token remains'
orgd_end
done_testing
