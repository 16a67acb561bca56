#!/bin/bash
# member add --file: CSV, our own listings, names beside addresses; what breaks CSV or JSON; a second run.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/orgd.sh"
ORGADMIN=$BUILD/orgadmin
umask 022
unset ORGADMIN_ORG ORGADMIN_TOKEN_FILE ORGADMIN_PROFILE
export XDG_CONFIG_HOME=$T/config
orgd_start --owner ann@example.org
(umask 077; printf '%s\n' "$OWNER" > "$T/ann.token")
run() { out=$("$ORGADMIN" "$@" 2> "$T/err" < "${INPUT:-/dev/null}"); rc=$?; err=$(cat "$T/err"); }
invited() { "$ORGADMIN" invitation list -o json | jq -r '[.[] | .email + "=" + .roles[0]] | sort | join(" ")'; }
# taken NAME WANTED: the file $T/people is taken by a fresh organization, and WANTED are the invitations
orgs=0
taken() {
    orgs=$((orgs + 1))
    "$ORGADMIN" org create "Fresh $orgs" > /dev/null 2>&1
    run member add --file "$T/people"
    is "$rc/$(invited)" "0/$2" "$1"
    run member add --file "$T/people"
    is "$rc/$(invited)" "0/$2" "$1: a second run changes nothing, and ends with 0"
}
refused() { # NAME REGEX
    run member add --file "$T/people"
    is "$rc/$out/$(invited)" "2//$(invited)" "$1"
    like "$err" "$2" "$1: the message"
}
run login --url "unix:$SOCKET" --token-file "$T/ann.token"
run org create Acme
ACME=$("$ORGADMIN" org current -o json | jq -r .id)
join "$ACME" bob admin
join "$ACME" cid member
join "$ACME" dan member
run member suspend dan --yes

# --- our own listings ---
for format in csv json jsonl table wide; do
    "$ORGADMIN" member list --org "$ACME" -o $format > "$T/people"
    taken "member add --file takes a listing as $format" 'bob@example.org=admin cid@example.org=member'
    like "$err" 'dan@example.org is suspended there, and is left out' "who is suspended in a listing as $format is left out"
done
"$ORGADMIN" member list --org "$ACME" --columns email --no-header > "$T/people"
taken 'member add --file takes a column of addresses' 'bob@example.org=member cid@example.org=member dan@example.org=member'
run org switch "$ACME"; run member add eve@example.org --role admin
"$ORGADMIN" invitation list --org "$ACME" -o csv > "$T/people"
taken 'member add --file takes a list of invitations' 'eve@example.org=admin'
"$ORGADMIN" member list --org "$ACME" --columns email,roles > "$T/people"
taken 'member add --file takes a table of two columns' 'bob@example.org=admin cid@example.org=member dan@example.org=member'
printf 'EMAIL            ROLES\nsomebody@exampl… admin\n' > "$T/people"
refused 'a table that a terminal has cut is refused' 'people:2: the address is cut: list with -o csv'
printf 'NAME   EMAIL           ROLES\nZoë X  zoe@example.org admin\n山     yam@example.org\n' > "$T/people"
LC_ALL=C.UTF-8 taken 'a table with wide characters is taken' 'yam@example.org=member zoe@example.org=admin'

# --- CSV of others ---
printf '\xef\xbb\xbfName;E-Mail;Role\r\n"Ann; B";"fay@example.org";admin\r\nGus ;gus@example.org;\r\n\r\n' > "$T/people"
taken 'CSV with a byte order mark, semicolons and quotes is taken' 'fay@example.org=admin gus@example.org=member'
printf 'name,email\n"O""Neil, Ann\nof Acme",neil@example.org\nx,"hal@example.org"' > "$T/people"
taken 'a quoted cell has quotes, commas and lines' 'hal@example.org=member neil@example.org=member'
printf "email,roles\n'+ivy@example.org,\"admin\"\n" > "$T/people"
taken "the apostrophe before what a spreadsheet takes for a formula is none of the address" '+ivy@example.org=admin'
printf 'email,name\n"open@example.org,x\n' > "$T/people"; refused 'a quote that is not closed is refused' 'people:2: a quote is not closed'
printf 'email,name\na@example.org,x,y\n' > "$T/people"; refused 'a row that is longer than the header is refused' 'people:2: it has more cells than the header'
printf 'email,name\n"a b@example.org",x\n' > "$T/people"; refused 'an address with a blank is refused' 'people:2: this is no e-mail address'
printf 'email,name\n"a@example.org\nbcc: x@example.org",x\n' > "$T/people"; refused 'an address with a line break is refused' 'people:2: this is no e-mail address'
printf 'usr_1,ann,a@example.org,Ann\n' > "$T/people"; refused 'CSV without a header is refused' 'people:1: this is no e-mail address'
printf 'email\njoe@example.org\nJOE@example.org\n' > "$T/people"; refused 'an address twice is refused' 'people:3: JOE@example.org is on line 2 already'
printf 'ID  EMAIL\n1   joe@example.org\n12345 kim@example.org\n' > "$T/people"; refused 'a table whose columns are not below their titles is refused' 'people:3: its columns are not below the titles'

# --- JSON of others ---
printf '[{"email":"joe@example.org","role":"admin"},{"email":"kim@example.org","roles":["member"],"state":null}]' > "$T/people"
taken 'a list of objects is taken' 'joe@example.org=admin kim@example.org=member'
printf '{"email":"joe@example.org"}\n\n{"email":"kim@example.org","role":"admin"}\n' > "$T/people"
taken 'an object a line is taken' 'joe@example.org=member kim@example.org=admin'
printf '[{"email":"joe@example.org"},{"name":"x"}]' > "$T/people"; refused 'a record without an address is refused' 'people:#2: it has no e-mail address'
printf '[{"email":["joe@example.org",1]}]' > "$T/people"; refused 'a wrong type is refused' 'people:#1: a list has something else than texts'
printf '[{"email":7}]' > "$T/people"; refused 'a number for an address is refused' 'people:#1: a field has a wrong type'
printf '[{"email":"a@example.org"}' > "$T/people"; refused 'half of a JSON is refused' 'people:#1: it is not JSON at byte'
printf '[7]' > "$T/people"; refused 'a number is no record' 'people:#1: it is no object'

# --- lines ---
printf '%s\n' '"Ann, B" <lea@example.org> admin' 'Max M <max@example.org>' '<ned@example.org> # no name' '"a # \" < b" <o#x@example.org>' > "$T/people"
taken 'names stand beside addresses' 'lea@example.org=admin max@example.org=member ned@example.org=member o#x@example.org=member'
printf '%s\n' '"Ann <a@example.org>' > "$T/people"; refused 'a name whose quote is not closed is refused' 'people:1: a quote is not closed'
printf '%s\n' 'Ann <a@example.org' > "$T/people"; refused 'an angle that is not closed is refused' 'people:1: '
printf '%s\n' 'a@example.org, b@example.org' > "$T/people"; refused 'two addresses on a line are refused' 'people:1: '

# --- what is left goes on ---
printf 'email,roles\nx@y@z,admin\n' > "$T/people"
run member add --file "$T/people" --remainder "$T/left"
is "$rc/$(cat "$T/left")" '1/x@y@z admin' 'what is left of CSV is written as lines'
orgd_end
done_testing
