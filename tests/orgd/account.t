#!/bin/bash
# What the page asks for: one's account in one call, and members by a part of their names. Counts what is asked of the database.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/orgd.sh"
orgd_start
org=$(new_org Acme)
new_org Beta >/dev/null
join "$org" mia admin; mia=$bearer mia_id=$user_id
join "$org" Zoe member 2>/dev/null; join "$org" zoe member
call /organizations/members/set-role "{\"organizationId\":\"$org\",\"userId\":\"$mia_id\",\"role\":\"owner\",\"until\":\"2099-01-02T03:04:05Z\"}" "$OWNER"
ssh-keygen -q -t ed25519 -N '' -C 'mia@desk' -f "$T/key"
call /users/keys/add "$(jq -n --arg k "$(cat "$T/key.pub")" '{key:$k}')" "$mia"

# --- one's account ---
call /users/account '{}' "$mia"
is "$status $(field 'keys|join(" ")')" '200 keys organizations passkeys tokens user' 'one call has all of an account'
account=$body
for pair in user=/users/whoami organizations=/organizations/list keys=/users/keys/list passkeys=/users/passkeys/list tokens=/users/tokens/list; do
    call "${pair#*=}" '{}' "$mia"
    is "$(jq -c ".${pair%%=*}" <<<"$account" | sed 's/"lastUsedAt":"[^"]*"//')" "$(field ".${pair%%=*}|tojson" | sed 's/"lastUsedAt":"[^"]*"//')" "its ${pair%%=*} are those of ${pair#*=}"
done
is "$(jq -c '.organizations[]|[.name,.role,(.permissions|length),.roleEnd.at,.roleEnd.role]' <<<"$account")" '["Acme","owner",5,"2099-01-02T03:04:05.000Z","admin"]' 'an organization is listed with what one may do there, and until when'
call /users/account '{}'; expect 401 unauthorized 'it is for who is known'
call /users/account '{}' "$(api /organizations/tokens/create "{\"organizationId\":\"$org\"}" "$OWNER" | jq -r .apiToken.bearer)"; expect 403 forbidden 'an organization has none'

# --- where one may log in ---
on() { call "/organizations/$1" "{\"organizationId\":\"$org\"${2:+,$2}}" "${3-$OWNER}"; }
machine() { on machines/invite "\"name\":\"$1\",\"labels\":\"$2\""; call /organizations/machines/enroll "{\"code\":\"$(field .code)\"}"; }
usable() { on machines/usable '' "$1"; field '"\(.shown) \(.machines|join(" "))"'; }
machine web env=prod; machine dev env=dev
on machines/invite '"name":"waiting"'
is "$(usable "$bearer")" 'false ' 'an organization shows its machines to no member'
is "$(usable "$OWNER")" 'true web dev' 'but to who manages it'
on update '"showMachines":true'; done_ok 'until it does'
is "$(usable "$bearer")" 'true web dev' 'without rules all that have come'
on teams/create '"name":"Night"'; team=$(field .team.id)
on teams/create "\"name\":\"$team\""; on teams/add "\"id\":\"$(field .team.id)\",\"userId\":\"$user_id\""
on access/add "\"team\":\"$team\",\"labels\":\"env=dev\""; on access/add '"role":"admin","labels":"env=prod","services":["sudo"]'
is "$(usable "$bearer")" 'true ' 'with rules none that no rule is for, also when a team bears the id of another one'
on teams/add "\"id\":\"$team\",\"userId\":\"$user_id\""
is "$(usable "$bearer")" 'true dev' 'those that a rule of a team admits to'
on members/set-role "\"userId\":\"$user_id\",\"role\":\"admin\""
is "$(usable "$bearer")" 'true dev' 'no more by a rule for sudo alone'
on access/add '"role":"admin","labels":"env=prod","services":["sshd","sudo"]'
is "$(usable "$bearer")" 'true web dev' 'and those of a rule of the role'
on members/suspend "\"userId\":\"$user_id\""; is "$(usable "$bearer" >/dev/null; field .reason)" suspended 'who is suspended is told nothing'
on members/resume "\"userId\":\"$user_id\""
on machines/usable '' "$(api /organizations/tokens/create "{\"organizationId\":\"$org\"}" "$OWNER" | jq -r .apiToken.bearer)"; expect 403 forbidden 'an organization logs in nowhere'
is "$(sql "SELECT detail FROM events WHERE detail LIKE 'members are told%'")" 'members are told on which machines they may log in' 'that it shows them is in the audit log'

# --- search ---
sql "UPDATE users SET name = 'Zoë Ångström' WHERE username = 'zoe'; UPDATE users SET name = '100% <b>_' WHERE username = 'mia'"
found() { call /organizations/members/list "$(jq -nc --arg o "$org" --arg m "$1" '{organizationId:$o,match:$m} + ($ARGS.named | del(.o, .m))' "${@:2}")" "$OWNER"; field '[.members[].username]|join(" ")'; }
for pair in mia=mia MIA=mia 'ångSTRÖM=zoe' zoë=zoe 'example.org=mia zoe' '%=mia' '_=mia' '<b>=mia' 'nobody=' '=owner mia zoe' 'm%a='; do is "$(found "${pair%=*}")" "${pair##*=}" "a search for \"${pair%=*}\" finds \"${pair##*=}\""; done
is "$(found example.org --argjson limit 1)" mia 'a search has pages'
is "$(found example.org --argjson limit 1 --arg after "$(found x >/dev/null; call /organizations/members/list "{\"organizationId\":\"$org\",\"match\":\"example.org\",\"limit\":1}" "$OWNER"; field .next)")" zoe 'and goes on behind one'
is "$(field .next)" null 'up to its end'
call /organizations/members/list "{\"organizationId\":\"$org\",\"match\":5}" "$OWNER"; expect 400 invalid 'a number is nothing to search for'
sql "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5100)
    INSERT INTO users (id, email, username, name, created_at) SELECT 'usr_' || printf('%020d', i), 'u' || i || '@many.example', 'u' || i, 'U', 1 FROM n"
sql "INSERT INTO members (organization_id, user_id, role, active, joined_at, revision) SELECT '$org', id, 'member', 1, 32503680000000, 100 + CAST(substr(id, 5) AS INTEGER) FROM users WHERE name = 'U'"
found u5100 >/dev/null; is "$(field '[(.members|length),(.next == null)]|join(" ")')" '0 false' 'one call passes over so many members'
is "$(found u5100 --arg after "$(field .next)")" u5100 'and the next one goes on'

# --- how much is asked of the database ---
if [ "$STORE" = postgresql ]; then
    query "ALTER SYSTEM SET log_statement = 'all'" && query 'SELECT pg_reload_conf()' >/dev/null
    statements() { grep -c 'LOG:  \(statement\|execute\)' "$T/postgresql.log"; }
    # queries PATH JSON BEARER: the fewest of three times; the server's upkeep asks now and then as well
    queries() {
        local before mark i
        for i in 1 2 3; do
            call "$@" # what was noted of tokens' uses is stored before
            before=$(statements) mark="up to $1 $i"
            call "$@"
            query "SELECT '$mark'" >/dev/null
            wait_for 5 grep -qF "$mark" "$T/postgresql.log"
            echo $(($(statements) - before - 1))
        done | sort -n | head -1
    }
    for path in /users/account /organizations/list; do n=$(queries $path '{}' "$mia"); ok "$path asks the database at most 20 times ($n)" [ "$n" -gt 2 -a "$n" -le 20 ]; done
    for path in members/list machines/usable roles teams/list invitations/list join-codes/list machines/list access/list audit/list; do
        n=$(queries /organizations/$path "{\"organizationId\":\"$org\"$(case $path in roles | machines/usable) ;; *)  echo ,\"limit\":100 ;; esac)}" "$mia"); ok "$path asks the database at most 20 times ($n)" [ "$n" -gt 2 -a "$n" -le 20 ]
    done
fi
orgd_end
done_testing
