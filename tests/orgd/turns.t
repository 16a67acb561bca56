#!/bin/bash
# A caller with many requests at a time does not hold up those of others.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/orgd.sh"
need python3
orgd_start --quota caller-changes=100000 --quota changes=100000
org=$(new_org Acme) other=$(new_org Other)
join "$org" bob owner; bob=$bearer
sql "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000) INSERT INTO events (at, organization_id, actor, actor_name, action, subject, subject_name, detail, origin, request) SELECT i, '$org', '', '', 'x', '', '', i, '', '' FROM n"
# flood PATH FIELDS
flood() { timeout 100 python3 "$TOP/tests/orgd/turns.py" "$URL" "$bob" "$org" "$1" "$2" "$OWNER" "$other"; }
out=$(flood /organizations/audit/list '{}'); diag "status and unanswered: $out"
is "${out% *} $((${out#* } > 20))" '200 1' 'a change is answered while many of 300 long listings of another caller wait'
out=$(flood /organizations/audit/list '{"action":"none"}'); is "${out% *}" 200 'a change is answered beside 300 listings that find nothing'
ok 'the flood is answered to its end' eval '[ "$(for i in 1 2 3 4 5 6; do request /organizations/audit/list -o /dev/null -w "%{http_code}\n" -d "{\"organizationId\":\"$org\"}" -H "Authorization: Bearer $bob" & done; wait)" = "$(printf "200\n%.0s" 1 2 3 4 5 6)" ]'
is "$(grep -c 'orgd\.db: ' "$ORGD_LOG")" 0 'a listing that the loop gives up leaves no transaction open' || diag "$(grep 'orgd\.db: ' "$ORGD_LOG" | sort | uniq -c)"
# More polls at once than the loop answers by itself: they are held all the same, and told.
join "$org" ann member
since=$(api /organizations/members/changes "{\"organizationId\":\"$org\",\"since\":0}" "$OWNER" | jq .revision)
is "$(timeout 60 python3 "$TOP/tests/orgd/crowd.py" "$URL" "$OWNER" "$org" "$since" "$user_id")" '0 400' '400 polls at once are held while nothing is new, and all are told of a change'
orgd_end
done_testing
