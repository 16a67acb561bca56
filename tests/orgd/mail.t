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
invite() { call /organizations/invitations/create "{\"organizationId\":\"$org\",\"email\":\"$1\"}" "$OWNER"; token=$(field .token); }
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
is "$status $(field .mailed)" '200 true' 'the reply says that it was mailed'
is "$(field .link)" "https://join.example.org/?t=${token/:/%3A}&x=1" 'and has the link'
mail=$(cat "$T/mails/1") text=$(text_of 1)
like "$mail" '^MAIL FROM:<orgd@example.org>' 'the envelope: from'
like "$mail" '^RCPT TO:<ann@example.org>' 'the envelope: to'
for header in 'From: <orgd@example.org>' 'To: <ann@example.org>' 'Date: [A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} 20[0-9]{2} [0-9:]{8} \+0000' \
    'Message-ID: <inv_[a-z0-9]+\.[0-9a-f]+@orgd>' 'Subject: You are invited to an organization' 'Content-Type: text/plain; charset=utf-8'; do
    like "$mail" "^$header\$" "the header: ${header%%:*}"
done
for header in From To Date Message-ID Subject MIME-Version Auto-Submitted; do
    is "$(sed '/^$/,$d' "$T/mails/1" | grep -ci "^$header: ")" 1 "the header is there once: $header"
done
is "$(LC_ALL=C grep -c '[^ -~]' "$T/mails/1")" 0 'it is ASCII, whatever the mail server takes'
is "$(grep -cF 'join Ácme & Söhne with the role member.' <<< "$text")" 1 'the text: whereto'
is "$(grep -cxF "https://join.example.org/?t=${token/:/%3A}&x=1" <<< "$text")" 1 'the text: the link'
is "$(grep -cxF "$token" <<< "$text")" 1 'the text: the token'
is "$(grep -cF "${token#*:}" "$ORGD_LOG")" 0 'the log has no token'
call /organizations/invitations/resend "{\"organizationId\":\"$org\",\"id\":\"$(field .id)\"}" "$OWNER"
is "$status $(field .mailed)" '200 true' 'resend mails too'
is "$(text_of 2 | grep -cxF "$(field .token)")" 1 'the new token'
pids=()
for i in 1 2 3 4 5 6 7 8; do
    request /organizations/invitations/create -o "$T/many$i" -d "{\"organizationId\":\"$org\",\"email\":\"m$i@example.org\"}" -H "Authorization: Bearer $OWNER" & pids+=($!)
done
wait "${pids[@]}"
is "$(jq -s 'map(.mailed)|all' "$T"/many*) $(ls "$T/mails" | wc -l)" 'true 10' 'eight at once'
orgd_end

# The longest URL there may be: its line is one of at most 998 characters, as mail wants.
long="https://join.example.org/$(printf '%0867d' 0)?{token}"
with_mail --invitation-url "$long"
invite long@example.org
is "$(text_of 11 | grep -cxF "${long/\{token\}/${token/:/%3A}}")" 1 'the text: a long link'
is "$(awk 'length($0) > 998' "$T/mails/11" | wc -l) $(text_of 11 | awk 'length($0) > 998' | wc -l)" '0 0' 'in a line that a mail may have'
# Nobody writes headers, or an end of the mail, by what he names.
for email in 'ann@example.org\r\nBcc: eve@example.org' 'ann@example.org\nBcc: eve@example.org' 'ann@example.org> <eve@example.org'; do
    invite "$email"
    is "$status $(ls "$T/mails" | wc -l)" '400 11' "no mail to $email"
done
org=$(new_org '.')
invite dot@example.org
like "$(text_of 12)" 'join \. with the role member\.$' 'a name that is a dot'
orgd_end
unsink

sink login
echo secret > "$T/password"; chmod 600 "$T/password"
with_mail --smtp-user orgd --smtp-password-file "$T/password"
invite ann@example.org; is "$status $(field .mailed) $(field 'has("link")')" '200 true false' 'with user and password; without URL no link'
orgd_stop
echo wrong > "$T/password"
with_mail --smtp-user orgd --smtp-password-file "$T/password"
invite ann@example.org; is "$status $(field .mailed)" '200 false' 'with a wrong one'
like "$(cat "$ORGD_LOG")" '^orgd: [0-9a-f]{16} mail not sent: .*(denied|530|535|67)' 'the log says why'
unlike "$(cat "$ORGD_LOG")" $'\x1b' 'in harmless characters'
orgd_end
unsink

for mode in refuse drop; do
    sink $mode
    with_mail
    invite ann@example.org
    is "$status $(field .mailed)" '200 false' "$mode: the invitation is made"
    like "$(tail -n 1 "$ORGD_LOG")" 'mail not sent: ' "$mode: the log says why"
    call /organizations/invitations/list "{\"organizationId\":\"$org\"}" "$OWNER"
    is "$(jq '[.invitations[]|select(.email=="ann@example.org")]|length' <<< "$body")" 1 "$mode: and is pending"
    orgd_end
    unsink
done
with_mail # nobody listens there now
invite ann@example.org; is "$status $(field .mailed)" '200 false' 'no mail server at all'
orgd_stop

sink hang
with_mail
request /organizations/invitations/create -o "$T/hung" -w '%{http_code} %{time_total}' -d "{\"organizationId\":\"$org\",\"email\":\"h@example.org\"}" -H "Authorization: Bearer $OWNER" > "$T/hung.end" & hung=$!
sleep 0.5
begun=$(date +%s%3N)
for i in 1 2 3; do call /organizations/update "{\"organizationId\":\"$org\",\"name\":\"Name $i\"}" "$OWNER"; done
took=$(($(date +%s%3N) - begun))
is "$status $((took < 8000))" '200 1' "hang: others are served meanwhile (3 calls in $took ms)"
is "$(cat "$T/hung.end")" '' 'while it waits'
wait $hung
is "$(jq -c '[.mailed,has("token")]' "$T/hung")" '[false,true]' 'after a while it is answered: not mailed'
like "$(cat "$T/hung.end")" '^200 ([4-9]|[12][0-9])\.' 'when the mail server has had its time'
pids=()
for i in $(seq 20); do
    request /organizations/invitations/create -o "$T/full$i" -d "{\"organizationId\":\"$org\",\"email\":\"f$i@example.org\"}" -H "Authorization: Bearer $OWNER" & pids+=($!)
done
wait_for 8 eval '[ "$(cat "$T"/full* 2>/dev/null | grep -o mailed | wc -l)" = 4 ]'
is "$(cat "$T"/full* | jq -c .mailed | sort | uniq -c | tr -s ' ')" ' 4 false' 'sixteen at a time wait, and no more'
begun=$(date +%s%3N)
orgd_end
is $(($(date +%s%3N) - begun < 8000)) 1 'stopping does not wait for mail'
wait "${pids[@]}"
unsink

refused 'go together' '--smtp without --smtp-from' --smtp smtp://localhost
refused 'go together' '--smtp-from without --smtp' --smtp-from a@b.c
refused 'go together' '--smtp-user without a password' --smtp smtp://localhost --smtp-from a@b.c --smtp-user x
for url in http://localhost smtp:// smtp://u:p@host 'smtp://a b' localhost; do refused 'must be smtp' "--smtp $url" --smtp "$url" --smtp-from a@b.c; done
refused 'e-mail' '--smtp-from' --smtp smtp://localhost --smtp-from 'a@b>c'
for url in http://x/ 'ftp://{token}' 'https://x/{token} y' 'httpx://{token}' "$long&"; do refused 'with \{token\}' "--invitation-url $url" --invitation-url "$url"; done
chmod 644 "$T/password"
refused 'password: ' 'a password that others can read' --smtp smtp://localhost --smtp-from a@b.c --smtp-user x --smtp-password-file "$T/password"
chmod 600 "$T/password"; printf 'sec\0ret' > "$T/password"
refused 'password: is no text' 'a password with a NUL in it' --smtp smtp://localhost --smtp-from a@b.c --smtp-user x --smtp-password-file "$T/password"
printf '%0256d' 0 > "$T/password"
refused 'must hold a password of 1-255' 'a password that is too long' --smtp smtp://localhost --smtp-from a@b.c --smtp-user x --smtp-password-file "$T/password"
: > "$T/password"
refused 'must hold a password' 'an empty password' --smtp smtp://localhost --smtp-from a@b.c --smtp-user x --smtp-password-file "$T/password"
done_testing
