# What both tests of confinement do with a host whose organization is at orgd, by TLS and on the same machine. Source it after host.sh.
TLS_URL=https://localhost:8443

# A certificate of localhost by an authority of its own, where programs may read such.
make_certificate() {
    mkdir -p /etc/orgd && chmod 755 /etc/orgd
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN=localhost \
        -addext subjectAltName=DNS:localhost -keyout /etc/orgd/key.pem -out /etc/orgd/chain.pem 2>/dev/null
    chown orgd /etc/orgd/key.pem
    chmod 600 /etc/orgd/key.pem
    cp /etc/orgd/chain.pem /etc/orglogin/ca.pem
}

# Before the boot: an organization of ada and mia, a host of it, and the first user as orgd(8) has it.
prepare_host() {
    userdel orgsync
    userdel orglogin-keys
    systemd-sysusers --root=/ orglogin.conf 2>/dev/null
    mkdir -p /root/people /run/orgd
    (umask 077 && orgd init --owner olga@acme.example >"$T/token" 2>/dev/null)
    start "$T/orgd.out" '^listening' orgd 2>"$T/orgd.log" || { cat "$T/orgd.log" >&2; return 1; }
    {
        by olga login --url $LOCAL_SOCKET --token-file "$T/token" && by olga org create acme && joins olga $LOCAL_SOCKET ada admin &&
            joins olga $LOCAL_SOCKET mia member && by olga token create --name host --role member --out /etc/orglogin/acme.token
    } >&2 || return
    id=$(by olga org show -o json | jq -r .id)
    kill "$started" && wait
    make_certificate
    sed -e "s|https://org.example.com|$TLS_URL|" -e "s|org_7f3a|$id|" -e 's|# ca_file|ca_file|' -e 's/^# sudo = /sudo = /' \
        /usr/share/doc/orglogin/orglogin.conf >$CONF
    mkdir -p /etc/systemd/system/orgd.service.d
    printf '[Service]\nExecStart=\nExecStart=/usr/sbin/orgd --tls 127.0.0.1:8443 --cert /etc/orgd/chain.pem --key /etc/orgd/key.pem\n' \
        >/etc/systemd/system/orgd.service.d/tls.conf
    sed -i -E 's/^(passwd|group|shadow):.*/\1: files systemd org/' /etc/nsswitch.conf
    new_key ada mia stranger
    client_knows_host
    systemctl enable orgd.service orgsyncd.service 2>/dev/null
}
LOCAL_SOCKET=unix:/run/orgd/orgd.sock

AUDIT_LOG=/var/log/audit/audit.log
# audited REGEX: the lines of the audit log that match, with all that the kernel has said so far
audited() {
    audit_marks=$((${audit_marks:-0} + 1))
    auditctl -m "test mark $audit_marks" && wait_for 10 grep -q "test mark $audit_marks'" $AUDIT_LOG
    grep -E "$1" $AUDIT_LOG
}

# shellcheck disable=SC2329 # called by wait_for
knows() { getent passwd "$1"; }
# shellcheck disable=SC2329 # called by wait_for
shell_is() { [ "$(getent passwd "$1" | cut -d: -f7)" = "$2" ]; }

# shellcheck disable=SC2329 # called by wait_for
sudo_is_made() { [ -e /etc/sudoers.d/orglogin ] && [ "$(pgrep -cx orgsyncd)" = 3 ]; } # and the child that made it has ended

# What a host does all day: logins, a removal, restarts, a reload.
check_host() {
    is "$(as ada id -un)" ada 'a member logs in by ssh'
    is "$(as ada sudo -n id -un)" root 'sudo serves a member by the file that orgsyncd made'
    is "$(as stranger id -un; grep -c '^Access denied' "$T/err")" 1 'a stranger is refused by ssh'
    by olga member remove mia --yes >/dev/null 2>&1
    ok 'a removal at orgd reaches the host' wait_for 10 shell_is mia /usr/sbin/nologin
    is "$(as mia id -un; grep -c '^Access denied' "$T/err")" 1 'a removed member is refused by ssh'
    ok 'orgd and orgsyncd reload' systemctl reload orgd.service orgsyncd.service
    rm /etc/sudoers.d/orglogin
    systemctl reload orgsyncd.service
    ok 'a reload makes the file of sudo again' wait_for 60 test -e /etc/sudoers.d/orglogin
    ok 'orgd and orgsyncd restart' systemctl restart orgd.service orgsyncd.service
    ok 'orgsyncd hears from orgd by TLS after a restart' wait_for 60 orgadmin host sync
    wait_for 60 sudo_is_made
    is "$(as ada id -un)" ada 'a member logs in after the daemons were restarted'
    like "$(journalctl --quiet --boot --grep='pam_org\(' | tail -n 5)" 'user=ada .*decision=allow reason=rule' \
        'pam_org is confirmed by orgsyncd in a login'
}
