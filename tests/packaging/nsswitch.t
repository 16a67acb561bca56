#!/bin/bash
# packaging/nsswitch and the maintainer scripts of libnss-org that call it: org in and out of every kind of nsswitch.conf, and nothing else.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../lib/tap.sh"
mkdir -p "$T/root/etc"
file=$T/root/etc/nsswitch.conf
switch() { DPKG_ROOT=$T/root "$TOP/packaging/nsswitch" "$@"; }
# now LINE...: the file's lines
now() { printf '%s\n' "$@" >"$file"; }
# has LINE... -- WHAT
has() {
    local lines=()
    while [ "$1" != -- ]; do lines+=("$1"); shift; done
    is "$(cat "$file")" "$(printf '%s\n' "${lines[@]}")" "$2"
}

# --- on and off ---
now '# Name services' '' 'passwd:         files systemd' 'group:          files' 'shadow:		files' 'gshadow: files' '' 'hosts: files dns'
cp "$file" "$T/before"
is "$(switch lines)" '' 'there is no org at first'
ok 'org is switched on' switch on
has '# Name services' '' 'passwd:         files systemd org' 'group:          files org' 'shadow:		files org' 'gshadow: files' '' 'hosts: files dns' -- 'the three databases get org at their end'
ok 'org is switched on again' switch on
is "$(grep -c org "$file")" 3 'org is there once'
is "$(switch lines)" "$(grep org "$file")" 'the lines with org are printed'
ok 'org is switched off' switch off
ok 'the file is what it was, byte for byte' cmp "$file" "$T/before"
ok 'org is switched off again' switch off

# --- lines of an administrator's ---
# off LINE WANT: what is left of LINE, and LINE comes back
off() {
    now "$1"
    switch lines >"$T/lines"
    switch off
    has "$2" -- "off: $1"
    switch on "$T/lines"
    has "$1" -- "on again: $1"
}
off 'passwd: org' 'passwd:'
off 'passwd: org files' 'passwd: files'
off 'passwd:org files' 'passwd: files'
off 'passwd: files org systemd' 'passwd: files systemd'
off 'passwd: files org [NOTFOUND=return] systemd' 'passwd: files systemd'
off 'passwd: files org[!UNAVAIL=return] [SUCCESS=merge] systemd' 'passwd: files systemd'
off 'passwd: files [SUCCESS=merge] org' 'passwd: files [SUCCESS=merge]'
off 'passwd: files org # org is ours' 'passwd: files # org is ours'
off 'passwd: files org#ours' 'passwd: files#ours'
off '  group:	files	org	' '  group:	files	'
off 'initgroups: org files' 'initgroups: files'
off 'passwd: org org' 'passwd:'
now 'passwd: files organ morg org2' '#passwd: org' 'group: files # org' 'org: x' 'text org'
cp "$file" "$T/before"
is "$(switch lines)" '' 'a word with org in it, a comment and a foreign line are no org'
ok 'org is switched off there' switch off
ok 'and nothing has changed' cmp "$file" "$T/before"

# --- edited between off and on ---
now 'passwd: org files' 'group: files org' 'shadow: files org'
switch lines >"$T/lines"
switch off
now 'passwd: files extra # now' 'shadow: files' 'group: org files'
ok 'org is switched on in a file that was edited meanwhile' switch on "$T/lines"
has 'passwd: files extra org # now' 'shadow: files org' 'group: org files' -- 'edited lines get org at their end, others as they had it'
now 'hosts: files' 'passwd: files'
switch on "$T/lines"
has 'hosts: files' 'passwd: org files' -- 'a database that has no line any more stays without'

# --- the file ---
now 'passwd: files'
chmod 640 "$file"
switch on
is "$(stat -c %a "$file") $(ls "$T/root/etc")" '640 nsswitch.conf' 'the mode stays, and no other file'
mkdir "$T/root/profile"
mv "$file" "$T/root/profile/"
ln -s ../profile/nsswitch.conf "$file"
ok 'org is switched off behind a link' switch off
is "$(readlink "$file") $(cat "$file")" '../profile/nsswitch.conf passwd: files' 'a link stays a link'
rm "$file"
is "$(switch on 2>&1; echo $?)" "nsswitch: there is no file $file
1" 'without a file it says so'
is "$(switch lines; echo $?)" 0 'without a file there are no lines'
is "$(switch of 2>&1; echo $?)" "usage: nsswitch on [LINES] | off | lines
2" 'a word that it does not know is refused'

# --- killed ---
if can_trace; then
    now 'passwd: files' 'group: files' 'shadow: files'
    cp "$file" "$T/before"
    switch on
    cp "$file" "$T/after"
    for call in openat write rename renameat2 fsync; do
        for n in 1 2 3 4 5 6; do
            cp "$T/before" "$file"
            (DPKG_ROOT=$T/root strace -f -o /dev/null -e trace=$call -e inject=$call:signal=KILL:when=$n "$TOP/packaging/nsswitch" on; true) >"$T/out" 2>&1
            cmp -s "$file" "$T/before" || cmp -s "$file" "$T/after" || { fail "killed at $call $n the file is whole" "$(cat "$file")"; continue; }
            switch on && cmp -s "$file" "$T/after" && [ "$(ls "$T/root/etc")" = nsswitch.conf ] || { fail "killed at $call $n it ends well the next time" "$(cat "$file"; ls "$T/root/etc")"; continue; }
        done
    done
    pass 'killed at any moment, the file is as it was or as it will be, and the next run ends well'
fi

# --- the maintainer scripts, with nsswitch at its place in the tree ---
for script in prerm postinst postrm; do
    sed "s|/usr/libexec/orglogin/nsswitch|$TOP/packaging/nsswitch|" "$TOP/debian/libnss-org.$script" >"$T/$script"
done
run() { DPKG_ROOT=$T/root sh "$T/$1" "${@:2}" </dev/null; }
now 'passwd: files org' 'group: org [NOTFOUND=return] files' 'shadow: files org'
cp "$file" "$T/before"
ok 'prerm upgrade succeeds' run prerm upgrade 2
ok 'an upgrade leaves nsswitch.conf alone' cmp "$file" "$T/before"
ok 'prerm remove succeeds' run prerm remove
has 'passwd: files' 'group: files' 'shadow: files' -- 'the removal takes org out'
ok 'a second prerm remove succeeds' run prerm remove
ok 'postinst succeeds' run postinst configure 1
ok 'the installation after two removals puts all back' cmp "$file" "$T/before"
run prerm remove
ok 'postinst abort-remove succeeds' run postinst abort-remove
ok 'a removal that is given up puts all back' cmp "$file" "$T/before"
run postinst configure 1
ok 'the configuration of the same version again changes nothing' cmp "$file" "$T/before"
run prerm remove
run postrm remove
run postrm purge
is "$(ls "$T/root/var/lib")" '' 'a purge leaves nothing'
run postinst configure
has 'passwd: files' 'group: files' 'shadow: files' -- 'an installation after a purge leaves nsswitch.conf alone'
cp "$T/before" "$file"
if [ "$(id -u)" = 0 ] && chattr +i "$file" 2>/dev/null; then
    is "$(run prerm remove 2>&1 | tail -1; chattr -i "$file")" 'libnss-org: "org" stays in /etc/nsswitch.conf, where it does no harm' 'a file that cannot be changed does not hinder the removal'
    ok 'it is as it was' cmp "$file" "$T/before"
    ok 'an installation succeeds then' run postinst configure
    ok 'and changes nothing' cmp "$file" "$T/before"
fi
done_testing
