#!/bin/bash
# The command api: operations of a provider's table as they stand there, and the JSON of the audit log and of amounts.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../api/vendor.sh"
. "$(dirname "$0")/vendor.sh"
fake_start cratedb --fault events=120
ACME=f6c39580-5719-431d-a508-0cee4f9e8209
MIA=c4953d0d-f360-4820-9c43-000000000002
BELOW=/api/v2/organizations/$ACME
for n in ada sup; do token $n $n-key:$n-secret; done
as ada login --provider cratedb --url "$URL" --token-file "$T/ada.token"
as ada org switch acme

# --- what there is ---
does '"operation":[[:space:]]"member.add"' 'api list prints the operations' ada api list
nothing_sent 'api list'
is "$(jq -c '[.[] | select(.operation == "credit.create").fields][0]' <<< "$out")" '["amount","expires","comment"]' 'api list prints the fields of an operation'
is "$(jq -r '.[].operation' <<< "$out" | sort | uniq -d)" '' 'api list prints each operation once'
is "$(jq -r '.[].operation' <<< "$out" | grep -c 'joincode\|machine')" 0 'api list prints nothing that the provider lacks'
refuses 2 'no operation "member.lst"; did you mean "member.list"' 'api suggests the right operation' ada api member.lst
refuses 2 'no operation "joincode.list"; ' 'api refuses an operation of another provider' ada api joincode.list
refuses 2 'member.add takes no field "emial"; did you mean "email"' 'api suggests the right field' ada api member.add emial=x@example.org role=org_member
refuses 2 'member.list takes no field "colour"; it takes none' 'api refuses a field of an operation without fields' ada api member.list colour=red
refuses 2 '"red" is no FIELD=VALUE' 'api refuses a word without =' ada api member.list red
refuses 2 '"email" is given twice' 'api refuses a field that is given twice' ada api member.add email=a@example.org email=b@example.org
refuses 2 'org: --org names the organization' 'api refuses the field org' ada api member.list org=x
refuses 2 'OPERATION is missing' 'api needs an operation' ada api
nothing_sent 'a refused api'
refuses 2 '4 arguments are missing: amount, expires, comment|2 arguments are missing: amount, expires' 'api names all missing fields at once' ada api credit.create

# --- calls ---
does "\"id\":[[:space:]]\"$MIA\"" 'api member.list prints members' ada api member.list
is "$(jq -r 'type + " " + (length|tostring) + " " + .[1].state' <<< "$out")" 'array 3 active' 'api member.list prints an array of records'
does '"plan":[[:space:]]"3"' 'api org.show prints one record' ada api org.show
is "$(jq -r type <<< "$out")" object 'api org.show prints an object'
as ada api member.role user=$MIA role=org_admin
is "$out$err$(sent)" "POST $BELOW/users/ {\"user\":\"$MIA\",\"role_fqn\":\"org_admin\"}" \
    'api member.role sends the request of the table, and prints nothing'
as ada api org.list --org nonsense
is "$(jq -r '.[0].name' <<< "$out")" acme 'api org.list wants no organization'
refuses 2 'give role=ROLE: this API would change' 'api member.add without a role changes nobody' ada api member.add email=mia@example.org
nothing_sent 'api member.add without a role'
refuses 2 'Run member.remove in acme at .* There is no terminal to ask on: give --yes' 'api asks before it takes something away' ada api member.remove user=$MIA
nothing_sent 'api member.remove without --yes'
as ada api member.remove user=$MIA --dry-run; is "$rc/$(sent)" 0/ 'api --dry-run sends nothing that changes'
like "$out$err" "DELETE $BELOW/users/$MIA/" 'and shows the request'
as ada api credit.create --dry-run; like "$rc/$err" '^2/.*arguments are missing: amount, expires' 'api --dry-run tells what is missing'
as ada api member.remove user=$MIA --yes; is "$rc/$out/$err/$(sent)" "0///DELETE $BELOW/users/$MIA/" 'api member.remove --yes removes'
as ada api audit.list action=organization.add_user from=2026-01-01 to=2026-01-02
like "$(sent | tail -n 1)" "from=2026-01-01T00%3A00%3A00.000Z&to=2026-01-02T23%3A59%3A59" 'api understands days'
refuses 2 'from' 'api refuses what is no time' ada api audit.list from=nonsense
nothing_sent 'an audit.list that is no time'

# --- secrets ---
refuses 2 'access_key: others on this machine see a command line: give --secret-file FILE' 'api takes no secret from the command line' \
    ada api secret.create name=s type=aws access_key=AKIAXYZ secret_key=hushhush
nothing_sent 'a secret on the command line'
(umask 077; printf 'access_key=AKIAXYZ\nsecret_key=hushhush\n' > "$T/values"; printf 'hushhush\n' > "$T/bare"; printf 'name=hushhush\n' > "$T/other")
as ada api secret.create name=s type=aws --secret-file "$T/values"
is "$rc/$(jq -r .name <<< "$out")/$(grep -c hushhush <<< "$out$err")" 0/s/0 'api takes a secret from a file and prints none of it'
refuses 2 'bare:1: it is no line FIELD=VALUE$' 'api says no word of a bare secret' ada api secret.create name=s type=aws --secret-file "$T/bare"
refuses 2 'other:1: .*: access_key, secret_key, connection_string$' 'a field that is no secret does not come from the file' ada api secret.create name=s type=aws --secret-file "$T/other"
as ada file upload "$T/values" --name f; as ada api file.list
is "$(jq -r '.[].name' <<< "$out" | grep -cx f)/$(grep -c _url <<< "$out")" 1/0 'api prints no pre-signed address'

# --- JSON that is JSON ---
as ada audit list -o json
is "$(jq -c '[.[].detail.n | numbers][0:2]' <<< "$out")" '[119,118]' 'audit list -o json prints the context as JSON, its numbers as numbers'
is "$(jq -r '[.[] | select(.actor_name == "ada")][0].actor_email' <<< "$out")" ada@example.org "audit list prints the actor's address"
as ada audit list -o yaml --limit 1 --columns detail; like "$(tr -d '\n' <<< "$out")" 'detail: +[a-z_]+: ' 'audit list -o yaml prints the context as YAML'
as ada audit list -o csv --filter action=organization.create --limit 1 --columns detail; is "$out" $'detail\r\n"{""n"":0}"\r' 'audit list -o csv prints the context as text'
fake '{"fault":{"path":"auditlogs","times":1,"sub":[["\"context\":[{][^}]*[}]","\"context\":{\"a\":[1.5,null,true,\"x\\u001b[31m: y\"],\"b\":{}}"]]}}'
as ada audit list -o yaml --limit 1 --columns detail
if python3 -c 'import yaml' 2> /dev/null; then
    is "$(python3 -c 'import json, sys, yaml; print(json.dumps(yaml.safe_load(sys.stdin)))' <<< "$out" 2>&1)" '[{"detail": {"a": [1.5, null, true, "x\u001b[31m: y"], "b": {}}}]' 'YAML of a nested context reads back as it was'
else
    pass 'YAML of a nested context reads back as it was # SKIP python3-yaml is not installed'
fi
as ada credit list -o json
is "$(jq -c '[.[0] | .original, .remaining | type]' <<< "$out")" '["number","number"]' 'credit list -o json prints amounts as numbers'
like "$out" '"original":[[:space:]]300\.00,' 'an amount keeps its cents'
elsewhere_unasked
done_testing
