#!/bin/bash
# --debug tells each request, and no secret: of orgadmin, of orgsyncd, and of orgd.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/orgd.sh"
orgd_start --debug
export HOME=$T XDG_CONFIG_HOME=$T/config
org=$(new_org Acme)
(umask 077; echo "$OWNER" > "$T/token")
by() { "$BUILD/orgadmin" "${@:2}" --org "$org" --url "unix:$SOCKET" --token-file "$T/$1" 2> "$T/err"; }
by token member list > /dev/null
is "$(grep -c debug "$T/err")" 0 'orgadmin without --debug prints no debug line'
by token member list --debug > "$T/out"
like "$(cat "$T/err")" "^debug: POST unix:$SOCKET/v1/organizations/members/list 200 [0-9]+ bytes [0-9]+ ms\$" 'orgadmin --debug prints method, URL, status, bytes and time of a request'
unlike "$(cat "$T/err")" "${OWNER#*:}" 'orgadmin --debug prints no token'
ORGADMIN_DEBUG=1 by token member show nobody@example.org
like "$(cat "$T/err")" '^debug: POST .* 200 ' 'ORGADMIN_DEBUG=1 prints debug lines'
ORGADMIN_DEBUG=0 by token member list > /dev/null
is "$(grep -c debug "$T/err")" 0 'ORGADMIN_DEBUG=0 prints no debug line'
token=$(by token invitation create a@example.org)
(umask 077; echo "$token" > "$T/invitation")
"$BUILD/orgadmin" invitation accept --url "unix:$SOCKET" --token-file "$T/invitation" --username ann --debug > /dev/null 2> "$T/err"
unlike "$(cat "$T/err")" "${token#*:}" 'orgadmin --debug prints no invitation token'
"$BUILD/orgadmin" member list --debug --org "$org" --url http://127.0.0.1:1 --token-file "$T/token" > /dev/null 2> "$T/err"
like "$(cat "$T/err")" '^debug: POST http://127.0.0.1:1/v1/organizations/[a-z/]+ 0 0 bytes [0-9]+ ms, cut off$' 'orgadmin --debug prints a request that reached no server'
like "$(cat "$ORGD_LOG")" '^orgd: [0-9a-f]{16} POST /v1/organizations/members/list 200 usr_[a-z0-9]{20} unix:[0-9]+ [0-9]+ bytes [0-9]+ms$' 'orgd --debug logs a request that changes nothing'
orgd_end
done_testing
