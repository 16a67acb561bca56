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
ok 'orgsyncd publishes the members' publish ada:admin mia:member gus:guest sue:member ivan:member:pending rem:member

# --- cron: jobs of everybody's, set up while all were active; the daemon looks at the next full minute ---
mkdir -m 1777 /var/tmp/jobs
for name in ada mia gus sue rem larry root; do
    echo "* * * * * id -un >/var/tmp/jobs/$name" | crontab -u "$name" -
done
echo '* * * * * rem id -un >/var/tmp/jobs/rem.system' >/etc/cron.d/test
ok 'orgsyncd publishes a removal and a suspension' publish ada:admin mia:member gus:guest sue:member:suspended ivan:member:pending
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
    log_in "$T/terminal" "$1" 'id -un >/var/tmp/jobs/login'
    tr -d '\r' <"$T/terminal" >"$T/err"
    cat /var/tmp/jobs/login 2>/dev/null
    rm -f /var/tmp/jobs/login
}

# admitted SERVICE NAME
admitted() {
    is "$(by_"$1" "$2")" "$2" "$1 admits ${is_a[$2]}"
    # A terminal shows what is typed, and sftp says whereto it has connected.
    is "$([ "$1" = login ] || grep -v '^Connected to' "$T/err")" '' "$1 tells ${is_a[$2]} nothing"
    unlike "$(cat "$T/err")" 'Access denied|orglogin|pam_org' "$1 prints nothing of orglogin to ${is_a[$2]}"
}
# refused SERVICE NAME LINE: told LINE, once
refused() {
    is "$(by_"$1" "$2")" '' "$1 refuses ${is_a[$2]}"
    is "$(grep -c "$3" "$T/err")" 1 "$1 tells ${is_a[$2]} the refusal in one line"
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
    is "$(by_sftp $name)" '' "sftp refuses ${is_a[$name]}" # sftp -b has no keyboard-interactive that could tell him
done

for name in ada mia gus rem; do
    like "$(sudo -n -l -U "$name")" 'NOPASSWD: ALL' "sudo -l -U of root shows the sudoers entry of ${is_a[$name]}"
done
is "$(echo secret | setpriv --reuid=larry --regid=larry --init-groups su ada -c 'id -un' 2>/dev/null)" '' 'su to a member by a local user is refused, since a member has no password'
scp gus@localhost:/etc/hostname "$T/copy" >"$T/out" 2>"$T/err"
is "$? [$(cat "$T/out")] $(grep -c "$OURS" "$T/err")" "255 [] 1" 'scp prints a refusal to standard error alone'

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
    is "$(answering secret $name "${KBD[@]}")" '' "keyboard-interactive refuses ${is_a[$name]}"
    is "$(grep "$OURS" "$T/err")" "Access denied: this machine admits members of its organization only." "keyboard-interactive tells ${is_a[$name]} the same as everybody"
done

# --- where local users have passwords, as the comment in conf/pam.d/sshd has it ---
sed -i '/^auth .*pam_org.so/d' /etc/pam.d/sshd
sed -i -E 's/^(auth\s+requisite\s+)pam_deny.so/\1pam_org.so/' /etc/pam.d/common-auth
is "$(answering secret larry "${KBD[@]}")" larry 'keyboard-interactive with common-auth takes the password of a local user'
is "$(answering wrong larry "${KBD[@]}")" '' 'keyboard-interactive with common-auth refuses a wrong password of a local user'
for name in ada rem stranger; do
    is "$(answering secret $name "${KBD[@]}")" '' "keyboard-interactive with common-auth refuses ${is_a[$name]}"
    is "$(grep -c "$OURS" "$T/err")" 1 "keyboard-interactive with common-auth tells ${is_a[$name]} the refusal in one line"
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
    is "$(answering 123456 $name -p 2222)" $name "a key and a second factor admit ${is_a[$name]}"
    is "$(cat "$T/err")" '' "a key and a second factor tell ${is_a[$name]} nothing"
done
for name in gus sue rem; do
    is "$(answering 123456 $name -p 2222)" '' "a key and a second factor do not admit ${is_a[$name]}"
    is "$(grep -c "$OURS" "$T/err")" 1 "a key and a second factor tell ${is_a[$name]} the refusal in one line"
done
is "$(answering 123456 root -p 2222)" '' 'a key and a second factor do not admit root, by PermitRootLogin'
is "$(answering 000000 ada -p 2222)" '' 'a key without the second factor does not admit an admin'
is "$(answering 123456 ada -p 2222 -i /root/keys/mia -F none -o IdentitiesOnly=yes)" '' 'a second factor without the key does not admit an admin'

# --- the log: whatever the stack, one line with the same fields ---
line() { grep -E "pam_org\($1:account\): user=$2 service=$1 org=\S+ decision=$3 reason=$4 rule=$5 age_ms=-?[0-9]+ generation=[0-9]+$" $AUTH_LOG | head -1; }
for service in sshd su su-l sudo sudo-i login; do
    like "$(line $service ada allow '(rule|offline)' 1)" . "the log has an admin allowed by rule 1 for $service"
    for name in gus sue rem; do
        like "$(line $service $name deny "${reason[$name]}" 0)" . "the log has ${is_a[$name]} denied for $service"
    done
done
like "$(line sshd mia allow '(rule|offline)' 2)" . 'the log has a member allowed by rule 2 for sshd'
like "$(line su mia deny role 0)" . 'the log has a member denied for su, which no rule gives him'
like "$(line login stranger deny stranger 0)" . 'the log has a stranger denied for login'
like "$(line login ivan deny pending 0)" . 'the log has an invited person denied as pending for login'
unlike "$(grep pam_org $AUTH_LOG)" 'user=(root|larry) ' 'the log has no line of pam_org on local accounts'

# --- cron, by now ---
ran() { for name in "$@"; do [ -s "/var/tmp/jobs/$name" ] || return 1; done; }
ok 'cron runs the jobs of an admin, a member, a local user and root' wait_for 75 ran ada mia larry root
is "$(cat /var/tmp/jobs/mia)" mia 'cron runs the job of a member as that member'
# shellcheck disable=SC2329 # called by wait_for
logged() { for name in gus sue rem; do line cron "$name" deny "${reason[$name]}" 0 | grep -q . || return 1; done; }
ok 'the log has the refused cron jobs with their reasons' wait_for 10 logged
is "$(find /var/tmp/jobs -name 'gus*' -o -name 'sue*' -o -name 'rem*')" '' 'cron runs no job of refused persons'
done_testing
