#!/bin/bash
# What a person sees on a terminal of 80 columns, and how a listing is narrowed.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../api/vendor.sh"
. "$(dirname "$0")/vendor.sh"
need script
fake_start cratedb
token ada ada-key:ada-secret
as ada login --provider cratedb --url "$URL" --token-file "$T/ada.token"
as ada org switch acme
seen() { XDG_CONFIG_HOME=$T/ada script -qec "stty cols ${1}; $ORGADMIN ${*:2}" /dev/null < /dev/null | tr -d '\r'; } # COLUMNS COMMAND

# --- the width ---
LC_ALL=C.UTF-8 table=$(LC_ALL=C.UTF-8 seen 80 member list)
is "$(LC_ALL=C.UTF-8 wc -L <<< "$table")" 80 'a table fits 80 columns'
like "$table" 'mia@example\.org' 'an e-mail address stays whole beside a UUID'
like "$table" '^c4953d0d-[0-9a-f-]*… ' 'the UUID is shortened, with an ellipsis'
like "$(LC_ALL=C.UTF-8 seen 80 member list -o wide)" '^c4953d0d-f360-4820-9c43-000000000002 ' 'a wide table has the whole id'
like "$(LC_ALL=C seen 80 member list)" '^c4953d0d-[0-9a-f-]*~ ' 'without UTF-8 the mark is a tilde'
as ada member list; like "$out" '^c4953d0d-f360-4820-9c43-000000000002 +mia ' 'a pipe gets everything'
for columns in 1 10 20 40 300; do LC_ALL=C.UTF-8 seen $columns member list > "$T/table"; ok "a terminal of $columns columns gets a table" grep -q ID "$T/table"; done

# --- ages, the mark, nothing ---
like "$(seen 200 credit list --all)" ' [0-9]+ (d|y|h) ago|in [0-9]+ (d|y|h)' 'times are ages on a terminal'
as ada credit list --all; like "$out" '2026-12-24T12:34:56Z' 'times are times elsewhere'
as ada org list; like "$(grep acme <<< "$out")" ' \*$' 'the current organization has a star'
unlike "$(grep globex <<< "$out")" '\*' 'the other one has none'
as ada org list -o json; is "$(jq -c '[.[] | [.name, .current]]' <<< "$out")" '[["acme",true],["globex",null]]' 'in JSON it is a member'
fake '{"fault":{"path":"secrets/$","body":[]}}'
as ada secret list; is "$rc/$out/$err" '0//No secrets.' 'an empty table says so on standard error'
fake '{"fault":{"path":"secrets/$","body":[]}}'
as ada secret list -o json; is "$rc/$out/$err" '0/[]/' 'an empty array says nothing'
fake '{"reset":true}'

# --- narrowed ---
as ada member list -o jsonl; is "$(wc -l <<< "$out")/$(jq -rs 'map(.username) | join(" ")' <<< "$out")" '3/ada mia bob' 'jsonl has a record on each line'
as ada member list --filter role=ORG_ADMIN --columns username --no-header; is "$out" ada '--filter takes an item of a list, and role for roles'
as ada member list --filter role=org_member --filter username=bob -o jsonl --columns username; is "$out" '{"username":"bob"}' '--filter may be repeated'
as ada credit list --all --state expired --columns state,original --no-header; is "$out" 'expired $50.50' '--state is short for --filter state='
is "$(sent | tail -n 1 | sed 's/.*credits//')" '/?status=EXPIRED' 'credits are asked for by their state'
as ada credit list --status active -o csv --columns state,original; is "$out" $'state,original\r\nactive,300.00\r' '--status is another word, and CSV has the number alone'
as ada credit list --all -o json; is "$(jq -rc '[.[].original]' <<< "$out")" '[300,50.5]' 'so has JSON, as a number'
as ada credit list --all --sort original --columns original --no-header; is "$out" $' $50.50\n$300.00' 'amounts are sorted as numbers, and stand to the right'
refuses 1 'credit list in acme' 'an unknown state is refused by the API' ada credit list --state gone
as ada member list --sort username --limit 2 --columns username --no-header; is "$out" $'ada\nbob' '--limit counts after sorting'
as ada member list --limit 0; is "$rc/$out/$err" '0//No members.' '--limit 0 shows nothing'
refuses 2 'there is no column "colour"' '--filter refuses an unknown column' ada member list --filter colour=red; nothing_sent 'a refused filter'
refuses 2 '"many" is no number' '--limit refuses what is no number' ada member list --limit many
refuses 2 'no number' '--limit refuses a negative number' ada member list --limit=-1
refuses 2 '--filter needs COLUMN=VALUE' '--filter refuses a word alone' ada member list --filter admin
refuses 2 '--filter has no meaning for "member show"' 'one record is not filtered' ada member show mia --filter role=x
refuses 2 'no column "state"' '--state refuses a listing without states' ada secret list --state active
done_testing
