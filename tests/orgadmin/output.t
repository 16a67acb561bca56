#!/bin/bash
# Formats, columns and sorting, with members who chose their names badly.
. "$(dirname "$0")/../lib/tap.sh"
need python3 jq script
ORGADMIN=$BUILD/orgadmin
export XDG_CONFIG_HOME=$T/config LC_ALL=C.UTF-8
unset ORGADMIN_ORG ORGADMIN_TOKEN_FILE ORGADMIN_PROFILE
(umask 077; echo key:topsecret > "$T/token")
listen "$T/port" python3 "$TOP/tests/fakes/hostile.py"
at="--url $heard/spreadsheet --token-file $T/token"
run() { out=$("$ORGADMIN" "$@" $at 2> "$T/err" < /dev/null); rc=$?; err=$(cat "$T/err"); }
# fails STATUS REGEX NAME ARGUMENT...
fails() { local want=$1 text=$2 name=$3; shift 3; run "$@"; is "$rc/$out" "$want/" "$name"; like "$err" "$text" "$name: the message"; }

# CSV
run member list -o csv --columns username,email,name
is "$(python3 -c 'import csv,sys; print(list(csv.reader(open(0, newline=""))))' <<< "$out")" \
    "[['username', 'email', 'name'], ['ann', 'ann@x.org', 'Ann \"the boss\", A.'], ['bob', 'bob@x.org', \"'=HYPERLINK(1)\"], ['cid', 'cid@x.org', 'twolines'], ['dan', 'dan@x.org', \"'+1\"], ['eve', 'eve@x.org', \"'@SUM(A1)\"], ['fay', 'fay@x.org', \"'-2\"], ['gus', 'gus@x.org', 'true']]" \
    'member list -o csv is read by a CSV reader, and formulas are texts'
is "$("$ORGADMIN" member list -o csv $at | grep -c $'\r$')" 8 'member list -o csv ends lines with CR LF'
run member list -o csv --columns username --no-header; is "$(tr -d '\r' <<< "$out" | tr '\n' ' ')" 'ann bob cid dan eve fay gus ' 'member list -o csv --no-header prints no header'

# Turkish has another small letter for I
if localedef -i tr_TR -f UTF-8 "$T/tr_TR.UTF-8" 2> /dev/null || [ -d "$T/tr_TR.UTF-8" ]; then
    # glibc forgets to free LOCPATH's list
    turkish() { env ASAN_OPTIONS=detect_leaks=0 LOCPATH="$T" LC_ALL=tr_TR.UTF-8 "$ORGADMIN" "$@" $at 2>&1 < /dev/null | tr -d '\r'; }
    is "$(turkish member list -o csv --columns EMAIL,ID --no-header --sort EMAIL | head -n 1)" 'ann@x.org,usr_ann' 'member list takes columns in capitals in a Turkish locale'
    is "$(turkish member show CID@X.ORG --columns username --no-header)" cid 'member show takes an address in capitals in a Turkish locale'
else
    pass 'member list takes columns in capitals in a Turkish locale # SKIP there is no locale tr_TR to make'
fi

# YAML and JSON say the same, exactly
run member list -o json; printf '%s\n' "$out" > "$T/json"
run member list -o yaml; printf '%s\n' "$out" > "$T/yaml"
like "$(head -n 2 "$T/yaml")" '^organization:' 'member list -o yaml begins with the organization'
if python3 -c 'import yaml' 2> /dev/null; then
    is "$(python3 -c 'import json,sys,yaml; print(json.dumps(yaml.safe_load(sys.stdin)))' < "$T/yaml" | jq -S .)" "$(jq -S . "$T/json")" 'member list -o yaml has the same values as JSON'
else
    pass 'member list -o yaml has the same values as JSON # SKIP python3-yaml is not installed'
fi
like "$(grep -A1 'username: gus' "$T/yaml"; grep 'name: "true"' "$T/yaml")" 'name: "true"' 'member list -o yaml quotes a string that looks like a boolean'
is "$(jq -r '.members[2].name' "$T/json")" $'two\nlines' 'member list -o json keeps a newline in a name'
is "$(jq -c '.members[] | .keys // empty' "$T/json" | tr '\n' ' ')" '[{"type":"ssh-ed25519","blob":"AAAA"},{"type":"no","blob":"\"\n","expiresAt":"2027-01-01T00:00:00Z"}] [] ' \
    'member list -o json has the keys of the members, as the provider file reads them'
run member list -o json --columns email,username; is "$(jq -c '.members[0]' <<< "$out")" '{"email":"ann@x.org","username":"ann"}' 'member list -o json --columns prints the columns in the given order'
run org show -o yaml; like "$out" '^id: "?org_1"?' 'org show -o yaml prints one record'
run role list -o yaml; is "$(grep -c '^- id: ' <<< "$out")" 1 'role list -o yaml prints a list'

# tables
run member list; is "$(awk 'NR == 1 {$1 = $1; print}' <<< "$out")" 'ID USERNAME EMAIL NAME ROLES STATE' 'member list prints no column that no member fills'
run member list --columns id,joined; is "$(awk 'NR == 1 {$1 = $1; print}' <<< "$out")" 'ID JOINED' 'member list --columns prints a column that no member fills'
run member list -o csv; like "$out" '^id,username,email,name,roles,permissions,state,joined,token' 'member list -o csv prints every column'
out=$(script -qec "stty cols 40; $ORGADMIN member list -o wide $at" /dev/null < /dev/null | tr -d '\r')
like "$out" 'Ann "the boss", A\..*active' 'member list -o wide cuts nothing on a narrow terminal'
run member list --columns name,id; is "$(awk 'NR == 1 {$1 = $1; print}' <<< "$out")" 'NAME ID' 'member list --columns prints the columns in the given order'
run member list --columns USERNAME --no-header; is "$(tr -d ' ' <<< "$out" | tr '\n' ' ')" 'ann bob cid dan eve fay gus ' 'member list --columns takes names in any case'
run member list --columns username --sort name --no-header; is "$(tr -d ' ' <<< "$out" | tr '\n' ' ')" 'dan fay bob eve ann gus cid ' 'member list --sort name sorts the table by name'
run joincode list --columns uses --sort uses --no-header; is "$(tr -d ' ' <<< "$out" | tr '\n' ' ')" '2 9 10 ' 'joincode list --sort sorts numbers as numbers'
run joincode list -o json; is "$(jq -c '[.[].uses, (.[0] | has("max_uses"))]' <<< "$out")" '[10,9,2,false]' 'joincode list -o json prints numbers as numbers'
run joincode list -o csv --columns id,uses,max_uses; is "$(tr -d '\r' <<< "$out" | tail -n 1)" 'c,2,5' 'joincode list -o csv prints numbers'

# refused before anything is sent
fails 2 'csv, not "xls"' 'member list refuses the format xls' member list -o xls
fails 2 '--columns: there is no column "emial"; did you mean "email"\?' 'member list --columns refuses a mistyped column, with a suggestion' member list --columns id,emial
fails 2 '--columns: there is no column "shoe"; there are id username' 'member list --columns refuses an unknown column, with the known ones' member list --columns shoe
fails 2 '--columns: there is nothing but commas' 'member list --columns refuses an empty column' member list --columns ,
fails 2 '--sort: there is no column "x"' 'member list --sort refuses an unknown column' member list --sort x
fails 2 '--columns: more than 40' 'member list --columns refuses more than 40 columns' member list --columns "$(printf 'id,%.0s' $(seq 40))id"
fails 2 '--sort has no meaning for "member grant"' 'member grant refuses --sort' member grant a b --sort id
done_testing
