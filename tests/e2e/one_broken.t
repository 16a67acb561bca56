#!/bin/bash
# What cannot work now is tried again, without haste; and what is broken in one organization is nothing to the others.
# shellcheck disable=SC2016,SC2317 # evaluated and called by wait_for
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../lib/root.sh"
inside_root
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/host.sh"

configure_file_provider
members ada:admin mia:member
start() {
    orgsyncd 2>"$T/log" &
    daemon=$!
}
stop() {
    kill $daemon
    wait $daemon
}

# --- a ledger that is none ---
mkdir -p /var/lib/orglogin
seq 5000 >/var/lib/orglogin/ids.db
start
sleep 3
ok 'orgsyncd goes on beside a damaged ledger' kill -0 $daemon
ok 'orgsyncd rests longer after each try of a damaged ledger' test "$(grep -c ledger "$T/log")" -le 6
like "$(cat "$T/log")" 'ledger' 'orgsyncd logs the damaged ledger'
sed -i 's|home = .*|home = "/srv/%u";|' $CONF
kill -HUP $daemon
ok 'orgsyncd reads a new configuration while it rests' wait_for 5 grep -q 'configuration reloaded' "$T/log"
rm /var/lib/orglogin/ids.db
ok 'orgsyncd publishes when the damaged ledger is removed' wait_for 20 getent passwd ada
is "$(getent passwd ada | cut -d: -f6)" /srv/ada 'orgsyncd publishes by the configuration read while it rested'
stop

# --- an organization without its token ---
TOKEN=/etc/orglogin/beta.token
cp $CONF "$T/acme.conf"
perl -0pi -e 's|\norganizations = \(|$&
  { name = "beta"; provider = "native"; url = "unix:/run/nobody.sock"; id = "org_b"; token_file = "'$TOKEN'"; },|;
  s|\ngroups = \(|$&
  { name = "beta-all"; org = "beta"; everyone = true; },|' $CONF
trouble() { orgadmin host status -o json | jq -r --arg org "$1" '.[] | select(.organization == $org) | .trouble'; }
in_trouble() { trouble "$1" | grep -q -- "$2"; }
start
ok 'orgsyncd serves the other organization when a token is missing' wait_for 10 eval '[ "$(trouble acme)" = "" ] && [ "$(trouble beta)" != "" ]'
like "$(trouble beta)" 'beta.token: does not exist' 'host status names the missing token'
members ada:admin mia:member new:member
ok 'orgsyncd publishes changes of the other organization when a token is missing' eval 'orgadmin host sync >/dev/null 2>&1; wait_for 10 getent passwd new'
is "$(grep -c 'beta.token' "$T/log")" 1 'orgsyncd logs a missing token once'
like "$(cat "$T/log")" '^orgsyncd: beta: .*beta.token: does not exist' 'orgsyncd logs the file of a missing token'
(umask 077 && echo key:secret >$TOKEN)
ok 'orgsyncd takes up a token that appears, by itself' wait_for 20 in_trouble beta nobody.sock
sed -i 's|home = .*|home = "/opt/%u";|' $CONF
mv $TOKEN "$T/token"
kill -HUP $daemon
ok 'orgsyncd refuses a new configuration whose token is missing' wait_for 5 grep -q 'beta.token.*the previous configuration stays in force' "$T/log"
is "$(getent passwd ada | cut -d: -f6)" /srv/ada 'orgsyncd keeps the configuration in force when a token is missing'
stop

# --- a token that cannot be one ---
sed -i 's|provider = "native"; url = "unix:/run/nobody.sock"|provider = "cratedb"; url = "http://127.0.0.1:9"|' $CONF
(umask 077 && echo 'xxx;xxx' >$TOKEN)
start
ok 'orgsyncd serves the other organization when a token is invalid' wait_for 10 eval '[ "$(trouble acme)" = "" ] && [ "$(trouble beta)" != "" ]'
generation() { orgadmin host status -o json | jq -r '.[0].generation'; }
before=$(generation)
sleep 2
is "$(generation)" "$before" 'orgsyncd publishes no new generation for an invalid token'
is "$(grep -c 'beta: ' "$T/log")" 1 'orgsyncd logs an invalid token once'
orgadmin host sync >"$T/out" 2>&1
is "$?" 4 'host sync exits 4 when a token is invalid'
unlike "$(cat "$T/out" "$T/log")" xxx 'neither host sync nor the log prints an invalid token'
(umask 077 && head -c 8200 /dev/zero | tr '\0' x >"$T/long")
cp -p "$T/long" $TOKEN
like "$(orgsyncd --check 2>&1)" 'beta.token: holds no token, which is 1 to 8192' 'orgsyncd --check refuses a token that is too long'
echo 'xxx;xxx' >$TOKEN

# --- a fetcher that ends ---
children() { ps -o pid=,user= --ppid $daemon; }
keeper=$(children | awk '$2 == "root" { print $1 }')
for fetcher in $(children | awk '$2 == "orgsync" { print $1 }'); do kill -9 "$fetcher"; done
ok 'orgsyncd starts killed fetchers again' wait_for 10 eval '[ "$(children | grep -c orgsync)" = 2 ]'
is "$(children | awk '$2 == "root" { print $1 }')" "$keeper" 'orgsyncd keeps the keeper when fetchers are killed'
members ada:admin mia:member new:member newer:member
ok 'orgsyncd publishes changes after killed fetchers' eval 'wait_for 20 eval "orgadmin host sync; getent passwd newer"'
like "$(cat "$T/log")" 'acme: its fetcher was killed by signal 9' 'orgsyncd logs a killed fetcher'
kill -9 "$keeper"
ok 'orgsyncd starts a killed keeper again' wait_for 10 eval '[ "$(children | grep -c .)" = 3 ] && ! children | grep -qw $keeper'
like "$(cat "$T/log")" 'the keeper was killed by signal 9' 'orgsyncd logs a killed keeper'
stop
is "$(orgsyncd --once 2>/dev/null | grep -c '^acme: listed')" 1 'orgsyncd --once lists the other organization when a token is invalid'

cp "$T/acme.conf" $CONF

# --- started by somebody who keeps things to himself ---
rm -r /var/lib/orglogin
(umask 077 && orgsyncd --once >/dev/null 2>"$T/log")
is "$(stat -c %a /var/lib/orglogin)" 755 'orgsyncd with the umask 077 makes the state directory readable'
chmod 700 /var/lib/orglogin
orgsyncd --once >/dev/null 2>"$T/log"
like "$(cat "$T/log")" 'only root can enter .*orglogin: .*chmod 755' 'orgsyncd logs a state directory that others cannot enter'
chmod 755 /var/lib/orglogin

# --- a log that nobody reads ---
mkfifo "$T/fifo"
head -n 1 <"$T/fifo" >/dev/null &
reader=$!
members ada:admin root:member
orgsyncd 2>"$T/fifo" & # its first line is that root is not served; then there is no reader any more
daemon=$!
wait $reader
ok 'orgsyncd serves when its log has no reader' wait_for 10 orgadmin host sync
members ada:admin daemon:member
orgadmin host sync >/dev/null 2>&1
wait_for 3 eval '! kill -0 $daemon'
ok 'orgsyncd goes on after a log line without a reader' kill -0 $daemon
stop

# --- a member whom the API describes as nobody can be ---
odd() { jq --arg name "$1" '.members[-1].email = "x" * 300 | .members[-1].name = $name' $MEMBERS >$MEMBERS.new && mv $MEMBERS.new $MEMBERS; }
members ada:admin mia:member odd:member
odd one
start
wait_for 5 grep -q 'usr_odd' "$T/log"
for name in two three; do
    odd $name
    orgadmin host sync >/dev/null 2>&1
done
is "$(grep -c 'member usr_odd is left out: e-mail' "$T/log")" 1 'orgsyncd logs a member who is left out once, not at each listing'
stop

# --- names that cannot be, by the hundred ---
# shellcheck disable=SC2046 # a list of words
members ada:admin mia:member new:member newer:member $(seq -f '9lives%.0f:member' 250)
like "$(orgsyncd --once 2>"$T/log")" ' 250 members withheld' 'orgsyncd withholds 250 members with impossible names'
is "$(grep -c 'is not served' "$T/log")" 100 'orgsyncd logs 100 members with impossible names, one line each'
is "$(grep -c '150 more members' "$T/log")" 1 'orgsyncd logs the number of the other members with impossible names'
done_testing
