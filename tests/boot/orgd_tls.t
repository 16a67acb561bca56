#!/bin/bash
# Certificates under a real systemd: the lines of orgd(8) let orgd.service use a key that only root can read, and serve a renewed certificate
# after a reload; orgd init writes the same lines; and README's "A server in a minute", to the letter.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../lib/root.sh"
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/host.sh"
LIVE=/etc/letsencrypt/live/NAME
ARCHIVE=/etc/letsencrypt/archive/NAME

prepare() { :; }
inside_boot

# pem NAME: the certificate or key of that name
pem() { sed -n "/^# $1\$/,/^# END\$/{/^# /d;p}" "$0"; }
# renew NAME: as certbot does, with links into a directory that only root can open
renew() {
    install -d -m 700 /etc/letsencrypt/live /etc/letsencrypt/archive
    mkdir -p "$LIVE" "$ARCHIVE"
    pem "$1.pem" >"$ARCHIVE/fullchain-$1.pem"
    (umask 077; pem "$1.key" >"$ARCHIVE/privkey-$1.pem")
    ln -sfn "../../archive/NAME/fullchain-$1.pem" "$LIVE/fullchain.pem"
    ln -sfn "../../archive/NAME/privkey-$1.pem" "$LIVE/privkey.pem"
}
# served: the name of the certificate that is served
served() {
    local name
    python3 -c 'import ssl; print(ssl.get_server_certificate(("127.0.0.1", 443)), end="")' >"$T/served" 2>&1
    for name in one two; do ! cmp -s "$T/served" <(pem "$name.pem") || echo "$name"; done
}
serves() { [ "$(served)" = "$1" ]; }
journal() { journalctl --quiet --boot --unit=orgd --output=cat; }

renew one
mkdir -p /etc/systemd/system/orgd.service.d
sed -n '/^\[Service\]$/,/^\.Ed$/p' "$TOP/packaging/man/orgd.8" | sed '$d' >/etc/systemd/system/orgd.service.d/tls.conf
systemctl daemon-reload
ok "orgd.service starts with the lines of orgd(8)" systemctl start orgd.service
ok "the certificate is served" wait_for 30 serves one
is "$(stat -c '%U %a' /run/orgd/key.pem /run/orgd/chain.pem | xargs)" "orgd 600 orgd 600" "only orgd can read the copies of certificate and key"
ok "orgd.service is reloaded" systemctl reload orgd.service
ok "the log says that the certificate is unchanged" wait_for 30 eval "journal | grep -q 'chain.pem: the certificate is valid until .*, unchanged$'"
renew two
ok "orgd.service is reloaded after a renewal" systemctl reload orgd.service
ok "the renewed certificate is served" wait_for 30 serves two
ok "the log says that the certificate is a new one" wait_for 30 eval "journal | grep -q 'chain.pem: the certificate is valid until .*, a new one$'"
# A link that the service's own user puts in the way leads nowhere else.
ln -sfn /etc/shadow /run/orgd/key.pem
before=$(cksum </etc/shadow)
ok "orgd.service is reloaded although a link is in the place of a copy" systemctl reload orgd.service
is "$(cksum </etc/shadow) $(stat -c %F /run/orgd/key.pem)" "$before regular file" "the link is replaced, and the file behind it is as before"
ok "orgd.service stops" systemctl stop orgd.service
is "$(ls -d /run/orgd 2>&1)" "ls: cannot access '/run/orgd': No such file or directory" "the copies are gone when the service has ended"

# --- orgd init does the same ---
rm -r /etc/systemd/system/orgd.service.d/tls.conf /var/lib/orgd
rm -rf /run/orgd
systemctl daemon-reload
ok "orgd.service starts without a user" systemctl start orgd.service
ok "the journal tells root what to run" wait_for 30 eval "journal | grep -q 'has no user yet: run orgd init as root'"
(umask 077; echo secret >/etc/orgd.password)
init() { orgd init --owner olga@acme.example --tls 0.0.0.0:443 --cert "$LIVE/fullchain.pem" --key "$LIVE/privkey.pem" "$@" </dev/null; }
(umask 077; init --smtp smtps://mail.acme.example --smtp-from orgd@acme.example --smtp-user orgd --smtp-password-file /etc/orgd.password >"$T/token" 2>"$T/told")
is "$?" 0 "orgd init makes the first user beside a running server"
like "$(cat "$T/token")" '^live_[a-z0-9]{20}:[A-Za-z0-9_-]{43}$' "the token is all of the standard output of orgd init"
is "$(sed -n 's/^  systemctl//p' "$T/told")" ' daemon-reload && systemctl restart orgd' "orgd init prints the line that puts the settings in force"
ok "the printed line succeeds" bash -ec "$(grep -E '^  systemctl' "$T/told")"
ok "the certificate is served as orgd init has it" wait_for 30 serves two
is "$(stat -c '%U %a' /run/orgd/key.pem /run/orgd/chain.pem /run/orgd/smtp.password /var/lib/orgd /var/lib/orgd/orgd.db | xargs)" "orgd 600 orgd 600 orgd 600 orgd 700 orgd 600" \
    "what orgd reads belongs to orgd alone"
renew one
ok "orgd.service is reloaded with the drop-in of orgd init" systemctl reload orgd.service
ok "a renewed certificate is served" wait_for 30 serves one
login=$(sed -n 's/^  \(orgadmin login.*\)/\1/p' "$T/told")
ok "the printed line logs the first user in" bash -c "HOME=/root $login --token-file $T/token"
is "$(journalctl --quiet --boot --output=cat | grep -c -e "$(cut -d: -f2 "$T/token")")" 0 "the journal does not have the token"
before=$(cat /etc/orgd/orgd.conf /etc/systemd/system/orgd.service.d/init.conf | cksum)
is "$(init --quota mails=1 2>"$T/told")" '' "orgd init prints no second token"
is "$(cat /etc/orgd/orgd.conf /etc/systemd/system/orgd.service.d/init.conf | cksum)" "$before" "orgd init changes no file that is there"

# --- a server in a minute ---
systemctl stop orgd.service
rm -rf /var/lib/orgd /etc/orgd /etc/systemd/system/orgd.service.d
awk '/^## / { on = /A server in a minute/ } on && /^```/ { block = !block; next } on && block { sub(/ *#.*/, ""); print }' "$TOP/README.md" >"$T/minute"
line() { sed -n "$1p" "$T/minute"; }
is "$(line 1)|$(line 3)" 'orgd init|orgadmin login --url unix:/run/orgd/orgd.sock' "README begins with orgd init, and logs in by the socket"
typed "$T/seen" "$(line 1) >$T/token" 'first user: ' 'olga@acme.example\n' 'or none \[none\]: ' '\n' 'Mail server' '\n'
like "$(cat "$T/token")" '^live_[a-z0-9]{20}:[A-Za-z0-9_-]{43}$' "orgd init prints a token to who answers its questions"
ok "the server starts" bash -ec "$(line 2)"
typed "$T/seen" "HOME=/root $(line 3)" 'Token: ' "$(cat "$T/token")\n"
like "$(cat "$T/seen")" 'Logged in to unix:/run/orgd/orgd.sock as olga@acme.example' "the first user logs in"
ok "the other lines make an organization and an invitation" bash -ec "export HOME=/root; $(sed 1,3d "$T/minute")"
done_testing
: <<'PEM'
# one.pem
-----BEGIN CERTIFICATE-----
MIIBczCCARmgAwIBAgIUATI0TFv7jkPjoZGDt12dMlGJ2FgwCgYIKoZIzj0EAwIw
DjEMMAoGA1UEAwwDb25lMCAXDTI2MTEyNjA4MjA1MloYDzIxMjYxMTAyMDgyMDUy
WjAOMQwwCgYDVQQDDANvbmUwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAAS+8df9
4qCbwsdKgFQfvUGEeJrDMMZDUy5hpF15+VUcBfxK6nznwzO8gzmzhLu2sUmUN1p/
hLjpvEGpSUDUqmgdo1MwUTAdBgNVHQ4EFgQUcvOGoPplyHcFBpmEajVPwmNaD5Mw
HwYDVR0jBBgwFoAUcvOGoPplyHcFBpmEajVPwmNaD5MwDwYDVR0TAQH/BAUwAwEB
/zAKBggqhkjOPQQDAgNIADBFAiEA77YsmHC2VgPgXVKDhkkB0yv6zF7dDZqxI3Im
K1ZYeJ8CIBjI1xmXPt6tt44rWfQUX7YmTYUolygSxEjeT3sKa4QX
-----END CERTIFICATE-----
# END
# one.key
-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgxMXr8ibisKqfDPIX
R1d/3tVIP/+jnKYco1cs1UdZyYihRANCAAS+8df94qCbwsdKgFQfvUGEeJrDMMZD
Uy5hpF15+VUcBfxK6nznwzO8gzmzhLu2sUmUN1p/hLjpvEGpSUDUqmgd
-----END PRIVATE KEY-----
# END
# two.pem
-----BEGIN CERTIFICATE-----
MIIBcjCCARmgAwIBAgIUWg8iN5xBR26fhhEdFjYGUblwbN4wCgYIKoZIzj0EAwIw
DjEMMAoGA1UEAwwDdHdvMCAXDTI2MTEyNjA4MjA1MloYDzIxMjYxMTAyMDgyMDUy
WjAOMQwwCgYDVQQDDAN0d28wWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAARkpwvn
VzxsOIRu5syMZqhmUEPZkcLAfL3pK7iJ87nc3biMDtZOGKmindnwcCtuXNPAcikp
K4nbLI8Tx13b+QKzo1MwUTAdBgNVHQ4EFgQUaoeKxdaIAvrTpxekuobP5yacGcww
HwYDVR0jBBgwFoAUaoeKxdaIAvrTpxekuobP5yacGcwwDwYDVR0TAQH/BAUwAwEB
/zAKBggqhkjOPQQDAgNHADBEAiBvRdxSOLarT/LMkb6WBZdnF7ACEooC6vQ2ETxm
Bp4vyAIgPpRTdSAspWjJK1SRM227dEqtAZV3yRa9YJ6/SpY5Urg=
-----END CERTIFICATE-----
# END
# two.key
-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgUK6V7kngRQi19Kdg
xvpuN3m8ISBTj8hpLTaJWETgQ4KhRANCAARkpwvnVzxsOIRu5syMZqhmUEPZkcLA
fL3pK7iJ87nc3biMDtZOGKmindnwcCtuXNPAcikpK4nbLI8Tx13b+QKz
-----END PRIVATE KEY-----
# END
PEM
