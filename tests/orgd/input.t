#!/bin/bash
# What must not get through: wrong bodies, fields, names, methods, paths and sizes.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/orgd.sh"
orgd_start
org=$(new_org Acme)
repeat() { printf "%0$2d" 0 | sed "s/0/$1/g"; }

# invalid FIELD NAME: the last call failed with 400, and the message begins with the field
invalid() { is "$status $(field '"\(.ok) \(.reason) \(.message|split(":")[0])"')" "400 false invalid $1" "$2"; }

for VIA in unix tcp; do
    # Bodies that are not a JSON object
    for json in '' ' ' '<html><body>Hello</body></html>' 'null' '[]' '"x"' '7' 'true' '{' '{}}' '{} x' '{"name"' '{"name":"x",}' "{'name':'x'}" 'name=x' '{"name":"x"' '{"name":"\ud800"}'; do
        call /organizations/create "$json" "$OWNER"
        invalid 'The body must be one JSON object.' "$VIA: the body '$json' is refused with 400"
    done
    call /organizations/create " $(repeat '[' 60000)" "$OWNER"
    invalid 'The body must be one JSON object.' "$VIA: a body of 60 000 nested arrays is refused with 400"
    call /organizations/create "$(repeat '{"a":' 10000)" "$OWNER"
    invalid 'The body must be one JSON object.' "$VIA: a body of 10 000 nested objects is refused with 400"
    call /organizations/create "{\"name\":$(repeat '[' 500)$(repeat ']' 500)}" "$OWNER"
    invalid name "$VIA: a field with 500 nested arrays is refused with 400"
    call /organizations/list $' \t\r\n{ }\r\n' "$OWNER"
    is "$status" 200 "$VIA: white space around the object is accepted"

    # Fields: unknown, missing, twice, mistyped
    call /organizations/list '{"limit":1}' "$OWNER";                              invalid limit "$VIA: an unknown field is refused by an endpoint without fields"
    call /organizations/create '{"name":"x","Name":"y"}' "$OWNER";                invalid Name "$VIA: a field in other case is refused as unknown"
    call /organizations/create '{"name":"x","name":"y"}' "$OWNER";                invalid name "$VIA: a field given twice is refused"
    call /organizations/create '{"":"y"}' "$OWNER";                               invalid '' "$VIA: a field without a name is refused"
    call /organizations/create '{"a\u001b[31mb":"y"}' "$OWNER";                   invalid 'a[31mb' "$VIA: the message of a refusal has no control characters of the field"
    call /organizations/create "{\"$(repeat a 5000)\":1}" "$OWNER";               invalid "$(repeat a 63)" "$VIA: the message of a refusal has 63 characters of a long field at most"
    call /organizations/create '{}' "$OWNER";                                     invalid name "$VIA: organizations/create without a name is refused"
    for value in 1 null true '[]' '{}' '""' "\"$(repeat a 101)\"" "\"$(repeat ä 101)\""; do
        call /organizations/create "{\"name\":$value}" "$OWNER";                  invalid name "$VIA: organizations/create refuses the name ${value:0:20}"
    done
    call /organizations/create "{\"name\":\"$(repeat ä 100)\"}" "$OWNER";         is "$status" 200 "$VIA: organizations/create accepts a name of 100 characters"
    call /organizations/create "{\"name\":\"$(repeat 𝄞 100)\"}" "$OWNER";         is "$(field .organization.name)" "$(repeat 𝄞 100)" "$VIA: organizations/create accepts a name of 100 characters of four bytes each"
    for field in organizationId userId role; do
        json=$(jq -c "del(.$field)" <<< "{\"organizationId\":\"$org\",\"userId\":\"usr_x\",\"role\":\"admin\"}")
        call /organizations/members/set-role "$json" "$OWNER";                    invalid $field "$VIA: set-role without $field is refused"
        call /organizations/members/set-role "$(jq -c ".+{$field:7}" <<< "$json")" "$OWNER"
        invalid $field "$VIA: set-role with a number for $field is refused"
    done
    for value in '"0"' -1 1.5 1e999 9007199254740994 null; do
        call /organizations/members/changes "{\"organizationId\":\"$org\",\"since\":$value}" "$OWNER"
        invalid since "$VIA: members/changes refuses since $value"
        call /organizations/members/changes "{\"organizationId\":\"$org\",\"since\":0,\"wait\":$value}" "$OWNER"
        invalid wait "$VIA: members/changes refuses wait $value"
    done
    call /organizations/members/changes "{\"organizationId\":\"$org\"}" "$OWNER"; invalid since "$VIA: members/changes without since is refused"
    for value in '"prod"' '""' 1; do
        call /organizations/tokens/create "{\"organizationId\":\"$org\",\"env\":$value}" "$OWNER"; invalid env "$VIA: tokens/create refuses env $value"
        call /organizations/tokens/create "{\"organizationId\":\"$org\",\"role\":$value}" "$OWNER"; invalid role "$VIA: tokens/create refuses role $value"
    done
    for email in '' a @ a@ @b a@b@c 'a b@c' 'a@b ' $'a@b\\n' 'ä@b.c' "$(repeat a 250)@b.cd" 'a@b\u0000.c' 'a@b\u007f'; do
        call /organizations/invitations/create "{\"organizationId\":\"$org\",\"email\":\"$email\"}" "$OWNER"
        case "$email" in *u0000*) invalid 'The body must be one JSON object.' "$VIA: invitations/create refuses an e-mail address with NUL" ;;
        *) invalid email "$VIA: invitations/create refuses the e-mail address '${email:0:30}'" ;; esac
    done
    call /organizations/invitations/create "{\"organizationId\":\"$org\",\"email\":\"$(repeat a 60)@$(repeat b 63).$(repeat b 63).$(repeat b 63).d\"}" "$OWNER"
    is "$status" 200 "$VIA: invitations/create accepts an e-mail address of 254 characters"
    for name in '' Ann 1ann ann: 'a b' ../x -a "$(repeat a 33)" 'añn' 'a\n' root@x; do
        call /organizations/invitations/accept "{\"token\":\"x\",\"username\":\"$name\"}"
        invalid username "$VIA: invitations/accept refuses the username '${name:0:20}'"
    done

    # Names: NUL, control and invisible characters, broken UTF-8
    for name in 'a\u0000' '\u0000' '\\\u0000'; do
        call /organizations/create "{\"name\":\"$name\"}" "$OWNER"
        invalid 'The body must be one JSON object.' "$VIA: organizations/create refuses the name $name"
    done
    call /organizations/create '{"name":"a\\u0000"}' "$OWNER"
    is "$status $(field .organization.name)" '200 a\u0000' "$VIA: an escaped backslash before u0000 is no NUL"
    for name in 'a\n' '\t' 'a\u001b[0m' 'a\u007f' 'a\u0085' 'a\u202eb' 'a\u200b' '\ufeffa' $'\xff' $'a\xc3' $'\xc0\xaf' $'\xed\xa0\x80' $'\xf4\x90\x80\x80' $'a\nb'; do
        call /organizations/create "{\"name\":\"$name\"}" "$OWNER"
        invalid name "$VIA: organizations/create refuses the name $(printf %q "$name")"
        call /organizations/members/remove "{\"organizationId\":\"$org\",\"userId\":\"$name\"}" "$OWNER"
        invalid userId "$VIA: members/remove refuses the id $(printf %q "$name")"
    done
    printf '{"name":"a\0b"}' > "$T/nul"
    is "$(request /organizations/create -o /dev/null -w '%{http_code}' -H "Authorization: Bearer $OWNER" --data-binary "@$T/nul")" 400 "$VIA: a body with a NUL byte is refused with 400"

    # Methods and paths
    for method in GET PUT DELETE PATCH OPTIONS; do
        is "$(request /users/whoami -X $method -H "Authorization: Bearer $OWNER" | jq -r .reason)" method_not_allowed "$VIA: the method $method is refused"
    done
    like "$(request /users/whoami -i)" '^HTTP/1\.1 405' "$VIA: a GET is refused with 405"
    like "$(request /users/whoami -i)" '^Allow: POST' "$VIA: the answer 405 names POST in the header Allow"
    is "$(request /users/whoami -I -o /dev/null -w '%{http_code}')" 405 "$VIA: a HEAD is refused with 405"
    for path in /nothing /users/whoami/ /users /organizations/members/lis /organizations/members/listx "/$(repeat a 2000)" /../v1/users/whoami //users/whoami; do
        call "$path" '{}' "$OWNER"
        expect 404 unknown_endpoint "$VIA: the path ${path:0:40} is refused with 404"
    done
    call "/users/whoami?x=1" '{}' "$OWNER"
    is "$status" 200 "$VIA: a query behind the path is ignored"

    # Sizes
    call /organizations/list "{$(printf '%065534s' '')}" "$OWNER"
    is "$status" 200 "$VIA: a body of 64 KiB is accepted"
    call /organizations/list "{$(printf '%065535s' '')}" "$OWNER"
    expect 413 too_large "$VIA: a body of 64 KiB and one byte is refused with 413"
    call /organizations/list "$(repeat x 70000)" "$OWNER"
    expect 413 too_large "$VIA: a body of 70 KB is refused with 413"
    is "$(request /organizations/list -o "$T/chunked" -w '%{http_code}' -H 'Transfer-Encoding: chunked' -d "$(repeat x 70000)")" 413 "$VIA: a body of 70 KB in chunks is refused with 413"
    head -c 5000000 /dev/zero > "$T/large"
    is "$(request /organizations/list -o /dev/null -w '%{http_code}' -H Expect: -H 'Transfer-Encoding: chunked' --data-binary "@$T/large" 2>/dev/null)" 000 \
        "$VIA: a body of 5 MB without a length is cut off"
    is "$(request /organizations/list -o /dev/null -w '%{http_code}' -H 'Expect: 100-continue' --data-binary "@$T/large" 2>/dev/null)" 413 \
        "$VIA: a body of 5 MB with a length is refused before it is sent"
    is "$(request /users/whoami -o /dev/null -w '%{http_code}' -d '{}' -H "X-Long: $(repeat x 20000)" 2>/dev/null)" 431 "$VIA: headers of 20 KB are refused with 431"
    call /users/whoami '{}' "$OWNER"
    is "$status" 200 "$VIA: orgd answers after all the refused requests"
done

# Not HTTP at all
port=${URL##*:}
for text in '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03' 'GET\r\n\r\n' '\r\n\r\n\r\n' 'POST /v1/users/whoami HTTP/1.1\r\nContent-Length: -5\r\n\r\n' \
    'POST /v1/users/whoami HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\n' \
    'POST /v1/users/whoami HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n' \
    'POST /v1/users%00/whoami HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}'; do
    (exec 3<>"/dev/tcp/127.0.0.1/$port" && printf "$text" >&3; timeout 1 cat <&3) > /dev/null 2>&1
done
call /users/whoami '{}' "$OWNER"
is "$status" 200 'orgd answers after connections that do not speak HTTP'
printf 'POST /v1/users/whoami HTTP/1.0\r\nContent-Type: application/json\r\nAuthorization: Bearer %s\r\nContent-Length: 2\r\n\r\n{}' "$OWNER" > "$T/http10"
like "$(exec 3<>"/dev/tcp/127.0.0.1/$port"; cat "$T/http10" >&3; timeout 30 cat <&3)" '"username":"owner"' 'HTTP/1.0 is answered'
is "$(sql "SELECT count(*) FROM users")" 1 'no refused request has made a user'
orgd_end
done_testing
