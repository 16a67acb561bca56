# The daemons and people of a test, inside the throw-away root (tests/lib/root.sh). Source it after tap.sh.
CONF=/etc/orglogin/orglogin.conf
SNAPSHOT=/var/lib/orglogin/snapshot
AUTH_LOG=/var/log/auth.log
MEMBERS=/etc/orglogin/members.json

# Log lines of PAM, sshd and sudo go to AUTH_LOG.
start_syslog() {
    rm -f /etc/syslog.d/*
    printf 'auth,authpriv.*\t%s\n' "$AUTH_LOG" >/etc/syslog.conf
    touch "$AUTH_LOG"
    syslogd
    wait_for 5 test -S /dev/log
}

# The client knows the host's key and takes the key of the person it logs in as.
client_knows_host() {
    mkdir -p /etc/ssh/keys /root/keys /root/.ssh /run/sshd
    sed 's/^/localhost /' /etc/ssh/ssh_host_ed25519_key.pub >/etc/ssh/ssh_known_hosts
    printf '%s\n' 'IdentityFile /root/keys/%r' 'IdentitiesOnly yes' 'NumberOfPasswordPrompts 1' >/root/.ssh/config
    # Since 9.8 sshd closes itself for a while to an address with several refusals, of which a test has many.
    ! /usr/sbin/sshd -t -o PerSourcePenalties=no 2>/dev/null || echo 'PerSourcePenalties no' >/etc/ssh/sshd_config.d/test.conf
}

# Real sshd, on the root's own port 22.
start_sshd() {
    client_knows_host
    /usr/sbin/sshd
    wait_for 5 test -s /run/sshd.pid
}

# new_key NAME...: a key for each, which sshd accepts for the user of that name
new_key() {
    local name
    mkdir -p /root/keys /etc/ssh/keys
    for name in "$@"; do
        ssh-keygen -q -t ed25519 -N '' -C "$name" -f "/root/keys/$name"
        cp "/root/keys/$name.pub" /etc/ssh/keys/
        mv "/etc/ssh/keys/$name.pub" "/etc/ssh/keys/$name"
    done
}

# as NAME COMMAND...: what NAME's ssh session says on stdout; what it says on stderr is in $T/err
as() {
    ssh "$1@localhost" "${@:2}" </dev/null 2>"$T/err"
}

# log_in FILE NAME COMMAND: login on a terminal of its own, which FILE gets to see. COMMAND is typed when a shell asks for one: login empties
# its terminal.
log_in() {
    : >"$1"
    { wait_for 30 grep -qE '[$#] $|denied|incorrect' "$1"; printf '%s; exit\n' "$3"; } |
        script -qefc "exec login -f $2" /dev/null >"$1" 2>&1
}

# An organization of the test's own, kept in a file: the shipped configuration with the file provider.
configure_file_provider() {
    sed -e 's|provider = "native"|provider = "file"|' -e "s|url = .*|url = \"$MEMBERS\";|" -e '/token_file = /d' \
        /usr/share/doc/orglogin/orglogin.conf >"$CONF"
}

# members NAME:ROLE[:STATE]...: these are the organization's members now
members() {
    local member name role state
    for member in "$@"; do
        IFS=: read -r name role state <<<"$member"
        jq -n --arg name "$name" --arg role "$role" --arg state "${state:-active}" \
            '{id: "usr_\($name)", email: "\($name)@acme.example", username: $name, name: $name, roles: [$role], state: $state}'
    done | jq -s '{organization: {id: "org_7f3a", name: "acme"}, members: .}' >"$MEMBERS.new"
    mv "$MEMBERS.new" "$MEMBERS"
}

# publish NAME:ROLE[:STATE]...: members, and the host knows
publish() {
    members "$@"
    orgsyncd --once
}

# by PERSON COMMAND...: an orgadmin command of that person's
by() {
    mkdir -p "/root/people/$1"
    HOME=/root/people/$1 orgadmin "${@:2}"
}

# joins OWNER URL NAME ROLE: OWNER, who is logged in, invites NAME, who accepts
joins() {
    rm -f "/root/people/$3.invitation" # of an earlier time: a secret is never overwritten
    by "$1" invitation create "$3@acme.example" --role "$4" --out "/root/people/$3.invitation" &&
        by "$3" invitation accept --url "$2" --token-file "/root/people/$3.invitation" --username "$3"
}

# start_orgd [OPTION...]: a server at $LOCAL, whose owner is olga; its process is $orgd_pid
LOCAL=http://127.0.0.1:7080
start_orgd() {
    start "$T/orgd.out" '^listening on 127' orgd --data /var/lib/orgd.db --listen "${LOCAL#http://}" --owner olga@acme.example "$@" 2>>"$T/orgd.err"
    orgd_pid=$started
}
stop_orgd() {
    kill "$orgd_pid"
    wait "$orgd_pid" 2>/dev/null
}

# organize NAME ROLE...: its first organization, acme, with these members and a token for the host
organize() {
    mkdir -p /root/people/olga
    (umask 077 && grep -E '^live_' "$T/orgd.out" >/root/people/olga/token)
    by olga login --url $LOCAL --token-file /root/people/olga/token && by olga org create acme &&
        by olga token create --name host --role member --out /etc/orglogin/acme.token || return
    while [ $# -gt 1 ]; do
        joins olga $LOCAL "$1" "$2" || return
        shift 2
    done
}
