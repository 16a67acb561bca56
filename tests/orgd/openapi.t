#!/bin/bash
# The document of orgd openapi: a public validator accepts it, and Prism, which knows nothing else, agrees with the server on which bodies are good.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/orgd.sh"
"$ORGD" openapi > "$T/orgd.json"; is $? 0 'orgd openapi prints a document'
documented=$(jq -r '.paths | keys[] | select(startswith("/v1"))' "$T/orgd.json")
is "$(grep -oE '^\| `/[a-z/-]+`(, `/[a-z/-]+`)*' "$TOP/orgd/API.md" | grep -oE '/[a-z/-]+' | sed 's|^|/v1|' | sort)" "$(sort <<< "$documented")" 'API.md and the document have the same paths'
is "$(jq -r '[.paths[].post? // empty | .operationId] | length == (unique | length)' "$T/orgd.json")" true 'each operation has a name of its own'
is "$(jq -c '.paths["/v1/organizations/members/set-role"].post.requestBody.content["application/json"].schema.required' "$T/orgd.json")" '["organizationId","userId","role"]' 'the document has the fields that a body needs'
OPENAPI=$T
. "$TOP/tests/lib/prism.sh"
(npm_need @seriousme/openapi-schema-validator@2.2.5 > "$T/skip"; echo "$NPM" > "$T/npm") 
if [ -s "$T/npm" ]; then
    is "$(cd "$(cat "$T/npm")/.." && node "$(cat "$T/npm")/@seriousme/openapi-schema-validator/bin/validate-api-cli.js" "$T/orgd.json" 2>&1 | tr -d '\n ' | grep -o '"valid":true')" '"valid":true' 'a public validator accepts the document'
else
    pass "a public validator accepts the document # SKIP $(sed 's/.*SKIP //' "$T/skip")"
fi
(prism_need orgd.json > "$T/skip"; echo "$NPM" > "$T/npm")
if [ -s "$T/npm" ]; then
    NPM=$(cat "$T/npm")
    orgd_start
    prism_start orgd.json "$URL" || fail 'Prism starts'
    VIA=tcp URL=$PRISM
    org=$(new_org Acme)
    join "$org" ann admin
    on() { call "/organizations/$1" "{\"organizationId\":\"$org\"${2:+,$2}}" "$OWNER"; }
    on members/set-role "\"userId\":\"$user_id\",\"role\":\"member\""; on members/suspend "\"userId\":\"$user_id\""; on teams/create '"name":"Ops"'
    on roles/set '"role":"ops","permissions":["org:view"]'; on join-codes/create '"maxUses":null,"expiresAt":null'; on audit/list '"limit":5'; on members/changes '"since":0'
    is "$(prism_violations)" '' 'Prism finds nothing against the document in what a client and the server say'
    is "$(prism_requests | sort -u | wc -l)" 10 'the requests went through Prism'
    for fields in '"userId":"x"' '"userId":1,"role":"member"' '"userId":"x","role":"member","more":1' '"permissions":["org:own"],"role":"ops"'; do
        before=$(prism_violations | wc -l)
        on members/set-role "$fields"
        is "$status $(($(prism_violations | wc -l) > before))" '400 1' "the server and the document refuse $fields"
    done
    orgd_end
else
    pass "Prism agrees with the server # SKIP $(sed 's/.*SKIP //' "$T/skip")"
fi
done_testing
