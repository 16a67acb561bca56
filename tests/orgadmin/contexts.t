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
fails() { is "$rc/$out/$(wc -l < "$T/err")" "$1//1" "$3"; like "$err" "^orgadmin: .*$2" "$3: the message"; }
get() { jq -r "$1" <<< "$out"; }

run context list; is "$rc/$(wc -l <<< "$out")" 0/1 'context list before any login prints a header alone'
run login --url "$URL" --token-file "$T/ann.token"; done_is 'login stores the profile default'
run org create Acme -o json; acme=$(get .id)
run org create Other -o json; other=$(get .id)
run org switch Acme

# a second account
run invitation create bob@example.org --out "$T/bob.token"
run invitation accept --url "$URL" --username bob --token-file "$T/bob.token"; fails 2 'you are logged in' 'invitation accept refuses a new account over the stored login'
run invitation accept --url "$URL" --profile bob --username bob --token-file "$T/bob.token"; done_is 'invitation accept --profile stores the account in a profile of its own'
run whoami -o json; is "$(get .username)" bob 'invitation accept --profile makes its profile the current one'
run whoami --profile default -o json; is "$(get .username)" ann 'whoami --profile overrides the current profile'
ORGADMIN_PROFILE=default run whoami -o json; is "$(get .username)" ann 'whoami obeys ORGADMIN_PROFILE'
ORGADMIN_PROFILE=default run whoami --profile bob -o json; is "$(get .username)" bob 'whoami --profile overrides ORGADMIN_PROFILE'
run context list
is "$(sed 's/ *$//; s/  */ /g' <<< "$out")" "PROFILE CURRENT ACCOUNT ORGANIZATION URL
bob yes bob@example.org Acme $URL
default no ann@example.org Acme $URL" 'context list prints profile, current, account, organization and URL'
unlike "$out" live_ 'context list prints no token'
run context switch default; done_is 'context switch takes a profile'
run org current -o json; is "$(get '.id + " " + .profile')" "$acme default" 'context switch changes the profile and the current organization'
run org switch Other --profile bob; fails 1 'no organization "Other"' 'org switch --profile refuses an organization of another profile'
run org current --profile bob -o json; is "$(get .name)" Acme 'org current --profile prints the organization of that profile'
run context show bob -o json; is "$(get '"\(.account) \(.current) \(.organization_id) \(.provider) \(has("token"))"')" "bob@example.org false $acme native false" 'context show NAME prints that profile, without the token'
run context show; like "$out" '^default +yes +ann@example.org' 'context show prints the current profile'

(umask 077; jq -r .token "$HERE/bob.json" > "$T/bob.bearer")
run login --url "$URL" --token-file "$T/bob.bearer"; fails 2 'logged in to .* as ann@example.org: give --profile NAME' 'login refuses to overwrite the login of another account'
run whoami -o json; is "$(get .username)" ann 'a refused login keeps the stored account'

run login --url "$URL" --token-file "$T/bob.bearer" --profile bob; done_is 'login --profile accepts the bearer token of an invited account'
run context switch default

# a second server
run login --url "unix:$SOCKET" --token-file "$T/ann.token"
fails 2 "the profile \"default\" is logged in to $URL as ann@example.org: give --profile NAME" 'login refuses to overwrite the login of another server'
run login --url "unix:$SOCKET" --token-file "$T/ann.token" --profile socket; done_is 'login --profile stores a login for another server'
run org list --profile socket; done_is 'org list --profile uses the login of that profile'
is "$(stat -c '%a %n' "$HERE" "$HERE"/* | sed "s|$HERE||" | tr '\n' ' ')" '700  600 /bob.json 600 /bob.names 600 /current 600 /default.json 600 /default.names 600 /socket.json 600 /socket.names ' \
    'every file of the profiles has a private mode'
ok 'the files of names contain no token' test -z "$(grep -l live_ "$HERE"/*.names "$HERE/current")"
run context remove socket; done_is 'context remove removes a profile'
is "$(cd "$HERE" && echo socket*)" 'socket*' 'context remove removes every file of the profile'
run org list; fails 3 'the profile "socket" is not logged in: orgadmin login --profile socket' 'org list refuses when the current profile was removed'
run context switch socket; fails 3 'there is no profile "socket"' 'context switch refuses a removed profile'
run context switch default; done_is 'context switch takes another profile after a removal'
run logout --profile bob; done_is 'logout --profile removes a profile'
run context list -o json; is "$(get '[.[].profile] | join(" ")')" default 'context list leaves out a profile after logout'

# names that are no names
for name in ../x .x -x '' 'a b' a/b "$(printf %065d 0)"; do
    run org current --profile "$name"
    is "$rc" 2 "orgadmin refuses the profile name '${name:0:8}'"
done
ORGADMIN_PROFILE=../x run org current; fails 2 'is no name for a profile' 'org current refuses a bad name in ORGADMIN_PROFILE'
echo ../x > "$HERE/current"; run org current; done_is 'a bad name in the file current selects the profile default'
echo '{' > "$HERE/broken.json"; chmod 600 "$HERE/broken.json"
run context list; is "$rc" 3 'context list exits 3 when a profile is damaged'
like "$out" '^default ' 'context list prints the intact profiles beside a damaged one'
run logout --profile broken; done_is 'logout --profile removes a damaged profile'

# no request, and which organization
ASAN_OPTIONS=detect_leaks=0 strace -f -e trace=network,exit_group -o "$T/trace" "$ORGADMIN" org current > "$T/out"
is "$(grep -oE 'connect\(|exit_group\(0\)' "$T/trace")" 'exit_group(0)' 'org current sends no request'
for name in Acme "$acme"; do
    run org switch "$name"; run org current -o json; is "$(get .id)" "$acme" "org switch by ${name/#org_*/id} changes the current organization"
done

# where nothing can be kept, nothing is asked for
if [ "$(id -u)" = 0 ] && have setpriv; then
    orgs() { run org list -o json; get length; }
    before=$(orgs)
    mkdir "$T/his"; chown 65534 "$T/his"; chmod 711 "$T"
    ORGADMIN_DEBUG=1 HOME=$T/his XDG_CONFIG_HOME='' run login --url "unix:$SOCKET" --token-file "$T/ann.token"
    fails 3 'the home directory belongs to another user' 'login as root in the home of another user is refused'
    is "$(ls -A "$T/his")/$(grep -c 'debug: ' <<< "$err")" /0 'it leaves nothing there, and sends no request'
    HOME=$T/his XDG_CONFIG_HOME=$T/his/.config run invitation accept --url "unix:$SOCKET" --token-file "$T/ann.token" --username x
    fails 3 'the home directory belongs to another user' 'invitation accept as root in the home of another user is refused'
    is "$(ls -A "$T/his")" '' 'invitation accept as root leaves nothing there'
    cp -r "$T/config" "$T/full"; chown -R 65534 "$T/full"; chmod 500 "$T/full/orgadmin"
    for command in 'org create Twice' "org edit $acme --name Twice"; do
        # shellcheck disable=SC2086 # a list of words
        out=$(HOME=/ XDG_CONFIG_HOME=$T/full setpriv --reuid 65534 --regid 65534 --clear-groups "$ORGADMIN" $command 2> "$T/err"); rc=$?; err=$(cat "$T/err")
        fails 3 'full/orgadmin/default.json: Permission denied' "$command at a home that cannot be written is refused"
    done
    is "$(orgs)/$("$ORGADMIN" org list -o json | jq '[.[] | select(.name == "Twice")] | length')" "$before/0" 'and makes and changes no organization'
fi
orgd_end
done_testing
