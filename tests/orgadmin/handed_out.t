#!/bin/bash
# What is handed out through orgadmin has an end, a maker and, for an invitation, a fixed login name.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/orgd.sh"
orgd_start
export HOME=$T XDG_CONFIG_HOME=$T/config
org=$(new_org Acme)
(umask 077; echo "$OWNER" > "$T/token")
admin() { "$BUILD/orgadmin" "$@" --org "$org" --url "unix:$SOCKET" --token-file "$T/token" --output json 2> "$T/err"; }
is "$(admin invitation create a@example.org --username ann > /dev/null; admin invitation list | jq -r '.[]|"\(.username) \(.maker)"')" 'ann owner' 'invitation create --username'
is "$(admin joincode create --expires 2099-01-02 > /dev/null; admin joincode list | jq -r '.[]|"\(.expires[:10]) \(.maker)"')" '2099-01-02 owner' 'joincode create --expires'
is "$(admin token create --expires 2099-01-02 > /dev/null; admin token list | jq -r '.[]|"\(.expires[:10]) \(.maker)"')" '2099-01-02 owner' 'token create --expires'
orgd_end
done_testing
