#!/bin/bash
# The modules built with sanitizers in the real programs: sshd, sftp, su, sudo, login and cron as stacks.t has them, getent and id
# through all that NSS can be asked. No program may have had a report.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../lib/root.sh"

ROUNDS=${ROUNDS:-8}
REPORTS=/var/log/sanitizer
PLANTED=tests/sanitizer
# On the machine, where the compiler is: the sanitizers' runtimes, where they are to report, and a module with two faults. Reports of
# the address sanitizer go to files; undefined behaviour is told on stderr, and ends the program as the tree is built.
make_runtimes() {
    local dir=$1/$PLANTED cc
    cc=$(sed 's/^ccache //; s/ .*//' "$1/check/flags")
    rm -rf "$dir"
    mkdir -p "$dir/usr/lib" "$dir/etc"
    (. "$(dirname "$0")/../lib/overlay.sh" && TOP=. BUILD=$1/check ROOT=$dir preload_sanitizers) &&
        [ -s "$dir/etc/ld.so.preload" ] || return 1
    $cc -shared -fPIC -o "$dir/usr/lib/report_options.so" -x c - <<C &&
const char *__asan_default_options(void)
{
    return "detect_leaks=0:verify_asan_link_order=0:log_path=$REPORTS/asan";
}
C
        sed -i '1i /usr/lib/report_options.so' "$dir/etc/ld.so.preload" &&
        $cc -shared -fPIC -fsanitize=address,undefined -fno-sanitize-recover=undefined -o "$dir/usr/lib/libnss_planted.so.2" -x c - <<'C'
#include <nss.h>
#include <stdlib.h>
#include <string.h>
enum nss_status _nss_planted_getpwnam_r(const char *name, void *result, char *buffer, size_t size, int *error)
{
    int length = (int)strlen(name) + 2147483600;
    char *copy = malloc(16);
    strcpy(copy, name);
    free(copy);
    return (void)result, (void)buffer, (void)size, *error = length, NSS_STATUS_NOTFOUND;
}
C
}
if [ -z "${ORG_IN_ROOT:-}" ]; then
    [ -e "${BUILD:-build}/check/pam_org.so" ] || skip_root "there is no sanitized tree: make check builds it"
    make_runtimes "${BUILD:-build}" || skip_root "the sanitized tree has no address sanitizer of gcc's in libraries"
fi
inside_root
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/host.sh"

# What is sanitized looks for the places of orglogin in its own tree. So is orgsyncd: its fetchers have no limit of memory then,
# which the sanitizers' runtimes could not keep.
use_sanitized_modules() {
    local module place
    for place in STATEDIR:/var/lib/orglogin RUNDIR:/run/orglogin SYSCONFDIR:/etc/orglogin; do
        mkdir -p "${place#*:}" "$(place /mnt/build/check "${place%%:*}")"
        mount --bind "${place#*:}" "$(place /mnt/build/check "${place%%:*}")"
    done
    mkdir -p $REPORTS
    chmod 1777 $REPORTS
    cp --remove-destination /mnt/build/check/orgsyncd "$(command -v orgsyncd)"
    cp -R "/mnt/build/$PLANTED/usr/lib/." /usr/lib/
    cp "/mnt/build/$PLANTED/etc/ld.so.preload" /etc/
    for module in libnss_org.so.2 pam_org.so; do
        cp --remove-destination "/mnt/build/check/$module" "$(find /usr/lib -name $module)"
    done
}
use_sanitized_modules
# What there is to see of reports: the files, and what is in the files that are named.
reports() { head -q -n 20 $REPORTS/* 2>/dev/null; grep -h -m 5 'runtime error:' "$@" /dev/null; }

# --- a fault is reported, so that no report means no fault ---
getent -s planted passwd more-than-sixteen >/dev/null 2>&1
like "$(reports)" 'AddressSanitizer: heap-buffer-overflow' 'a planted heap overflow in a module is reported'
rm -f $REPORTS/*
getent -s planted passwd "$(printf 'x%.0s' {1..60})" >"$T/planted" 2>&1
is "$? $(reports "$T/planted" | grep -o 'runtime error: signed integer overflow')" "1 runtime error: signed integer overflow" \
    'a planted integer overflow in a module is reported'
like "$(cat /mnt/build/check/flags)" ' -fno-sanitize-recover=undefined( |$)' 'undefined behaviour ends the programs of the sanitized tree'

# --- everybody through every stack ---
# Its verdicts are its own: here everything takes several times as long. That it comes to its end, and what is reported on the way, counts.
"$(dirname "$0")/stacks.t" >"$T/stacks" 2>&1
is "$(grep -c '^1\.\.' "$T/stacks")" 1 'stacks.t runs to its end with the sanitized modules'
is "$(reports "$T/stacks" "$AUTH_LOG")" '' 'stacks.t causes no report of the sanitizers'
for program in sshd su sudo login cron; do
    ok "$program loads the sanitized pam_org" grep -q "pam_org($program:" "$AUTH_LOG"
done

# --- all that NSS can be asked ---
sed -i 's/enumerate = false/enumerate = true/' $CONF
publish ada:admin mia:member gus:guest sue:member:suspended ivan:member:pending >/dev/null
ada=$(id -u ada) acme=$(getent group acme | cut -d: -f3)
asked() {
    local database key
    for database in passwd group shadow; do
        getent -s org $database
        for key in ada rem acme stranger "" a:b 0 "$ada" "$acme" 4294967295 "$(printf 'x%.0s' {1..300})"; do
            getent -s org $database "$key"
        done
    done
    for key in ada mia gus rem stranger root larry; do
        getent -s org initgroups "$key"
        id "$key"
    done
    ls -l /home
}
asked >"$T/asked" 2>&1
like "$(cat "$T/asked")" "uid=$ada\(ada\)" 'getent and id answer with the sanitized libnss_org'
is "$(reports "$T/asked")" '' 'getent and id cause no report of the sanitizers'

# --- a snapshot that is damaged somewhere ---
cp $SNAPSHOT "$T/good"
# damage: FILE with four bytes changed somewhere
damage() { perl -0777 -pi -e 'substr($_, int rand(length() - 4), 4) = pack "N", rand 2**32' "$1"; }
for ((round = 1; round <= ROUNDS; round++)); do
    cp "$T/good" "$T/bad"
    damage "$T/bad"
    mv "$T/bad" $SNAPSHOT
    getent -s org passwd
    id ada
    su ada -c true </dev/null
done >"$T/damaged" 2>&1
is "$(reports "$T/damaged")" '' 'randomly damaged snapshots cause no report of the sanitizers'
done_testing
