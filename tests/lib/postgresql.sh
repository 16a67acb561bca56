# A private PostgreSQL of Debian for the tests of orgd (STORE=postgresql): source it behind tap.sh. Everything is in $T/postgresql.
#
#   postgresql_start   starts it, with nothing but a unix socket; $DATABASE is the URL of an empty database
#   postgresql_stop    stops it at once, as a machine that loses its power does
#   query STATEMENT    prints the rows, columns with '|' between them
POSTGRESQL=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -1)
[ -n "$POSTGRESQL" ] && have psql || skip_all 'PostgreSQL is not installed (apt-get install postgresql)'
PGHOST=$T/postgresql
DATABASE="postgresql://orgd@/orgd?host=$PGHOST"
export PGHOST PGUSER=orgd PGDATABASE=orgd PGOPTIONS='-c client_min_messages=warning'
AS_POSTGRES=()
if [ "$(id -u)" = 0 ]; then
    AS_POSTGRES=(setpriv --reuid=postgres --regid=postgres --clear-groups)
    chmod 711 "$T"
    install -d -o postgres "$PGHOST"
else
    mkdir "$PGHOST"
fi

postgresql_start() {
    local first=
    if [ ! -d "$PGHOST/data" ]; then
        first=1
        "${AS_POSTGRES[@]}" "$POSTGRESQL/initdb" -D "$PGHOST/data" -U orgd -A trust --no-sync -E UTF8 --locale=C > "$PGHOST/initdb" 2>&1 ||
            skip_all "initdb: $(tail -1 "$PGHOST/initdb")"
    fi
    "${AS_POSTGRES[@]}" "$POSTGRESQL/postgres" -D "$PGHOST/data" -k "$PGHOST" -c listen_addresses= -c fsync=off \
        -c max_connections=200 "$@" >> "$T/postgresql.log" 2>&1 &
    postgresql_pid=$!
    wait_for 30 "$POSTGRESQL/pg_isready" -q -d postgres || { diag "$(tail "$T/postgresql.log")"; exit 1; }
    [ -z "$first" ] || PGDATABASE=postgres query 'CREATE DATABASE orgd'
}

postgresql_stop() {
    kill -QUIT "$postgresql_pid"
    wait "$postgresql_pid" 2>/dev/null
}

query() { psql -XAtq -v ON_ERROR_STOP=1 -c "$1"; }
