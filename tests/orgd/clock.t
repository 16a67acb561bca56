#!/bin/bash
# Several orgd with one database have its clock, and not their own: here the database's is an hour fast, as if each orgd's were slow.
. "$(dirname "$0")/../lib/tap.sh"
STORE=sqlite
. "$(dirname "$0")/../lib/orgd.sh"
. "$TOP/tests/lib/postgresql.sh"
cc -shared -fPIC -o "$T/fast_clock.so" "$TOP/tests/lib/fast_clock.c" 2> "$T/cc" || skip_all "no C compiler: $(head -1 "$T/cc")"
AS_POSTGRES+=(env "LD_PRELOAD=$T/fast_clock.so")
postgresql_start
STORE=postgresql DATA=$DATABASE DATA_NAME=postgresql://$PGHOST/orgd
in_s() { date -u -d "@$(($(date +%s) + $1))" +%Y-%m-%dT%H:%M:%SZ; } # by our clock
seconds() { date -u -d "$1" +%s; }
is "$(($(query 'SELECT extract(epoch FROM now())::bigint') - $(date +%s) > 3500))" 1 'the clock of the database is another one'

orgd_start
org=$(new_org Acme)
call /organizations/get "{\"organizationId\":\"$org\"}" "$OWNER"
like $(($(seconds "$(field .organization.createdAt)") - $(date +%s))) '^3[56][0-9][0-9]$' 'what is made has the time of the database'
token() { call /organizations/tokens/create "{\"organizationId\":\"$org\",\"expiresAt\":\"$1\"}" "$OWNER"; }
lists() { call /organizations/members/list "{\"organizationId\":\"$org\"}" "$1"; echo "$status"; }
token "$(in_s 1800)"; expect 400 invalid 'an end to come by our clock that is over by the database is none'
token "$(in_s 7200)"; is "$status" 200 'one behind that is'
token "$(in_s 3604)"; brief=$(field .apiToken.bearer) key=$(field .apiToken.key)
is "$(lists "$brief")" 200 'a token counts'
ok 'and ends by the clock of the database' wait_for 10 eval '[ "$(lists "$brief")" = 401 ]'
ok 'an hour before ours' test "$(($(seconds "$(sql "SELECT to_timestamp(expires_at / 1000) FROM tokens WHERE key = '$key'")") - $(date +%s)))" -gt 3500
call /organizations/audit/list "{\"organizationId\":\"$org\"}" "$OWNER"
like $(($(seconds "$(field '.events[0].at')") - $(date +%s))) '^3[56][0-9][0-9]$' 'the audit log has the time of the database'

# the clock of the database is put right: the next look tells it
postgresql_stop
AS_POSTGRES=("${AS_POSTGRES[@]:0:${#AS_POSTGRES[@]}-2}")
postgresql_start
right() { token "$(in_s 1800)"; [ "$status" = 200 ]; }
ok 'after another one takes its place the time is its' wait_for 20 right
orgd_end
done_testing
