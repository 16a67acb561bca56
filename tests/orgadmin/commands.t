#!/bin/bash
# Every command against orgd.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/orgd.sh"
ORGADMIN=$BUILD/orgadmin
umask 022
unset ORGADMIN_ORG ORGADMIN_TOKEN_FILE

orgd_start --owner ann@example.org
(umask 077; printf '%s\n' "$OWNER" > "$T/ann.token")
# as PERSON COMMAND...: sets $out, $err, $rc
as() {
    local person=$1; shift
    out=$(XDG_CONFIG_HOME=$T/$person "$ORGADMIN" "$@" 2> "$T/err" < "${INPUT:-/dev/null}"); rc=$?
    err=$(cat "$T/err")
}
done_is() { is "$rc" 0 "$1" || diag "$err"; }
fails() { is "$rc/$out" "$1/" "$3"; like "$err" "^orgadmin: .*$2" "$3: the message"; }
get() { jq -r "$1" <<< "$out"; }

# login
as ann login --url "$URL" --token-file "$T/ann.token"
done_is 'login over http with a token file succeeds'
like "$err" "Logged in to $URL as ann@example.org. Organization: none chosen" 'login prints the server and the account'
is "$(stat -c %a "$T/ann" "$T/ann/orgadmin" "$T/ann/orgadmin/default.json" | tr '\n' ' ')" '700 700 600 ' 'login stores its profile with private modes'
is "$(find "$T/ann" -type f | wc -l)" 1 'login stores no other file'
(umask 077; echo live_wrong:wrong > "$T/wrong.token")
as eve login --url "$URL" --token-file "$T/wrong.token"
fails 1 'whoami: .*401 unauthorized' 'login refuses a wrong token'
ok 'login with a wrong token stores nothing' test ! -e "$T/eve/orgadmin/default.json"
INPUT=$T/ann.token as ann2 login --url "unix:$SOCKET" --token-file -
done_is 'login over the unix socket takes the token from standard input'
as ann whoami
like "$out" '^usr_[a-z0-9]{20} +ann +ann@example.org' 'whoami prints the id, the username and the address'
as ann whoami -o json
is "$(get .email)" ann@example.org 'whoami -o json prints the address'

# org
as ann org current
fails 3 'no organization is chosen' 'org current refuses without a current organization'
as ann member list
fails 3 'no organization is chosen' 'member list refuses without a current organization'
as ann org create Acme -o json
done_is 'org create makes an organization'
acme=$(get .id)
like "$acme" '^org_' 'org create prints the id of the new organization'
as ann org current -o json
is "$(get '.id + " " + .name')" "$acme Acme" 'org create makes the new organization the current one'
as ann org create Other -o json; other=$(get .id)
as ann org create Twin; as ann org create Twin
as ann org list
is "$(wc -l <<< "$out")" 5 'org list prints every organization'
like "$out" "^$other +Other +owner +20" 'org list prints the role in each organization'
as ann org switch Acme; done_is 'org switch takes a name'
as ann org current; like "$out" "^$acme Acme" 'org switch changes the current organization'
as ann org switch "$other"; done_is 'org switch takes an id'
as ann org switch Twin; fails 2 '2 organizations are called "Twin"; use the id' 'org switch refuses a name of two organizations'
as ann org switch Nowhere; fails 1 'no organization "Nowhere"' 'org switch refuses an unknown name'
as ann org current; like "$out" "^$other Other" 'a refused org switch keeps the current organization'
as ann org show; like "$out" "^$other Other" 'org show prints the current organization'
as ann org show Acme; like "$out" "^$acme Acme" 'org show ORG prints that organization'
as ann org show --org Acme -o json; is "$(get .id)" "$acme" 'org show --org prints that organization'
as ann org show Acme --org Other; fails 2 'once' 'org show refuses an argument together with --org'
as ann org switch Acme

# invitations, two ways in
as ann member add bob@example.org --role admin
done_is 'member add invites a person'
like "$out" '^inv_[a-z0-9]+:[A-Za-z0-9_-]{20,}$' 'member add prints the invitation token alone'
(umask 077; printf '%s\n' "$out" > "$T/bob.invitation")
as ann invitation create cid@example.org --out "$T/cid.invitation"
is "$rc/$out" 0/ 'invitation create --out prints nothing'
is "$(stat -c %a "$T/cid.invitation")" 600 'invitation create --out writes a private file'
as ann invitation create dan@example.org -o json
like "$(get '.email + " " + .roles[0] + " " + .token')" '^dan@example.org member inv_[a-z0-9]+:[A-Za-z0-9_-]{20,}$' 'invitation create -o json prints address, role and token'
as ann invitation list -o json
is "$(get '[.[].email] | sort | join(" ")')" 'bob@example.org cid@example.org dan@example.org' 'invitation list prints every pending invitation'
as ann invitation list
unlike "$out" "$(cat "$T/cid.invitation")" 'invitation list prints no token'
as ann invitation create nobody --role member; fails 1 '400 invalid' 'invitation create refuses an address without @'
as ann invitation create a@b.c --role king; fails 1 'Acme has no role "king"; there are owner admin member' 'invitation create refuses an unknown role'
as ann invitation create a@b.c --out /nonexistent/x; fails 2 '--out /nonexistent/x: No such file' 'invitation create refuses an --out in no directory'
as ann invitation list -o json; is "$(get length)" 3 'a refused invitation create leaves no invitation'

as bob invitation accept --token-file "$T/bob.invitation"; fails 3 'not logged in' 'invitation accept refuses without a login and a URL'
as bob invitation accept --url "$URL" --token-file "$T/bob.invitation"; fails 2 'give --username' 'invitation accept refuses a new account without --username'
as bob invitation accept --url "$URL" --token-file "$T/bob.invitation" --username bob --name 'Bob B.'
done_is 'invitation accept makes an account'
like "$out" "^$acme +admin +bob" 'invitation accept prints the organization, the role and the username'
unlike "$out$err" 'live_' 'invitation accept does not print the new token'
as bob whoami -o json; is "$(get '.username + " " + .name')" 'bob Bob B.' 'invitation accept stores the login of the new account'
as bob org current; like "$out" "^$acme Acme" 'invitation accept makes the organization the current one'
as cid invitation accept --url "$URL" --username cid --token-file "$T/bob.invitation"; fails 1 '404 invitation_not_found' 'invitation accept refuses a used invitation'
INPUT=$T/cid.invitation as cid invitation accept --url "$URL" --username cid --token-file - -o json
is "$(get '.role + " " + (has("bearer")|tostring)')" 'member false' 'invitation accept takes the token from standard input and prints no bearer'
as ann org switch Other
as ann invitation create bob@example.org --out "$T/bob2.invitation"
as bob invitation accept --token-file "$T/bob2.invitation" --username bobby; fails 2 'for a new account' 'invitation accept refuses --username when logged in'
as cid invitation accept --token-file "$T/bob2.invitation"; fails 1 '403 email_mismatch' 'invitation accept refuses the invitation of another address'
as bob invitation accept --token-file "$T/bob2.invitation"
like "$err" '^The invitation is accepted: you are in org_[a-z0-9]{20}\.$' 'invitation accept says which organization was joined'
done_is 'invitation accept with a stored login succeeds'
like "$out" "^$other +member" 'invitation accept with a stored login joins the other organization'
as ann org switch Acme

# members
as ann member list
is "$(awk 'NR > 1 {print $2}' <<< "$out" | sort | tr '\n' ' ')" 'ann bob cid ' 'member list prints every member'
as ann member list -o wide; like "$out" '^ID .* PERMISSIONS +STATE +JOINED' 'member list -o wide prints PERMISSIONS too'
as ann member list -o json
cp "$T/err" "$T/export.err"; printf '%s\n' "$out" > "$T/export.json"
is "$(get '.organization.id + " " + (.members|length|tostring)')" "$acme 3" 'member list -o json prints the organization and its members'
as ann member show bob -o json; bob=$(get .id)
is "$(get '.username + " " + .state')" 'bob active' 'member show takes a username'
for form in "id $bob" 'e-mail address BOB@example.ORG'; do
    as ann member show "${form##* }" -o json; is "$(get .id)" "$bob" "member show takes an ${form% *}"
done
as ann member show nobody; fails 1 'Acme has no member "nobody"' 'member show refuses an unknown member'
as ann member role cid admin; done_is 'member role changes the role of a member'
as ann member show cid -o json; is "$(get '.roles[0]')" admin 'member show prints the changed role'
as ann member role cid king; fails 1 'has no role "king"' 'member role refuses an unknown role'
as ann member role ann member; fails 1 '409 last_owner' 'member role refuses to demote the last owner'
as bob member role ann member; fails 1 '403 role_above_own' 'member role by an admin refuses to demote an owner'
as cid member role cid member; done_is 'member role lets an admin step down'
as cid member role bob member; fails 1 '403 forbidden' 'member role by a plain member is refused'
as ann member remove cid; fails 2 'give --yes' 'member remove refuses without a terminal and --yes'
INPUT=<(echo yes) as ann member remove cid; fails 2 'give --yes' 'member remove takes no confirmation from a pipe'
as ann member show cid; done_is 'a refused member remove keeps the member'
as ann member remove cid --yes; done_is 'member remove --yes removes a member'
as ann member show cid; fails 1 'no member "cid"' 'member show does not find a removed member'
as ann member remove ann -y; fails 1 '409 last_owner' 'member remove refuses to remove the last owner'
as cid member list; fails 1 '404 organization_not_found' 'member list by a removed member is refused'

# roles, tokens
as ann role list
like "$out" '^owner +org:view, org:manage, members:view, members:manage' 'role list prints each role with its permissions'
as ann token create --name host --role member --out "$T/host.token"
is "$rc/$out/$(stat -c %a "$T/host.token")" 0//600 'token create --out prints nothing and writes a private file'
as ann token create --name h2 -o json
like "$(get '.key + " " + .bearer')" '^(live_[a-z0-9]+) \1:' 'token create -o json prints the key and the bearer token'
as ann token create; like "$out" '^live_[a-z0-9]+:' 'token create prints the bearer token alone'
as ann token create --env test -o json; like "$(get .key)" '^test_' 'token create --env test makes a test token'
as ann token create --env live --name h3 -o json; like "$(get .key)" '^live_' 'token create --env live makes a live one'
as ann token create --env prod; fails 2 '--env is live or test, not "prod"' 'token create refuses another --env'
as ann token create --env test --mine; fails 2 '--env is for a token of the organization' "--env is not for one's own token"
as bob token create; fails 1 '403 forbidden' 'token create is refused for a plain admin'

# without a stored context
as nobody --url "$URL" --token-file "$T/host.token" member list -o json
is "$(get '.members|length')" 2 'member list with a token of an organization takes that organization'
as nobody member list --url "unix:$SOCKET" --token-file "$T/ann.token" --org Acme -o json
is "$(get '.organization.id')" "$acme" 'member list --org takes a name'
ORGADMIN_ORG=$other ORGADMIN_TOKEN_FILE=$T/ann.token as nobody member list --url "$URL" -o json
is "$(get '.organization.id')" "$other" 'member list takes organization and token file from the environment'
ORGADMIN_ORG=$other as ann member list -o json --org Acme
is "$(get '.organization.id')" "$acme" 'member list --org overrides ORGADMIN_ORG'
as nobody --url "$URL" --token-file "$T/host.token" member remove bob --yes
fails 1 '403 forbidden' 'member remove with a token of the role member is refused'
as nobody --url "$URL" --token-file "$T/host.token" login
as nobody org current; like "$out" "^$acme Acme" 'login with a token of an organization makes it the current one'
as ann org list --url http://127.0.0.1:1; fails 3 'no token for http://127.0.0.1:1' 'org list refuses to send the stored token to another server'

# the export is read back
if [ "$(id -u)" = 0 ]; then
    chmod 644 "$T/export.json"
    as nobody2 --provider file --url "$T/export.json" member list -o json
    is "$out" "$(cat "$T/export.json")" 'the provider "file" reads the output of member list -o json'
    as nobody2 --provider file --url "$T/export.json" member list --org Acme
    is "$(wc -l <<< "$out")" 4 'the provider "file" prints a table'
    as nobody2 --provider file --url "$T/export.json" member remove bob --yes
    fails 2 'the provider "file" has no "member remove"' 'the provider "file" refuses member remove'
    sed 's/"active"/"removed"/' "$T/export.json" > "$T/left.json"
    as nobody2 --provider file --url "$T/left.json" member list -o json; is "$(get '.members|length')" 0 'member list leaves out removed members'
    as nobody2 --provider file --url "$T/left.json" member list -o json --all; is "$(get '.members|length')" 3 'member list --all prints removed members'
fi

# damage
as ann org list; is "$rc" 0 'org list works with an intact stored login'
echo '{' > "$T/ann/orgadmin/default.json"
as ann org list; fails 3 'default.json is damaged; log in again' 'org list refuses a damaged stored login'
as ann login --url "$URL" --token-file "$T/ann.token"; done_is 'login replaces a damaged stored login'
chmod 644 "$T/ann/orgadmin/default.json"
as ann org list; fails 3 'default.json is readable by group or others' 'org list refuses a stored login that others can read'
orgd_stop
chmod 600 "$T/ann/orgadmin/default.json"
as ann org list; fails 4 'onnect' 'org list fails when the server is gone'
done_testing
