#!/bin/bash
# Everybody through every stack: who is admitted by sshd, su, sudo, login and cron, who is refused, what each is told and what
# the log says. login.t and su_sudo.t look at single stacks more closely.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../lib/root.sh"
inside_root
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/host.sh"

OURS='^Access denied: '
people="ada mia gus sue ivan rem stranger larry root"
declare -A is_a=([ada]="an admin" [mia]="a member" [gus]="a member whose role no rule names" [sue]="a suspended member"
    [ivan]="an invited person who has not accepted" [rem]="a removed member" [stranger]="a stranger" [larry]="a local user" [root]="root")
declare -A reason=([gus]=role [sue]=suspended [rem]=removed)

start_syslog
start_sshd
useradd --create-home --shell /bin/bash --password "$(perl -e 'print crypt("secret", "\$6\$salt\$")')" larry
# shellcheck disable=SC2086 # a list of words
new_key $people
# shellcheck disable=SC2086 # a list of words
printf '%s ALL=(ALL:ALL) NOPASSWD: ALL\n' $people >/etc/sudoers.d/test
configure_file_provider
ok "orgsyncd publishes the members" publish ada:admin mia:member gus:guest sue:member ivan:member:pending rem:member

# --- cron: jobs of everybody's, set up while all were active; the daemon looks at the next full minute ---
mkdir -m 1777 /var/tmp/jobs
for name in ada mia gus sue rem larry root; do
    echo "* * * * * id -un >/var/tmp/jobs/$name" | crontab -u "$name" -
done
echo '* * * * * rem id -un >/var/tmp/jobs/rem.system' >/etc/cron.d/test
ok "one leaves, one is suspended" publish ada:admin mia:member gus:guest sue:member:suspended ivan:member:pending
cron

# --- what each stack is asked with; each prints the name as whom it got in ---
by_sshd() { as "$1" id -un; }
by_sftp() { echo pwd | sftp -b - "$1@localhost" 2>"$T/err" | sed -n 's|.*: /home/||p; s|.*: /root|root|p'; }
by_su() { su "$1" -c 'id -un' 2>"$T/err" </dev/null; }
by_su_l() { su - "$1" -c 'id -un' 2>"$T/err" </dev/null; }
# A session from before: the stack is asked about who calls sudo.
# shellcheck disable=SC2016 # the inner shell's
by_sudo() { setpriv --reuid="$1" --regid="$(id -g "$1")" --init-groups --reset-env sudo -n "${@:2}" sh -c 'echo $SUDO_USER' 2>"$T/err" </dev/null; }
by_sudo_i() { by_sudo "$1" -i; }
by_sudo_l() { setpriv --reuid="$1" --regid="$(id -g "$1")" --init-groups --reset-env sudo -n -l 2>"$T/err" </dev/null | sed -n 's/^User \([a-z]*\) may run.*/\1/p'; }
# login on a terminal of its own; what is said there comes out with what the shell prints.
by_login() {
    echo 'id -un >/var/tmp/jobs/login; exit' | script -qec "login -f $1" "$T/terminal" >/dev/null
    tr -d '\r' <"$T/terminal" >"$T/err"
    cat /var/tmp/jobs/login 2>/dev/null
    rm -f /var/tmp/jobs/login
}

# admitted SERVICE NAME
admitted() {
    is "$(by_"$1" "$2")" "$2" "$1: ${is_a[$2]} is admitted"
    # A terminal shows what is typed, and sftp says whereto it has connected.
    is "$([ "$1" = login ] || grep -v '^Connected to' "$T/err")" '' "... and nothing is said"
    unlike "$(cat "$T/err")" 'Access denied|orglogin|pam_org' "... by us least of all"
}
# refused SERVICE NAME LINE: told LINE, once
refused() {
    is "$(by_"$1" "$2")" '' "$1: ${is_a[$2]} is refused"
    is "$(grep -c "$3" "$T/err")" 1 "... and told so in one line"
}
SUDOS='^sudo: PAM account management error: Permission denied' # pam_org was asked to be silent
NOBODY='does not exist'

for name in ada larry root; do
    for service in sshd sftp su su_l sudo sudo_i sudo_l login; do admitted "$service" "$name"; done
done
for service in sshd sftp login; do admitted "$service" mia; done
for service in su su_l; do refused "$service" mia "$OURS"; done
for service in sudo sudo_i sudo_l; do refused "$service" mia "$SUDOS"; done
for name in gus sue rem; do
    for service in sshd sftp su su_l login; do refused "$service" "$name" "$OURS"; done
    for service in sudo sudo_i sudo_l; do refused "$service" "$name" "$SUDOS"; done
done
# Who was never active has no entry in passwd: to the programs he is a stranger.
for name in ivan stranger; do
    for service in sshd login; do refused "$service" $name "$OURS"; done
    for service in su su_l; do refused "$service" $name "$NOBODY"; done
    is "$(by_sftp $name)" '' "sftp: ${is_a[$name]} is refused" # sftp -b has no keyboard-interactive that could tell him
done

for name in ada mia gus rem; do
    like "$(sudo -n -l -U "$name")" 'NOPASSWD: ALL' "root's sudo -l -U is about sudoers, whoever is asked about: ${is_a[$name]}"
done
is "$(echo secret | setpriv --reuid=larry --regid=larry --init-groups su ada -c 'id -un' 2>/dev/null)" '' "a local user's su to a member: a member has no password"
scp gus@localhost:/etc/hostname "$T/copy" >"$T/out" 2>"$T/err"
is "$? [$(cat "$T/out")] $(grep -c "$OURS" "$T/err")" "255 [] 1" "scp: the refusal is on stderr, stdout stays clean"

# --- keyboard-interactive: as shipped, nobody gets in by it ---
cat >"$T/answer" <<'ANSWER'
#!/bin/sh
cat "$0.text"
ANSWER
chmod +x "$T/answer"
# answering TEXT NAME [OPTION...]: an ssh login of NAME's that answers every question with TEXT
answering() {
    echo "$1" >"$T/answer.text"
    SSH_ASKPASS=$T/answer SSH_ASKPASS_REQUIRE=force ssh "${@:3}" "$2@localhost" id -un 2>"$T/err" </dev/null
}
KBD=(-o PreferredAuthentications=keyboard-interactive)
for name in ada gus rem stranger larry root; do
    is "$(answering secret $name "${KBD[@]}")" '' "keyboard-interactive: ${is_a[$name]} is refused"
    is "$(grep "$OURS" "$T/err")" "Access denied: this machine admits members of its organization only." "... and hears what everybody hears"
done

# --- where local users have passwords, as the comment in conf/pam.d/sshd has it ---
sed -i 's/^auth     requisite  pam_org.so/@include common-auth/' /etc/pam.d/sshd
sed -i -E 's/^(auth\s+requisite\s+)pam_deny.so/\1pam_org.so/' /etc/pam.d/common-auth
is "$(answering secret larry "${KBD[@]}")" larry "keyboard-interactive with common-auth: a local user's password is good"
is "$(answering wrong larry "${KBD[@]}")" '' "... a wrong one is not"
for name in ada rem stranger; do
    is "$(answering secret $name "${KBD[@]}")" '' "... ${is_a[$name]} has none"
    is "$(grep -c "$OURS" "$T/err")" 1 "... and hears one line"
done

# --- a key and a second factor: AuthenticationMethods publickey,keyboard-interactive ---
cat >/usr/local/sbin/second-factor <<'FACTOR'
#!/bin/sh
[ "$(tr -d '\0')" = 123456 ]
FACTOR
chmod +x /usr/local/sbin/second-factor
sed -i 's|^@include common-auth|auth requisite pam_exec.so quiet expose_authtok /usr/local/sbin/second-factor\nauth required pam_permit.so|' \
    /etc/pam.d/sshd
/usr/sbin/sshd -p 2222 -o PidFile=/run/sshd2.pid -o AuthenticationMethods=publickey,keyboard-interactive
wait_for 5 test -s /run/sshd2.pid
sed -i 's/^localhost/localhost,[localhost]:2222/' /etc/ssh/ssh_known_hosts
for name in ada mia larry; do
    is "$(answering 123456 $name -p 2222)" $name "a key and a second factor: ${is_a[$name]} is admitted"
    is "$(cat "$T/err")" '' "... and nothing is said"
done
for name in gus sue rem; do
    is "$(answering 123456 $name -p 2222)" '' "... ${is_a[$name]} is refused"
    is "$(grep -c "$OURS" "$T/err")" 1 "... and told so in one line"
done
is "$(answering 123456 root -p 2222)" '' "... root is refused: PermitRootLogin prohibit-password is sshd's own"
is "$(answering 000000 ada -p 2222)" '' "... an admin without the second factor is refused"
is "$(answering 123456 ada -p 2222 -i /root/keys/mia -F none -o IdentitiesOnly=yes)" '' "... an admin without the key too"

# --- the log: whatever the stack, one line with the same fields ---
line() { grep -E "pam_org\($1:account\): user=$2 service=$1 org=\S+ decision=$3 reason=$4 rule=$5 age_ms=-?[0-9]+ generation=[0-9]+$" $AUTH_LOG | head -1; }
for service in sshd su su-l sudo sudo-i login; do
    like "$(line $service ada allow '(rule|offline)' 1)" . "log: an admin is allowed by rule 1 ($service)"
    for name in gus sue rem; do
        like "$(line $service $name deny "${reason[$name]}" 0)" . "log: ${is_a[$name]} is denied ($service)"
    done
done
like "$(line sshd mia allow '(rule|offline)' 2)" . "log: a member is allowed by rule 2"
like "$(line su mia deny role 0)" . "log: a member is denied where no rule is"
like "$(line login stranger deny stranger 0)" . "log: a stranger is denied"
like "$(line login ivan deny pending 0)" . "log: who has not accepted is denied"
unlike "$(grep pam_org $AUTH_LOG)" 'user=(root|larry) ' "log: not a word on local accounts"

# --- cron, by now ---
ran() { for name in "$@"; do [ -s "/var/tmp/jobs/$name" ] || return 1; done; }
ok "cron runs an admin's, a member's, a local user's and root's job" wait_for 75 ran ada mia larry root
is "$(cat /var/tmp/jobs/mia)" mia "... as whom it belongs to"
# shellcheck disable=SC2329 # called by wait_for
logged() { for name in gus sue rem; do line cron "$name" deny "${reason[$name]}" 0 | grep -q . || return 1; done; }
ok "cron asks about the others' jobs, and the log has the refusals" wait_for 10 logged
is "$(find /var/tmp/jobs -name 'gus*' -o -name 'sue*' -o -name 'rem*')" '' "... none of them ran, in no kind of crontab"
done_testing
