# The four whom a fault may touch: root and larry are the machine's own, ada is an active member, rem was removed. What becomes
# of each is the decision table's to say, whatever is broken. Source it after host.sh.
useradd --create-home --shell /bin/bash larry

# crowd COUNT [PREFIX] [LEAVER]: the organization's members are ada, mia, rem unless he is the LEAVER, and COUNT others
crowd() {
    awk -v count="$1" -v prefix="${2:-user}" -v leaver="${3-}" '
        function member(name, id, role) {
            printf "%s{\"id\":\"usr_%s\",\"email\":\"%s@acme.example\",\"username\":\"%s\",\"name\":\"A Name\",\"roles\":[\"%s\"],\"state\":\"active\"}",
                first++ ? "," : "", id, name, name, role
        }
        BEGIN {
            printf "{\"organization\":{\"id\":\"org_7f3a\",\"name\":\"acme\"},\"members\":["
            member("ada", "ada", "admin"); member("mia", "mia", "member")
            if (leaver != "rem") member("rem", "rem", "admin")
            for (i = 1; i <= count; i++) member(prefix i, i, "member")
            print "]}"
        }' >"$MEMBERS.new"
    mv "$MEMBERS.new" "$MEMBERS"
}

# The file is read every two seconds, so that nobody has to ask for it.
configure() {
    configure_file_provider
    sed -i 's/poll = "60s";/poll = "2s";/' "$CONF"
}

known() { getent passwd "$1"; }
shell_of() { getent passwd "$1" | cut -d: -f7; }
become() { timeout 20 su "$1" -c 'id -un' 2>&1 </dev/null; }

# stand STATE [REFUSAL]: how the four fare in STATE; ada is let in, or refused with REFUSAL
stand() {
    is "$(become root) $(become larry)" "root larry" "$1: root and a local user are let in"
    if [ $# -gt 1 ]; then
        like "$(become ada)" "^Access denied: .*$2" "$1: an active member is refused: $2"
    else
        is "$(become ada)" ada "$1: an active member is let in"
    fi
    like "$(become rem)" '^Access denied' "$1: a removed member is refused"
    is "$(shell_of ada) $(shell_of rem)" "/bin/bash /usr/sbin/nologin" "$1: the active member has bash, the removed member nologin"
}
OFFLINE_TOO_LONG='could not be confirmed for too long'

start_orgsyncd() {
    "$@" orgsyncd 2>>"$T/log" &
    daemon=$!
    wait_for 10 test -S /run/orglogin/orgsyncd.sock
}
stop_orgsyncd() {
    kill "$daemon"
    wait "$daemon" 2>/dev/null
}
children() { ps -o pid= --ppid "$daemon"; }
has_children() { [ "$(children | wc -l)" = 2 ]; }
