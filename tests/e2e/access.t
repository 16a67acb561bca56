#!/bin/bash
# Access rules of the organization narrow who may log in on this host: by its labels, at once, offline and over a restart; never more than its own access allows.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../lib/root.sh"
inside_root
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/host.sh"
. "$(dirname "$0")/../lib/keys.sh"

start_syslog
start_sshd
start_orgd
organize ada admin mia member tim member >"$T/organize" 2>&1 || diag "$(cat "$T/organize")"
org=$(by olga org list -o json | jq -r '.[0].id')
for name in olga ada mia tim; do
    key $name
    by $name key add "/root/keys/$name.pub" >/dev/null
done
# orgd PATH JSON: olga's call
owner=$(cat /root/people/olga/token)
post() {
    exec 3<>/dev/tcp/127.0.0.1/7080
    printf 'POST /v1/%s HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Type: application/json\r\n%bContent-Length: %d\r\n\r\n%s' "$1" "${3-}" "${#2}" "$2" >&3
    tail -n 1 <&3
    exec 3>&-
}
as_olga() { post "organizations/$1" "{\"organizationId\":\"$org\",$2}" "Authorization: Bearer $owner\r\n"; }
machine() { post organizations/machines/enroll "{\"code\":\"$(by olga machine invite "$1" --labels "$2" -o json 2>/dev/null | jq -r .code)\"}" | jq -r .apiToken.bearer; }
(umask 077; machine web env=prod,tier=web >/etc/orglogin/acme.token)
machine dev env=dev >/dev/null
team=$(as_olga teams/create '"name":"Night shift"' | jq -r .team.id)
tim=$(by olga member show tim -o json | jq -r .id)
as_olga teams/add "\"id\":\"$team\",\"userId\":\"$tim\"" >/dev/null
cat >$CONF <<CONFIG
organizations = ({ name = "acme"; provider = "native"; url = "$LOCAL"; id = "$org"; token_file = "/etc/orglogin/acme.token"; });
groups = ({ name = "acme"; org = "acme"; everyone = true; });
access = (
  { services = ["sudo"]; org = "acme"; roles = ["owner", "admin"]; },
  { services = ["sshd"]; org = "acme"; everyone = true; });
freshness = { login_max_age = "6s"; timeout = "2s"; offline_grace = "1h"; poll = "1s"; };
CONFIG
host_start() { orgsyncd 2>>"$T/orgsyncd.log" & host_pid=$!; }
host_stop() { kill "$host_pid"; wait "$host_pid" 2>/dev/null; }
host_start
ok 'the host syncs' wait_for 20 orgadmin host sync
for name in olga ada mia tim; do install -d -o $name -g "$(id -g $name)" -m 700 /home/$name; done
reason() { orgadmin host explain "$1" "${2:-sshd}" 2>/dev/null | sed -n 's/^decision .*(\(.*\))$/\1/p'; }
explains() { orgadmin host explain "$1" "${2:-sshd}" 2>/dev/null | sed -n 's/^org rule *//p'; }
# olga ARG...: what orgadmin says to her on both, and its exit status in $rc
olga() { said=$(by olga "$@" 2>&1 </dev/null); rc=$?; said=${said//$'\n'/ }; }
version() { od -An -tu4 -j8 -N4 $SNAPSHOT | xargs; }

# --- no rules ---
is "$(as ada id -un) $(as mia id -un) $(reason mia) $(explains mia)" 'ada mia rule ' 'without access rules the host decides alone'
is "$(version)" 2 'its snapshot is one that modules from before read'
olga machine who web -o json
is "$rc $(jq -r 'map("\(.username):\(.services[0])") | sort | join(" ")' <<<"${said%]*}]")" '0 ada:* mia:* olga:* tim:*' 'machine who lists all active members then'

# --- the first rule: whom it would lock out ---
olga access add --role admin --labels env=prod
like "$rc $said" '^2 .*4 of the 4 active members of acme would be refused .*on 2 of 2 machines' 'access add tells whom the rule would lock out, on how many machines'
like "$said" 'You are one of them, on 2 machines, and could log in on none' 'the owner is told that he locks himself out'
like "$said" 'No owner of acme could log in on any machine' 'and that no owner could log in'
like "$said" 'There is no terminal to ask on: give --yes' 'nothing is done unasked'
is "$(by olga access list -o json 2>/dev/null | jq length)" 0 'no rule was made'
olga access add --role admin --labels env=prod --dry-run
like "$rc $said" '^0 .*4 of the 4 .*POST /v1/organizations/access/add' '--dry-run tells the same, and shows the request'
is "$(by olga access list -o json 2>/dev/null | jq length)" 0 'and makes no rule'
olga access add --role admin --labels env=prod --services sshd --yes --wait
like "$rc $said" '^0 .*has the access rule acc_[a-z0-9]{20}\..*Applied on 1 of [12] machines|^4 .*Applied on 1 of 2 machines' 'with --yes it is made, and --wait tells that this host has it'
admins=$(by olga access list -o json | jq -r '.[0].id')

# --- in force ---
is "$(version)" 3 'a module from before does not read a snapshot that narrows'
is "$(as ada id -un) $(reason ada)" 'ada rule' 'who is admitted by the rule and the host logs in'
is "$(as mia id -un)" '' 'whom no rule admits is refused by sshd'
like "$(cat "$T/err")" 'the organization does not let you in on this machine' 'and is told why'
ok "PAM's line in the log has the reason" wait_for 5 grep -q 'user=mia service=sshd org=acme decision=deny reason=access rule=2 ' $AUTH_LOG
is "$(reason olga)" access 'an owner is refused likewise'
is "$(explains ada)" "1 of the organization's 1 for this machine: services sshd; role admin" 'host explain shows the rule of the organization'
is "$(explains mia)" "none of the organization's 1 for this machine matches" 'and that there is none'
like "$(orgadmin host explain mia sshd)" 'rule +2 of 2: services sshd; everyone' 'beside the rule of the host'
is "$(reason ada sudo)" access 'a service that no rule names is refused'
is "$(reason mia cron)" role 'what the host refuses by itself it goes on to refuse'
is "$(getent passwd mia | cut -d: -f1) $(stat -c %U /home/mia)" 'mia mia' 'names are served as before'
like "$(told mia "$(id -u mia)")" '^ssh-ed25519 ' 'orglogin-keys has the key: pam_org decides, and tells why'
is "$(reason root) $(reason nobody)" 'root local' 'root and local accounts do not depend on it'
is "$(orgadmin host metrics | sed -n 's/^orgsyncd_refusals_total{reason="access"} //p')" 1 'it is counted'

# --- more rules ---
olga access add --team 'night shift' --wait=1s
is "$(as tim id -un)" tim 'a rule for a team lets its member in'
like "$(explains tim)" "2 of the organization's 2 .*role team:team_" 'host explain has the team'
olga access add --role member --labels env=dev
like "$rc $said" '^0 .*has the access rule' 'a rule that locks out nobody is made unasked'
sleep 0.5
is "$(as mia id -un) $(explains mia)" " none of the organization's 2 for this machine matches" 'a rule for other labels lets nobody in here'
olga machine who web -o json; is "$(jq -r 'map("\(.username):\(.services | join(","))") | sort | join(" ")' <<<"${said%]*}]")" 'ada:sshd tim:*' 'machine who lists who may log in, by which services'
olga member where mia -o json; is "$(jq -r 'map("\(.name):\(.services | join(","))") | join(" ")' <<<"${said%]*}]")" 'dev:*' 'member where lists the machines'
olga member where tim -o json; is "$(jq -r 'map(.name) | sort | join(" ")' <<<"${said%]*}]")" 'dev web' 'of a member of a team, too'
by olga member suspend tim --yes >/dev/null 2>&1
olga member where tim; like "$rc $said" '^1 .*tim is suspended' 'a suspended member can log in nowhere'
olga machine who web -o json; is "$(jq -r 'map(.username) | join(" ")' <<<"${said%]*}]")" ada 'and is not listed'

# --- the labels of the host change ---
olga machine label web env=dev
like "$rc $said" '^2 .*1 of the 3 active members .*on 1 of 2 machines: ada\.' 'machine label tells whom it would lock out'
olga machine label web env=dev --yes --wait=1s
is "$(as mia id -un) $(reason ada)" 'mia access' 'with other labels the host admits others'
olga machine label web env=prod --yes --wait=1s
is "$(as ada id -un) $(reason mia)" 'ada access' 'and those from before with its labels from before'

# --- not heard ---
stop_orgd
wait_for 20 eval '[ "$(reason ada)" = offline ]'
is "$(as ada id -un) $(reason ada) $(as mia id -un)$(reason mia)" 'ada offline access' 'offline the rules stay in force'
host_stop
generation() { orgadmin host explain ada sshd 2>/dev/null | sed -n 's/^snapshot *generation //p'; }
before=$(generation)
host_start
ok 'the host starts without its organization, and publishes' wait_for 20 eval '[ "$(generation)" -gt "$before" ]'
is "$(reason ada) $(reason mia) $(version)" 'offline access 3' 'so they do over a restart of orgsyncd, with another snapshot'
start "$T/orgd.out" '^listening on 127' orgd --data /var/lib/orgd.db --listen "${LOCAL#http://}" 2>>"$T/orgd.err"; orgd_pid=$started
ok 'the host is in step again' wait_for 30 eval '[ "$(reason ada)" = rule ]'
is "$(reason mia)" access 'and narrows as before'

# --- the rules go ---
for rule in $(by olga access list -o json | jq -r '.[].id'); do
    [ "$rule" = "$admins" ] || by olga access remove "$rule" --yes >/dev/null 2>&1
done
olga access remove "$admins"
like "$rc $said" "^2 .*Remove the last access rule of acme\? Its machines' own access alone decides then" 'the removal of the last rule is asked for'
olga access remove "$admins" --yes --wait=1s
is "$(as mia id -un) $(reason olga) $(explains mia)" 'mia rule ' 'without rules the host decides alone again'
is "$(version)" 2 'and its snapshot is one for all modules'
olga access remove "$admins"; like "$rc $said" '^1 .*no access rule' 'a rule that is not there is not removed'
olga access add --role nobody --yes; like "$rc $said" '^1 ' 'a role that is not there gets no rule'
olga access add --role admin --team ops; like "$rc $said" '^2 .*one of them' 'a rule is for a role or a team'
olga access list --provider file --url $MEMBERS --org x; like "$rc $said" '^2 .*the provider "file" has no "access list"' 'another provider is told to have no access rules, before any request'
done_testing
