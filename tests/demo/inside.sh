#!/bin/bash
# The demonstration: an organization, its server, and a host that admits people by what they are in it. Everything here is
# real: sshd, sudo, PAM, NSS, the programs just built. Every step is timed, and the end says whether all happened.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/host.sh"
. "$(dirname "$0")/show.sh"

server_starts() {
    chapter "An organization server, and an organization"
    mkdir -p /var/lib/orgd /run/orgd /root/people/olga
    orgd --data /var/lib/orgd/orgd.db --socket /run/orgd/orgd.sock --listen 127.0.0.1:7400 --owner olga@acme.example \
        >/root/orgd.out 2>/var/log/orgd.log &
    orgd=$!
    wait_for 5 grep -q '^listening on 127' /root/orgd.out || fatal "orgd did not start" /var/log/orgd.log
    (umask 077 && sed -n 2p /root/orgd.out >/root/people/olga/token) # printed once: the first owner's
    say "orgd runs: SQLite in one file, a unix socket and 127.0.0.1:7400"

    person olga
    must orgadmin login --url http://127.0.0.1:7400 --token-file /root/people/olga/token
    must orgadmin org create acme
}

host_joins() {
    chapter "This host joins it, with a token that can only read members"
    must orgadmin token create --name host --role member --out /etc/orglogin/acme.token
    local id
    id=$(in_person orgadmin org show -o json | jq -r .id)
    sed -e 's|https://org.example.com|http://127.0.0.1:7400|' -e "s|org_7f3a|$id|" \
        -e 's/^# sudo = /sudo = /' /usr/share/doc/orglogin/orglogin.conf >$CONF
    person root
    must grep '^sudo = ' $CONF
    must orgsyncd --check
    orgsyncd 2>/var/log/orgsyncd.log &
    say "orgsyncd runs, sshd too"
    start_syslog
    start_sshd
    new_key ivan stranger
}

# invite NAME ROLE: the file is the mail that takes the invitation's token to its addressee
invite() {
    mkdir -p "/root/people/$1"
    rm -f "/root/people/$1/invitation"
    must orgadmin invitation create "$1@acme.example" --role "$2" --out "/root/people/$1/invitation"
}

# accept NAME "FULL NAME": with a key of her own, whose public half she gives to the organization
accept() {
    person "$1"
    ssh-keygen -q -t ed25519 -N '' -C "$1" -f "/root/keys/$1"
    must orgadmin invitation accept --url http://127.0.0.1:7400 --token-file "/root/people/$1/invitation" \
        --username "$1" --name "$2" --key "/root/keys/$1.pub"
}

people_are_invited() {
    chapter "Olga invites ada (admin), mia (member) and ivan, who does not accept"
    person olga
    invite ada admin
    invite mia member
    invite ivan member
    accept ada "Ada Admin"
    accept mia "Mia Member"
    local accepted=$EPOCHREALTIME
    check "sshd admits a new member by the key that she gave the organization" wait_for 5 ssh mia@localhost true
    say "mia is in $(since "$accepted") after she accepted; nothing was copied to the host"
    check "the host knows a new member" wait_for 5 id mia
    person olga
    must orgadmin member list
}

names_resolve() {
    chapter "Members are users, roles are groups"
    person root
    works "getent group shows the configured groups" getent group acme acme-admins
    works "id shows the groups of an admin" id ada
    works "id shows the groups of a plain member" id mia
}

logins() {
    chapter "ssh"
    works "sshd admits a member" ssh mia@localhost id
    refused "Access denied" "sshd refuses an invited person who has not accepted" ssh ivan@localhost id
    refused "Access denied" "sshd refuses a stranger" ssh stranger@localhost id
    must orgadmin host explain mia sshd
}

sudo_by_role() {
    chapter "sudo, by role"
    refused "sudo:" "sudo refuses a plain member" ssh mia@localhost sudo -n id
    works "sudo admits an admin" ssh ada@localhost sudo -n id

    person olga
    must orgadmin member role mia admin
    local changed=$EPOCHREALTIME
    person root
    check "sudo admits a member who became an admin" wait_for 5 ssh mia@localhost sudo -n true
    say "mia has sudo $(since "$changed") after the change"
    works "sudo of the new admin runs a program as root" ssh mia@localhost sudo -n id

    person olga
    must orgadmin member role mia member
    changed=$EPOCHREALTIME
    person root
    check "sudo refuses a member who is no admin any more" wait_for 5 no_sudo mia
    say "mia has no sudo $(since "$changed") after the change; the file of sudoers has not changed since the start:"
    must cat /etc/sudoers.d/orglogin
}

key_is_withdrawn() {
    chapter "mia withdraws her key"
    person mia
    must orgadmin key remove mia --yes
    local removed=$EPOCHREALTIME
    check "sshd refuses a withdrawn key" wait_for 5 turned_away mia
    say "the first refused login ended $(since "$removed") after orgadmin returned"
    must orgadmin key add /root/keys/mia.pub
    check "sshd admits the key that was added again" wait_for 5 ssh mia@localhost true
}

member_leaves() {
    chapter "mia leaves"
    person olga
    must orgadmin member remove mia --yes
    local removed=$EPOCHREALTIME took
    check "sshd refuses the removed member" wait_for 5 turned_away mia
    took=$(since "$removed")
    check "sshd refuses the removed member within a second" test "${took%%.*}" = 0
    say "the first refused login ended $took after orgadmin returned"
    person root
    refused "Access denied" "sshd tells the removed member that access is denied" ssh mia@localhost id
}

no_sudo() {
    ! ssh "$1@localhost" sudo -n true </dev/null
}

turned_away() {
    ! ssh "$1@localhost" true </dev/null
}

server_is_away() {
    chapter "The server goes away"
    kill "$orgd"
    wait "$orgd"
    say "orgd is stopped; what it said last counts as fresh for 10 s (login_max_age), so wait that long"
    sleep 10
    works "sshd admits an admin while orgd is away" ssh ada@localhost id -un
    check "the log has the reason offline while orgd is away" grep -q 'pam_org.*ada.*offline' $AUTH_LOG
    say "/var/log/auth.log says:"
    grep pam_org $AUTH_LOG | tail -1 | indent
    refused "Access denied" "sshd refuses the removed member while orgd is away" ssh mia@localhost id
    must orgadmin host status
}

server_starts
host_joins
people_are_invited
names_resolve
logins
sudo_by_role
key_is_withdrawn
member_leaves
server_is_away
summary
