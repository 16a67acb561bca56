#!/bin/bash
# Completion: what orgadmin offers, and what a shell makes of it.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/orgd.sh"
ORGADMIN=$BUILD/orgadmin
umask 022
unset ORGADMIN_ORG ORGADMIN_TOKEN_FILE ORGADMIN_PROFILE
export XDG_CONFIG_HOME=$T/config LC_ALL=C.UTF-8
COMPLETIONS=$TOP/packaging/completions

# offers WORD...: the candidates, sorted, in one line
offers() { "$ORGADMIN" --complete "$@" 2>&1 | cut -f1 | LC_ALL=C sort | tr '\n' ' ' | sed 's/ $//'; }

is "$(offers)" "$("$ORGADMIN" --help | sed -n 's/^  \([a-z]*\) .*/\1/p' | LC_ALL=C sort -u | tr '\n' ' ' | sed 's/ $//')" 'completion without a word offers every noun'
is "$(offers me)" member 'completion offers the noun that a prefix begins'
for noun in context org member invitation joincode role token audit billing subscription credit secret file host; do
    is "$(offers $noun '')" "$("$ORGADMIN" $noun --help | sed -n "s/^  $noun \([a-z-]*\) .*/\1/p" | LC_ALL=C sort | tr '\n' ' ' | sed 's/ $//')" \
        "completion of $noun offers the verbs of its help"
done
"$ORGADMIN" --help | sed -n 's/^  \([a-z]\+\( [a-z-]\+\)\?\) .*/\1/p' > "$T/commands"
while read -r command; do
    is "$(offers $command -)" "$("$ORGADMIN" $command --help | sed -n 's/^  \(-[a-z], \)\?\(--[a-z-]*\).*/\2/p' | LC_ALL=C sort | tr '\n' ' ' | sed 's/ $//')" \
        "completion of $command offers the options of its help"
done < "$T/commands"
is "$("$ORGADMIN" --complete member l)" $'list\tlist the members' 'completion adds a description to a verb'
is "$(offers member list --output '')" 'csv json jsonl table wide yaml' 'completion of --output offers its values'
is "$(offers member list -o y)" yaml 'completion of -o offers its values'
is "$(offers member list --output=y)" --output=yaml 'completion of --output= offers its values'
is "$(offers --output json member sh)" show 'completion accepts options before the noun'
is "$(offers member list --no-header --no)" '' 'completion offers an option once'
is "$(offers member list --columns id,us)" id,username 'completion of --columns offers columns behind a comma'
is "$(offers member list --sort st)" state 'completion of --sort offers columns'
is "$(offers login --token-file '')/$(offers file upload '')/$(offers file show '')" :files/:files/ 'completion of file arguments asks for local files, of file show not'
is "$(offers org list --provider '')" 'cratedb file github intrinsic native platformsh satusky upsun' 'completion of --provider offers the providers'
is "$(offers org list --provider=up)" --provider=upsun 'completion of --provider= offers the providers'
is "$(offers org list --provider-option region=a --provider-o)" --provider-option 'completion offers a repeatable option again'
is "$(offers nothing '')/$(offers member nothing '')/$(offers org list x '')" // 'completion offers nothing behind an unknown or surplus word'
is "$(offers org show '')" '' 'completion offers no names before any listing'

orgd_start --owner ann@example.org
(umask 077; printf '%s\n' "$OWNER" > "$T/ann.token")
{
    "$ORGADMIN" login --url "unix:$SOCKET" --token-file "$T/ann.token"
    "$ORGADMIN" org create 'Acme Works' && "$ORGADMIN" org create "\$(touch $T/pwned)" && "$ORGADMIN" org create -- '-n' && "$ORGADMIN" org create $'Z\u202e'
    "$ORGADMIN" org create Acme -o json > "$T/acme" && "$ORGADMIN" org list
} > "$T/out" 2>&1 || fail 'the listings for completion can be made' "$(cat "$T/out")"
join "$(jq -r .id "$T/acme")" bob member
"$ORGADMIN" member list > "$T/out"; "$ORGADMIN" role list > "$T/out"
is "$(offers org switch A)" 'Acme Acme Works' 'completion of org switch offers the organizations of the last listing'
is "$(offers member list --org Acme\ )" 'Acme Works' 'completion of --org offers organizations'
is "$(offers org switch -)" '--help --profile' 'completion offers no organization that looks like an option'
is "$(offers org switch Z)" '' 'completion offers no organization with invisible characters'
is "$(offers member remove '')" 'ann bob' 'completion of member remove offers members'
is "$(offers member role bob '')" 'admin member owner' 'completion of member role offers roles'
is "$(offers invitation create x@y.z --role o)" owner 'completion of --role offers roles'
is "$(offers context switch '')" default 'completion of context switch offers profiles'
is "$(offers member show --profile nobody '')" '' 'completion offers no names of another profile'
NAMES=$XDG_CONFIG_HOME/orgadmin/default.names
is "$(stat -c %a "$NAMES")/$(grep -c live_ "$NAMES")" 600/0 'the file of names is private and has no secret'
before=$(stat -c %i "$NAMES"); "$ORGADMIN" member list > "$T/out"; is "$(stat -c %i "$NAMES")" "$before" 'a listing without a change leaves the file of names alone'
head -c 1000000 /dev/urandom > "$NAMES"; is "$("$ORGADMIN" --complete member show '' > "$T/out" 2>&1; echo $?)" 0 'completion with a damaged file of names exits 0'
"$ORGADMIN" member list > "$T/out"; "$ORGADMIN" org list > "$T/out"; "$ORGADMIN" role list > "$T/out"
is "$(offers member remove '')" 'ann bob' 'a listing replaces a damaged file of names'
ok 'the file of names has a bounded size' test "$(stat -c %s "$NAMES")" -le 262144

# A quick call, where nothing was listed lately
acme=$(jq -r .id "$T/acme")
rm "$NAMES"
is "$(offers member show '')" 'ann bob' 'completion asks for the members where none were listed'
is "$(offers member role ann '')/$(offers member list --org Acme\ )" 'admin member owner/Acme Works' 'and for roles and organizations'
join "$acme" cid member
is "$(offers member show '')" 'ann bob' 'it does not ask again within a minute'
age() { sed -i -E "s/^([OMR])[0-9]+/\1$(($(date +%s) - 61))/" "$NAMES"; }
age; is "$(offers member show '')" 'ann bob cid' 'it asks again after a minute'
is "$(offers member show --org 'Acme Works' '')" ann 'completion with --org offers the members of that organization'
is "$(offers member show '')" 'ann bob cid' 'and without it those of the current one'
is "$(offers member show --url http://127.0.0.1:9 '')/$(offers member show --provider upsun '')/$(offers member show --token-file "$T/ann.token" '')" // 'completion asks nobody where the line says --url, --provider or --token-file'
is "$(XDG_CONFIG_HOME=$T/none ORGADMIN_URL=unix:$SOCKET ORGADMIN_TOKEN_FILE=$T/ann.token ORGADMIN_ORG=$acme offers member show '')" 'ann bob cid' 'completion asks the server that the environment names'
ok 'and keeps nothing of it' test ! -e "$T/none"

# within NAME_CALL_MS and what a busy machine takes more
quickly() {
    local begun got
    begun=$(date +%s%3N)
    got=$(offers "$@")
    echo "$got $(($(date +%s%3N) - begun < 6000))"
}
mkfifo "$T/fifo"
is "$(XDG_CONFIG_HOME=$T/none ORGADMIN_URL=unix:$SOCKET ORGADMIN_TOKEN_FILE=$T/fifo quickly member show '')" ' 1' 'a token that does not come does not keep completion'
is "$(XDG_CONFIG_HOME=$T/none ORGADMIN_URL=unix:$SOCKET ORGADMIN_TOKEN_FILE=- offers member show '' < /dev/zero)" '' 'completion reads no token from standard input'
listen "$T/hostile" python3 "$TOP/tests/fakes/hostile.py" --log "$T/hostile.log"
stall() { XDG_CONFIG_HOME=$T/none ORGADMIN_URL=$heard/$1 ORGADMIN_TOKEN_FILE=$T/ann.token ORGADMIN_ORG=$acme quickly member show ''; }
for how in stall whispering nothing html 401 429 500 big; do is "$(stall $how)" ' 1' "completion beside a server that does \"$how\" offers nothing, soon"; done
is "$(XDG_CONFIG_HOME=$T/none ORGADMIN_URL=$heard/hostile ORGADMIN_TOKEN_FILE=$T/ann.token ORGADMIN_ORG=org_1 "$ORGADMIN" --complete member show '' 2>&1)" \
    $'root\n../x\na:b\n@x.org' 'a name that is no clean line is not offered'
kill -STOP "$orgd_pid"; age
is "$(quickly member show '')" 'ann bob cid 1' 'completion beside a server that has stopped offers the names of before, soon'
begun=$(date +%s%3N); offers member show '' > "$T/out"
ok 'and does not try again at once' test $(($(date +%s%3N) - begun)) -lt 1000
is "$(offers member show --org nobody '')/$(offers member show '')" '/ann bob cid' 'an unknown organization has no names, and takes none away'
kill -CONT "$orgd_pid"
if [ "$(id -u)" = 0 ]; then
    install -d -o 65534 "$T/home"; before=$(find "$T/home")
    is "$(unset XDG_CONFIG_HOME; HOME=$T/home offers member show '')/$(find "$T/home")" "/$before" "completion as root with a user's HOME leaves nothing there"
else
    pass "completion as root with a user's HOME # SKIP needs root"
fi
is "$(XDG_CONFIG_HOME=relative HOME=nowhere offers member show '')" '' 'completion without a home offers nothing'
ln -sf "$T/elsewhere" "$NAMES"; is "$(offers member show '')" 'ann bob cid' 'a link in the place of the file of names'
ok 'is not followed' test ! -e "$T/elsewhere"
is "$(offers api member.l)/$(offers api member.list '')/$(offers org create --operation '')" member.list// 'completion offers the operations of api'
is "$(offers token create --env '')/$(offers member list --state '')" 'live test/active pending removed suspended' 'completion offers the values of --env and --state'
orgd_end
done_testing
