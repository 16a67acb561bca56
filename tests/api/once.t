#!/bin/bash
# A kept connection that ends without an answer: what was asked for may have been done, so what changes something is not sent again
# (a second DELETE would be told that there is nothing); a question is.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/vendor.sh"
fake_start upsun
SETTINGS=(provider=upsun url="$URL" token=api-token-ada org=01HQZX3J5K6M7N8P9QRSTVWXYZ timeout=5000)
MIA=00000000-0000-4000-8000-000000000003

fake '{"fault":{"method":"POST","path":"invitations","drop":true}}'
answers $UNREACHABLE 'it may have been done all the same' 'member add whose answer is lost ends as unreachable' 'member add' email=new@example.com
is "$(sent 'select(.path | endswith("invitations")).method')" POST 'member add whose answer is lost is sent once'
fake '{"fault":{"method":"DELETE","drop":true}}'
answers $UNREACHABLE 'it may have been done all the same' 'member remove whose answer is lost ends as unreachable' 'member remove' user=$MIA
is "$(sent 'select(.method == "DELETE").method')" DELETE 'member remove whose answer is lost is sent once'
fake '{"fault":{"method":"PATCH","drop":true}}'
answers $UNREACHABLE 'it may have been done all the same' 'member role whose answer is lost ends as unreachable' 'member role' user=$MIA permissions=billing
is "$(sent 'select(.method == "PATCH").method')" PATCH 'member role whose answer is lost is sent once'
fake '{"fault":{"path":"members","drop":true}}'
answers $DONE '"username":"ada"' 'member list whose answer is lost succeeds' 'member list'
is "$(sent 'select(.path | endswith("members")).method' | wc -l)" 2 'member list whose answer is lost is sent twice'
done_testing
