#!/bin/bash
# The provider "file": an export that root wrote.
. "$(dirname "$0")/../lib/tap.sh"
need_root
PROBE=${APIPROBE:-$BUILD/tests/apiprobe}
F=$T/export.json
probe() { "$PROBE" provider=file url="$F" "$@" < /dev/null 2>&1; }
put() { rm -f "$F"; printf '%s' "$1" > "$F"; chmod 644 "$F"; }

GOOD='{"organization":{"id":"org_7f3a","name":"acme"},"members":[{"id":"usr_01","email":"a@b.c","username":"a","name":"Ann","roles":["admin"],"permissions":["members:manage"],"state":"active"},{"id":"usr_02","roles":["member"],"state":"suspended"}]}'
MEMBERS='{"id":"usr_01","email":"a@b.c","username":"a","name":"Ann","roles":["admin"],"permissions":["members:manage"],"state":"active"}
{"id":"usr_02","roles":["member"],"state":"suspended"}'
put "$GOOD"
is "$(probe 'member list')" "$MEMBERS" 'member list reads the members of the export'
is "$(probe 'org show')" '{"id":"org_7f3a","name":"acme"}' 'org show reads the organization of the export'
is "$(probe org=org_7f3a 'org list')" '{"id":"org_7f3a","name":"acme"}' 'org list lists the organization of the export'
is "$(probe watch 0 0)" "$(printf 'reset\n%s\ndone 0' "${MEMBERS//\{\"id/member \{\"id}")" 'watch prints every member of the export'
like "$(probe org=org_1 'member list')" 'status=3 .*not the organization "org_1"' 'member list refuses another organization'
put "${GOOD/\"state\":\"active\"/\"state\":\"active\",\"keys\":[{\"type\":\"ssh-ed25519\",\"blob\":\"AAAA\",\"expiresAt\":\"2027-01-01T00:00:00Z\"\}]}"
like "$(probe 'member list')" '"state":"active","keys":\[\{"type":"ssh-ed25519","blob":"AAAA","expiresAt":"2027-01-01T00:00:00Z"\}\]\}' 'member list reads the keys of a member of the export'
put "$GOOD"
for op in whoami 'org create' 'member add' 'member role' 'member remove' 'invitation list' 'invitation create' \
    'invitation accept' 'role list' 'token create'; do
    like "$(probe "$op")" "status=4 .*\"file\" has no \"$op\"" "the provider file refuses $op"
done

refused() { like "$(probe 'member list')" "status=$1 .*$F: $2" "$3"; }
put "${GOOD%\}}"; refused 3 'it is not JSON' 'member list refuses a truncated export'
put ''; refused 3 'it is empty' 'member list refuses an empty export'
put "$GOOD$GOOD"; refused 3 'something follows' 'member list refuses an export with text behind it'
put '{"members":[]}'; refused 3 '"organization" is missing' 'member list refuses an export without an organization'
put '{"organization":{"id":"o","name":"n"},"members":[]}'; refused 3 '"members" is empty' 'member list refuses an export without members'
put '{"organization":{"id":"o","name":"n"},"members":[{"id":"u"}]}'; refused 3 '"roles" is missing' 'member list refuses a member without roles'
put "${GOOD/\"state\":\"active\"/\"state\":\"active\",\"keys\":[\"ssh-ed25519 AAAA\"]}"; refused 3 '"keys" has a wrong type' 'member list refuses keys that are texts'
put "$GOOD"; chmod 664 "$F"; refused 2 'it is writable by group or others' 'member list refuses an export that others may write'
chmod 644 "$F"; chown nobody "$F"; refused 2 'it is not owned by root' 'member list refuses an export that is not owned by root'
put "$GOOD"; mv "$F" "$F.1"; ln -s "$F.1" "$F"; refused 2 'it is a symbolic link' 'member list refuses an export that is a symbolic link'
rm "$F"; refused 2 'it does not exist' 'member list refuses an export that does not exist'
mkfifo "$F"; refused 2 'it is not a regular file' 'member list refuses an export that is a fifo'
rm "$F"; truncate -s 513M "$F"; refused 2 'it is larger than 512 MiB' 'member list refuses an export that is too large'
done_testing
