#!/bin/bash
# What orgadmin asks a person, and what it tells him before and after.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/orgd.sh"
need script
ORGADMIN=$BUILD/orgadmin
umask 022
unset ORGADMIN_ORG ORGADMIN_TOKEN_FILE ORGADMIN_PROFILE
export XDG_CONFIG_HOME=$T/config LC_ALL=C.UTF-8
orgd_start --owner ann@example.org
acme=$(new_org Acme)
(umask 077; printf '%s\n' "$OWNER" > "$T/ann.token")
new_org Beta > "$T/beta"
"$ORGADMIN" login --url "unix:$SOCKET" --token-file "$T/ann.token" 2> "$T/err"
run() { out=$("$ORGADMIN" "$@" 2> "$T/err" < /dev/null); rc=$?; err=$(cat "$T/err"); }

# --- the picker ---
run member list; is "$rc/$(wc -l < "$T/err")" 3/1 'without a terminal nothing is picked'
like "$err" 'no organization is chosen: give --org ORG' 'and the message says what to give'
typed "$T/seen" "$ORGADMIN member list" 'Number or name: ' "$("$ORGADMIN" org list -o json | jq -r "map(.id) | index(\"$acme\") + 1")\n"
like "$(cat "$T/seen")" "[12]  Acme \($acme\)" 'on a terminal, the organizations are listed'
like "$(cat "$T/seen")" 'ann .*ann@example.org' 'a number picks one'
like "$(cat "$T/seen")" 'orgadmin org switch chooses one for good' 'and it is said how to choose for good'
typed "$T/seen" "$ORGADMIN member list" 'Number or name: ' 'acme\n'; like "$(cat "$T/seen")" 'ann .*ann@example.org' 'a name picks one, in any case'
typed "$T/seen" "$ORGADMIN org show" 'Number or name: ' "$acme"'\n'; like "$(cat "$T/seen")" "$acme +Acme" 'an id picks one'
for answer in 3 0 +1 99999999999999999999 nobody '' 1x; do
    typed "$T/seen" "$ORGADMIN member list; echo status \$?" 'Number or name: ' "$answer"'\n'
    like "$(cat "$T/seen")" 'status 3' "the answer \"$answer\" picks none"
done
typed "$T/seen" "$ORGADMIN member list --org acme </dev/tty"; unlike "$(cat "$T/seen")" 'Number or name' 'with --org nothing is asked'
typed "$T/seen" "$ORGADMIN role list"; unlike "$(cat "$T/seen")" 'Number or name' 'role list asks for no organization'

# --- one's own role ---
run org show "$acme" -o json; is "$(jq -r .role <<< "$out")" owner "org show has one's own role"
join "$acme" bob member; (umask 077; printf '%s\n' "$bearer" > "$T/bob.token")
run org show --url "unix:$SOCKET" --token-file "$T/bob.token" -o json; is "$(jq -r .role <<< "$out")" member 'org show of a member has the role member'
run org switch "$acme"

# --- what a member leaves ---
call /organizations/members/set-role "{\"organizationId\":\"$acme\",\"userId\":\"$user_id\",\"role\":\"owner\"}" "$OWNER"
at=(--url "unix:$SOCKET" --token-file "$T/bob.token" --org "$acme")
run joincode create "${at[@]}" --role member; run joincode create "${at[@]}" --role member; run token create "${at[@]}" --name ci
typed "$T/seen" "$ORGADMIN member remove bob; echo status \$?" 'Type yes:' 'n\n'
like "$(cat "$T/seen")" 'bob made 2 open join codes and 1 token of Acme' 'member remove tells of join codes and tokens before it asks'
like "$(cat "$T/seen")" 'nothing is changed' 'the answer n changes nothing'
typed "$T/seen" "$ORGADMIN member remove bob; echo status \$?" 'Type yes:' 'y\n'
like "$(cat "$T/seen")" 'bob is no longer in Acme' 'the answer y is a yes'
like "$(cat "$T/seen")" '2 join codes that bob made' 'and the withdrawn join codes are told'
run org delete "$acme"; like "$err" 'give --yes' 'org delete still wants more without a terminal'
typed "$T/seen" "$ORGADMIN org delete $acme" 'Type Acme:' 'y\n'; like "$(cat "$T/seen")" 'nothing is changed' 'where a name is asked for, y is no yes'

# --- everything that is missing ---
run member grant; is "$rc/$err" '2/orgadmin: MEMBER and ROLE are missing; usage: orgadmin member grant MEMBER ROLE' 'both missing arguments are named'
run host explain; like "$err" 'USER and SERVICE are missing' 'those of host explain, too'
orgd_end
done_testing
