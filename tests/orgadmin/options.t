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
refuses 3 'no token for https://console.cratedb.cloud: give' 'org list --provider cratedb without a token names the address of the vendor' nobody org list --provider cratedb
refuses 3 "no token for $URL" 'org list --provider cratedb --url replaces the address of the vendor' nobody org list --provider cratedb --url "$URL"

# login keeps provider, address and options
does 'Logged in to .* as ada@example.org' 'login with --provider and --region succeeds' ada login --provider cratedb --url "$URL" --token-file "$T/ada.token" --region eu
is "$(kept '"\(.provider) \(.url) \(.options|tojson) \(.token)"')" "cratedb $URL {\"region\":\"eu\"} ada-session" 'login stores the provider, the address and the options'
does "$acme +acme" 'org list takes provider, address and options from the stored login' ada org list
is "$(header x-region)/$(header cookie)" eu/session=ada-session 'org list sends the stored region and token'
does acme 'org list --region --sudo succeeds with a stored login' ada org list --region us --sudo
is "$(header x-region)/$(header x-auth-sudo)" us/1 '--region and --sudo override the stored options'
does acme 'org list --provider-option succeeds with a stored login' ada --provider-option region=us --provider-option sudo=1 org list
is "$(header x-region)/$(header x-auth-sudo)" us/1 '--provider-option overrides the stored options'
does acme 'org list succeeds after overridden options' ada org list
is "$(header x-region)/$(header x-auth-sudo)" eu/none 'overridden options go into one command alone'
does acme 'org list --token-file succeeds with a stored login' ada org list --token-file "$T/key.token"
like "$(header authorization)/$(header x-region)" '^Basic .*/eu$' '--token-file replaces the stored token and keeps the stored options'
refuses 2 'has no option "regoin"; there are region, sudo' 'org list refuses a mistyped option, with the known ones' ada org list --provider-option regoin=eu; nothing_sent 'org list with a mistyped option'
refuses 2 'has no option "region"; it has none' 'org list refuses an option of another provider' nobody org list --url "$URL" --token-file "$T/key.token" --region eu
refuses 2 'the stored token is sent only to the API that it was stored for.*auth_url give --token-file' 'org list refuses an option that sends the stored token to another host' \
    ada org list --provider-option auth_url="$ELSEWHERE"; nothing_sent 'org list with an option that sends the stored token to another host'
refuses 2 'sudo.* cannot be "yes"' 'org list refuses a --provider-option sudo that is no boolean' ada org list --provider-option sudo=yes
# shellcheck disable=SC2046 # a word each
refuses 2 'too long, or there are more than 8' 'org list refuses more than 8 options' ada org list $(printf -- '--provider-option o%d=1 ' 1 2 3 4 5 6 7 8)
refuses 2 'too long' 'org list refuses an option that is too long' ada org list --provider-option region="$(printf %0600d 1)"
does "Switched|current organization is acme \($acme\)" 'org switch succeeds with stored options' ada org switch acme
is "$(kept '.options.region + " " + .organization.id')" "eu $acme" 'org switch keeps the stored options and stores the organization'
cp "$HERE/default.json" "$T/kept.json"
jq '.options = {"region": 7}' "$T/kept.json" > "$HERE/default.json"
refuses 3 'default.json is damaged' 'org list refuses a login with a damaged option' ada org list
jq 'del(.options)' "$T/kept.json" > "$HERE/default.json"
does acme 'org list takes a stored login without options' ada org list
cp "$T/kept.json" "$HERE/default.json"

# a session that the API renews
fake '{"set":{"renew":true}}'
does ada@example.org 'member list succeeds with a session that the API renews' ada member list
first=$(kept .token)
like "$first" '^ada-session.' 'member list stores the renewed session'
does acme 'org show succeeds with the renewed session' ada org show acme
ok 'org show stores the session renewed again' test "$(kept .token)" != "$first"
is "$(stat -c %a "$HERE/default.json")/$(kept '.options.region + " " + .organization.id')" "600/eu $acme" 'a renewed session keeps options, organization and private mode'
token renewed "$(kept .token)"
does acme 'org list --token-file succeeds with a session that the API renews' ada org list --token-file "$T/renewed.token"
is "$(kept .token)" "$(cat "$T/renewed.token")" 'a session renewed for --token-file replaces no stored one'
fake '{"reset":true}'
cp "$T/kept.json" "$HERE/default.json"

# --set
does acme2 'org create --set passes a field of the vendor' ada org create acme2 --set plan_type=4
changed 'POST /api/v2/organizations/ {"name":"acme2","plan_type":4}'
refuses 2 'takes no "plan".*it takes: .*plan_type' 'org create refuses an unknown field, with the known ones' ada org create acme3 --set plan=4; nothing_sent 'org create with an unknown field'
refuses 2 'takes no "colour".*it takes: .*email' 'org edit refuses an unknown field, with the known ones' ada org edit acme --set colour=red; nothing_sent 'org edit with an unknown field'
does 'acme is changed' 'org edit takes --set without --name' ada org edit acme --set plan_type=5
changed "PUT /api/v2/organizations/$acme/ {\"plan_type\":5}"
does 'The billing of acme is changed' 'billing edit takes several fields' ada billing edit --org acme --set name=Acme --set email=b@x.org --set phone=1 --set country=AT \
    --set city=Wien --set line1=Ring --set postal_code=1010
does '^FIELD +VALUE' 'billing show prints a header of field and value' ada billing show --org acme
is "$(awk 'NR > 1 {print $1}' <<< "$out" | head -n 4 | tr '\n' ' ')" 'name email phone country ' 'billing show prints a line for each field with a value'
does '^name,company_name,.*,project_options_url' 'billing show -o csv prints every field in its header' ada billing show --org acme -o csv
is "$(wc -l <<< "$out")" 2 'billing show -o csv prints one line of values'
does '^FIELD +VALUE' 'billing show --columns prints a header of field and value' ada billing show --org acme --columns city,vat_number
is "$(sed 's/ *$//' <<< "$out")" $'FIELD      VALUE\ncity       Wien\nvat_number' 'billing show --columns prints a field without a value'

# secrets
refuses 2 'a secret of the type "mongodb" are unknown' 'secret create refuses an unknown type' ada secret create s --type mongodb --org acme
refuses 2 'no terminal to ask on' 'secret create refuses without a terminal and --secret-file' ada secret create s --type aws --org acme
printf 'access_key=AK\r\n\nsecret_key=a=b c#\n' > "$T/values"
refuses 3 'the secret file .* is readable by' 'secret create refuses a --secret-file that others can read' ada secret create s --type aws --org acme --secret-file "$T/values"
chmod 600 "$T/values"
does 's +AWS' 'secret create takes values from --secret-file' ada secret create s --type aws --org acme --secret-file "$T/values"
changed "POST /api/v2/organizations/$acme/secrets/ {\"name\":\"s\",\"type\":\"AWS\",\"data\":{\"aws_secret\":{\"access_key\":\"AK\",\"secret_key\":\"a=b c#\"}}}"
unlike "$out$err" 'a=b' 'secret create does not print the values'
INPUT=$T/values does 's2 +AWS' 'secret create takes values from standard input' ada secret create s2 --type aws --org acme --secret-file -
printf 'access_key\n' > "$T/values"
refuses 2 'values:1: it is no line FIELD=VALUE' 'secret create refuses a line that is not FIELD=VALUE' ada secret create s --type aws --org acme --secret-file "$T/values"
printf 'password=x\n' > "$T/values"
refuses 2 'values:1: it is no line FIELD=VALUE with a field that secrets have' 'secret create refuses an unknown field' ada secret create s --type aws --org acme --secret-file "$T/values"
unlike "$err" password 'secret create prints no word of a line that it refuses'
printf 'DefaultEndpointsProtocol=https;AccountKey=topsecret==\n' > "$T/values"
refuses 2 'values:1: it is no line FIELD=VALUE' 'secret create refuses a bare connection string' ada secret create s --type azure --org acme --secret-file "$T/values"
unlike "$out$err" 'DefaultEndpoints|topsecret' 'secret create prints nothing of a bare connection string'
nothing_left=$(sent | grep POST); is "$nothing_left" '' 'a refused secret file is not sent'
printf 'access_key=AK\nsecret_key=\n' > "$T/values"
refuses 2 'values:2: the field has no value' 'secret create refuses an empty value' ada secret create s --type aws --org acme --secret-file "$T/values"
for field in name type org; do
    printf '%s=x\n' $field > "$T/values"
    refuses 2 'values:1: it is no line FIELD=VALUE' "secret create takes no $field from --secret-file" ada secret create s --type aws --org acme --secret-file "$T/values"
done
: > "$LOG"
XDG_CONFIG_HOME=$T/ada typed "$T/typed" "$ORGADMIN secret create typed --type aws --org acme" 'access_key: ' 'AKtyped\n' 'secret_key: ' 'SKtyped\n'
like "$(cat "$T/typed")" 'access_key: ' 'secret create asks for the first value on a terminal'
like "$(cat "$T/typed")" 'secret_key: ' 'secret create asks for the second value on a terminal'
unlike "$(cat "$T/typed")" 'AKtyped|SKtyped' 'secret create does not echo the typed values'
is "$(sent | grep POST)" "POST /api/v2/organizations/$acme/secrets/ {\"name\":\"typed\",\"type\":\"AWS\",\"data\":{\"aws_secret\":{\"access_key\":\"AKtyped\",\"secret_key\":\"SKtyped\"}}}" 'secret create sends the typed values'
does 'no secret s2 any more' 'secret remove takes a name' ada secret remove s2 --org acme -y
refuses 2 'Remove the secret typed .* from acme\? There is no terminal' 'secret remove refuses without a terminal and --yes' ada secret remove typed --org acme
refuses 1 'acme has no secret "typd"; did you mean "typed"' 'secret remove suggests the right spelling of a mistyped name' ada secret remove typd --org acme -y
elsewhere_unasked
done_testing
