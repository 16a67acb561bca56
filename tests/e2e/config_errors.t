#!/bin/bash
# Mistakes in orglogin.conf: file, line and what would be right; a running orgsyncd keeps the configuration that it has.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../lib/root.sh"
inside_root
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/host.sh"

start_syslog
configure_file_provider
members ada:admin mia:member
cp $CONF "$T/good"
ok 'orgsyncd --check accepts the shipped configuration' orgsyncd --check

# mistake WHAT SED-SCRIPT PATTERN: the good configuration with one line changed is refused at that line
mistake() {
    local line name="orgsyncd --check refuses $1"
    sed "$2" "$T/good" >$CONF
    line=$(diff "$T/good" $CONF | sed -n 's/^\([0-9]*\).*/\1/p;q')
    if orgsyncd --check >"$T/out" 2>&1; then
        fail "$name" "$(cat "$T/out")"
    else
        pass "$name"
    fi
    like "$(cat "$T/out")" "orglogin.conf:$line: .*$3" "$name: with the line and the reason"
}
mistake "an unknown key" 's/^  home = /  hoem = /' hoem
mistake "an unknown section" 's/^freshness = /freshnes = /' freshnes
mistake "a value of the wrong type" 's/enumerate = false/enumerate = "no"/' enumerate
mistake 'break_glass that is neither true nor false' '/services = \["\*"\]; *org/s/org = /break_glass = "1h"; org = /' break_glass
mistake 'break_glass for a group' 's/^  { name = "acme-admins"; /&break_glass = true; /' break_glass
mistake "a syntax error" 's/^  shell = "\(.*\)";/  shell = = "\1";/' .
mistake "an unknown provider" 's/provider = "file"/provider = "fiel"/' fiel
mistake "an option that no provider has" '/provider = "file"/s/$/ options = { region = "eu"; };/' 'no option "region"'
mistake "an option that is no string" '/provider = "file"/s/$/ options = { region = 1; };/' region
mistake "options that are a list" '/provider = "file"/s/$/ options = ["region"];/' options
mistake 'a native provider without a url' '/provider = "file"/{s/"file"/"native"/;N;s/\n.*//}' 'no url'
mistake 'a range among the ids of the system' 's/range = \[2000400000,/range = [100,/' range
mistake "a range that is upside down" 's/range = .*/range = [3000000, 2000000];/' range
mistake 'an unknown placement' 's/placement = "blake2b"/placement = "sha1"/' 'placement.*blake2b'
mistake "two organizations with ids in common" '/^  }$/s|$|, { name = "other"; provider = "file"; url = "/etc/orglogin/members.json"; range = [2000000000, 2000500000]; }|' '"acme" and "other" have ids in common, 2000400000-2000500000'
mistake 'a range of an organization among the ids of the system' '/^  }$/s|$|, { name = "other"; provider = "file"; url = "/etc/orglogin/members.json"; range = [100, 199999]; }|' range
mistake "a shell that is no path" 's|shell = "/bin/bash"|shell = "bash"|' shell
mistake 'a shell that /etc/shells lacks' 's|shell = "/bin/bash"|shell = "/usr/bin/true"|' '/usr/bin/true is not in /etc/shells'
mistake 'a home without %u' 's|home = "/home/%u"|home = "/"|' '%u'
mistake 'a home that climbs' 's|home = "/home/%u"|home = "/home/%u/../x"|' '\.\.'
ACCOUNTS='s|^groups = (|accounts = ( &|; s|^accounts = ( groups|accounts = ( { org = "acme"; %s } ); groups|'
# shellcheck disable=SC2059 # a sed script
account() { mistake "an entry of accounts $1" "$(printf "$ACCOUNTS" "$2")" "$3"; }
account 'of nobody' 'shell = "/bin/sh";' 'of nobody'
account 'without home and shell' 'roles = ["admin"];' 'lacks "home" and "shell"'
account 'with an unknown key' 'roles = ["admin"]; homes = "/srv/%u";' homes
account 'whose home can be the home of another member' 'roles = ["admin"]; home = "/home/a-%u";' '/home/a-%u and /home/%u can be one directory'
account 'with a shell that /etc/shells lacks' 'roles = ["admin"]; shell = "/usr/bin/true";' '/usr/bin/true is not in /etc/shells'
# many COUNT: a configuration with so many groups and rules.
many() {
    local i
    printf 'organizations = ( { name = "acme"; provider = "file"; url = "/etc/orglogin/members.json"; } );\ngroups = (\n'
    for ((i = 1; i <= $1; i++)); do printf '{ name = "g%d"; roles = ["r%d"]; },\n' "$i" "$i"; done
    printf '{ name = "acme"; everyone = true; } );\naccess = (\n'
    for ((i = 2; i <= $2; i++)); do printf '{ services = ["*"]; roles = ["r%d"]; },\n' "$i"; done
    printf '{ services = ["*"]; everyone = true; } );\n'
}
many 65535 1024 >$CONF
ok 'orgsyncd --check accepts 65536 groups and 1024 rules' orgsyncd --check
many 65536 1 >$CONF
like "$(orgsyncd --check 2>&1)" 'orglogin.conf:2: "groups" has 65537 entries, at most 65536 are possible' 'orgsyncd --check refuses one group more'
many 1 1025 >$CONF
like "$(orgsyncd --check 2>&1)" '"access" has 1025 entries, at most 1024' '... and one rule more'
mistake 'a group of nobody' 's/name = "acme-admins"; org = "acme"; roles = [^;]*;/name = "acme-admins"; org = "acme"; members = [];/' members
mistake "a duration without a unit" 's/timeout = "2s"/timeout = "2"/' timeout
mistake 'sessions that end otherwise' 's/on_removal = "end"/on_removal = "kill"/' 'on_removal.*"end" or "keep"'
mistake 'sessions that end otherwise with a role' 's/on_role_loss = "keep"/on_role_loss = "lock"/' 'on_role_loss.*"end" or "keep"'
mistake 'a warning of two hours' 's/warn = "0s"/warn = "2h"/' warn
mistake 'an unknown key of sessions' 's/except_roles = \[\]/except_role = []/' except_role
mistake "a group of an unknown organization" 's/name = "acme-admins"; org = "acme"/name = "acme-admins"; org = "acne"/' acne
mistake 'a group name with a blank' 's/name = "acme-admins"/name = "acme admins"/' name
mistake 'a group that is both local and not' 's/^  { name = "acme"; .*/  { name = "video"; local = true; everyone = true; }, { name = "video"; local = false; everyone = true; },/' 'video.*twice'
mistake 'a proxy for an organization that is not asked by https' '/provider = "file"/s|$| proxy = "http://127.0.0.1:3128";|' 'only https'
mistake 'two organizations with one id' '/^  }$/s|$|, { name = "other"; provider = "file"; url = "/etc/orglogin/members.json"; id = "org_7f3a"; }|' 'same id.*org_7f3a'
mistake 'an organization whose name is the id of another' '/^  }$/s|$|, { name = "org_7f3a"; provider = "file"; url = "/etc/orglogin/members.json"; }|' 'same id.*org_7f3a'
long=$(printf '"%0255d",' $(seq 256))
mistake 'a list too long for a snapshot' '/^  { services = \["\*"\]/s/\["\*"\]/['"${long%,}"']/' 'longer than 65535'
mistake "a rule of an unknown organization" '/services = \["\*"\]/s/org = "acme"/org = "acne"/' acne
mistake "a rule without services" '/services = \["\*"\]/s/services = \["\*"\]; //' services

cp "$T/good" $CONF
chmod 666 $CONF
orgsyncd --check >"$T/out" 2>&1
is "$?" 3 'orgsyncd --check refuses a configuration that anybody may write'
like "$(cat "$T/out")" orglogin.conf 'orgsyncd --check names the configuration that anybody may write'
rm $CONF
orgsyncd --check >"$T/out" 2>&1
is "$?" 3 'orgsyncd --check refuses a missing configuration'
like "$(cat "$T/out")" orglogin.conf 'orgsyncd --check names the missing configuration'

# --- the journal: standard error is named by JOURNAL_STREAM ---
mkfifo "$T/journal"
# journal FILE: an orgsyncd --check whose standard error is the journal; its lines are in FILE
journal() {
    cat "$T/journal" >"$1" &
    JOURNAL_STREAM=$(stat -c %d:%i "$T/journal") orgsyncd --check >/dev/null 2>"$T/journal"
    wait $!
}
journal "$T/err"
like "$(cat "$T/err")" '^<3>orgsyncd: .*orglogin.conf' "a mistake in the configuration is an error in the journal"
cp "$T/good" $CONF
members ada:admin root:member
journal "$T/err"
like "$(cat "$T/err")" '^<4>orgsyncd: acme: member ' "a member that is not served is a warning"
unlike "$(cat "$T/err")" '^orgsyncd' "... and no line is without a priority"
members ada:admin mia:member

# --- numbers: what the ledger has counts ---
# contradicted WHAT SED-SCRIPT PATTERN: as refused by --check; a service gives the numbers that it gave
contradicted() {
    sed "$2" "$T/good" >$CONF
    orgsyncd --check >"$T/out" 2>"$T/err"
    is "$? $(wc -l <"$T/err")" "3 1" "orgsyncd --check refuses $1 than the ledger has, with one line"
    like "$(cat "$T/err")" "$3" "orgsyncd --check names the remedy of $1"
    orgsyncd --once >"$T/out" 2>"$T/err"
    is "$? $(getent passwd ada | cut -d: -f3)" "0 $uid" "orgsyncd --once keeps the given numbers despite $1"
    like "$(cat "$T/err")" "$3" "orgsyncd --once names the remedy of $1"
}
another='{ name = "other"; provider = "file"; url = "/etc/orglogin/members.json";'
sed '/private_groups/d; /^  }$/s|$|, '"$another"' }|' "$T/good" >$CONF
orgsyncd --check >"$T/out" 2>"$T/err"
is "$?" 3 'orgsyncd --check refuses two new organizations with one range'
like "$(cat "$T/err")" '"acme", "other" have one range.*give each a range of its own' 'orgsyncd --check names both new organizations with one range'
cp "$T/good" $CONF
orgsyncd --once >/dev/null 2>&1
uid=$(getent passwd ada | cut -d: -f3)
like "$uid" '^[0-9]+$' 'orgsyncd --once gives a member a number'
ok 'orgsyncd --check accepts an unchanged configuration' orgsyncd --check
contradicted 'another placement' 's/placement = "blake2b"/placement = "wyhash"/' 'placement is "wyhash".*set placement = "blake2b"'
contradicted 'another range of users' 's/range = \[2000400000, 2147483645\]/range = [2000400000, 2147483644]/' 'users.range.*"acme".*set range = \[2000400000, 2147483645\]'
contradicted 'another range of the organization' '/token_file/s/$/ range = [1879048192, 2000199999];/;/^    provider = "file"/s/$/ range = [1879048192, 2000199999];/' 'range.*"acme".*set range = \[2000400000, 2147483645\]'
sed '/private_groups/d; /^  }$/s|$|, '"$another"' range = [1879048192, 2000199999]; }|' "$T/good" >$CONF
ok 'orgsyncd --check accepts a second organization with a range of its own' orgsyncd --check
sed '/private_groups/d; /^  }$/s|$|, '"$another"' }|' "$T/good" >$CONF
orgsyncd --check >"$T/out" 2>"$T/err"
is "$?" 3 'orgsyncd --check refuses a second organization without a range of its own'
orgsyncd --once >/dev/null 2>"$T/err"
like "$(cat "$T/err")" '"acme", "other" have one range' 'orgsyncd --once warns of a second organization without a range of its own'
orgsyncd --check >"$T/out" 2>"$T/err"
is "$?" 0 'orgsyncd --check accepts one range for two organizations of the ledger'
like "$(cat "$T/err")" '"acme", "other" have one range.*those given stay' 'orgsyncd --check warns of one range for two organizations of the ledger'
cp "$T/good" $CONF
rm -rf /var/lib/orglogin

# The running one.
orgsyncd 2>"$T/log" &
daemon=$!
ok 'orgsyncd starts and publishes a member' wait_for 5 getent passwd ada
sed 's/^  home = /  hoem = /' "$T/good" >$CONF
kill -HUP $daemon
ok 'orgsyncd logs file and line of a bad configuration on SIGHUP' wait_for 5 grep -q 'orglogin.conf:[0-9]*: .*hoem' "$T/log"
members ada:admin mia:member eve:member
ok 'orgsyncd syncs after a bad configuration on SIGHUP' orgadmin host sync
ok 'orgsyncd publishes a new member after a bad configuration on SIGHUP' wait_for 5 getent passwd eve
is "$(getent passwd eve | cut -d: -f6)" /home/eve 'orgsyncd keeps the old home after a bad configuration on SIGHUP'
sed 's|home = .*|home = "/srv/%u";|' "$T/good" >$CONF
kill -HUP $daemon
home_of_eve() { [ "$(getent passwd eve | cut -d: -f6)" = "$1" ]; }
ok 'orgsyncd takes up a good configuration on SIGHUP' wait_for 5 home_of_eve /srv/eve
ok 'orgsyncd still runs after good and bad configurations' kill -0 $daemon
done_testing
