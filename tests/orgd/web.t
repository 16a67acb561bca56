#!/bin/bash
# The page of invitations by HTTP: its files, their headers, the form without JavaScript, and what strangers try with it.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/orgd.sh"
need gzip
ORIGIN=https://org.acme.example

# get PATH [CURL-ARGUMENT...]: sets $status, $heads (without CR) and the file $T/body
get() {
    local path=$1; shift
    : > "$T/body" # curl leaves it alone when there is no body
    status=$(curl -sSg --path-as-is --max-time 30 -D "$T/heads" -o "$T/body" -w '%{http_code}' "$@" "$URL$path")
    heads=$(tr -d '\r' < "$T/heads")
}
head_of() { sed -n "s/^$1: //Ip" <<< "$heads"; }
page() { cat "$T/body"; }
# parts: those that the page shows, but those within others
parts() { grep -o 'data-part="[^>]*' "$T/body" | grep -v ' hidden' | cut -d'"' -f2 | uniq | xargs; }

# --- without the switch ---
orgd_start
for path in / /i /device /web/style.css /web/device.js /i%23inv_x /%23link_x; do get $path; is "$status $(jq -r .reason "$T/body")" '404 unknown_endpoint' "without --web-origin there is no $path"; done
get /i -H 'Sec-Fetch-Site: same-origin' -d code=x; is "$status $(head_of content-type)" '404 application/json' 'without --web-origin a form is no call'
org=$(new_org Acme)
call /organizations/invitations/create "{\"organizationId\":\"$org\",\"email\":\"no@example.org\"}" "$OWNER"; is "$(field 'has("link")')" false 'without --web-origin an invitation has no link'
orgd_stop
for origin in http://acme.example https://acme.example/ https://Acme.example https://a.example:0 https://a.example:x https:// org.acme.example 'https://a.example/x' 'https://u@a.example' "https://$(printf 'a%.0s' {1..250}).example"; do
    out=$("$ORGD" --data "$T/x.db" --socket "$T/x.sock" --web-origin "$origin" 2>&1)
    like "$? $out" "^2 orgd: --web-origin .*: must be https://" "orgd refuses --web-origin ${origin:0:40}"
done

# --- the files ---
files="/ /i /org /device /web/style.css $(cd "$TOP/web" && printf '/web/%s ' *.js)"
orgd_start --web-origin $ORIGIN --access-log "$T/access"
org=$(new_org '<script>alert(1)</script>')
for path in $files; do
    get $path
    is "$status" 200 "$path is there"
    is "$(head_of x-content-type-options) $(head_of referrer-policy) $(head_of cross-origin-opener-policy) $(head_of cross-origin-resource-policy) $(head_of cache-control)" \
        'nosniff same-origin same-origin same-origin no-cache' "$path has the headers of a page"
    like "$(head_of content-security-policy)" "^default-src 'none'; .*frame-ancestors 'none'" "$path may load nothing from elsewhere, and stand in no frame"
    unlike "$(head_of content-security-policy)" 'unsafe|\*|http' "$path permits no inline script and no other host"
    tag=$(head_of etag) length=$(head_of content-length)
    is "$length" "$(wc -c < "$T/body")" "$path has its length"
    get $path -I; is "$status $(head_of content-length) $(head_of etag)" "200 $length $tag" "HEAD of $path says the same"
    for known in "$tag" "W/$tag" "\"x\", $tag" '*'; do get $path -H "If-None-Match: $known"; is "$status $(wc -c < "$T/body") $(head_of etag)" "304 0 $tag" "$path is not sent to who knows $known"; done
    get $path -H "If-None-Match: ${tag%\"}x\""; is "$status" 200 "$path is sent to who knows another one"
    cp "$T/body" "$T/plain"
    get $path -H 'Accept-Encoding: br, gzip;q=0.5'
    is "$(head_of content-encoding) $(head_of vary | cut -d, -f1)" 'gzip Accept-Encoding' "$path comes compressed to who takes that"
    ok "and is the same" cmp <(gzip -dc "$T/body") "$T/plain"
    [ "$(head_of etag)" != "$tag" ] && pass "$path has another tag compressed" || fail "$path has another tag compressed"
    for no in 'gzip;q=0' 'br' 'identity' 'xgzip' 'gzip;q=2' ''; do get $path -H "Accept-Encoding: $no"; is "$(head_of content-encoding)" '' "$path comes as it is to Accept-Encoding: $no"; done
    for method in PUT DELETE OPTIONS TRACE PATCH; do get $path -X $method; is "$status $(head_of allow | cut -d, -f1)" '405 GET' "$method of $path is refused"; done
done
get /web/style.css -d x=y; is "$status $(head_of allow)" '405 GET, HEAD' 'a file takes no POST'
for path in /web/ /web/style.css/ /web/../web/style.css /web/nope.js /I /i/ /web/style.css.gz; do get $path; is "$status" 404 "there is no $path"; done
for pair in de=de 'de-AT,en;q=0.8=de' 'en,de;q=0.9=en' 'fr=en' 'fr,de;q=0.1=de' '*=en' 'de;q=0=en' '=en'; do
    get /i -H "Accept-Language: ${pair%=*}"
    is "$(head_of content-language) $(grep -o '<html lang="..">' "$T/body")" "${pair##*=} <html lang=\"${pair##*=}\">" "the page speaks ${pair##*=} to Accept-Language: ${pair%=*}"
done
for language in en de; do
    get /i -H "Accept-Language: $language"
    unlike "$(page)" '\{\{|<script>|style=|onclick' "$language: the page has no place left, no inline script and no inline style"
    is "$(parts)" 'code' "$language: the page asks for the code first"
done
total=0 packed=0
for path in $files; do
    get $path; total=$((total + $(wc -c < "$T/body")))
    get $path -H 'Accept-Encoding: gzip'; packed=$((packed + $(wc -c < "$T/body")))
done
ok "all files of the page have at most 100 kB ($total bytes, and $packed as they are sent)" [ "$total" -le 100000 -a "$packed" -le 40000 ]

# Those of an account alone, and of an organization that is no more, are in no organization's log.
is "$(grep -rohE '"(organization|role|member|invitation|join-code|machine|access|team|token|members|user)\.[a-z-]+"' "$TOP/orgd" --include='*.c' | tr -d '"' |
    grep -vE '^user\.(token-|passkey-|device-|sign-in$|let-create)|^organization\.delete$|\.js$' | sort -u | xargs)" "$(sed -n 's/.*value="\([^"]*\)".*/\1/p' "$TOP/web/parts/actions.html" | sort | xargs)" 'the page has words for each action of the audit log'

# --- links ---
get /; unlike "$(page)" '\{\{|<script>|style=|onclick' 'the page of the account has no place left, no inline script and no inline style'
is "$(grep -c '<section data-part="[a-z-]*" data-state hidden>' "$T/body")" "$(grep -c '<section' "$T/body")" 'and shows nothing: who one is comes by calls'
get /org; is "$(grep -cE '<(section|div) [^>]*data-part="(organization|sign-in|progress)"( data-state)? hidden>' "$T/body")" 3 'nor does that of the organization'
get /device; unlike "$(page)" '\{\{|<script>|style=|onclick' 'nor has the page of programs'
is "$(grep -c '<section data-part="[a-z-]*" data-state hidden>' "$T/body")" "$(grep -c '<section' "$T/body")" 'which shows nothing, either'
get / -b '__Host-orgd=sess_x:y' -H 'Sec-Fetch-Site: same-origin'; is "$status $(head_of set-cookie)" '200 ' 'it is the same for everybody'
get '/i%23inv_abc:D-e_f'; is "$status $(head_of location) $(head_of cache-control)" '302 /i#inv_abc:D-e_f no-store' 'a link whose # was encoded leads to the page, with the token'
get '/i%23inv_abc%3Adef?utm=x'; is "$status $(head_of location)" '302 /i#inv_abc%3Adef' 'so does one that was encoded in all of it'
get '/%23mail_abc:D-e_f'; is "$status $(head_of location)" '302 /#mail_abc:D-e_f' 'so does a link to the account'
for path in '/%23//evil.example' '/%23' '/%23https://evil.example'; do get "$path"; is "$status $(head_of location)" '302 /' "${path:0:30} leads to the account and nowhere else"; done
for path in '/i%23//evil.example' '/i%23%0d%0aSet-Cookie:x=y' "/i%23$(printf 'a%.0s' {1..300})" '/i%23<b>' '/i%23'; do
    get "$path"; is "$status $(head_of location) $(head_of set-cookie)" '302 /i ' "${path:0:30} leads to the page and nowhere else"
done
for path in '/i%2Finv_a:secret' '//evil.example/%2e%2e'; do get "$path"; is "$status" 400 "$path is no path"; done
call /organizations/invitations/create "{\"organizationId\":\"$org\",\"email\":\"mia@example.org\"}" "$OWNER"; token=$(field .token)
is "$(field .link)" "$ORIGIN/i#$token" 'the link of an invitation leads to the page'

# --- the form ---
same=(-H 'Sec-Fetch-Site: same-origin')
ours=(-H "Origin: $ORIGIN")
form() { get /i "$@"; }
form "${same[@]}" --data-urlencode "code=$token"
is "$status $(head_of cache-control) $(parts)" '200 no-store offer by name-free key' 'the form with the code shows the offer'
like "$(page)" '&lt;script&gt;alert\(1\)&lt;/script&gt;' 'a name with markup is a text'
unlike "$(page)" '<script>alert' 'and no markup'
is "$(grep -c "value=\"$token\"" "$T/body")" 2 'the code goes along in the forms'
like "$(page)" 'name="username" value="mia"' 'the page suggests the login name'
form "${ours[@]}" -H 'Accept-Language: de' --data-urlencode "code= $ORIGIN/i%23${token/:/%3A} "
is "$status $(grep -c 'lädt Sie' "$T/body")" '200 1' 'a whole link, as a gateway left it, is taken for the code; the answer is German for who wants that'
for wrong in 'Sec-Fetch-Site: cross-site' 'Sec-Fetch-Site: same-site' 'Sec-Fetch-Site: none' 'Origin: null' 'Origin: https://evil.example' "Origin: $ORIGIN.evil.example" "Origin: http://org.acme.example" 'X: y'; do
    form -H "$wrong" --data-urlencode "code=$token" -d accept=yes -d username=mia
    is "$status $(parts)" '403 other_site code' "a form with $wrong is refused"
    unlike "$(page)" "${token#*:}" 'and what it brought is not repeated'
done
form -H 'Sec-Fetch-Site: cross-site' "${ours[@]}" --data-urlencode "code=$token"; is "$status" 403 'what the browser says of the site counts before Origin'
form "${same[@]}" -H 'Content-Type: text/plain' -d "code=$token"; is "$status" 415 'a form of another type is refused'
form "${same[@]}" -H 'Content-Type: multipart/form-data; boundary=x' -d "code=$token"; is "$status" 415 'so is one of several parts'
for text in 'code=%' 'code=%4' 'code=%00' 'code=%zz' 'code=' 'x=y' '' '&&&' '=' "code=$token&code=$token" 'code=%ff%fe' 'code=<script>'; do
    form "${same[@]}" -H 'Content-Type: application/x-www-form-urlencoded' --data-raw "$text"
    like "$status $(parts)" '^4[0-9]* (invitation_not_found|other) code$' "a form of ${text:0:20} is refused in a page"
    unlike "$(page)" '<script>' 'without markup of its own'
done
form "${same[@]}" --data-urlencode "code=$(printf 'x%.0s' {1..70000})"; is "$status $(parts)" '413 other code' 'a form that is too large is refused in a page'
is "$(sql "SELECT count(*) FROM invitations WHERE email = 'mia@example.org' AND expires_at > 0")" 1 'none of them has used the invitation up'
accept() { form "${same[@]}" --data-urlencode "code=$token" -d accept=yes "$@"; }
accept -d username=root; is "$status $(parts)" '409 username_reserved code' 'a reserved name is refused in a page'
accept -d username=owner; is "$status $(parts)" '409 username_taken code' 'so is one that is taken'
accept -d username=mia --data-urlencode 'key=-----BEGIN OPENSSH PRIVATE KEY-----'; like "$status $(parts) $(grep -o 'data-value="message">[^<]*' "$T/body")" '^400 other code .*key: ' 'a private key is refused in a page'
ssh-keygen -q -t ed25519 -N '' -C 'mia <b>' -f "$T/key"
accept -d username=mia --data-urlencode "key@$T/key.pub"
is "$status $(parts)" '200 joined with-key' 'the form accepts the invitation'
like "$(page)" '>ssh <bdi data-value="username">mia</bdi>@' 'the page has the ssh line'
bearer=$(grep -o 'live_[a-z0-9]*:[A-Za-z0-9_-]*' "$T/body")
call /users/whoami '{}' "$bearer"; is "$status $(field .user.username)" '200 mia' 'the token on it is that of the new account'
call /users/keys/list '{}' "$bearer"; is "$status $(field '.keys[0].fingerprint')" "200 $(ssh-keygen -lf "$T/key.pub" | cut -d' ' -f2)" 'the account has the key'
accept -d username=mia2; is "$status $(parts)" '404 invitation_not_found code' 'it is accepted once'
form "${same[@]}" --data-urlencode "code=$token"; is "$status $(parts)" '404 invitation_used code' 'the page says that it was used'
call /organizations/invitations/create "{\"organizationId\":\"$(new_org Two)\",\"email\":\"mia@example.org\"}" "$OWNER"; token=$(field .token)
form "${same[@]}" --data-urlencode "code=$token"; is "$status $(parts)" '200 by name-free key account' 'who has an account is told how to accept with it'
accept -d username=mia3; is "$status $(parts)" '409 account' 'and the form does not open that account'
for file in /i /i%23$token; do get "$file"; get "$file" -I; done
call /organizations/invitations/create "{\"organizationId\":\"$org\",\"email\":\"ned@example.org\",\"username\":\"ned\"}" "$OWNER"; token=$(field .token)
sql "UPDATE organizations SET name = 'x' WHERE id = '$org'; UPDATE users SET name = '\"><img src=x>' WHERE username = 'owner'"
form "${same[@]}" --data-urlencode "code=$token"; is "$status $(parts)" '200 offer by name-fixed key' 'the page shows the name that the inviter chose'
like "$(page)" '&quot;&gt;&lt;img src=x&gt;' 'a quotation mark ends no attribute'
form "${same[@]}" -H "Authorization: Bearer $OWNER" --data-urlencode "code=$token" -d accept=yes -d username=ned; is "$status $(parts)" '200 joined no-key' 'a form is a stranger, whatever token stands beside it'

# --- what stays ---
for path in "/i/$token" "/$token" "/i;$token" "/i%3F$token" "/i%23$token"; do get "$path"; done
request "/i%23$token" -o "$T/body"
wait_for 5 grep -q '/i/inv_' "$T/access"
is "$(grep -cF -e "${token#*:}" "$ORGD_LOG" "$T/access" | cut -d: -f2 | xargs)" '0 0' 'no log has the token of a link that was damaged'
is "$(jq -r 'select(.method=="POST" and .status==200 and .path=="/i") | .caller[0:4]' "$T/access" | sort | uniq -c | xargs)" '4 - 2 usr_' 'a form is logged as what a person did'
orgd_stop; orgd_start --web-origin $ORIGIN --attempts 2
token=inv_x:y; form "${same[@]}" -d code=$token; form "${same[@]}" -d code=$token; form "${same[@]}" -d code=$token
is "$status $(parts) $(head_of retry-after | grep -c .)" '429 too_many_attempts code 1' 'guesses by the form are limited as those by the API'
orgd_end
done_testing
