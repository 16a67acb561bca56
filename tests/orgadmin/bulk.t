#!/bin/bash
# member add of many: what is refused at once, what fails line by line, what is left, an interrupt.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/orgd.sh"
need script python3
ORGADMIN=$BUILD/orgadmin
umask 022
unset ORGADMIN_ORG ORGADMIN_TOKEN_FILE ORGADMIN_PROFILE
export XDG_CONFIG_HOME=$T/config
orgd_start --owner ann@example.org
(umask 077; printf '%s\n' "$OWNER" > "$T/ann.token")
run() { out=$("$ORGADMIN" "$@" 2> "$T/err" < "${INPUT:-/dev/null}"); rc=$?; err=$(cat "$T/err"); }
# fails STATUS REGEX NAME ARGUMENT...
fails() { local want=$1 text=$2 name=$3; shift 3; run "$@"; is "$rc/$out" "$want/" "$name"; like "$err" "$text" "$name: the message"; }
invited() { "$ORGADMIN" invitation list -o json | jq -r '[.[] | .email + "=" + .roles[0]] | sort | join(" ")'; }
run login --url "unix:$SOCKET" --token-file "$T/ann.token"
run org create Acme

# refused at once
fails 2 'an address is missing: give EMAIL, or --file' 'member add refuses to run without an address' member add
fails 2 'not both' 'member add refuses an address together with --file' member add a@b.c --file "$T/x"
fails 2 'belongs to --file' 'member add refuses --remainder without --file' member add a@b.c --remainder "$T/x"
fails 2 'nonexistent: No such file' 'member add refuses a --file that does not exist' member add --file /nonexistent
printf 'o%s@example.org\n' 1 2 3 > "$T/other"
printf 'bob@example.org\nbob\ncid@example.org member too\n@x\n' > "$T/bad"
fails 2 "bad:2: it does not begin with an e-mail address" 'member add refuses a --file with bad lines' member add --file "$T/bad"
like "$err" "bad:3: there is more than an address and a role" 'member add --file names each bad line'
like "$err" "bad: nobody is invited" 'member add --file with bad lines says that nobody is invited'
is "$(invited)" '' 'member add --file with bad lines invites nobody'
printf '# nothing\n\n' > "$T/none"; fails 2 'there is no address in it' 'member add refuses a --file without an address' member add --file "$T/none"
printf 'a@b.c\0\n' > "$T/nul"; fails 2 'nul: ' 'member add refuses a --file with a NUL' member add --file "$T/nul"
head -c 34000000 /dev/zero | tr '\0' 'a' > "$T/huge"; fails 2 'huge: File too large' 'member add refuses a --file that is too large' member add --file "$T/huge"
mkfifo "$T/fifo"
fails 2 "--remainder $T/fifo: File exists" 'member add takes the place of no device or pipe by --remainder' member add --file <(echo a@b.c) --remainder "$T/fifo"
ok 'the pipe is still one' test -p "$T/fifo"
fails 2 '--remainder /nonexistent/x: No such file' 'member add refuses a --remainder in no directory' member add --file <(echo a@b.c) --remainder /nonexistent/x

printf 'eve@example.org\nfay@example.org\nEve@example.org admin\n' > "$T/twice"
fails 2 'twice:3: Eve@example.org is on line 1 already' 'member add refuses a --file with an address twice' member add --file "$T/twice"
is "$(invited)" '' 'member add --file with an address twice invites nobody'

# all well
printf '# the team\nbob@example.org admin\n  cid@example.org\t# she is new\r\n\ndan@example.org' > "$T/team"
run member add --file "$T/team" --remainder "$T/left"
is "$rc/$(cat "$T/left")" 0/ 'member add --file of three good lines ends with 0 and an empty remainder'
like "$out" '^OUTCOME +EMAIL +ROLES +EXPIRES +MAILED +TOKEN' 'member add --file prints a table'
is "$(awk 'NR > 1 && $NF ~ /^inv_/ {print $1, $2, $3}' <<< "$out" | tr '\n' ' ')" 'invited bob@example.org admin invited cid@example.org member invited dan@example.org member ' 'member add --file prints the outcome and the token of each address'
like "$err" '^3 of 3 invited to Acme; 0 there already, 0 failed, 0 not tried\.$' 'member add --file prints how many were invited'
is "$(invited)" 'bob@example.org=admin cid@example.org=member dan@example.org=member' 'member add --file invites every address with its role'

# nobody who is there already is changed, unless a role is given
run member add --file "$T/team"; is "$rc/$out" 0/ 'member add --file a second time ends with 0'
like "$err" 'team:2: bob@example.org is invited to Acme already as admin' 'member add --file a second time says who is invited already'
like "$err" '^0 of 3 invited to Acme; 3 there already, 0 failed' 'member add --file a second time changes nothing'
fails 1 'bob@example.org is invited to Acme already as admin, and nothing is changed.*invitation resend' 'member add without --role keeps a pending invitation' member add BOB@example.org
fails 1 'is invited to Acme already as admin' 'invitation create without --role keeps a pending invitation' invitation create bob@example.org
fails 2 'Change the roles of 3 of 3 people in Acme\?' 'member add --file with another role asks first' member add --file <(printf '%s owner\n' bob@example.org cid@example.org dan@example.org)
is "$(invited)" 'bob@example.org=admin cid@example.org=member dan@example.org=member' 'no invitation is changed without --role'
run member add cid@example.org --role admin --out "$T/cid"
like "$err" 'cid@example.org was invited to Acme as member; that invitation is replaced by one as admin' 'member add --role of an invited person names both roles'
run member add --file <(echo cid@example.org member) --yes; is "$rc/$(invited)" '0/bob@example.org=admin cid@example.org=member dan@example.org=member' 'member add --file --yes changes a pending invitation'
run invitation create hal@example.org --username hal9; run invitation create hal@example.org --role admin
is "$("$ORGADMIN" invitation list -o json | jq -r '.[] | select(.email == "hal@example.org") | .username + .roles[0]')" hal9admin 'invitation create --role keeps the fixed login name'
run invitation revoke hal@example.org --yes

# roles are checked before anything is sent
printf 'eve@example.org\nfay@example.org adnim\n' > "$T/roles"
fails 1 'roles:2: Acme has no role "adnim"; did you mean "admin"' 'member add --file refuses an unknown role' member add --file "$T/roles"
like "$err" 'roles: nobody is invited' 'member add --file with an unknown role invites nobody'
fails 1 'no role "adnim"; did you mean "admin"' 'member role refuses an unknown role before it is sent' member role ann adnim
fails 1 'no role "adnim"' 'joincode create refuses an unknown role' joincode create --role adnim
fails 1 'no role "adnim"' 'token create refuses an unknown role' token create --role adnim
fails 1 'no permission "members:vew"; did you mean "members:view"' 'role create refuses an unknown permission' role create r --permissions 'org:view, members:vew'
run role create viewer --permissions ' members:view , org:view' ; is "$rc" 0 'role create takes permissions with blanks between'
run role edit viewer --permissions members:view --permissions 'org:view org:manage'
run role list -o json; is "$(jq -rc '.[] | select(.id == "viewer").permissions | sort' <<< "$out")" '["members:view","org:manage","org:view"]' '--permissions may be repeated, and blanks separate'
fails 2 'nothing but commas and blanks' '--permissions refuses nothing but commas' role edit viewer --permissions ' ,'

# some fail, the rest goes on
printf 'ann@example.org\ne@v@e owner\nfay@example.org\nno@body@twice\n' > "$T/mixed"
run member add --file "$T/mixed" --remainder "$T/left" --out "$T/tokens" -o json
is "$rc" 1 'member add --file exits 1 when some lines fail'
like "$err" "mixed:1: ann@example.org is a member of Acme already" 'member add --file reports a member already in, without failing'
like "$err" "^orgadmin: $T/mixed:2: e@v@e: member add in Acme: .*400 invalid" 'member add --file names the line that the server refuses'
is "$(cat "$T/left")" $'e@v@e owner\nno@body@twice' 'member add --file writes the failed lines to --remainder'
like "$err" "To go on: orgadmin member add --file $T/left --remainder $T/left --out $T/tokens.2$" 'member add --file prints the command that continues with the remainder'
is "$(stat -c %a "$T/tokens")/$(sed 's/:.*//; s/inv_.*/inv/' "$T/tokens")" '600/fay@example.org inv' 'member add --out writes the tokens to a private file'
is "$(jq -c '[.[] | [.email, has("token")]]' <<< "$out")" '[["fay@example.org",false]]' 'member add --out keeps the tokens out of the JSON'
# a hint is a line that can be pasted, and leads to where this one was
hinted() { PATH=$BUILD:$PATH XDG_CONFIG_HOME=$T/nobody bash -c "$(sed -n 's/.*: \(orgadmin .*\)$/\1/p' <<< "$err" | tail -n 1)" 2>&1; }
mkdir "$T/a b'c"; cp "$T/ann.token" "$T/a b'c/token"; chmod 600 "$T/a b'c/token"
elsewhere() { XDG_CONFIG_HOME=$T/nobody run "$@" --url "unix:$SOCKET" --token-file "$T/a b'c/token" --org Acme; }
elsewhere member add --file <(printf 'x@y@z\nzed@example.org\n') --remainder "$T/a b'c/left" --out "$T/a b'c/tok"
is "$rc/$(ls "$T/a b'c" | tr '\n' ' ')" '1/left tok token ' 'member add --file without a login keeps what is left'
echo zoe@example.org > "$T/a b'c/left"
like "$(hinted)" '^1 of 1 invited to Acme' 'the command that is printed goes on in the same organization, as the same person'
is "$(ls "$T/a b'c" | tr '\n' ' ')" 'left tok tok.2 token ' 'and writes its tokens beside the first ones'
elsewhere member add zoe@example.org
like "$(hinted)" '^inv_' 'the printed command that sends an invitation again works'
elsewhere member show zoo
like "$err" "see orgadmin member list --url unix:$SOCKET --token-file '$T/a b'\\\\''c/token' --org Acme\$" 'the printed command that lists the members leads to the same place'

printf 'eve@example.org admin\n' > "$T/left"
run member add --file "$T/left" --remainder "$T/left"
is "$rc/$(cat "$T/left")" 0/ 'member add --file accepts its own remainder file and empties it'
INPUT=<(echo gus@example.org) run member add --file - --role admin -o csv
like "$out" 'invited,inv_[a-z0-9]+,gus@example.org,admin,,20' 'member add --file - reads standard input, with --role and CSV'

# progress is for a terminal
unlike "$err" ' of 1$' 'member add --file prints no progress to a pipe'
seen=$(script -qec "$ORGADMIN member add --file $T/other" /dev/null < /dev/null)
like "$seen" $'\r\e\\[K3 of 3\r\e\\[K' 'member add --file shows its progress on a terminal, then erases it'

# more than a page of them
before=$("$ORGADMIN" invitation list -o json | jq length)
seq -f 'm%g@example.org' 1100 > "$T/many"
rm "$T/tokens"; run member add --file "$T/many" --out "$T/tokens"
is "$rc/$(wc -l < "$T/tokens")" 0/1100 'member add --file invites 1100 addresses'
run invitation list -o json
is "$(jq '[.[].id] | unique | length' <<< "$out")" "$((before + 1100))" 'invitation list reads every page'
run audit list -o json
ok 'audit list reads every page' test "$(jq '[.[].id] | unique | length' <<< "$out")" -gt 1100

# a secret is never overwritten
before=$(cat "$T/tokens")
fails 2 "--out $T/tokens: it exists already" 'member add --file --out keeps the tokens of an earlier run' member add --file "$T/other" --out "$T/tokens"
fails 2 'it exists already' 'invitation create --out keeps a file' invitation create new@example.org --out "$T/tokens"
fails 2 'it exists already' 'token create --out keeps a file' token create --out "$T/tokens"
fails 2 'it exists already' 'joincode create --out keeps a file' joincode create --out "$T/tokens"
ln -s "$T/tokens" "$T/link"
fails 2 'it exists already' 'token create --out keeps what a link leads to' token create --out "$T/link"
fails 2 'it exists already' 'token create --out replaces no device' token create --out /dev/null
is "$(cat "$T/tokens")" "$before" 'no token of an earlier run is lost'
fails 2 'the same file' 'member add --file refuses one file for tokens and remainder' member add --file "$T/other" --out "$T/one" --remainder "$T/one"
run token create --out "$(mktemp "$T/empty.XXXX")"; is "$rc/$(cat "$T"/empty.* | grep -c .)" 0/1 'token create --out takes the empty file of mktemp'

# an interrupt: one server answers slowly
listen "$T/port" python3 "$TOP/tests/fakes/hostile.py" --log "$T/log"
slow="--url $heard/slowinvite --token-file $T/ann.token --org acme"
for i in 1 2 3 4 5 6; do echo "p$i@example.org"; done > "$T/six"
rm "$T/tokens"
# shellcheck disable=SC2086 # a list of words
(trap - INT; exec "$ORGADMIN" member add --file "$T/six" --remainder "$T/left" --role admin --out "$T/tokens" $slow > "$T/out" 2> "$T/err") & pid=$!
wait_for 20 grep -q p2@example "$T/log"
ok 'member add --file writes no remainder before it ends' test ! -s "$T/left"
kill -TERM $pid; wait $pid
is "$?" 143 'member add --file interrupted by SIGTERM ends by that signal'
done=$(grep -c ' ' "$T/tokens")
is "$(($(wc -l < "$T/left") + done))" 6 'member add --file interrupted leaves each address done or in the remainder'
like "$(tail -n 1 "$T/left")" '^p6@example.org admin$' 'member add --file interrupted writes the role into the remainder'
is "$(find "$T" -name 'left.*' -o -name 'tokens.*' | wc -l)" 0 'member add --file interrupted leaves no temporary file'
like "$(cat "$T/err")" "$done of 6 invited to acme; 0 there already, 0 failed, $((6 - done)) not tried" 'member add --file interrupted prints how many were not tried'

# one that is ignored, as with nohup, or behind a shell's &, is none
: > "$T/log"
rm "$T/tokens"
# shellcheck disable=SC2086 # a list of words
(trap '' INT; exec "$ORGADMIN" member add --file "$T/six" --out "$T/tokens" $slow > "$T/out" 2> "$T/err") & pid=$!
wait_for 20 grep -q p2@example "$T/log"
kill -INT $pid; wait $pid
is "$?/$(wc -l < "$T/tokens")" 0/6 'member add --file goes on under an ignored SIGINT'

# an interrupt while a token is under way: it is not lost, and nothing lies about
: > "$T/log"
"$ORGADMIN" invitation create q@example.org --out "$T/q" $slow > "$T/out" 2> "$T/err" & pid=$!
wait_for 20 grep -q q@example "$T/log"
kill -TERM $pid; wait $pid
is "$?/$(cat "$T/q")" 143/inv_1:secret 'invitation create interrupted by SIGTERM still writes its token'
is "$(find "$T" -name 'q.*' | wc -l)" 0 'invitation create interrupted leaves no temporary file'

# a server that goes away
slow=${slow/slowinvite/dieinvite}
run member add --file "$T/six" --remainder "$T/left" $slow
is "$rc/$(wc -l < "$T/left")" 4/5 'member add --file writes the untried lines to --remainder when the server fails'
is "$(wc -l <<< "$out")" 2 'member add --file prints the finished lines when the server fails'
orgd_end
done_testing
