# For the tests of orgd, and those that need one: source it behind tap.sh. Everything is in $T.
#
#   orgd_start [OPTION...]   starts it on $SOCKET and, with a port that the system picks, on $URL; the first user is owner@localhost
#                            without --owner, and the first token is $OWNER. Failed attempts are hardly limited unless --attempts says so
#                            $DATA is where its data are, $DATA_NAME what messages call them
#   orgd_stop                SIGTERM; its exit status is $orgd_status
#   orgd_end                 orgd_stop and two tests: it ended with 0, and its log has no sanitizer report
#   call PATH JSON [BEARER]  POST; sets $body and $status. $VIA says over what: "unix" (the default) or "tcp"
#   api PATH JSON [BEARER]   the same, but prints the body: for $(...)
#   sql STATEMENT            in the data, with foreign keys; $SCHEMA is its newest version
#   sql_file FILE            the statements of FILE; dump: all data as statements; bytes HEX: a literal
#   counted NAME             a test: what quotas count is what there is
#   new_org NAME             prints the id of a new organization of $OWNER's
#   join ORG USER ROLE       USER@example.org joins with a new account: sets $user_id and $bearer
# STORE=postgresql has the data in a private PostgreSQL; only_sqlite REASON skips a test of the data file.
need curl jq sqlite3
SCHEMA=$(sed -n 's/^#define SCHEMA_VERSION //p' "$TOP/orgd/store/schema.h")
ORGD=$BUILD/orgd
STORE=${STORE:-sqlite}
DATA=$T/orgd.db
DATA_NAME=$DATA # in messages
SOCKET=$T/orgd.sock
ORGD_LOG=$T/orgd.log
VIA=unix
OWNER=
status=
orgd_ends=0
: > "$ORGD_LOG"
only_sqlite() { [ "$STORE" = sqlite ] || skip_all "$1"; }
if [ "$STORE" = postgresql ]; then
    # shellcheck source=tests/lib/postgresql.sh
    . "$TOP/tests/lib/postgresql.sh"
    postgresql_start
    query "CREATE FUNCTION printf(format TEXT, n BIGINT) RETURNS TEXT LANGUAGE sql IMMUTABLE AS
        \$\$ SELECT replace(replace(replace(format, '%020d', lpad(n::text, 20, '0')), '%03d', lpad(n::text, 3, '0')), '%d', n::text) \$\$" # SQLite's, as far as the tests use it
    DATA=$DATABASE DATA_NAME=postgresql://$PGHOST/orgd
fi

orgd_start() {
    [ -e "$DATA" ] || [ -n "$OWNER" ] || set -- --owner owner@localhost "$@" # a later --owner wins
    start "$T/orgd.out" '^listening on 127' "$ORGD" --data "$DATA" --socket "$SOCKET" --listen 127.0.0.1:0 --attempts 60000 "$@" 2>> "$ORGD_LOG" ||
        { diag "$(cat "$ORGD_LOG")"; exit 1; }
    orgd_pid=$started
    URL=http://$(sed -n 's/^listening on \(127[^ ]*\)$/\1/p' "$T/orgd.out" | head -1)
    [ -n "$OWNER" ] || OWNER=$(grep -E '^live_[a-z0-9]{20}:[A-Za-z0-9_-]{43}$' "$T/orgd.out")
}

orgd_stop() {
    kill "$orgd_pid"
    wait "$orgd_pid"
    orgd_status=$?
}

orgd_end() {
    orgd_stop
    orgd_ends=$((orgd_ends + 1))
    is "$orgd_status" 0 "orgd exits with status 0 on SIGTERM, end $orgd_ends of this test"
    is "$(grep -cE 'ERROR: |runtime error:' "$ORGD_LOG")" 0 "the log of orgd has no sanitizer report, end $orgd_ends of this test"
}

# curl with what leads to the server; arguments: PATH and curl's own
request() {
    local path=$1 json='Content-Type: application/json'; shift
    case $VIA in
    unix) curl -sSg --path-as-is --max-time 30 --unix-socket "$SOCKET" -H "$json" "$@" "http://localhost/v1$path" ;;
    tcp) curl -sSg --path-as-is --max-time 30 -H "$json" "$@" "$URL/v1$path" ;;
    esac
}

call() {
    local headers=()
    [ -n "${3-}" ] && headers+=(-H "Authorization: Bearer $3")
    body=$(printf '%s' "$2" | request "$1" "${headers[@]}" --data-binary @- -w '\n%{http_code}')
    status=${body##*$'\n'} body=${body%$'\n'*}
}

api() { call "$@"; printf '%s\n' "$body"; }

# field JQ-EXPRESSION: of the last call's body
field() { jq -r "$1" <<< "$body" 2>&1; }

# expect STATUS REASON NAME: the last call failed that way, with a message
expect() {
    is "$status $(field '"\(.ok) \(.reason) \(.message|type) \(.requestId|type)"')" "$1 false $2 string string" "$3"
}

# done_ok NAME: the last call answered 200 {"ok":true,..}
done_ok() { is "$status $(field .ok)" '200 true' "$1"; }

sql() {
    if [ "$STORE" = postgresql ]; then query "$1"; return; fi
    sqlite3 -cmd '.timeout 5000' -cmd 'PRAGMA foreign_keys = ON' "$DATA" "$1"
}

sql_file() { if [ "$STORE" = postgresql ]; then psql -XAtqf "$1"; else sqlite3 -cmd '.timeout 5000' "$DATA" < "$1"; fi; }
dump() { if [ "$STORE" = postgresql ]; then "$POSTGRESQL/pg_dump"; else sqlite3 "$DATA" .dump; fi; }
bytes() { if [ "$STORE" = postgresql ]; then echo "'\\x$1'"; else echo "x'$1'"; fi; }

counted() {
    local table count=
    for table in invitations:invitation_count join_codes:join_code_count tokens:token_count machines:machine_count access_rules:access_count; do
        count+=" OR ${table#*:} <> (SELECT count(*) FROM ${table%:*} t WHERE t.organization_id = organizations.id)"
    done
    is "$(sql "SELECT id FROM organizations WHERE 1 = 0$count")" '' "$1"
}

new_org() { api /organizations/create "$(jq -nc --arg n "$1" '{name:$n}')" "$OWNER" | jq -r .organization.id; }

join() {
    local token
    token=$(api /organizations/invitations/create "{\"organizationId\":\"$1\",\"email\":\"$2@example.org\",\"role\":\"$3\"}" "$OWNER" | jq -r .token)
    call /organizations/invitations/accept "{\"token\":\"$token\",\"username\":\"$2\"}"
    user_id=$(field .user.id)
    bearer=$(field .apiToken.bearer)
}
