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
sed -i 's/^# sudo = /sudo = /' $CONF
ok 'orgsyncd publishes the members' publish ada:admin mia:member
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

is "$(su ada -c 'id -un')" ada 'su to an admin succeeds'
is "$(su - ada -c 'id -un; pwd' | xargs)" "ada /home/ada" 'su - to an admin begins in the home directory'
denied "$OURS" 'su to a member without a rule for su is refused in one line' su mia -c true
denied "$OURS" 'su - to a member without a rule for su is refused in one line' su - mia -c true
is "$(su larry -c 'id -un' 2>&1)" larry 'su to a local user succeeds'

is "$(login_as ada sudo -n id -un)" root 'sudo by an admin succeeds'
is "$(login_as ada sudo -n -i id -un)" root 'sudo -i by an admin succeeds'
is "$(login_as ada sudo -n -u mia id -un)" mia 'sudo by an admin to another member succeeds'
like "$(login_as ada sudo -n -l)" 'NOPASSWD: ALL' 'sudo -l by an admin succeeds'
denied "$SUDOS" 'sudo by a plain member is refused in one line, despite sudoers' login_as mia sudo -n id
denied "$SUDOS" 'sudo -i by a plain member is refused in one line' login_as mia sudo -n -i id
denied "$SUDOS" 'sudo -l by a plain member is refused in one line' login_as mia sudo -n -l
is "$(login_as larry sudo -n id -un)" root 'sudo by a local user succeeds'
like "$(sudo -n -l -U ada)" 'NOPASSWD: ALL' 'sudo -l -U of an admin by root succeeds'
like "$(sudo -n -l -U mia)" 'NOPASSWD: ALL' 'sudo -l -U of a member by root succeeds'
is "$(sudo -n -u ada id -un)" ada 'sudo by root to a member succeeds'
like "$(cat $AUTH_LOG)" 'sudo.*pam_org.*mia' 'the log has the line of pam_org on sudo'

# A session that is older than the removal keeps its groups, and they are worth nothing.
ids="--reuid=$(id -u ada) --regid=$(id -g ada) --groups=$(getent group acme-admins | cut -d: -f3)"
ok 'orgsyncd publishes without the admin' publish mia:member
# shellcheck disable=SC2086 # three options
denied "$SUDOS" 'sudo in the old session of a removed admin is refused in one line' setpriv $ids sudo -n id
denied "$OURS" 'su to a removed admin is refused in one line' su ada -c true
is "$(id -un ada)" ada 'a removed admin keeps the name'
is "$(id -Gn ada)" "$(id -gn mia)" 'a removed admin keeps only the group common to all'
like "$(getent passwd ada)" ':/usr/sbin/nologin$' 'a removed admin has no login shell'
ok 'orgsyncd publishes a member as admin' publish mia:admin
is "$(login_as mia sudo -n id -un)" root 'sudo by a member who became an admin succeeds'

rm $SNAPSHOT
is "$(sudo -n id -un)" root 'sudo by root succeeds without a snapshot'
is "$(login_as larry sudo -n id -un)" root 'sudo by a local user succeeds without a snapshot'
is "$(su larry -c 'id -un')" larry 'su to a local user succeeds without a snapshot'
done_testing
