#!/bin/bash
# What SIGHUP reads again besides certificates (tls.t): the mail server's password.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/orgd.sh"
need python3
mkdir "$T/mails"
listen "$T/port" python3 "$TOP/tests/orgd/sink.py" login "$T/mails" 2> "$T/sink.log"
invite() { n=$((${n-0} + 1)); call /organizations/invitations/create "{\"organizationId\":\"$org\",\"email\":\"m$n@example.org\"}" "$OWNER"; field .mailed; }
# reload REGEX: SIGHUP, and a new line in the log
reload() { : > "$ORGD_LOG"; kill -HUP "$orgd_pid"; wait_for 30 grep -Eq "$1" "$ORGD_LOG"; }
echo wrong > "$T/password"; chmod 600 "$T/password"
orgd_start --smtp "smtp://127.0.0.1:${heard##*:}" --smtp-from orgd@example.org --smtp-user orgd --smtp-password-file "$T/password"
org=$(new_org Acme)
is "$(invite)" false 'no mail is sent with a wrong password'
echo secret > "$T/password"
ok 'SIGHUP reads the password again, and the log says that it is new' reload '/password: the password is a new one$'
is "$(invite)" true 'a mail is sent with the new password'
ok 'the log says that the password is unchanged' reload '/password: the password is unchanged$'
chmod 644 "$T/password"; echo wrong > "$T/password"
ok 'the log says that the previous password stays in use when others can read the file' reload '/password: the previous password stays in use$'
is "$(invite)" true 'the previous password stays in use'
unlike "$(cat "$ORGD_LOG")" 'secret|wrong' 'the log has no password'
orgd_end
done_testing
