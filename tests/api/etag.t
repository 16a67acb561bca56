#!/bin/bash
# A listing that has an ETag is asked for with If-None-Match the next time; what has not changed is not listed again.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/vendor.sh"
fake_start satusky --fault etags
SETTINGS=(provider=satusky url="$URL/v1/cli" token=sat_ada org=0a000000-0000-4000-8000-000000000001 timeout=5000)
asked() { sent '"\(.status) \(.headers["if-none-match"] // "-")"'; }

answers $DONE '^reset' 'a watch prints the first listing whole' watch 0 0 2
is "$(grep -c '^reset' <<< "$OUT") $(grep -c '^member' <<< "$OUT") $(grep -c '^done 0' <<< "$OUT")" '1 3 2' 'a watch prints nothing for an unchanged second listing'
like "$(asked | tr '\n' ' ')" '^200 - 304 "[0-9a-f]{8}" $' 'a watch sends the ETag as If-None-Match'

# Another list in between is listed whole, and is what counts from then on.
fake '{"fault":[{"path":"team","after":1,"times":1,"sub":[["mia@","mia.m@"]]}]}'
answers $DONE 'mia.m@' 'a watch prints a changed listing whole' watch 0 0 4
is "$(grep -oE '^(reset|done)' <<< "$OUT" | tr '\n' ' ')" 'reset done reset done reset done done ' 'a watch prints a listing that changed back whole'
is "$(sent .status | tr '\n' ' ')" '200 200 200 304 ' 'a watch hears 304 again after two changed listings'

# Without an ETag, and with one that no header could hold, everything is listed each time.
fake '{"reset":true,"set":{"etags":false}}'
answers $DONE '^reset' 'a watch of listings without an ETag succeeds' watch 0 0 2
is "$(grep -c '^reset' <<< "$OUT")" 2 'a watch of listings without an ETag prints each one whole'
is "$(asked | tr '\n' ' ')" '200 - 200 - ' 'a watch without an ETag sends no If-None-Match'
fake "{\"fault\":{\"path\":\"team\",\"times\":0,\"headers\":{\"ETag\":\"\\\"$(printf '%200s' '' | tr ' ' x)\\\"\"},\"body\":{\"error\":false,\"data\":[{\"user_id\":\"u\",\"role\":\"admin\"}]}}}"
answers $DONE '^reset' 'a watch of listings with an ETag that is too long succeeds' watch 0 0 2
is "$(asked | tr '\n' ' ')" '200 - 200 - ' 'a watch sends no ETag that is too long'

# "Not modified" to somebody who has said nothing is no answer.
fake '{"reset":true,"fault":{"path":"team","status":304}}'
answers $BAD 'http=304|redirect' 'a watch refuses a 304 without If-None-Match' watch 0 0
unlike "$OUT" '^(reset|member|done)' 'a watch prints nothing for a 304 without If-None-Match'

# A page of several, or one that others complete, has none that counts: Upsun's pages.
fake_start upsun --fault etags
SETTINGS=(provider=upsun url="$URL" token=api-token-ada org=01HQZX3J5K6M7N8P9QRSTVWXYZ timeout=5000)
answers $DONE '^reset' 'a watch of a listing of several pages with ETags succeeds' watch 0 0 2
is "$(grep -c '^reset' <<< "$OUT")" 2 'a watch prints a listing of several pages whole each time'
elsewhere_unasked
done_testing
