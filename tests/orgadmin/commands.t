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
fails() { is "$rc/$out" "$1/" "$3"; like "$err" "^orgadmin: .*$2" "$3: $2"; }
get() { jq -r "$1" <<< "$out"; }

# login
as ann login --url "$URL" --token-file "$T/ann.token"
done_is 'login'
like "$err" "Logged in to $URL as ann@example.org. Organization: none chosen" 'login tells who'
is "$(stat -c %a "$T/ann" "$T/ann/orgadmin" "$T/ann/orgadmin/default.json" | tr '\n' ' ')" '700 700 600 ' 'stored privately'
is "$(find "$T/ann" -type f | wc -l)" 1 'and nothing besides'
(umask 077; echo live_wrong:wrong > "$T/wrong.token")
as eve login --url "$URL" --token-file "$T/wrong.token"
fails 1 'whoami: .*401 unauthorized' 'a wrong token'
ok 'is not stored' test ! -e "$T/eve/orgadmin/default.json"
INPUT=$T/ann.token as ann2 login --url "unix:$SOCKET" --token-file -
done_is 'login over the unix socket with the token from standard input'
as ann whoami
like "$out" '^usr_[a-z0-9]{20} +ann +ann@example.org' 'whoami'
as ann whoami -o json
is "$(get .email)" ann@example.org 'whoami -o json'

# org
as ann org current
fails 3 'no organization is chosen' 'no current organization'
as ann member list
fails 3 'no organization is chosen' 'nor one for member list'
as ann org create Acme -o json
done_is 'org create'
acme=$(get .id)
like "$acme" '^org_' 'prints it'
as ann org current -o json
is "$(get '.id + " " + .name')" "$acme Acme" 'and it is the current one'
as ann org create Other -o json; other=$(get .id)
as ann org create Twin; as ann org create Twin
as ann org list
is "$(wc -l <<< "$out")" 5 'org list'
like "$out" "^$other +Other +owner +20" 'with the role'
as ann org switch Acme; done_is 'org switch by name'
as ann org current; like "$out" "^$acme Acme" 'switched'
as ann org switch "$other"; done_is 'org switch by id'
as ann org switch Twin; fails 2 '2 organizations are called "Twin"; use the id' 'an ambiguous name'
as ann org switch Nowhere; fails 1 'no organization "Nowhere"' 'an unknown name'
as ann org current; like "$out" "^$other Other" 'leave the current one'
as ann org show; like "$out" "^$other Other" 'org show'
as ann org show Acme; like "$out" "^$acme Acme" 'org show ORG'
as ann org show --org Acme -o json; is "$(get .id)" "$acme" 'org show --org'
as ann org show Acme --org Other; fails 2 'once' 'but not both'
as ann org switch Acme

# invitations, two ways in
as ann member add bob@example.org --role admin
done_is 'member add'
like "$out" '^inv_[a-z0-9]+:[A-Za-z0-9_-]{20,}$' 'prints the token alone'
(umask 077; printf '%s\n' "$out" > "$T/bob.invitation")
as ann invitation create cid@example.org --out "$T/cid.invitation"
is "$rc/$out" 0/ 'invitation create --out prints nothing'
is "$(stat -c %a "$T/cid.invitation")" 600 'and writes a private file'
as ann invitation create dan@example.org -o json
like "$(get '.email + " " + .roles[0] + " " + .token')" '^dan@example.org member inv_[a-z0-9]+:[A-Za-z0-9_-]{20,}$' 'invitation create -o json'
as ann invitation list -o json
is "$(get '[.[].email] | sort | join(" ")')" 'bob@example.org cid@example.org dan@example.org' 'invitation list'
as ann invitation list
unlike "$out" "$(cat "$T/cid.invitation")" 'without tokens'
as ann invitation create nobody --role member; fails 1 '400 invalid' 'a bad address'
as ann invitation create a@b.c --role king; fails 1 '400 invalid' 'an unknown role'
as ann invitation create a@b.c --out /nonexistent/x; fails 2 '--out /nonexistent/x: No such file' 'nowhere to put the token'
as ann invitation list -o json; is "$(get length)" 3 'then nobody is invited'

as bob invitation accept --token-file "$T/bob.invitation"; fails 3 'not logged in' 'accept needs a URL'
as bob invitation accept --url "$URL" --token-file "$T/bob.invitation"; fails 2 'give --username' 'and a username'
as bob invitation accept --url "$URL" --token-file "$T/bob.invitation" --username bob --name 'Bob B.'
done_is 'invitation accept makes an account'
like "$out" "^$acme +admin +bob" 'and tells where'
unlike "$out$err" 'live_' 'without showing the token'
as bob whoami -o json; is "$(get '.username + " " + .name')" 'bob Bob B.' 'which is the login now'
as bob org current; like "$out" "^$acme Acme" 'with its organization'
as cid invitation accept --url "$URL" --username cid --token-file "$T/bob.invitation"; fails 1 '404 invitation_not_found' 'a used invitation'
INPUT=$T/cid.invitation as cid invitation accept --url "$URL" --username cid --token-file - -o json
is "$(get '.role + " " + (has("bearer")|tostring)')" 'member false' 'the token from standard input'
as ann org switch Other
as ann invitation create bob@example.org --out "$T/bob2.invitation"
as bob invitation accept --token-file "$T/bob2.invitation" --username bobby; fails 2 'for a new account' 'no second account by accident'
as cid invitation accept --token-file "$T/bob2.invitation"; fails 1 '403 email_mismatch' "somebody else's invitation"
as bob invitation accept --token-file "$T/bob2.invitation"
like "$err" '^The invitation is accepted: you are in org_[a-z0-9]{20}\.$' 'who accepts is told so'
done_is 'accept when logged in'
like "$out" "^$other +member" 'joins the other organization'
as ann org switch Acme

# members
as ann member list
is "$(awk 'NR > 1 {print $2}' <<< "$out" | sort | tr '\n' ' ')" 'ann bob cid ' 'member list'
as ann member list -o wide; like "$out" '^ID .* PERMISSIONS +STATE +JOINED' 'the wide table has more'
as ann member list -o json
cp "$T/err" "$T/export.err"; printf '%s\n' "$out" > "$T/export.json"
is "$(get '.organization.id + " " + (.members|length|tostring)')" "$acme 3" 'member list -o json: an export'
as ann member show bob -o json; bob=$(get .id)
is "$(get '.username + " " + .state')" 'bob active' 'member show by username'
for name in "$bob" BOB@example.ORG; do
    as ann member show "$name" -o json; is "$(get .id)" "$bob" "member show $name"
done
as ann member show nobody; fails 1 'Acme has no member "nobody"' 'an unknown member'
as ann member role cid admin; done_is 'member role'
as ann member show cid -o json; is "$(get '.roles[0]')" admin 'has changed it'
as ann member role cid king; fails 1 '400 invalid' 'an unknown role'
as ann member role ann member; fails 1 '409 last_owner' 'the last owner'
as bob member role ann member; fails 1 '403 role_above_own' 'more than he may'
as cid member role cid member; done_is 'he may step down'
as cid member role bob member; fails 1 '403 forbidden' 'and then may nothing'
as ann member remove cid; fails 2 'give --yes' 'member remove asks'
INPUT=<(echo yes) as ann member remove cid; fails 2 'give --yes' 'a person on a terminal'
as ann member show cid; done_is 'nobody was removed'
as ann member remove cid --yes; done_is 'member remove --yes'
as ann member show cid; fails 1 'no member "cid"' 'removed'
as ann member remove ann -y; fails 1 '409 last_owner' 'the last owner stays'
as cid member list; fails 1 '404 organization_not_found' 'a former member sees nothing'

# roles, tokens
as ann role list
like "$out" '^owner +org:view, org:manage, members:view, members:manage' 'role list'
as ann token create --name host --role member --out "$T/host.token"
is "$rc/$out/$(stat -c %a "$T/host.token")" 0//600 'token create --out'
as ann token create --name h2 -o json
like "$(get '.key + " " + .bearer')" '^(live_[a-z0-9]+) \1:' 'token create -o json'
as ann token create; like "$out" '^live_[a-z0-9]+:' 'token create prints the token alone'
as bob token create; fails 1 '403 forbidden' 'not for everybody'

# without a stored context
as nobody --url "$URL" --token-file "$T/host.token" member list -o json
is "$(get '.members|length')" 2 "a host's token lists its only organization"
as nobody member list --url "unix:$SOCKET" --token-file "$T/ann.token" --org Acme -o json
is "$(get '.organization.id')" "$acme" '--org by name'
ORGADMIN_ORG=$other ORGADMIN_TOKEN_FILE=$T/ann.token as nobody member list --url "$URL" -o json
is "$(get '.organization.id')" "$other" 'from the environment'
ORGADMIN_ORG=$other as ann member list -o json --org Acme
is "$(get '.organization.id')" "$acme" 'which --org overrules'
as nobody --url "$URL" --token-file "$T/host.token" member remove bob --yes
fails 1 '403 forbidden' "a host's token removes nobody"
as nobody --url "$URL" --token-file "$T/host.token" login
as nobody org current; like "$out" "^$acme Acme" "login with an organization's token chooses it"
as ann org list --url http://127.0.0.1:1; fails 3 'no token for http://127.0.0.1:1' 'the stored token goes nowhere else'

# the export is read back
if [ "$(id -u)" = 0 ]; then
    chmod 644 "$T/export.json"
    as nobody2 --provider file --url "$T/export.json" member list -o json
    is "$out" "$(cat "$T/export.json")" 'the provider "file" reads what member list -o json wrote'
    as nobody2 --provider file --url "$T/export.json" member list --org Acme
    is "$(wc -l <<< "$out")" 4 'as a table'
    as nobody2 --provider file --url "$T/export.json" member remove bob --yes
    fails 2 'the provider "file" has no "member remove"' 'and can do nothing else'
    sed 's/"active"/"removed"/' "$T/export.json" > "$T/left.json"
    as nobody2 --provider file --url "$T/left.json" member list -o json; is "$(get '.members|length')" 0 'removed members are left out'
    as nobody2 --provider file --url "$T/left.json" member list -o json --all; is "$(get '.members|length')" 3 'but with --all'
fi

# damage
as ann org list; is "$rc" 0 'the login still works'
echo '{' > "$T/ann/orgadmin/default.json"
as ann org list; fails 3 'default.json is damaged; log in again' 'a damaged login'
as ann login --url "$URL" --token-file "$T/ann.token"; done_is 'logging in again mends it'
chmod 644 "$T/ann/orgadmin/default.json"
as ann org list; fails 3 'default.json is readable by group or others' 'a login that others can read'
orgd_stop
chmod 600 "$T/ann/orgadmin/default.json"
as ann org list; fails 4 'onnect' 'the server is gone'
done_testing
