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
is "$(probe 'member list')" "$MEMBERS" 'the members'
is "$(probe 'org show')" '{"id":"org_7f3a","name":"acme"}' 'the organization'
is "$(probe org=org_7f3a 'org list')" '{"id":"org_7f3a","name":"acme"}' 'as a list'
is "$(probe watch 0 0)" "$(printf 'reset\n%s\ndone 0' "${MEMBERS//\{\"id/member \{\"id}")" 'watch lists everything'
like "$(probe org=org_1 'member list')" 'status=3 .*not the organization "org_1"' 'another organization'
for op in whoami 'org create' 'member add' 'member role' 'member remove' 'invitation list' 'invitation create' \
    'invitation accept' 'role list' 'token create'; do
    like "$(probe "$op")" "status=4 .*\"file\" has no \"$op\"" "no $op"
done

refused() { like "$(probe 'member list')" "status=$1 .*$F: $2" "$3"; }
put "${GOOD%\}}"; refused 3 'it is not JSON' 'truncated'
put ''; refused 3 'it is empty' 'empty'
put "$GOOD$GOOD"; refused 3 'something follows' 'twice'
put '{"members":[]}'; refused 3 '"organization" is missing' 'no organization'
put '{"organization":{"id":"o","name":"n"},"members":[]}'; refused 3 '"members" is empty' 'no members'
put '{"organization":{"id":"o","name":"n"},"members":[{"id":"u"}]}'; refused 3 '"roles" is missing' 'a member without roles'
put "$GOOD"; chmod 664 "$F"; refused 2 'it is writable by group or others' 'writable by others'
chmod 644 "$F"; chown nobody "$F"; refused 2 'it is not owned by root' "somebody else's"
put "$GOOD"; mv "$F" "$F.1"; ln -s "$F.1" "$F"; refused 2 'it is a symbolic link' 'a symbolic link'
rm "$F"; refused 2 'it does not exist' 'absent'
mkfifo "$F"; refused 2 'it is not a regular file' 'a fifo'
rm "$F"; truncate -s 513M "$F"; refused 2 'it is larger than 512 MiB' 'too large'
done_testing
