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
is "$(admin joincode create --expires 2099-01-02 > /dev/null; admin joincode list | jq -r '.[]|"\(.expires[:10]) \(.maker)"')" '2099-01-02 owner' 'joincode create --expires'
is "$(admin token create --expires 2099-01-02 > /dev/null; admin token list | jq -r '.[]|"\(.expires[:10]) \(.maker)"')" '2099-01-02 owner' 'token create --expires'

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
