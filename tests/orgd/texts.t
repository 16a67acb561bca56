#!/bin/bash
# Names for people and e-mail addresses: what is refused in each room that takes one, and what people are really called.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/orgd.sh"
orgd_start
org=$(new_org Acme)
json() { jq -nc --arg v "$1" "{$2}"; }
rename() { call /users/update "$(json "$1" 'name:$v')" "$OWNER"; }
# refuses TEXT WHAT: as the name of a person, an organization and a token
refuses() {
    local got=
    rename "$1"; got+=" $status$(field '.message|split(":")[0]')"
    call /organizations/create "$(json "$1" 'name:$v')" "$OWNER"; got+=" $status$(field '.message|split(":")[0]')"
    call /organizations/update "$(json "$1" "organizationId:\"$org\",name:\$v")" "$OWNER"; got+=" $status$(field '.message|split(":")[0]')"
    call /users/tokens/create "$(json "$1" 'name:$v')" "$OWNER"; got+=" $status$(field '.message|split(":")[0]')"
    is "$got" ' 400name 400name 400name 400name' "a name is refused: $2"
}
u() { printf "%b" "$1"; }
refuses "$(u '\u2800')" 'only a Braille blank'
refuses "$(u 'A\u2800B')" 'a Braille blank between letters'
refuses "$(u '\u3164')" 'only a Hangul filler'
refuses "$(u '\uffa0')" 'only a halfwidth Hangul filler'
refuses "$(u '\u115f')" 'only a Hangul choseong filler'
refuses "$(u '\u00a0')" 'only a no-break space'
refuses "$(u 'A\u00a0B')" 'a no-break space'
refuses "$(u 'A\u202fB')" 'a narrow no-break space'
refuses "$(u 'A\u2003B')" 'an em space'
refuses "$(u '\u3000')" 'only an ideographic space'
refuses ' ' 'only a blank'
refuses ' Ann' 'a blank at the beginning'
refuses 'Ann ' 'a blank at the end'
refuses 'Ann  Lee' 'two blanks'
refuses "$(u 'A\u200dB')" 'a zero-width joiner'
refuses "$(u 'A\ufe0fB')" 'a variation selector'
refuses "$(u 'A\u034fB')" 'a combining grapheme joiner'
refuses "$(u 'A\u2067B')" 'a bidi isolate'
refuses "$(u '\u0301')" 'a combining mark alone'
refuses "$(u 'Ann \u0301')" 'a combining mark behind a blank'
refuses "$(u '\ue000')" 'a private character'
refuses "$(u 'A\ufdd0')" 'a noncharacter'
refuses "$(u 'p\u0430yroll')" 'a Cyrillic letter in a Latin word'
refuses "$(u '\u0410nn Lee')" 'a Cyrillic capital in a Latin word'
refuses "$(u 'g\u03bfogle')" 'a Greek letter in a Latin word'
refuses "$(u 'Ann \u041b\u0435e')" 'a mixed second word'
refuses "$(u 'x\u13aa')" 'a Cherokee letter in a Latin word'
# shellcheck disable=SC1112 # an apostrophe as people write it
for name in 'Ann' 'Zoë Åström-Núñez' "O'Brien" 'D’Arcy' 'Анна Каренина' 'Ελένη Παπαδοπούλου' 'محمد علي' 'דָּוִד בֶּן־גּוּרִיּוֹן' '山田 太郎' '山田　太郎' 'アンナ・リー' 'ひらがな漢字カタカナ' '김철수' 'Nguyễn Văn Anh' 'สมชาย' 'प्रिया शर्मा' 'Ann Иванова' 'Anna-Мария' \
    'X Æ A-12' 'John Smith 3rd' '李小龍 (Bruce Lee)' 'Acme, Inc. & Söhne' 'Node.js e.V.' '株式会社ABC' '🚀' '.' $'e\u0301ve'; do
    rename "$name"
    is "$status $(field .user.name)" "200 $name" "a name is accepted: $name"
done

# --- addresses ---
address() { call /organizations/invitations/create "$(json "$1" "organizationId:\"$org\",email:\$v")" "$OWNER"; }
for email in a@b..c a@b. a@.b .a@b a.@b a..b@c a@b@c a@@b a@-b.c a@b-.c a@b_c a@[1.2.3.4] 'a"b@c' 'a,b@c' 'a b@c' 'a@b c' 'ä@b.c' 'a@ä.c' "$(printf 'a%064d' 0)@b.c" "a@$(printf 'b%063d' 0).c" "a@$(printf 'b%061d.' 0 0 0 0)c"; do
    address "$email"; is "$status $(field '.message|split(":")[0]')" '400 email' "an address is refused: ${email:0:40}"
done
for email in a@b x@localhost "o'brien@example.org" a+b@example.org a.b-c_d@sub.example.org x@xn--mnchen-3ya.de 1@2.example "$(printf 'a%063d' 0)@b.c" "a@$(printf 'b%062d' 0).c"; do
    address "$email"; is "$status" 200 "an address is accepted: ${email:0:40}"
done
out=$(timeout 20 "$ORGD" --data "$T/no.db" --socket "$T/no.sock" --owner ann@example..org 2>&1); like "$? $out" '^2 .*must be an e-mail address' 'orgd refuses --owner by the same rule'
out=$(timeout 20 "$ORGD" --data "$T/no.db" --socket "$T/no.sock" --smtp smtp://localhost --smtp-from a@b. 2>&1); like "$? $out" '^2 .*must be an e-mail address' 'orgd refuses --smtp-from by the same rule'

# --- test tokens ---
call /organizations/tokens/create "{\"organizationId\":\"$org\",\"role\":\"owner\",\"env\":\"test\"}" "$OWNER"; test=$(field .apiToken.bearer)
on() { call "/organizations/$1" "{\"organizationId\":\"$org\"$2}" "$test"; }
for path in get members/list invitations/list join-codes/list tokens/list audit/list roles; do on $path ''; is "$status" 200 "a test token reads $path"; done
before=$(sql 'SELECT count(*) FROM events')
while read -r path fields; do # each change of an organization
    on "$path" "$fields"; expect 403 test_token "a test token is refused $path"
done <<'CALLS'
update ,"name":"Test"
delete ,"name":"Acme"
roles/set ,"role":"ops","permissions":[]
roles/remove ,"role":"ops"
members/set-role ,"userId":"x","role":"member"
members/remove ,"userId":"x"
invitations/create ,"email":"t@example.org"
invitations/resend ,"id":"x"
invitations/revoke ,"id":"x"
join-codes/create
join-codes/revoke ,"id":"x"
tokens/create
tokens/revoke ,"key":"x"
CALLS
is "$(sql 'SELECT count(*) FROM events')" "$before" 'a test token writes no event'
orgd_end
done_testing
