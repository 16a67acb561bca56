#!/bin/bash
# The noun machine: the line that lets a machine enroll has a code, and the server's key where its certificate is from a private authority.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/orgd.sh"
need openssl
cd "$T" || exit 1
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout ca.key -out ca.pem -days 30 -subj /CN=ca 2>/dev/null
for kind in 'ec -pkeyopt ec_paramgen_curve:prime256v1' 'rsa:2048'; do
    # shellcheck disable=SC2086 # words
    openssl req -newkey $kind -nodes -keyout "${kind:0:2}.key" -out "${kind:0:2}.csr" -subj /CN=server 2>/dev/null
    openssl x509 -req -in "${kind:0:2}.csr" -CA ca.pem -CAkey ca.key -set_serial 7 -days 20 -out "${kind:0:2}.pem" -extfile <(echo 'subjectAltName=IP:127.0.0.1') 2>/dev/null
    chmod 600 "${kind:0:2}.key"
done
pin_of() { openssl x509 -in "$1" -pubkey -noout | openssl pkey -pubin -outform der | openssl dgst -sha256 -binary | base64; }
export XDG_CONFIG_HOME=$T/home
admin() { "$BUILD/orgadmin" "$@"; }
orgd_start --tls 127.0.0.1:0 --cert ec.pem --key ec.key
at=$(sed -n 's,^listening on https://,,p' orgd.out)
(umask 077; echo "$OWNER" > owner)
admin login --url "$URL" --token-file owner 2>/dev/null
admin org create Acme > /dev/null 2>&1

line=$(admin machine invite web01 --labels env=prod 2> err)
is $? 0 'machine invite succeeds'
like "$line" "^orgadmin host enroll --url $URL --code mach_[a-z0-9]{20}:[A-Za-z0-9_-]{43}\$" 'machine invite prints one line'
like "$(cat err)" 'once, as root on web01, within an hour' 'machine invite tells what the line is for'
like "$(cat err)" 'leads nowhere from another machine' 'machine invite tells that a loopback address leads nowhere'
is "$(admin machine list --columns name,labels,refused,maker)" $'NAME  LABELS   REFUSED MAKER\nweb01 env=prod       0 owner' 'machine list shows it'
is "$(admin machine show web01 -o json | jq -r '.name + " " + (has("code") | tostring)')" 'web01 false' 'machine show finds it by name, and has no secret'
admin machine invite db01 --out line 2> err
is "$(stat -c %a line) $(cut -d' ' -f1-3 line)" '600 orgadmin host enroll' 'machine invite --out writes the line to a file of mode 600'
admin machine invite 'db 01' 2> err; is $? 1 'machine invite refuses a name that no host has'
like "$(cat err)" "must be a host's name" 'machine invite tells the form of a name'
admin machine invite x --labels env 2> err; is $? 1 'machine invite refuses labels without a value'
echo precious > kept; admin machine invite web02 --out kept 2> err; is "$? $(cat kept)" '2 precious' 'machine invite --out replaces no file'
admin machine invite web01 --out /nowhere/line 2> err; is $? 2 'machine invite makes no code that has no place'
admin machine revoke web01 2> err < /dev/null; is $? 2 'machine revoke asks'
admin machine revoke web01 --yes 2> err; is $? 0 'machine revoke --yes does not ask'
like "$(cat err)" 'orgadmin host unenroll' 'machine revoke tells what is left to do'
is "$(admin machine list --columns name --no-header)" db01 'a revoked machine is gone'

# --- a private authority ---
for kind in ec rs; do
    [ $kind = ec ] || { orgd_stop; orgd_start --tls 127.0.0.1:0 --cert rs.pem --key rs.key; at=$(sed -n 's,^listening on https://,,p' orgd.out); }
    admin login --profile $kind --url "https://$at" --ca-file ca.pem --token-file owner 2>/dev/null
    line=$(admin machine invite web02 --profile $kind --org Acme 2> err)
    is "$? ${line##* --pin }" "0 sha256//$(pin_of $kind.pem)" "machine invite has the SHA-256 of the server's key ($kind)"
    unlike "$(cat err)" 'nowhere' 'an https address leads somewhere'
    is "$(sql "SELECT ca FROM machines WHERE name = 'web02'")" "$(cat ca.pem)" "the machine will get the authority's certificate"
done
{ cat ca.pem; head -c 20000 /dev/zero | tr '\0' '#'; } > bundle.pem
admin machine invite web03 --profile rs --org Acme --ca-file bundle.pem 2> err
like "$? $(cat err)" '^2 .*bundle.pem: has more than 16384 bytes' 'machine invite refuses a file of many authorities'
orgd_end
done_testing
