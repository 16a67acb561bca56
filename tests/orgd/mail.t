#!/bin/bash
# Invitations by mail: what is sent, that a mail server that hangs or refuses holds nobody up, and what the command line wants.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/orgd.sh"
need python3
# sink MODE: a mail server; sets $port, its mails are in $T/mails
sink() {
    rm -rf "$T/mails"; mkdir "$T/mails"
    listen "$T/port" python3 "$TOP/tests/orgd/sink.py" "$1" "$T/mails" 2> "$T/sink.log"; sink=$started port=${heard##*:}
}
# text_of N: the Nth mail's text, as a mail program shows it
text_of() {
    sed 1,2d "$T/mails/$1" | python3 -c 'import email.policy, sys
print(email.message_from_binary_file(sys.stdin.buffer, policy=email.policy.default).get_body(("plain",)).get_content(), end="")'
}
unsink() { kill "$sink"; wait "$sink" 2>/dev/null; }
invite() { call /organizations/invitations/create "{\"organizationId\":\"$org\",\"email\":\"$1\"}" "$OWNER"; }
# token_of N: the token in the Nth mail
token_of() { text_of "$1" | grep -oE '^inv_[a-z0-9]{20}:[A-Za-z0-9_-]{43}$'; }
with_mail() { orgd_start --smtp "smtp://127.0.0.1:$port" --smtp-from orgd@example.org "$@"; }
refused() {
    local regex=$1 name=$2 out rc; shift 2
    out=$(timeout 60 "$ORGD" --data "$T/no.db" --socket "$T/no.sock" "$@" 2>&1 >/dev/null); rc=$?
    like "$rc $out" "^[12] .*$regex" "$name"
}

sink take
with_mail --invitation-url 'https://join.example.org/?t={token}&x=1'
org=$(new_org 'Ácme & Söhne')
invite ann@example.org
is "$status $(field .mailed)" '200 true' 'the answer says that an invitation was mailed'
is "$(field '"\(has("token")) \(has("link"))"')" 'false false' 'the answer has neither token nor link of an invitation that is mailed'
mail=$(cat "$T/mails/1") text=$(text_of 1) token=$(token_of 1)
like "$mail" '^MAIL FROM:<orgd@example.org>' "the envelope's sender is --smtp-from"
like "$mail" '^RCPT TO:<ann@example.org>' "the envelope's recipient is the invited address"
for header in 'From: <orgd@example.org>' 'To: <ann@example.org>' 'Date: [A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} 20[0-9]{2} [0-9:]{8} \+0000' \
    'Message-ID: <inv_[a-z0-9]+\.[0-9a-f]+@orgd>' 'Subject: You are invited to an organization' 'Content-Type: text/plain; charset=utf-8'; do
    like "$mail" "^$header\$" "the mail has the expected header ${header%%:*}"
done
for header in From To Date Message-ID Subject MIME-Version Auto-Submitted; do
    is "$(sed '/^$/,$d' "$T/mails/1" | grep -ci "^$header: ")" 1 "the mail has the header $header exactly once"
done
is "$(LC_ALL=C grep -c '[^ -~]' "$T/mails/1")" 0 'the mail is ASCII'
is "$(grep -cxF -- '    "Ácme & Söhne"' <<< "$text") $(grep -c '^with the role member\. ' <<< "$text")" '1 1' 'the mail names the organization, in quotes, and the role'
is "$(grep -cxF -- "https://join.example.org/?t=${token/:/%3A}&x=1" <<< "$text")" 1 'the mail has the link on a line of its own'
is "$(grep -cxF -- "$token" <<< "$text")" 1 'the mail has the token on a line of its own'
is "$(grep -cF -- "${token#*:}" "$ORGD_LOG")" 0 'the log has no secret of an invitation'
call /organizations/invitations/resend "{\"organizationId\":\"$org\",\"id\":\"$(field .id)\"}" "$OWNER"
is "$status $(field .mailed)" '200 true' 'resend mails the invitation again'
ok 'the mail of a resent invitation has a new token' test -n "$(token_of 2)" -a "$(token_of 2)" != "$token"
pids=()
for i in 1 2 3 4 5 6 7 8; do
    request /organizations/invitations/create -o "$T/many$i" -d "{\"organizationId\":\"$org\",\"email\":\"m$i@example.org\"}" -H "Authorization: Bearer $OWNER" & pids+=($!)
done
wait "${pids[@]}"
is "$(jq -s 'map(.mailed)|all' "$T"/many*) $(ls "$T/mails" | wc -l)" 'true 10' 'eight invitations at once are mailed'
orgd_end

# The longest URL there may be: its line is one of at most 998 characters, as mail wants.
long="https://join.example.org/$(printf '%0867d' 0)?{token}"
with_mail --invitation-url "$long"
invite long@example.org; token=$(token_of 11)
is "$(text_of 11 | grep -cxF "${long/\{token\}/${token/:/%3A}}")" 1 'the mail has the longest link whole'
is "$(awk 'length($0) > 998' "$T/mails/11" | wc -l) $(text_of 11 | awk 'length($0) > 998' | wc -l)" '0 0' 'no line of a mail with the longest link is over 998 characters'
# Nobody writes headers, or an end of the mail, by what he names.
for email in 'ann@example.org\r\nBcc: eve@example.org' 'ann@example.org\nBcc: eve@example.org' 'ann@example.org> <eve@example.org'; do
    invite "$email"
    is "$status $(ls "$T/mails" | wc -l)" '400 11' "an invitation of $email is refused and not mailed"
done
org=$(new_org '.')
invite dot@example.org
like "$(text_of 12)" '^    "\."$' 'a mail names an organization whose name is a dot'
# Whatever an organization calls itself, a mail program makes no link of it, and the quotation does not end in it.
n=12
while IFS='|' read -r name shown; do
    org=$(new_org "$name"); n=$((n + 1))
    call /organizations/invitations/create "{\"organizationId\":\"$org\",\"email\":\"n$n@example.org\"}" "$OWNER"
    is "$(text_of $n | sed -n 3p)" "    \"$shown\"" "a mail shows the organization $name without a link"
done <<'NAMES'
evil.example|evil example
Your bill: https://evil.example/pay?a=1|Your bill https evil example pay?a=1
www.evil.example|www evil example
pay@evil.example|pay evil example
evil。example|evil example
evil．example／x|evil example x
evil․example|evil example
Acme" <a@b> said “yes”|Acme a b said yes
St. Mary's Dr. Acme, Inc.|St. Mary's Dr. Acme, Inc.
D’Arcy & Söhne e.V.|D’Arcy & Söhne e V.
NAMES
org=$(new_org "$(printf 'x%.0s' {1..100})")
invite long2@example.org
is "$(text_of 23 | sed -n 3p)" "    \"$(printf 'x%.0s' {1..60})...\"" 'a mail shows sixty characters of a long name'
unlike "$(text_of 23)" 'long2@' 'a mail has nothing of the address in its text'
orgd_end

# Limits of mails, by organization and hour and by address and day.
orgd_start --smtp "smtp://127.0.0.1:$port" --smtp-from orgd@example.org --quota mails=4 --quota address-mails=2
org=$(new_org Acme) other=$(new_org Other)
sent() { ls "$T/mails" | wc -l; }
before=$(sent)
for email in vic@example.org Vic+1@Example.org; do invite $email; is "$status $(field .mailed)" '200 true' "an address is mailed: $email"; done
invite VIC+x@example.org
is "$status $(field .mailed) $(field .unmailed)" '200 false An address is sent at most 2 mails a day (quota address-mails).' 'an invitation of an address that was mailed too often is made, and not mailed'
like "$(tail -n 3 "$ORGD_LOG")" 'mail not sent: An address is sent at most 2 mails a day' 'the log says which quota kept a mail back'
is "$(field 'has("token")')" false 'the answer has no token of an invitation that is not mailed, where mail is sent'
call /organizations/invitations/resend "{\"organizationId\":\"$org\",\"id\":\"$(field .id)\"}" "$OWNER"; is "$status $(field .mailed)" '200 false' 'resend counts as well'
invite w@example.org; is "$(field .mailed)" false 'the mails of an organization are counted whether they are sent or not'
like "$(field .unmailed)" 'An organization sends at most 4 mails an hour \(quota mails\)' 'the answer names the quota of the organization'
org=$other; invite x@example.org; is "$(field .mailed)" true "another organization's mails are sent"
is "$(($(sent) - before))" 3 'as many mails were sent as the answers say'
orgd_end
unsink

sink login
echo secret > "$T/password"; chmod 600 "$T/password"
with_mail --smtp-user orgd --smtp-password-file "$T/password"
invite ann@example.org; is "$status $(field .mailed) $(field 'has("link")')" '200 true false' 'a mail is sent with user and password; without --invitation-url there is no link'
orgd_stop
echo wrong > "$T/password"
with_mail --smtp-user orgd --smtp-password-file "$T/password"
invite ann@example.org; is "$status $(field .mailed)" '200 false' 'an invitation is made unmailed when the mail server refuses the password'
like "$(cat "$ORGD_LOG")" '^orgd: [0-9a-f]{16} mail not sent: .*(denied|530|535|67)' 'the log says that the mail server refuses the password'
unlike "$(cat "$ORGD_LOG")" $'\x1b' 'the log has no escape character from a mail server'
orgd_end
unsink

for mode in refuse drop; do
    sink $mode
    with_mail
    invite ann@example.org
    is "$status $(field .mailed)" '200 false' "$mode: an invitation is made unmailed when the mail server does not take it"
    like "$(tail -n 1 "$ORGD_LOG")" 'mail not sent: ' "$mode: the log says why a mail was not sent"
    call /organizations/invitations/list "{\"organizationId\":\"$org\"}" "$OWNER"
    is "$(jq '[.invitations[]|select(.email=="ann@example.org")]|length' <<< "$body")" 1 "$mode: an invitation that was not mailed is pending"
    orgd_end
    unsink
done
with_mail # nobody listens there now
invite ann@example.org; is "$status $(field .mailed)" '200 false' 'an invitation is made unmailed without a mail server'
orgd_stop

sink hang
with_mail
threads() { ls "/proc/$orgd_pid/task" | wc -l; }
idle=$(threads)
request /organizations/invitations/create -o "$T/hung" -w '%{http_code} %{time_total}' -d "{\"organizationId\":\"$org\",\"email\":\"h@example.org\"}" -H "Authorization: Bearer $OWNER" > "$T/hung.end" & hung=$!
sleep 0.5
begun=$(date +%s%3N)
for i in 1 2 3; do call /organizations/update "{\"organizationId\":\"$org\",\"name\":\"Name $i\"}" "$OWNER"; done
took=$(($(date +%s%3N) - begun))
diag "three calls took $took ms"
is "$status $((took < 8000))" '200 1' 'other calls are served while a mail server hangs'
is "$(cat "$T/hung.end")" '' 'an invitation is not answered while the mail server hangs'
wait $hung
is "$(jq -c '[.mailed,has("token")]' "$T/hung")" '[false,false]' 'an invitation is answered as unmailed when the mail server stays silent'
like "$(cat "$T/hung.end")" '^200 ([4-9]|[12][0-9])\.' 'a silent mail server is waited for at least four seconds'
pids=()
for i in $(seq 20); do
    request /organizations/invitations/create -o "$T/full$i" -d "{\"organizationId\":\"$org\",\"email\":\"f$i@example.org\"}" -H "Authorization: Bearer $OWNER" & pids+=($!)
done
wait_for 8 eval '[ "$(cat "$T"/full* 2>/dev/null | grep -o mailed | wc -l)" = 4 ]'
is "$(cat "$T"/full* | jq -c .mailed | sort | uniq -c | tr -s ' ')" ' 4 false' 'sixteen of twenty mails wait for the mail server, four are given up at once'
is "$(threads)" $((idle + 4)) 'four mails of one organization are on their way, and no more'
mine=$org org=$(new_org Other)
request /organizations/invitations/create -o "$T/other" -d "{\"organizationId\":\"$org\",\"email\":\"o@example.org\"}" -H "Authorization: Bearer $OWNER" & pids+=($!)
ok "another organization's mail does not wait for those of the first" wait_for 5 eval '[ "$(threads)" -ge $((idle + 5)) ]'
org=$mine
begun=$(date +%s%3N)
orgd_end
is $(($(date +%s%3N) - begun < 8000)) 1 'SIGTERM ends orgd without waiting for the mail server'
wait "${pids[@]}"
unsink

refused 'go together' 'orgd refuses --smtp without --smtp-from' --smtp smtp://localhost
refused 'go together' 'orgd refuses --smtp-from without --smtp' --smtp-from a@b.c
refused 'go together' 'orgd refuses --smtp-user without --smtp-password-file' --smtp smtp://localhost --smtp-from a@b.c --smtp-user x
for url in http://localhost smtp:// smtp://u:p@host 'smtp://a b' localhost; do refused 'must be smtp' "orgd refuses --smtp $url" --smtp "$url" --smtp-from a@b.c; done
refused 'e-mail' 'orgd refuses --smtp-from a@b>c' --smtp smtp://localhost --smtp-from 'a@b>c'
for url in http://x/ 'ftp://{token}' 'https://x/{token} y' 'httpx://{token}' "$long&"; do refused 'with \{token\}' "orgd refuses --invitation-url ${url:0:40}" --invitation-url "$url"; done
chmod 644 "$T/password"
refused 'password: ' 'orgd refuses a mail password file that others can read' --smtp smtp://localhost --smtp-from a@b.c --smtp-user x --smtp-password-file "$T/password"
chmod 600 "$T/password"; printf 'sec\0ret' > "$T/password"
refused 'password: is no text' 'orgd refuses a mail password with a NUL byte' --smtp smtp://localhost --smtp-from a@b.c --smtp-user x --smtp-password-file "$T/password"
printf '%0256d' 0 > "$T/password"
refused 'must hold a password of 1-255' 'orgd refuses a mail password of 256 characters' --smtp smtp://localhost --smtp-from a@b.c --smtp-user x --smtp-password-file "$T/password"
: > "$T/password"
refused 'must hold a password' 'orgd refuses an empty mail password' --smtp smtp://localhost --smtp-from a@b.c --smtp-user x --smtp-password-file "$T/password"
done_testing
