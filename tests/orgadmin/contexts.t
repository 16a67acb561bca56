#!/bin/bash
# Several servers and accounts: profiles, which one is in use, and what keeps one from overwriting another.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/orgd.sh"
can_trace || skip_all "strace cannot look on"
ORGADMIN=$BUILD/orgadmin
umask 022
unset ORGADMIN_ORG ORGADMIN_TOKEN_FILE ORGADMIN_PROFILE
export XDG_CONFIG_HOME=$T/config
HERE=$XDG_CONFIG_HOME/orgadmin

orgd_start --owner ann@example.org
(umask 077; printf '%s\n' "$OWNER" > "$T/ann.token")
run() { out=$("$ORGADMIN" "$@" 2> "$T/err" < /dev/null); rc=$?; err=$(cat "$T/err"); }
done_is() { is "$rc" 0 "$1" || diag "$err"; }
fails() { is "$rc/$out/$(wc -l < "$T/err")" "$1//1" "$3"; like "$err" "^orgadmin: .*$2" "$3: $2"; }
get() { jq -r "$1" <<< "$out"; }

run context list; is "$rc/$(wc -l <<< "$out")" 0/1 'context list before any login'
run login --url "$URL" --token-file "$T/ann.token"; done_is 'login'
run org create Acme -o json; acme=$(get .id)
run org create Other -o json; other=$(get .id)
run org switch Acme

# a second account
run invitation create bob@example.org --out "$T/bob.token"
run invitation accept --url "$URL" --username bob --token-file "$T/bob.token"; fails 2 'you are logged in' 'ann is still logged in'
run invitation accept --url "$URL" --profile bob --username bob --token-file "$T/bob.token"; done_is 'an account in a profile of its own'
run whoami -o json; is "$(get .username)" bob 'which is in use now'
run whoami --profile default -o json; is "$(get .username)" ann '--profile overrules'
ORGADMIN_PROFILE=default run whoami -o json; is "$(get .username)" ann 'so does ORGADMIN_PROFILE'
ORGADMIN_PROFILE=default run whoami --profile bob -o json; is "$(get .username)" bob '--profile overrules that too'
run context list
is "$(sed 's/ *$//; s/  */ /g' <<< "$out")" "PROFILE CURRENT ACCOUNT ORGANIZATION URL
bob yes bob@example.org Acme $URL
default no ann@example.org Acme $URL" 'context list'
unlike "$out" live_ 'shows no token'
run context switch default; done_is 'context switch'
run org current -o json; is "$(get '.id + " " + .profile')" "$acme default" 'org current follows'
run org switch Other --profile bob; fails 1 'no organization "Other"' 'each has organizations of its own'
run org current --profile bob -o json; is "$(get .name)" Acme 'and a current one of its own'
run context show bob -o json; is "$(get '"\(.account) \(.current) \(.organization_id) \(.provider) \(has("token"))"')" "bob@example.org false $acme native false" 'context show'
run context show; like "$out" '^default +yes +ann@example.org' 'context show of the one in use'

(umask 077; jq -r .token "$HERE/bob.json" > "$T/bob.bearer")
run login --url "$URL" --token-file "$T/bob.bearer"; fails 2 'logged in to .* as ann@example.org: give --profile NAME' "nor is another account's"
run whoami -o json; is "$(get .username)" ann 'which is still there'

run login --url "$URL" --token-file "$T/bob.bearer" --profile bob; done_is 'the account of an invitation can log in again'
run context switch default

# a second server
run login --url "unix:$SOCKET" --token-file "$T/ann.token"
fails 2 "the profile \"default\" is logged in to $URL as ann@example.org: give --profile NAME" 'a login is not overwritten by accident'
run login --url "unix:$SOCKET" --token-file "$T/ann.token" --profile socket; done_is 'login --profile'
run org list --profile socket; done_is 'works'
is "$(stat -c '%a %n' "$HERE" "$HERE"/* | sed "s|$HERE||" | tr '\n' ' ')" '700  600 /bob.json 600 /bob.names 600 /current 600 /default.json 600 /default.names 600 /socket.json 600 /socket.names ' \
    'everything is private'
ok 'names are no secrets' test -z "$(grep -l live_ "$HERE"/*.names "$HERE/current")"
run context remove socket; done_is 'context remove'
is "$(cd "$HERE" && echo socket*)" 'socket*' 'removes all of it'
run org list; fails 3 'the profile "socket" is not logged in: orgadmin login --profile socket' 'the one in use is gone'
run context switch socket; fails 3 'there is no profile "socket"' 'a profile that is gone'
run context switch default; done_is 'another one'
run logout --profile bob; done_is 'logout --profile'
run context list -o json; is "$(get '[.[].profile] | join(" ")')" default 'is forgotten'

# names that are no names
for name in ../x .x -x '' 'a b' a/b "$(printf %065d 0)"; do
    run org current --profile "$name"
    is "$rc" 2 "no profile is called ${name@Q}"
done
ORGADMIN_PROFILE=../x run org current; fails 2 'is no name for a profile' 'not from the environment either'
echo ../x > "$HERE/current"; run org current; done_is 'nor from a damaged file: the default counts'
echo '{' > "$HERE/broken.json"; chmod 600 "$HERE/broken.json"
run context list; is "$rc" 3 'a damaged login is told'
like "$out" '^default ' 'and the others are listed all the same'
run logout --profile broken; done_is 'it can be forgotten'

# no request, and which organization
ASAN_OPTIONS=detect_leaks=0 strace -f -e trace=network,exit_group -o "$T/trace" "$ORGADMIN" org current > "$T/out"
is "$(grep -oE 'connect\(|exit_group\(0\)' "$T/trace")" 'exit_group(0)' 'org current asks nobody'
for name in Acme "$acme"; do
    run org switch "$name"; run org current -o json; is "$(get .id)" "$acme" "org switch $name"
done
orgd_end
done_testing
