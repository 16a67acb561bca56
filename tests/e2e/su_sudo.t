#!/bin/bash
# su and sudo ask pam_org too: about who becomes (su) and about who asks (sudo), once.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../lib/root.sh"
inside_root
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/host.sh"

start_syslog
useradd --create-home --shell /bin/bash larry
printf '%s ALL=(ALL:ALL) NOPASSWD: ALL\n' mia larry >/etc/sudoers.d/test
configure_file_provider
ok "orgsyncd publishes the members" publish ada:admin mia:member
mkdir -p /home/ada /home/mia
chown ada: /home/ada
chown mia: /home/mia

# login_as NAME COMMAND...: NAME's processes as a login would have made them, kept from before whatever happens next
login_as() { setpriv --reuid="$1" --regid="$(id -g "$1")" --init-groups --reset-env "${@:2}" </dev/null; }
# denied LINE NAME COMMAND...: it fails and says LINE, once
denied() {
    local out status=0
    out=$("${@:3}" 2>&1 </dev/null) || status=$?
    like "$status $(grep -c "$1" <<<"$out")" '^[1-9][0-9]* 1$' "$2"
}
OURS='^Access denied'
SUDOS='PAM account management error: Permission denied' # sudo asks pam_org to be silent and says this itself

is "$(su ada -c 'id -un')" ada "su to an admin"
is "$(su - ada -c 'id -un; pwd' | xargs)" "ada /home/ada" "su - to an admin"
denied "$OURS" "su to a member whose role has no su" su mia -c true
denied "$OURS" "su - likewise, asked once" su - mia -c true
is "$(su larry -c 'id -un' 2>&1)" larry "su to a local user"

is "$(login_as ada sudo -n id -un)" root "an admin's sudo"
is "$(login_as ada sudo -n -i id -un)" root "an admin's sudo -i"
is "$(login_as ada sudo -n -u mia id -un)" mia "an admin's sudo to another member"
like "$(login_as ada sudo -n -l)" 'NOPASSWD: ALL' "an admin's sudo -l"
denied "$SUDOS" "a member's sudo, though sudoers has him" login_as mia sudo -n id
denied "$SUDOS" "a member's sudo -i" login_as mia sudo -n -i id
denied "$SUDOS" "a member's sudo -l" login_as mia sudo -n -l
is "$(login_as larry sudo -n id -un)" root "a local user's sudo"
like "$(sudo -n -l -U ada)" 'NOPASSWD: ALL' "root asks sudo -l about an admin"
like "$(sudo -n -l -U mia)" 'NOPASSWD: ALL' "root asks sudo -l about a member"
is "$(sudo -n -u ada id -un)" ada "root's sudo to a member"
like "$(cat $AUTH_LOG)" 'sudo.*pam_org.*mia' "the log has pam_org's line"

# A session that is older than the removal keeps its groups, and they are worth nothing.
ids="--reuid=$(id -u ada) --regid=$(id -g ada) --groups=$(getent group acme-admins | cut -d: -f3)"
ok "ada leaves" publish mia:member
# shellcheck disable=SC2086 # three options
denied "$SUDOS" "sudo from her old session" setpriv $ids sudo -n id
denied "$OURS" "su to her" su ada -c true
is "$(id -un ada)" ada "she keeps her name"
is "$(id -Gn ada)" "$(id -gn mia)" "and loses her groups, but for the one that all have in common"
like "$(getent passwd ada)" ':/usr/sbin/nologin$' "and her shell"
ok "mia becomes an admin" publish mia:admin
is "$(login_as mia sudo -n id -un)" root "a member who became admin has sudo"

rm $SNAPSHOT
is "$(sudo -n id -un)" root "root's sudo without a snapshot"
is "$(login_as larry sudo -n id -un)" root "a local user's sudo without a snapshot"
is "$(su larry -c 'id -un')" larry "su to a local user without a snapshot"
done_testing
