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
is "$(admin invitation create a@example.org --username ann > /dev/null; admin invitation list | jq -r '.[]|"\(.username) \(.maker)"')" 'ann owner' 'invitation create --username'
is "$(admin member add b@example.org --username ben > /dev/null; admin invitation list | jq -r '.[]|select(.email == "b@example.org").username')" ben 'member add --username'
echo d@example.org > "$T/people"
by token member add --file "$T/people" --username dan
is "$?" 2 'of one person alone'
is "$(admin org show | jq .self_rename)" false 'members do not rename themselves'
by token org edit --set self_rename=yes && is "$(admin org show | jq .self_rename)" true 'unless org edit says so'
by token org edit --name Acme2 && is "$(admin org show | jq -r '"\(.name) \(.self_rename)"')" 'Acme2 true' 'and keeps it with a new name'
by token org edit --set self_rename=maybe
like "$?$(cat "$T/err")" '^2.*"self_rename" is neither yes nor no: maybe' 'what is neither is refused'
is "$(admin joincode create --expires 2099-01-02 > /dev/null; admin joincode list | jq -r '.[]|"\(.expires[:10]) \(.maker)"')" '2099-01-02 owner' 'joincode create --expires'
is "$(admin token create --expires 2099-01-02 > /dev/null; admin token list | jq -r '.[]|"\(.expires[:10]) \(.maker)"')" '2099-01-02 owner' 'token create --expires'

# Who can do less has handed out less.
join "$org" eve admin
(umask 077; echo "$bearer" > "$T/eve")
by eve invitation create e@example.org --role admin > /dev/null
by eve joincode create --role admin > /dev/null
by token member role eve member
like "$(cat "$T/err")" 'Withdrawn with it: 1 invitation and 1 join code that eve made\.' 'member role tells what was withdrawn'
by token role create ops --permissions members:view 2> /dev/null
by token joincode create --role ops > /dev/null
by token role edit ops --permissions members:view,members:manage
like "$(cat "$T/err")" 'Withdrawn with it: 0 invitations and 1 join code of that role, or of those who have it\.' 'and so does role edit'

# An owner leaves: what he handed out is withdrawn, and what goes on is named, for somebody to decide.
join "$org" bob owner
(umask 077; echo "$bearer" > "$T/bob")
by bob invitation create c@example.org > /dev/null
by bob joincode create > /dev/null
by bob token create --name deploy > /dev/null || diag "$(cat "$T/err")"
key=$(admin token list | jq -r '.[] | select(.maker == "bob").key')
by token member remove bob --yes
like "$(cat "$T/err")" 'Withdrawn with it: 1 invitation and 1 join code that bob made\.' 'member remove tells what was withdrawn'
like "$(cat "$T/err")" "^  $key deploy \(member\)$" 'and names the tokens that he made'
is "$(admin invitation list | jq 'map(select(.maker == "bob")) | length') $(admin token list | jq 'map(select(.maker == "bob")) | length')" '0 1' 'they are as it says'
orgd_end
done_testing
