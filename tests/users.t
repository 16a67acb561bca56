#!/bin/bash
# No file that we ship lets a program run as, or gives something to, a user or group whose name a member could take: each such name is made
# by our own sysusers file, or is root.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib/tap.sh"

# names FILE...: "FILE: NAME" for every user and group that FILE runs something as or gives something to: in units and their drop-ins, in
# sysusers, tmpfiles, sudoers, D-Bus, polkit, sshd and PAM configurations, and in commands that pages and examples tell somebody to type.
# What one of them is goes by its name or directory: packages say "sudoers.d/orglogin", we say "sshd_config.example".
names() {
    awk '
        function name(n) { gsub(/^["\x27%]+|["\x27;,]+$/, "", n); if (n != "" && n != "-" && n != "ALL") print FILENAME ": " n }
        function all(text,  n, i, word) { n = split(text, word, /[[:space:],]+/); for (i = 1; i <= n; i++) name(word[i]) }
        # after(PATTERN, WORD): every match of WORD that directly follows one of PATTERN
        function after(pattern, word,  rest, n) {
            rest = $0
            while (match(rest, pattern)) {
                rest = substr(rest, RSTART + RLENGTH)
                if (match(rest, "^" word)) name(substr(rest, 1, RLENGTH))
            }
        }
        function unit_ends() { if (unit != "" && dynamic && !user) print unit_file ": " unit; unit = ""; dynamic = user = 0 }
        BEGIN { WORD = "[A-Za-z0-9_][A-Za-z0-9_.-]*" }
        FNR == 1 {
            unit_ends()
            unit_file = unit = FILENAME; sub(/.*\//, "", unit); if (!sub(/\.service$/, "", unit)) unit = ""
        }
        /^[[:space:]]*(\/\/|\/\*|<!--|#)/ || /^\.\\"/ || /^SystemCallFilter=/ { next }
        /^[[:space:]]*(User|Group|SupplementaryGroups|SocketUser|SocketGroup)[[:space:]]*=/ {
            if ($0 ~ /^[[:space:]]*User[[:space:]]*=/) user = 1
            all(substr($0, index($0, "=") + 1))
        }
        /^[[:space:]]*DynamicUser[[:space:]]*=[[:space:]]*(yes|true|on|1|y|t)/ { dynamic = 1 }
        FILENAME ~ /sysusers/ && $1 == "m" { name($2); name($3) }
        FILENAME ~ /tmpfiles/ && $1 ~ /^[a-zA-Z]/ { name($4); name($5) }
        FILENAME ~ /sudoers/ && NF && !/^Defaults/ && !/^@/ { name($1); after("[(:]", WORD) }
        FILENAME ~ /dbus/ { after("(user|group)=\"", WORD) }
        FILENAME ~ /(polkit|\.rules$)/ { after("user[[:space:]]*[!=]==?[[:space:]]*[\"\x27]", WORD); after("isInGroup\\([\"\x27]", WORD) }
        FILENAME ~ /udev/ { after("(OWNER|GROUP):?=\"", WORD) }
        /^[[:space:]]*(AuthorizedKeysCommandUser|AuthorizedPrincipalsCommandUser|AllowUsers|AllowGroups|DenyUsers|DenyGroups)[[:space:]]/ { $1 = ""; all($0) }
        FILENAME ~ /pam/ { after("(ingroup|user =)[[:space:]]+", WORD); after("group=", WORD) }
        { after("(runuser|setpriv|sudo)[^|;&]*[[:space:]](-u|--user|--reuid)[ =]", WORD); after("chown[[:space:]](-R[[:space:]])?", WORD "(:" WORD ")?") }
        { after("install [^|;&]*-[og] ", WORD); after("useradd --system( --[a-z-]+( /[a-z/]+)?)*[[:space:]]", WORD) }
        END { unit_ends() }' "$@"
}

# --- it finds them, in every kind of file ---
mkdir -p "$T"/{units,sysusers.d,tmpfiles.d,sudoers.d,dbus-1,polkit-1,udev,pam.d,man}
cd "$T" || exit 1
printf '[Service]\nUser=a1\nGroup = a0\nGroup=a2\nSupplementaryGroups=a3 a4\n#User=not\n' >units/one.service
printf '[Service]\nExecStart=/bin/true\nDynamicUser=yes\n' >units/a5.service
printf '[Service]\nDynamicUser=yes\nUser=a6\n' >units/other.service
printf '[Socket]\nSocketUser=a7\nSocketGroup=a8\n' >units/one.socket
printf 'u ours - "-"\nm a9 b1\n' >sysusers.d/x.conf
printf 'd /var/lib/x 0700 b2 b3 -\nd /run/x 0755 - -\n' >tmpfiles.d/x.conf
printf 'Defaults env_reset\n%%b4 ALL=(b5:b6) ALL\nb7 ALL=ALL\n' >sudoers.d/x
printf '<policy user="b8">\n<policy group="b9">\n' >dbus-1/x.conf
printf 'if (subject.user == "c1" || subject.isInGroup("c2"))\n' >polkit-1/x.rules
printf 'KERNEL=="x", GROUP="c3"\n' >udev/x
printf 'AuthorizedKeysCommandUser c4\nAllowGroups c5 c6\n' >sshd.example
printf 'account required pam_succeed_if.so user ingroup c7\nauth required pam_wheel.so group=c8\n' >pam.d/x
printf '.Dl # runuser -u c9 -- orgd check\n.Dl chown -R d1:d2 /var/lib/x\ninstall -o d3 -m 600 a b\nuseradd --system --no-create-home --shell /bin/false d4\n' >man/x.8
# shellcheck disable=SC2046 # a list of words
is "$(names $(find . -type f) | sed 's/.*: //; s/:/\n/' | sort | xargs)" "$(echo a{0..9} b{1..9} c{1..9} d{1..4})" 'the search finds users and groups in each kind of file'
cd "$TOP" || exit 1

# --- and what we ship has none ---
shipped() { find packaging conf README.md orgd/API.md docs -type f 2>/dev/null | sort; }
made() { echo root; find packaging -path '*sysusers*' -type f -exec awk '$1 == "u" || $1 == "g" { print $2 }' {} +; }
# The groups that the shipped configuration itself makes for an organization are root's choice, not a member's: examples may name them.
chosen() { sed -n 's/^ *{* *name = "\([a-z-]*\)".*\(roles\|teams\|everyone\|permissions\) *=.*/\1/p' conf/orglogin.conf; }
# shellcheck disable=SC2046 # lists of words
names $(shipped) | sed 's/\(.*: .*\):\(.*\)/\1\n\1 \2/' >"$T/names"
found=$(cut -d: -f1 "$T/names" | sort -u | xargs)
for file in packaging/systemd/orgd.service conf/sshd_config.example README.md; do
    like "$found" "(^| )$file( |$)" "the search finds users or groups in $file"
done
foreign() { while read -r file name; do { made; case ${file%:} in conf/*example) chosen ;; esac; } | grep -qx -- "$name" || echo "$file $name"; done <"$T/names"; }
is "$(foreign)" '' 'every user and group in the shipped files is of our sysusers file, or root'
is "$(grep -rn '^DynamicUser=' packaging conf)" '' 'no shipped unit has DynamicUser'
done_testing
