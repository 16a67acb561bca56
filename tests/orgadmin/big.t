#!/bin/bash
# A long listing says the same in every format, and is sorted as it should be.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/orgd.sh"
need python3 awk
ORGADMIN=$BUILD/orgadmin
unset ORGADMIN_ORG ORGADMIN_TOKEN_FILE ORGADMIN_PROFILE
export XDG_CONFIG_HOME=$T/config LC_ALL=C.UTF-8
orgd_start --owner ann@example.org
(umask 077; printf '%s\n' "$OWNER" > "$T/token")
org=$(new_org Big)
COUNT=5000
sql "WITH RECURSIVE n(i) AS (SELECT 11 UNION ALL SELECT i + 1 FROM n WHERE i < $COUNT + 10)
     INSERT INTO users (id, email, username, name, created_at) SELECT printf('usr_%020d', i), printf('user%d@example.org', (i * 7919) % 10007), printf('user%d', i),
         CASE i % 5 WHEN 0 THEN printf('Zoë %d', i) WHEN 1 THEN printf('\"%d\", the one', i) WHEN 2 THEN printf('李 %d', i) ELSE printf('User %d', i) END, i FROM n;
     INSERT INTO members (organization_id, user_id, role, active, joined_at, revision) SELECT '$org', id, CASE created_at % 3 WHEN 0 THEN 'admin' ELSE 'member' END, 1, created_at, created_at FROM users WHERE created_at BETWEEN 11 AND $COUNT + 10;
     UPDATE organizations SET revision = $COUNT + 10 WHERE id = '$org'"
list() { "$ORGADMIN" member list --url "unix:$SOCKET" --token-file "$T/token" --org "$org" "$@" > "$T/out" 2> "$T/err" || diag "$(cat "$T/err")"; }

list -o json; cp "$T/out" "$T/json"
is "$(jq '.members | length' "$T/json")" $((COUNT + 1)) 'member list -o json lists every member of a large organization'
is "$(md5sum < "$T/json")" "$(jq --tab . "$T/json" | python3 -c '
import json, sys
def text(v, depth):
    tabs = "\t" * depth
    if isinstance(v, dict):
        return "{\n" + ",\n".join("%s\t%s:\t%s" % (tabs, json.dumps(k), text(x, depth + 1)) for k, x in v.items()) + "\n" + tabs + "}"
    if isinstance(v, list):
        return "[" + ", ".join(text(x, depth + 1) for x in v) + "]"
    return json.dumps(v, ensure_ascii=False)
print(text(json.load(sys.stdin), 0))' | md5sum)" 'member list -o json keeps its indentation'

# rows FIELD...: what the JSON says in these columns
rows() { jq -r --arg f "$*" '.members[] | [.[$f | split(" ")[]] | if type == "array" then join(", ") else . // "" end] | @tsv' "$T/json"; }
python() { python3 -c "import csv, json, sys; $1" "${@:2}"; }
list -o csv
is "$(python 'w = csv.reader(open(sys.argv[1], newline="")); next(w); print(*("\t".join(r[:8]) for r in w), sep="\n")' "$T/out" | md5sum)" \
    "$(rows id username email name roles permissions state joined | md5sum)" 'member list -o csv has the same values as JSON'
list -o csv --columns name,id --no-header
is "$(python 'print(*("\t".join(r) for r in csv.reader(open(sys.argv[1], newline=""))), sep="\n")' "$T/out" | md5sum)" "$(rows name id | md5sum)" 'member list -o csv --columns has the same values as JSON'
if python3 -c 'import yaml' 2> /dev/null; then
    list -o yaml
    is "$(python 'import yaml; print(json.dumps(yaml.load(open(sys.argv[1]), getattr(yaml, "CSafeLoader", yaml.SafeLoader))))' "$T/out" | jq -S . | md5sum)" "$(jq -S . "$T/json" | md5sum)" 'member list -o yaml has the same values as JSON'
else
    pass 'member list -o yaml has the same values as JSON # SKIP python3-yaml is not installed'
fi

# A table's columns begin where the titles do, on every line, however wide a character is.
cat > "$T/cells.py" <<'E2'
import re, sys, unicodedata
lines = open(sys.argv[1], encoding='utf-8').read().split('\n')[:-1]
wide = lambda line: ''.join(c + ('\0' if unicodedata.east_asian_width(c) in 'WF' else '') for c in line)
starts = [m.start() for m in re.finditer(r'\S+', lines[0])] + [None]
for line in map(wide, lines[1:]):
    print('\t'.join(line[a:b].replace('\0', '').rstrip() for a, b in zip(starts, starts[1:])))
E2
list
is "$(head -n 1 "$T/out" | xargs)" 'ID USERNAME EMAIL NAME ROLES STATE JOINED' 'member list prints the titles of the table'
is "$(python3 "$T/cells.py" "$T/out" | md5sum)" "$(rows id username email name roles state joined | md5sum)" 'member list prints a table with the same values as JSON'
is "$(grep -c ' $' "$T/out")" 0 'member list prints no blanks at the end of a line'
list -o wide
is "$(python3 "$T/cells.py" "$T/out" | md5sum)" "$(rows id username email name roles permissions state joined | md5sum)" 'member list -o wide has the same values as JSON'
list --no-header --columns id
is "$(md5sum < "$T/out")" "$(rows id | md5sum)" 'member list --columns id prints that column alone'
LC_ALL=C list --columns name,state --no-header
is "$(sed 's/ *active$//' "$T/out" | md5sum)" "$(rows name | md5sum)" 'member list keeps the letters of names in a locale without them'

# --sort
for field in email name; do
    list -o csv --columns "$field,id" --no-header --sort "$field"
    is "$(tr -d '\r' < "$T/out" | sed 's/.*,//' | md5sum)" \
        "$(rows "$field" id | python 'rows = [line.rstrip("\n").split("\t") for line in sys.stdin]
low = lambda s: bytes(b + 32 if 65 <= b <= 90 else b for b in s.encode())
print(*(r[1] for r in sorted(rows, key=lambda r: low(r[0]))), sep="\n")' | md5sum)" "member list --sort $field sorts CSV by $field"
done
list -o json --sort email
is "$(jq -r '.members[].email' "$T/out" | md5sum)" "$(rows email | LC_ALL=C sort | md5sum)" 'member list --sort email sorts JSON by email'

# one among them
"$ORGADMIN" member show user4711 --url "unix:$SOCKET" --token-file "$T/token" --org "$org" --columns id --no-header > "$T/out"
is "$(cat "$T/out")" "usr_$(printf %020d 4711)" 'member show finds one member among thousands'
orgd_end

# Whom an id names is not looked for further than need be: the fake's second page is refused.
listen "$T/port" python3 -B "$TOP/tests/fakes/hostile.py" --log "$T/log"
member() { "$ORGADMIN" member "${@:2}" --url "$heard/$1" --token-file "$T/token" --org org_1 > "$T/out" 2>&1; }
ok 'member show of an id reads the first page alone' member lostpage show usr_ann
member lostpage show ann
like "$?/$(cat "$T/out")" '^1/.*after: unknown page' 'member show of a name reads every page'
: > "$T/log"
ok 'member role of an id of orgd reads no listing of members' member good role usr_0123456789abcdefghij admin
is "$(sed -n 's/.*members\/\([^ ]*\).*{/\1 {/p' "$T/log")" 'set-role {"organizationId":"org_1","userId":"usr_0123456789abcdefghij","role":"admin"}' 'member role of an id of orgd sends set-role alone'
like "$(cat "$T/out")" '^usr_0123456789abcdefghij has the role admin in acme' 'member role of an id prints the new role of the member'
for name in usr_0123456789abcdefghi usr_0123456789ABCDEFGHIJ; do
    member good role $name admin
    like "$?/$(cat "$T/out")" "^1/.*acme has no member \"$name\"" "member role takes $name for a name, not for an id"
done
done_testing
