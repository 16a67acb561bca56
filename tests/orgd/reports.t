#!/bin/bash
# What machines report with their polls, and how far a change has come: machines/list and machines/applied.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/orgd.sh"
orgd_start
org=$(new_org Acme) other=$(new_org Other)
join "$org" ann admin; ann=$bearer
join "$org" mia member; mia=$bearer
join "$org" bob member; bob=$user_id
on() { call "/organizations/$1" "{\"organizationId\":\"$org\"${2:+,$2}}" "${3-$OWNER}"; }
machine() { on machines/invite "\"name\":\"$1\""; call /organizations/machines/enroll "{\"code\":\"$(field .code)\"}"; field .apiToken.bearer; }
# poll TOKEN [REVISION CURSOR [REPORT-FIELDS]]: one that does not wait; sets $revision and $cursor
poll() { local report=${4:+",\"report\":{$4"}${4:+\}}; on members/changes "\"since\":${2:-0}${3:+,\"cursor\":\"$3\"}$report" "$1"; revision=$(field .revision) cursor=$(field .cursor); }
# said [ENDED [ENDING [AGE]]]: the report of who has applied all that he knows
said() { printf '"revision":%s,"cursor":"%s","age":%s,"ended":%s,"ending":%s,"version":"1.0"' "$revision" "$cursor" "${3:-0}" "${1:-0}" "${2:-0}"; }
applied() { on machines/applied "\"revision\":$1" "${2-$OWNER}"; field '"\(.machines) \(.applied) \(.ended) \(.ending) \([.missing[].name] | join(","))"'; }
report_of() { on machines/list; field ".machines[] | select(.name == \"$1\") | .report | $2"; }
web=$(machine web) db=$(machine db)
on machines/invite '"name":"late"'

# --- a change, and who has applied it ---
is "$(applied 1)" '2 0 0 0 web,db' 'a machine that came and did not report has applied nothing; one that never came does not count'
is "$(report_of web .)" null 'machines/list has no report of a machine that made none'
poll "$web"; poll "$web" "$revision" "$cursor" "$(said 0 0 90)"
is "$status" 200 'a poll with a report is answered'
is "$(report_of web '"\(.behind) \(.version) \(.ended) \(.ending)"')" '0 1.0 0 0' 'machines/list has what the machine reported'
is "$(report_of web '((.at | .[:19] + "Z" | fromdate) - (.snapshotAt | .[:19] + "Z" | fromdate)) | . >= 89 and . <= 91')" true 'the age of its snapshot makes a time of this server'
is "$(applied "$revision")" '2 1 0 0 db' 'what it knew and applied counts'
on members/set-role "\"userId\":\"$bob\",\"role\":\"admin\""; changed=$(field .revision)
is "$(sql "SELECT revision FROM organizations WHERE id = '$org'")" "$changed" 'members/set-role tells the revision'
is "$(applied "$changed")" '2 0 0 0 web,db' 'a change is applied nowhere before a machine says so'
is "$(report_of web .behind)" 1 'machines/list tells how many changes a machine lacks'
before=$(said); poll "$web" "$revision" "$cursor" "$before"
is "$(applied "$changed")" '2 0 0 0 web,db' 'to be told a change is not to have applied it'
poll "$web" "$revision" "$cursor" "$before"
is "$(applied "$changed")" '2 0 0 0 web,db' 'a machine that knows it and has applied what was before it has not, either'
poll "$web" "$revision" "$cursor" "$(said)"
is "$(applied "$changed")" '2 1 0 0 db' 'the next report says that it has'
short='"age":0,"ended":0,"ending":0,"version":"1.0"'
poll "$web" 1 "$cursor" "$short"
is "$(applied "$changed")" '2 0 0 0 web,db' 'a report without a revision is about the one of the poll'
poll "$web" "$revision" "$cursor" "$short"
is "$(applied "$changed")" '2 1 0 0 db' 'which may be the newest'
on machines/applied "\"revision\":$changed"
is "$(field '.missing[0].heardAt')" null 'a machine that was never heard from has no time'
poll "$db"; on machines/list; on machines/applied "\"revision\":$changed"
like "$(field '.missing[0].heardAt')" '^20' 'a machine that polled without a report was heard from'

# --- sessions ---
for change in 'set-role "role":"member"' suspend resume 'revoke-tokens' remove; do
    on "members/${change%% *}" "\"userId\":\"$bob\"$([ "${change#* }" = "$change" ] || echo ",${change#* }")"
    is "$status $(field .revision)" "200 $(sql "SELECT revision FROM organizations WHERE id = '$org'")" "members/${change%% *} tells the revision"
done
removed=$(field .revision)
poll "$web" "$revision" "$cursor"; poll "$web" "$revision" "$cursor" "$(said 0 1)"
is "$(applied "$removed")" '2 1 0 1 db' 'a machine on which sessions are to end says so'
poll "$web" "$revision" "$cursor" "$(said 1 0)"
is "$(applied "$removed")" '2 1 1 0 db' 'and when they have ended'
poll "$db" "$revision" "$cursor"; poll "$db" "$revision" "$cursor" "$(said 7 0)"
is "$(applied "$removed")" '2 2 1 0 ' 'what a machine ended before its first report belongs to no change'
on members/set-role "\"userId\":\"$(sql "SELECT id FROM users WHERE username = 'mia'")\",\"role\":\"admin\""; next=$(field .revision)
on members/set-role "\"userId\":\"$(sql "SELECT id FROM users WHERE username = 'mia'")\",\"role\":\"member\""
poll "$web" "$revision" "$cursor"; poll "$web" "$revision" "$cursor" "$(said 1 0)"
is "$(applied "$next")" '2 1 0 0 db' 'a later change ended no session'
is "$(applied "$removed")" '2 2 1 0 ' 'the earlier one did'
poll "$web" "$revision" "$cursor" "$(said 0 0)"
poll "$web" "$revision" "$cursor" "$(said 1 0)"
is "$(applied "$next")" '2 1 1 0 db' 'a service that was started anew counts from nothing'

# --- histories ---
poll "$db" "$revision" "$cursor"; good=$cursor
cursor=${cursor%.*}.$(printf '%032d' 0)
poll "$db" "$revision" "$good" "$(said 0 0)"
is "$(report_of db .behind)" null 'what is of another history is nothing'
cursor=nonsense; poll "$db" 1 "$good" "$(said 0 0)"
is "$(report_of db .behind)" null 'what is no cursor is nothing'
cursor=$good revision=999999; poll "$db" 1 "$good" "$(said 0 0)"
is "$(report_of db .behind)" null 'a revision that is to come is nothing'

# --- who may ---
poll "$ann"; poll "$ann" "$revision" "$cursor" "$(said)"
is "$status" 200 'a poll of a user with a report is answered'
is "$(applied 1)" '2 1 1 0 db' 'who is no machine reports nothing'
is "$(applied 1 "$ann")" '2 1 1 0 db' 'an admin sees how far a change has come'
on machines/applied '"revision":1' "$mia"; expect 403 forbidden 'a member does not'
on machines/applied '"revision":1' "$web"; expect 403 forbidden 'a machine does not'
call /organizations/machines/applied "{\"organizationId\":\"$other\",\"revision\":1}" "$ann"; expect 404 organization_not_found 'nor does the admin of another organization'
call /organizations/machines/applied "{\"organizationId\":\"$other\",\"revision\":1}" "$OWNER"
is "$(field '"\(.machines) \(.applied) \(.missing)"')" '0 0 []' 'an organization without machines waits for none'

# --- shapes ---
full=$(said)
for wrong in '{}' '[]' '1' 'null' "{${full/\"age\":0,/}}" "{$full,\"more\":1}" "{${full/\"age\":0/\"age\":-1}}" "{${full/\"age\":0/\"age\":1e300}}" "{${full/\"ended\":0/\"ended\":\"0\"}}" "{${full/\"version\":\"1.0\"/\"version\":\"$(printf '%032d' 0)\"}}" \
    "{${full/\"version\":\"1.0\"/\"version\":\"a\\nb\"}}" "{${full/\"revision\":/\"revision\":1.5,\"x\":}}" "{${full/\"cursor\"/\"age\":0,\"cursor\"}}" "{$short,\"revision\":1}" "{$short,\"cursor\":\"1.00\"}" "{$full,\"process\":\"\"}" \
    "{$full,\"process\":7}" "{$full,\"process\":\"$(printf '%065d' 0)\"}"; do
    on members/changes "\"since\":0,\"report\":$wrong" "$web"
    expect 400 invalid "a report is refused: ${wrong:0:50}"
done

# --- many ---
[ -z "$revision" ] || poll "$web"
sql "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 150)
    INSERT INTO machines (id, organization_id, name, labels, ca, secret_hash, created_at, expires_at, enrolled_at, enrolled_from, refused, refused_at, refused_from)
    SELECT printf('mach_%020d', i), '$org', printf('m%03d', i), '', '', $(bytes "$(printf '%064d' 0)"), i, 0, 1, '', 0, 0, '' FROM n"
on machines/applied "\"revision\":$next"
is "$(field '"\(.machines) \(.applied) \(.missing | length) \(.missing[0].name)"')" '152 1 100 m001' 'a hundred that lack the change are named'

# --- the end of a token ---
on machines/revoke "\"id\":\"$(sql "SELECT id FROM machines WHERE name = 'web'")\""
on machines/applied '"revision":1'
is "$(field '"\(.machines) \(.applied)"')" '151 0' 'a machine that was revoked does not count'

# --- break-glass ---
# glass TOKEN AT UNTIL REASON: a poll that reports it; told: the audit events of it, which machines/list makes the server store now
glass() { poll "$1" "$revision" "$cursor" "$short,\"breakGlass\":{\"at\":\"$2\",\"until\":\"$3\",\"reason\":\"$4\"}"; }
told() { on machines/list; on audit/list '"action":"machine.break-glass"'; field '[.events[] | "\(.actorName) \(.subjectName) \(.detail)"] | reverse | join("; ")'; }
later() { sql "UPDATE machines SET glass_told_at = glass_told_at - 3600001 WHERE glass_told_at > 0"; }
first='2026-11-26T01:00:00Z 2026-11-26T02:00:00Z'
web=$(machine mail) db=$(machine files)
poll "$web"; poll "$db"
# shellcheck disable=SC2086 # the two times
{
glass "$web" $first 'the line is cut'
is "$status" 200 'a poll that reports break-glass is answered'
is "$(told)" 'mail mail until 2026-11-26T02:00:00Z, since 2026-11-26T01:00:00Z: the line is cut' 'the audit log has it, with its times and the reason'
is "$(sql "SELECT subject FROM events WHERE action = 'machine.break-glass'")" "$(sql "SELECT id FROM machines WHERE name = 'mail'")" 'its subject is the machine'
for _ in 1 2 3; do glass "$web" $first 'the line is cut'; done
later; glass "$web" $first 'another reason'
like "$(told)" '^mail [^;]*cut$' 'what is reported again is told once'
orgd_stop; orgd_start
glass "$web" $first 'the line is cut'
like "$(told)" '^mail [^;]*cut$' 'also behind a start of the server'
glass "$db" $first 'its own'
like "$(told)" '; files files until 2026-11-26T02:00:00Z.*: its own$' 'each machine has its own'
sql "UPDATE machines SET glass_told_at = glass_told_at + 3600001 WHERE glass_told_at > 0"
before=$(told)
for n in $(seq 100 400); do glass "$web" "2026-11-26T01:00:00.${n}Z" 2026-11-26T09:00:00Z "$n"; done
is "$status $(told)" "200 $before" 'a machine that reports hundreds is told once an hour'
later; later
glass "$web" 2026-11-26T03:00:00Z 2026-11-26T04:00:00Z 'still cut'
like "$(told)" "; mail mail until 2026-11-26T04:00:00Z, since 2026-11-26T03:00:00Z: still cut\$" 'another one is told an hour later'
before=$(told)
glass "$ann" 2026-11-26T05:00:00Z 2026-11-26T06:00:00Z 'no machine'
is "$status $(told)" "200 $before" 'of who is no machine it is ignored'
glass "$web" 2026-11-26T05:00:00Z 2026-11-26T06:00:00Z "$(printf 'ä%.0s' {1..100})"
is "$status" 200 'a reason of 200 bytes is taken'
}
for wrong in '1' 'null' '{}' '"x"' '{"at":"2026-11-26T05:00:00Z","until":"2026-11-26T06:00:00Z"}' '{"at":"2026-11-26T05:00:00Z","until":"2026-11-26T06:00:00Z","reason":""}' '{"at":1,"until":"2026-11-26T06:00:00Z","reason":"r"}' \
    '{"at":"2026-11-26","until":"2026-11-26T06:00:00Z","reason":"r"}' '{"at":"2026-11-26T05:00:00Z","until":"later","reason":"r"}' '{"at":"1926-11-26T05:00:00Z","until":"2026-11-26T06:00:00Z","reason":"r"}' \
    '{"at":"2026-11-26T05:00:00Z","until":"2026-11-26T06:00:00Z","reason":"a\nb"}' "{\"at\":\"2026-11-26T05:00:00Z\",\"until\":\"2026-11-26T06:00:00Z\",\"reason\":\"$(printf '%0201d' 0)\"}" \
    '{"at":"2026-11-26T05:00:00Z","until":"2026-11-26T06:00:00Z","reason":"r","more":1}' '{"at":"2026-11-26T05:00:00Z","at":"2026-11-26T05:00:00Z","until":"2026-11-26T06:00:00Z"}'; do
    on members/changes "\"since\":0,\"report\":{$short,\"breakGlass\":$wrong}" "$web"
    expect 400 invalid "break-glass is refused: ${wrong:0:80}"
done
orgd_end
done_testing
