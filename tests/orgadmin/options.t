#!/bin/bash
# What all vendors have in common: --provider and its options, what a login keeps of them, a credential that the API renews, --set,
# secrets that are asked for, long waits. The vendors' own commands are in the tests named after them.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../api/vendor.sh"
. "$(dirname "$0")/vendor.sh"
need script
fake_start cratedb
token ada ada-session
token key ada-key:ada-secret
acme=f6c39580-5719-431d-a508-0cee4f9e8209
HERE=$T/ada/orgadmin
kept() { jq -r "$1" "$HERE/default.json"; }
header() { jq -r ".headers[\"$1\"] // \"none\"" "$LOG" | tail -n 1; }

# an address of its own
refuses 3 'no token for https://console.cratedb.cloud: give' 'a vendor has an address of its own' nobody org list --provider cratedb
refuses 3 "no token for $URL" 'which --url takes the place of' nobody org list --provider cratedb --url "$URL"

# login keeps provider, address and options
does 'Logged in to .* as ada@example.org' 'login' ada login --provider cratedb --url "$URL" --token-file "$T/ada.token" --region eu
is "$(kept '"\(.provider) \(.url) \(.options|tojson) \(.token)"')" "cratedb $URL {\"region\":\"eu\"} ada-session" 'keeps the provider, the address and the options'
does "$acme +acme" 'without any of them' ada org list
is "$(header x-region)/$(header cookie)" eu/session=ada-session 'they are in effect'
does acme 'another one' ada org list --region us --sudo
is "$(header x-region)/$(header x-auth-sudo)" us/1 '--region and --sudo overrule'
does acme 'the same at length' ada --provider-option region=us --provider-option sudo=1 org list
is "$(header x-region)/$(header x-auth-sudo)" us/1 'as --provider-option does'
does acme 'for one command' ada org list
is "$(header x-region)/$(header x-auth-sudo)" eu/none 'not longer'
does acme 'another credential' ada org list --token-file "$T/key.token"
like "$(header authorization)/$(header x-region)" '^Basic .*/eu$' 'leaves the options'
refuses 2 'has no option "regoin"; there are region, sudo' 'an unknown option' ada org list --provider-option regoin=eu; nothing_sent 'an unknown option'
refuses 2 'has no option "region"; it has none' 'an option of another provider' nobody org list --url "$URL" --token-file "$T/key.token" --region eu
refuses 2 'the stored token is sent only to the API that it was stored for.*auth_url give --token-file' 'an option that leads the stored token away' \
    ada org list --provider-option auth_url="$ELSEWHERE"; nothing_sent 'it'
refuses 2 'sudo.* cannot be "yes"' 'a value that is none' ada org list --provider-option sudo=yes
# shellcheck disable=SC2046 # a word each
refuses 2 'too long, or there are more than 8' 'too many' ada org list $(printf -- '--provider-option o%d=1 ' 1 2 3 4 5 6 7 8)
refuses 2 'too long' 'too long' ada org list --provider-option region="$(printf %0600d 1)"
does "Switched|current organization is acme \($acme\)" 'org switch keeps them' ada org switch acme
is "$(kept '.options.region + " " + .organization.id')" "eu $acme" 'and the organization'
cp "$HERE/default.json" "$T/kept.json"
jq '.options = {"region": 7}' "$T/kept.json" > "$HERE/default.json"
refuses 3 'default.json is damaged' 'a damaged option' ada org list
jq 'del(.options)' "$T/kept.json" > "$HERE/default.json"
does acme 'a login of before options' ada org list
cp "$T/kept.json" "$HERE/default.json"

# a session that the API renews
fake '{"set":{"renew":true}}'
does ada@example.org 'a renewed session' ada member list
first=$(kept .token)
like "$first" '^ada-session.' 'is kept'
does acme 'and is good' ada org show acme
ok 'and renewed again' test "$(kept .token)" != "$first"
is "$(stat -c %a "$HERE/default.json")/$(kept '.options.region + " " + .organization.id')" "600/eu $acme" 'everything else stays, privately'
token renewed "$(kept .token)"
does acme 'with --token-file' ada org list --token-file "$T/renewed.token"
is "$(kept .token)" "$(cat "$T/renewed.token")" 'nothing is kept: it was not the stored one'
fake '{"reset":true}'
cp "$T/kept.json" "$HERE/default.json"

# --set
does acme2 '--set' ada org create acme2 --set plan_type=4
changed 'POST /api/v2/organizations/ {"name":"acme2","plan_type":4}'
refuses 2 'takes no "plan".*it takes: .*plan_type' 'a field that there is not' ada org create acme3 --set plan=4; nothing_sent 'it'
refuses 2 'takes no "colour".*it takes: .*email' 'nor in org edit' ada org edit acme --set colour=red; nothing_sent 'it'
does 'acme is changed' 'org edit with fields alone' ada org edit acme --set plan_type=5
changed "PUT /api/v2/organizations/$acme/ {\"plan_type\":5}"
does 'The billing of acme is changed' 'billing edit' ada billing edit --org acme --set name=Acme --set email=b@x.org --set phone=1 --set country=AT \
    --set city=Wien --set line1=Ring --set postal_code=1010
does '^FIELD +VALUE' 'billing show: a line for each field' ada billing show --org acme
is "$(awk 'NR > 1 {print $1}' <<< "$out" | head -n 4 | tr '\n' ' ')" 'name email phone country ' 'that is known'
does '^name,company_name,.*,project_options_url' 'but CSV has all' ada billing show --org acme -o csv
is "$(wc -l <<< "$out")" 2 'in one line'
does '^FIELD +VALUE' 'and what is asked for is there' ada billing show --org acme --columns city,vat_number
is "$(sed 's/ *$//' <<< "$out")" $'FIELD      VALUE\ncity       Wien\nvat_number' 'known or not'

# secrets
refuses 2 'a secret of the type "mongodb" are unknown' 'a type that is not known' ada secret create s --type mongodb --org acme
refuses 2 'no terminal to ask on' 'no terminal to ask on' ada secret create s --type aws --org acme
printf 'access_key=AK\r\n\nsecret_key=a=b c#\n' > "$T/values"
refuses 3 'the secret file .* is readable by' 'a file that others can read' ada secret create s --type aws --org acme --secret-file "$T/values"
chmod 600 "$T/values"
does 's +AWS' 'values from a file' ada secret create s --type aws --org acme --secret-file "$T/values"
changed "POST /api/v2/organizations/$acme/secrets/ {\"name\":\"s\",\"type\":\"AWS\",\"data\":{\"aws_secret\":{\"access_key\":\"AK\",\"secret_key\":\"a=b c#\"}}}"
unlike "$out$err" 'a=b' 'and are not shown'
INPUT=$T/values does 's2 +AWS' 'from standard input' ada secret create s2 --type aws --org acme --secret-file -
printf 'access_key\n' > "$T/values"
refuses 2 'values:1: it is no line FIELD=VALUE' 'no such line' ada secret create s --type aws --org acme --secret-file "$T/values"
printf 'password=x\n' > "$T/values"
refuses 2 'takes no "password"' 'no such field' ada secret create s --type aws --org acme --secret-file "$T/values"
: > "$LOG"
XDG_CONFIG_HOME=$T/ada typed "$T/typed" "$ORGADMIN secret create typed --type aws --org acme" 'access_key: ' 'AKtyped\n' 'secret_key: ' 'SKtyped\n'
like "$(cat "$T/typed")" 'access_key: ' 'a terminal is asked'
like "$(cat "$T/typed")" 'secret_key: ' 'for each value'
unlike "$(cat "$T/typed")" 'AKtyped|SKtyped' 'without echo'
is "$(sent | grep POST)" "POST /api/v2/organizations/$acme/secrets/ {\"name\":\"typed\",\"type\":\"AWS\",\"data\":{\"aws_secret\":{\"access_key\":\"AKtyped\",\"secret_key\":\"SKtyped\"}}}" 'and what is typed is sent'
does 'no secret s2 any more' 'secret remove by name' ada secret remove s2 --org acme -y
refuses 2 'Remove the secret typed .* from acme\? There is no terminal' 'asks' ada secret remove typed --org acme
refuses 1 'acme has no secret "typd"; did you mean "typed"' 'a mistyped name' ada secret remove typd --org acme -y
elsewhere_unasked
done_testing
