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
ok 'a host of 12 002 members' orgsyncd --once
is "$(getent group acme | cut -d: -f1,4)" acme: 'the group of everybody lists nobody'
is "$(getent group acme-admins | cut -d: -f4)" ada 'a small group lists its members'
is "$(id -Gn mia)" acme 'who is in it knows so'
cp /etc/pam.d/sshd /etc/pam.d/sshd.shipped

# sshd_asks LINE: sshd's account stack begins with LINE
sshd_asks() { { echo "account required $1"; cat /etc/pam.d/sshd.shipped; } >/etc/pam.d/sshd; }
enters() { [ "$(as "$1" id -un)" = "$1" ] && echo in || echo out; }
both() { echo "ada $(enters ada), mia $(enters mia)"; }

echo '-:(acme):ALL' >/etc/access-acme
echo '-:(acme-admins):ALL' >/etc/access-admins
printf '+:(acme-admins):ALL\n-:(acme):ALL\n' >/etc/access-but
is "$(both)" 'ada in, mia in' 'both may log in'
sshd_asks 'pam_access.so accessfile=/etc/access-acme'
is "$(both)" 'ada out, mia out' 'pam_access refuses the members of the large group'
sshd_asks 'pam_access.so accessfile=/etc/access-admins'
is "$(both)" 'ada out, mia in' 'or of a small one alone'
sshd_asks 'pam_access.so accessfile=/etc/access-but'
is "$(both)" 'ada in, mia out' 'or all but those'
sshd_asks 'pam_succeed_if.so user notingroup acme'
is "$(both)" 'ada out, mia out' 'pam_succeed_if notingroup refuses them'
sshd_asks 'pam_succeed_if.so user ingroup acme'
is "$(both)" 'ada in, mia in' 'and ingroup admits them'
like "$(orgadmin host doctor 2>&1)" 'acme.* 12002 ' 'host doctor names the group'

sed -i 's/group_members = "auto"/group_members = true/' $CONF
ok 'a host that lists all members' orgsyncd --once
is "$(getent group acme | tr -cd , | wc -c)" 12001 'does so'
sshd_asks 'pam_access.so accessfile=/etc/access-acme'
is "$(both)" 'ada in, mia in' 'and pam_access, which cannot read the line, admits them: as libnss_org(8) says'
done_testing
