#!/bin/bash
# Machines: a code that works once, for an hour, while its maker could make it; the token that it gives reads the members, and nothing else.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/orgd.sh"
orgd_start
org=$(new_org Acme) other=$(new_org Other)
join "$org" ann admin; ann=$bearer
join "$org" oz owner; oz=$bearer oz_id=$user_id
on() { call "/organizations/$1" "{\"organizationId\":\"$org\"${2:+,$2}}" "${3-$OWNER}"; }
enroll() { call /organizations/machines/enroll "{\"code\":\"$1\"}" "${2-}"; }
events() { on audit/list; field "[.events[] | select(.action | startswith(\"machine.\")) | \"\\(.actorName) \\(.action) \\(.subjectName)\"] | reverse | join(\", \")"; }
ca=$'-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'

# --- a code ---
on machines/invite "\"name\":\"web01\",\"labels\":\"env=prod,tier=web\",\"ca\":$(jq -n --arg c "$ca" '$c')"
is "$status" 200 'an owner makes a code for a machine'
code=$(field .code) id=$(field .id)
like "$code" '^mach_[a-z0-9]{20}:[A-Za-z0-9_-]{43}$' 'the code has 256 random bits behind the id of the machine'
is "$(field '(.expiresAt | .[:19] + "Z" | fromdate) - (.createdAt | .[:19] + "Z" | fromdate)')" 3600 'the code ends after an hour'
is "$(dump | grep -c -e "${code#*:}")" 0 'the secret of the code is not in the data file'
on machines/list
is "$(field '.machines[] | "\(.name) \(.labels) \(.makerName) \(.enrolledAt) \(.token) \(.refused) \(has("code")) \(has("ca"))"')" 'web01 env=prod,tier=web owner null null 0 false false' 'machines/list has the machine, and no secret'

for wrong in '"name":"Web01"' '"name":""' '"name":".x"' '"name":"a b"' "\"name\":\"$(printf '%064d' 0)\"" '"name":"a","labels":"x"' '"name":"a","labels":"env="' '"name":"a","labels":"=b"' \
    '"name":"a","labels":"a=1,a=2"' '"name":"a","labels":"a=1,"' '"name":"a","labels":"a=1,,b=2"' '"name":"a","labels":"A=1"' '"name":"a","ca":"x"' '"labels":"a=1"' \
    "\"name\":\"a\",\"labels\":\"a=$(printf '%0254d' 0)\"" "\"name\":\"a\",\"ca\":\"-----BEGIN CERTIFICATE-----$(printf '%016384d' 0)\""; do
    on machines/invite "$wrong"
    expect 400 invalid "machines/invite refuses ${wrong:0:60}"
done
for good in '"name":"a","labels":"a=1,ab=2,b=3"' '"name":"b.example.org","labels":""'; do
    on machines/invite "$good"; is "$status" 200 "machines/invite takes $good"
done

# --- what does not open ---
for wrong in x "$id" "$id:" "${code%?}" "${code}A" "$id:$(printf '%043d' 0)" "mach_00000000000000000000:${code#*:}" "code_00000000000000000000:${code#*:}"; do
    enroll "$wrong"; expect 404 code_not_found "machines/enroll refuses ${wrong:0:40}"
done
enroll "$code" nonsense; expect 401 unauthorized 'machines/enroll with a token that is none is refused'
test=$(api /organizations/tokens/create "{\"organizationId\":\"$org\",\"env\":\"test\",\"role\":\"owner\"}" "$OWNER" | jq -r .apiToken.bearer)
on machines/invite '"name":"c"' "$test"; expect 403 test_token 'a test token makes no code'

# --- it opens once ---
enroll "$code"
is "$status $(field '"\(.organizationId) \(.organizationName) \(.name) \(.labels) \(.apiToken.role)"')" "200 $org Acme web01 env=prod,tier=web member" 'the code gives a token, and says of what'
is "$(field .ca)" "${ca%$'\n'}" 'the code gives what the server is verified with'
web01=$(field .apiToken.bearer)
enroll "$code"; expect 403 code_used 'a second use of the code is refused'
like "$(field .message)" 'revoke web01' 'who comes second is told what to do'
enroll "$code"; expect 403 code_used 'a third use of the code is refused'
is "$(events)" 'owner machine.invite web01, owner machine.invite a, owner machine.invite b.example.org,  machine.enroll web01,  machine.refuse web01' 'the audit log has the use of the code, and the first refused one'
on machines/list
is "$(field '.machines[0] | "\(.refused) \(.refusedAt != null) \(.refusedFrom != "") \(.enrolledAt != null) \(.enrolledFrom != "") \(.expiresAt)"')" '2 true true true true null' 'machines/list tells of the refused uses'
is "$(field '.machines[0].token')" "${web01%%:*}" 'machines/list has the key of the token'
is "$(sql "SELECT ca FROM machines WHERE id = '$id'")" '' 'the certificates are kept until the machine has them'

# --- what its token can do ---
on members/list '' "$web01"; is "$status" 200 "a machine's token lists the members"
on members/changes '"since":0' "$web01"; is "$status $(field '[.members[] | has("keys")] | unique | tostring')" '200 [true]' "a machine's token is told the changes, with keys"
on get '' "$web01"; is "$status" 200 "a machine's token reads the settings of its organization"
on roles '' "$web01"; is "$status" 200 "a machine's token reads the roles"
call /users/whoami '{}' "$web01"; is "$(field .organizationToken.name)" web01 "a machine's token is told whose it is"
for path in $("$ORGD" openapi | jq -r '.paths | keys[] | select(startswith("/v1")) | .[3:]' | grep -vxE '/organizations/(members/(list|changes)|get|roles)|/users/whoami'); do
    # a body that the path takes, so that only the token is to blame
    fields=$("$ORGD" openapi | jq -c --arg o "$org" ".paths[\"/v1$path\"].post.requestBody.content[\"application/json\"].schema | .properties as \$p | reduce .required[] as \$f ({}; .[\$f] = (if \$f == \"organizationId\" then \$o elif \$p[\$f].type == \"integer\" then 0 elif \$p[\$f].type == \"array\" then [] elif \$f == \"email\" then \"x@example.org\" elif \$f == \"labels\" then \"\" else \"x\" end))")
    call "$path" "$fields" "$web01"
    case $path in /users/device/authorize | /users/device/token) refused=400 ;; *) refused=403 ;; esac # of those OAuth wants 400
    expect $refused forbidden "$path is refused to a machine's token"
done
call /organizations/members/list "{\"organizationId\":\"$other\"}" "$web01"; expect 404 organization_not_found "a machine's token does not open another organization"

# --- again ---
on machines/invite '"name":"web01"'; code=$(field .code)
is "$(field .id) $(field .labels)" "$id env=prod,tier=web" 'a known machine gets a new code, and keeps its id and labels'
on members/list '' "$web01"; is "$status" 200 'the token of the machine works until the new code is used'
call /organizations/members/changes "{\"organizationId\":\"$org\",\"since\":999,\"wait\":20000}" "$web01" & poll=$!
enroll "$code"; renewed=$(field .apiToken.bearer)
is "$status" 200 'the new code opens'
wait $poll
on members/list '' "$web01"; expect 401 unauthorized 'the old token ends when the new code is used'
is "$(sql "SELECT count(*) FROM tokens WHERE machine > '' AND organization_id <> ''")" 1 'a machine has one token'
key=${renewed%%:*}
on tokens/rotate "\"key\":\"$key\",\"overlap\":0"; rotated=$(field .apiToken.bearer)
on audit/list '' "$rotated"; expect 403 forbidden "a machine's rotated token is a machine's"

# --- two machines with one token ---
# asks WORD...: processes that watch the members by the machine's token, one after the other
asks() {
    local word
    for word in "$@"; do
        request /organizations/members/changes -H "Authorization: Bearer $rotated" -d "{\"organizationId\":\"$org\",\"since\":0,\"report\":{\"age\":0,\"ended\":0,\"ending\":0,\"version\":\"1\",\"process\":\"$word\"}}" >/dev/null
    done
}
shared() { on machines/list; field '[.machines[] | select(.sharedAt) | "\(.name) \(.sharedFrom != "")"] | join(" ")'; }
told() { on audit/list; field '[.events[] | select(.action == "token.shared") | "\(.actorName) \(.detail)"] | join(", ")'; }
asks a a b b c c c d e f g h i k l m n
is "$(shared)$(told)" '' 'a process that is started again, often, is one machine'
asks o n o
is "$(shared)$(told)" '' 'a request that came late tells of no second machine'
asks n o
is "$(shared)" 'web01 true' 'two processes that ask by turns are two machines with one token: machines/list marks it'
is "$(told)" 'web01 two machines use it' 'the audit log has it'
asks n o n o n o n o
is "$(told)" 'web01 two machines use it' 'the audit log has it once a day'
on machines/invite '"name":"web01"'; enroll "$(field .code)"; rotated=$(field .apiToken.bearer)
is "$(shared)" '' 'a machine that gets another token is no longer marked'

# --- the numbers of a fleet ---
is "$(field '.numbers')" '' 'without a word of them there are none'
on machines/invite '"name":"n1","numbers":"70000-79999 wyhash"'
is "$(field .numbers)" '70000-79999 wyhash' 'a machine is told the numbers of its fleet'
enroll "$(field .code)"; is "$(field .numbers)" '70000-79999 wyhash' 'by its code'
on machines/invite '"name":"n2"'; is "$(field .numbers)" '70000-79999 wyhash' 'the next machine is told the same'
for wrong in 1 1-2 '1-2 ' '-2 b' '1-2 B' '12345678901-2 b' '1-2 b c' '1-2  b'; do
    on machines/invite "\"name\":\"n3\",\"numbers\":\"$wrong\""; expect 400 invalid "machines/invite refuses the numbers $wrong"
done

# --- who may, and for how long ---
on machines/invite '"name":"d"' "$ann"; expect 403 forbidden 'an admin makes no code'
on machines/list '' "$ann"; expect 403 forbidden 'an admin does not list machines'
on machines/invite '"name":"late"'; code=$(field .code)
sql "UPDATE machines SET expires_at = 1 WHERE name = 'late'"
enroll "$code"; expect 404 code_not_found 'a code that has expired opens nothing'
on machines/invite '"name":"next"'; code=$(field .code)
is "$(sql "SELECT count(*) FROM machines WHERE name = 'late'")" 0 'a machine that never came is dropped when the next is invited'
sql "UPDATE machines SET expires_at = 1 WHERE name = 'web01'"
on machines/invite '"name":"third"'
is "$(sql "SELECT count(*) FROM machines WHERE name = 'web01'")" 1 'a machine that came stays'
for change in 'members/set-role "userId":"ID","role":"admin"' 'members/suspend "userId":"ID"' 'members/remove "userId":"ID"'; do
    on members/resume "\"userId\":\"$oz_id\""; on members/set-role "\"userId\":\"$oz_id\",\"role\":\"owner\""
    on machines/invite '"name":"ozs"' "$oz"; code=$(field .code)
    fields=${change#* }; on "${change%% *}" "${fields//ID/$oz_id}"
    is "$status" 200 "the owner calls ${change%% *}"
    enroll "$code"; expect 404 code_not_found "a code opens nothing after ${change%% *} of its maker"
done

# --- taken back ---
on machines/revoke "\"id\":\"$id\""; is "$status $(field .revoked)" '200 true' 'a machine is revoked'
on members/list '' "$rotated"; expect 401 unauthorized 'the token of a revoked machine opens nothing'
on machines/revoke "\"id\":\"$id\""; is "$(field .revoked)" false 'there is nothing to revoke any more'
third=$(sql "SELECT id FROM machines WHERE name = 'third'")
call /organizations/machines/revoke "{\"organizationId\":\"$other\",\"id\":\"$third\"}" "$OWNER"; is "$(field .revoked)" false "another organization's machine is not revoked"
on machines/invite '"name":"gone"'; code=$(field .code)
call /organizations/delete "{\"organizationId\":\"$org\",\"name\":\"Acme\"}" "$OWNER"
is "$status" 200 'an organization with machines is deleted'
enroll "$code"; expect 404 code_not_found 'a code of a deleted organization opens nothing'
# shellcheck disable=SC2317,SC2329 # called by ok
cleared() { [ "$(sql "SELECT count(*) FROM machines WHERE organization_id = '$org'")" = 0 ]; }
ok 'the machines of a deleted organization are cleared' wait_for 20 cleared
is "$("$ORGD" check --data "$DATA" 2>&1)" "$DATA_NAME: nothing is wrong" 'orgd check finds no error'

# --- guesses ---
orgd_stop
orgd_start --attempts 3
for _ in 1 2 3 4; do VIA=tcp enroll "$code"; done
is "$status $(field .reason)" '429 too_many_attempts' 'who tries too many codes must wait'
counted 'quotas count what there is'
orgd_end
done_testing
