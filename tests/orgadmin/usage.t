#!/bin/bash
# The command line: help, suggestions, exit statuses. Nothing here reaches a server.
. "$(dirname "$0")/../lib/tap.sh"
ORGADMIN=$BUILD/orgadmin
export XDG_CONFIG_HOME=$T/config
unset ORGADMIN_ORG ORGADMIN_TOKEN_FILE

run() { out=$("$ORGADMIN" "$@" 2> "$T/err" < /dev/null); rc=$?; err=$(cat "$T/err"); }
# fails STATUS REGEX ARGUMENT...: nothing on standard output, one line on standard error; the test is called by the arguments, or $NAME
fails() {
    local want=$1 text=$2 name; shift 2
    name=$(sed -E "s|$T|DIR|g; s|'([A-Za-z0-9_./:=@-]+)'|\1|g" <<< "${NAME:-orgadmin ${*@Q}}")
    name=${name:0:80}
    run "$@"
    is "$rc/$out/$(wc -l < "$T/err")" "$want//1" "$name: exits $want with one line"
    like "$err" "^orgadmin: .*$text" "$name: the message"
}

(umask 077; echo key:secret > "$T/token"; printf 'two words\n' > "$T/words"; printf 'key:\0secret\n' > "$T/nul"; head -c 9000 /dev/zero | tr '\0' x > "$T/long")
run --help
is "$rc/$err" 0/ 'orgadmin --help exits 0 with nothing on standard error'
like "$out" '^  member grant MEMBER ROLE ' 'orgadmin --help lists the commands with their arguments'
for noun in org member invitation role token billing subscription credit secret file host; do
    run $noun --help
    is "$rc" 0 "orgadmin $noun --help exits 0"
    is "$(sed -n 's/^  \([a-z]*\) .*/\1/p' <<< "$out" | sort -u)" $noun "orgadmin $noun --help lists its verbs alone"
done
"$ORGADMIN" --help | sed -n 's/^  \([a-z]\+\( [a-z]\+\)\?\) .*/\1/p' > "$T/commands"
ok 'orgadmin --help lists at least 57 commands' test "$(wc -l < "$T/commands")" -ge 57
while read -r command; do
    run $command --help
    is "$rc/$err" 0/ "orgadmin $command --help exits 0 with nothing on standard error"
    like "$out" "^Usage: orgadmin $command" "orgadmin $command --help prints its usage"
done < "$T/commands"
run --version
like "$rc $out" '^0 orgadmin [0-9]+\.[0-9]+\.[0-9]+$' 'orgadmin --version prints the version'

NAME='orgadmin without arguments' fails 2 'no command is given'
fails 2 'unknown command "memebr"; did you mean "member"\?' memebr list
fails 2 'unknown command "ogr"; did you mean "org"\?' ogr
fails 2 'unknown command "frobnicate"; see orgadmin --help' frobnicate
fails 2 'unknown verb "lsit"; did you mean "list"\?' member lsit
fails 2 'unknown command "organizatoin"; did you mean "org"\?' organizatoin list
fails 2 'unknown verb "delte"; did you mean "remove"\?' member delte bob
fails 2 'unknown verb "delte"; did you mean "revoke"\?' token delte t1
fails 2 'unknown option "--formta"; did you mean "--output"\?' member list --formta json
fails 2 'unknown verb "drop"; see orgadmin member --help' member drop
fails 2 'member needs a verb, one of: list, show, add, role, grant, revoke, suspend, resume, end-tokens, where, remove' member
fails 2 'unknown option "--rol"; did you mean "--role"\?' member add a@b.c --rol admin
fails 2 'unknown option "-x"; see' -x
fails 2 '--role has no meaning for "member list"' member list --role admin
fails 2 '--org is given twice' member list --org a --org b
fails 2 '--yes takes no value' member remove a --yes=no
fails 2 '--url needs a value: --url URL' member list --url
fails 2 'give either --for or --until' member role bob admin --for 2h --until tomorrow
fails 2 '--for must be a time such as 2h' member role bob admin --for 2x
fails 2 '--for must be a time such as 2h' member role bob admin --for 0s
fails 2 '--until: "soon" is no time' member role bob admin --until soon
fails 2 '--for and --until are for a ROLE' member role bob --permissions a --for 2h
fails 2 'MEMBER is missing; usage: orgadmin member show MEMBER' member show
fails 2 'the role is missing: give ROLE, or --permissions' member role a
fails 2 'ROLE is missing' member grant a
fails 2 'MEMBER is empty' member show ''
fails 2 '"b" is one argument too many' member show a b
fails 2 '"27" is one argument too many' $(seq 28)
fails 2 'csv, not "xml"' -o xml org list
fails 2 'csv, not "xml"' -oxml org list
fails 2 'csv, not "xml"' org list -o=xml
fails 2 'csv, not ""' org list -o=
fails 2 'unknown option "-xyz"; see' -xyz org list
fails 2 '--yes takes no value' org delete x -yes
fails 2 'login needs --url URL, or a vendor' login
fails 2 '--provider native needs --url' --provider native org list
fails 2 '--provider file needs --url' login --provider file
fails 2 'unknown provider "cratdb"; did you mean "cratedb"\?' --provider cratdb org list
fails 2 'unknown provider "nothing"; there are native intrinsic satusky cratedb upsun platformsh github file' login --provider nothing
fails 2 '--provider-option needs KEY=VALUE, not "region"' org list --provider-option region
fails 2 '--provider-option: "=x" needs a name before the =' org list --provider-option =x
fails 2 '--provider-option: "region" is given twice' org list --provider-option region=a --provider-option region=b
fails 2 '--region: "region" is given twice' org list --provider-option region=a --region b
fails 2 '--sudo takes no value' org list --sudo=1
fails 2 '--sudo is given twice' org list --sudo --sudo
fails 2 '--set has no meaning for "member list"' member list --set a=b
# shellcheck disable=SC2046 # a word each
fails 2 '--set: there are more than 20' org edit $(printf -- '--set f%d=1 ' $(seq 21))
fails 2 '--set name: that is given already' org edit --name a --set name=b
fails 2 '--set org: that is given already' billing edit --set org=b
fails 2 'give --set FIELD=VALUE' billing edit
fails 2 'give --name NAME, or --set' org edit
fails 2 'needs --amount DOLLARS and --expires TIME' credit create --amount 300
fails 2 'give --amount, --expires or --comment' credit edit c1
fails 2 'give --type aws or --type azure' secret create s
fails 2 '/nonexistent: No such file' file upload /nonexistent
fails 2 '/: not a regular file' file upload /
run org list --help; like "$out" '  --provider PROVIDER .*: native, intrinsic, satusky, cratedb, upsun, platformsh, github, file$' 'orgadmin org list --help names the providers'
fails 2 'unknown provider "nothing"' --provider nothing --url http://127.0.0.1:1 --token-file "$T/token" role list
fails 2 'no terminal to ask on' login --url http://127.0.0.1:1
fails 2 'unknown option "--x.\[2Jy"|unknown option' $'--x\e[2Jy'
unlike "$err" $'\e' 'orgadmin prints no control character of an unknown option'
fails 2 'no terminal to ask on' invitation accept --url http://127.0.0.1:1 --username a

fails 3 'not logged in: orgadmin login --url URL' org list
fails 3 'not logged in' org current
fails 3 'no token for http://127.0.0.1:1' org list --url http://127.0.0.1:1
fails 3 'the token file /nonexistent does not exist' org list --url http://127.0.0.1:1 --token-file /nonexistent
fails 3 'standard input: there is no token' org list --url http://127.0.0.1:1 --token-file -
fails 3 'more than one word' org list --url http://127.0.0.1:1 --token-file "$T/words"
fails 3 'the token file .*/nul is no text' org list --url http://127.0.0.1:1 --token-file "$T/nul"
fails 3 'too long' org list --url http://127.0.0.1:1 --token-file "$T/long"
cp "$T/token" "$T/shown"; chmod 644 "$T/shown"
fails 3 'is readable by group or others' org list --url http://127.0.0.1:1 --token-file "$T/shown"
ln -s shown "$T/link"
fails 3 'is readable by group or others' org list --url http://127.0.0.1:1 --token-file "$T/link"
if [ "$(id -u)" = 0 ]; then
    ln -s token "$T/theirs"; chown -h 65534 "$T/theirs"
    fails 3 'is a symbolic link' org list --url http://127.0.0.1:1 --token-file "$T/theirs"
fi
NAME='orgadmin org list without a usable home' XDG_CONFIG_HOME=relative HOME='' fails 3 'neither XDG_CONFIG_HOME nor HOME' org list
fails 2 'plain http goes to this machine only' org list --url http://org.example.com --token-file "$T/token"
fails 2 '--ca-file /nonexistent: No such file' org list --url https://localhost --token-file "$T/token" --ca-file /nonexistent

fails 4 'onnect' org list --url http://127.0.0.1:1 --token-file "$T/token"
fails 4 'onnect' --url http://127.0.0.1:1 org list --token-file="$T/token" # before the noun, and with =
NAME='orgadmin org list with ORGADMIN_TOKEN_FILE' ORGADMIN_TOKEN_FILE=$T/token fails 4 'onnect' org list --url http://127.0.0.1:1
ok 'a refused command line stores nothing' test ! -e "$XDG_CONFIG_HOME"
"$ORGADMIN" --help > /dev/full 2> "$T/err"
is "$?" 4 'orgadmin --help onto a full disk exits 4'
like "$(cat "$T/err")" 'standard output: No space left' 'orgadmin --help onto a full disk says so'

# the same for a listing that is longer than any buffer, and for who closes the pipe because he has seen enough
printf '{"organization":{"id":"o","name":"Acme"},"members":[' > "$T/export"
seq -f '{"id":"usr_%06.0f","roles":["member"],"state":"active"},' 20000 >> "$T/export"
printf '{"id":"usr_000000","roles":["owner"],"state":"active"}]}' >> "$T/export"
chmod 600 "$T/export"
for format in table json yaml csv; do
    "$ORGADMIN" member list --provider file --url "$T/export" -o $format > /dev/full 2> "$T/err"
    is "$?/$(cat "$T/err")" '4/orgadmin: standard output: No space left on device' "member list -o $format onto a full disk exits 4 and says so"
    "$ORGADMIN" member list --provider file --url "$T/export" -o $format 2> "$T/err" | head -n 1 > "$T/out"
    is "${PIPESTATUS[0]}/$(wc -l < "$T/out")/$(cat "$T/err")" 141/1/ "member list -o $format into a closed pipe exits 141 without a message"
done
done_testing
