#!/bin/bash
# Logins by real sshd: members with a role come in, everybody else is told one line; local accounts are what they were.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../lib/root.sh"
inside_root
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/host.sh"

start_syslog
start_sshd
useradd --create-home --shell /bin/bash larry
new_key ada mia gus ivan sue stranger larry root
configure_file_provider
ok "orgsyncd publishes the members" publish ada:admin mia:member gus:guest ivan:member:pending sue:member:suspended

# Admitted.
is "$(as ada id -un)" ada "an admin logs in"
like "$(as ada id -Gn)" '\bacme\b.*\bacme-admins\b|\bacme-admins\b.*\bacme\b' "... with the groups of the configuration"
is "$(as mia id -un)" mia "a member logs in"
unlike "$(as mia id -Gn)" acme-admins "... without the admins' group"
is "$(as mia pwd)" /home/mia "... in a home directory"
is "$(stat -c '%U %a' /home/mia)" "mia 700" "... that is his own"
as mia true >"$T/out"
is "$(cat "$T/out" "$T/err")" "" "nothing is said to who is admitted"
like "$(cat $AUTH_LOG)" 'pam_org.*mia' "the log has pam_org's line on the login"

# Copies: nothing of ours is mixed into a protocol on stdout.
head -c 100000 /dev/urandom >"$T/data"
ok "scp to the host" scp -q "$T/data" mia@localhost:copied
ok "scp from the host" scp -q mia@localhost:copied "$T/back"
ok "what came back is what was sent" cmp "$T/data" "$T/back"
as mia cat copied >"$T/back"
ok "so it is through plain ssh" cmp "$T/data" "$T/back"
is "$(echo pwd | sftp -q -b - mia@localhost 2>&1 | tail -1)" "Remote working directory: /home/mia" "sftp works"

# refused NAME WHY: no session, one line that begins with "Access denied" besides ssh's own
refused() {
    local out
    out=$(as "$1" echo in)
    is "$? [$out]" "255 []" "$2 is refused"
    is "$(grep -c '^Access denied' "$T/err")" 1 "... and told so in one line"
}
refused gus "a member whose role no rule names"
refused ivan "a member who has not accepted yet"
refused sue "a suspended member"
refused stranger "a stranger"
stranger_told=$(grep '^Access denied' "$T/err")
like "$(cat $AUTH_LOG)" 'pam_org.*gus' "the log has pam_org's line on a refusal"

# Without the key nobody learns whether an account exists.
cp /root/keys/stranger "$T/wrong"
for name in ada gus larry nobody-at-all; do
    ssh -i "$T/wrong" -o IdentitiesOnly=yes -F none -o NumberOfPasswordPrompts=1 "$name@localhost" true </dev/null 2>"$T/err"
    is "$(grep '^Access denied' "$T/err")" "$stranger_told" "$name with a wrong key hears what a stranger hears"
done

# Local accounts.
is "$(as larry id -un)" larry "a local user logs in"
is "$(cat "$T/err")" "" "... and hears nothing of us"
is "$(as root id -u)" 0 "root logs in"
echo "closed for today" >/etc/nologin
refused_by_nologin=$(as mia echo in)
is "$refused_by_nologin" "" "/etc/nologin closes the machine to members too"
is "$(as root id -u)" 0 "... not to root"
rm /etc/nologin

# Whatever happens to pam_org.so, local accounts stay outside of it and members stay outside of the machine.
module=$(echo /usr/lib/*/security/pam_org.so)
mv "$module" "$module.away"
is "$(as ada echo in) $(as larry id -un) $(as root id -un)" " larry root" "without pam_org.so only local accounts get in"
mv "$module.away" "$module"
cp /etc/pam.d/common-account "$T/stack"
sed -i 's/pam_org.so$/pam_org.so rle=admin/' /etc/pam.d/common-account
is "$(as ada echo in) $(as larry id -un) $(as root id -un)" " larry root" "... nor with a mistake in its arguments"
sed -i 's/pam_org.so rle=/pam_org.so role=/' /etc/pam.d/common-account
is "$(as ada echo in) $(as mia echo in)" "in " "role=admin narrows a service to admins"
cp "$T/stack" /etc/pam.d/common-account

# A removed member.
ok "mia leaves" publish ada:admin gus:guest
refused mia "a member who left"
is "$(stat -c %U /home/mia)" mia "his files are still his by name"
is "$(as ada id -un)" ada "the others still get in"
done_testing
