#!/bin/bash
# A group beyond what programs read of a group: what refuses its members goes on refusing them.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../lib/root.sh"
inside_root
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/host.sh"

start_syslog
start_sshd
new_key ada mia
configure_file_provider
sed -i 's|{ services = \["sshd".*|{ services = ["*"]; org = "acme"; everyone = true; }|' $CONF
# 12 000 members, whose names fill 372 kB
python3 - >"$MEMBERS" <<'PYTHON'
import json
names = ['ada', 'mia'] + ['somebody-with-a-long-name-%05d' % i for i in range(12000)]
print(json.dumps({'organization': {'id': 'org_7f3a', 'name': 'acme'}, 'members': [
    {'id': 'usr_' + name, 'username': name, 'name': name, 'roles': ['admin' if name == 'ada' else 'member'], 'state': 'active'} for name in names]}))
PYTHON
ok 'orgsyncd publishes 12 002 members' orgsyncd --once
is "$(getent group acme | cut -d: -f1,4)" acme: 'a group of 12 002 members lists none'
is "$(getent group acme-admins | cut -d: -f4)" ada 'a small group lists its members'
is "$(id -Gn mia)" acme 'id finds the large group of a member'
cp /etc/pam.d/sshd /etc/pam.d/sshd.shipped

# sshd_asks LINE: sshd's account stack begins with LINE
sshd_asks() { { echo "account required $1"; cat /etc/pam.d/sshd.shipped; } >/etc/pam.d/sshd; }
enters() { [ "$(as "$1" id -un)" = "$1" ] && echo in || echo out; }
both() { echo "ada $(enters ada), mia $(enters mia)"; }

echo '-:(acme):ALL' >/etc/access-acme
echo '-:(acme-admins):ALL' >/etc/access-admins
printf '+:(acme-admins):ALL\n-:(acme):ALL\n' >/etc/access-but
is "$(both)" 'ada in, mia in' 'sshd admits both members'
sshd_asks 'pam_access.so accessfile=/etc/access-acme'
is "$(both)" 'ada out, mia out' 'pam_access refuses every member of the large group'
sshd_asks 'pam_access.so accessfile=/etc/access-admins'
is "$(both)" 'ada out, mia in' 'pam_access refuses the members of a small group alone'
sshd_asks 'pam_access.so accessfile=/etc/access-but'
is "$(both)" 'ada in, mia out' 'pam_access refuses the large group but for the small one'
sshd_asks 'pam_succeed_if.so user notingroup acme'
is "$(both)" 'ada out, mia out' 'pam_succeed_if notingroup refuses every member of the large group'
sshd_asks 'pam_succeed_if.so user ingroup acme'
is "$(both)" 'ada in, mia in' 'pam_succeed_if ingroup admits every member of the large group'
like "$(orgadmin host doctor 2>&1)" 'acme.* 12002 ' 'host doctor names the large group'

sed -i 's/group_members = "auto"/group_members = true/' $CONF
ok 'orgsyncd publishes with group_members = true' orgsyncd --once
is "$(getent group acme | tr -cd , | wc -c)" 12001 'group_members = true lists every member of the large group'
sshd_asks 'pam_access.so accessfile=/etc/access-acme'
is "$(both)" 'ada in, mia in' 'pam_access cannot read the line of group_members = true and admits'
done_testing
