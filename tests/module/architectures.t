#!/bin/bash
# The two modules of other machines, built by Debian's cross compilers against a sysroot of Debian's packages: glibc's getent and
# libpam of that machine find and admit members. They run under qemu, but for i386 where the kernel runs it. s390x has the other byte
# order.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/root.sh"
if [ "$(id -u)" != 0 ]; then skip_all 'needs root'; fi
need readelf
have mmdebstrap || skip_all 'mmdebstrap is not installed (tests/lib/deps test)'

# shellcheck disable=SC2016 # the format is apt's
# sysroot DIR ARCHITECTURE: unpacked packages, none of which has been configured
sysroot() {
    [ -e "$1/.made" ] && return
    rm -rf "$1"
    mmdebstrap --quiet --variant=extract --architectures="$2" --include=libc6,libc-bin,libc6-dev,libpam0g-dev,pamtester \
        "$(root_codename)" "$1" "$(apt-get indextargets --format '$(SITE)' | head -1)" </dev/null && touch "$1/.made"
} 2>"$T/mmdebstrap.err" >&2

# shellcheck disable=SC2317,SC2329 # called by ok
# build DIR CC: the modules, and mksnapshot
build() {
    local source objects=()
    for source in common/*.c; do objects+=("$1/obj/${source%.c}.o"); done
    make -s BUILD="$1" CC="$2" WERROR=1 "$1/libnss_org.so.2" "$1/pam_org.so" "${objects[@]}" 2>&1
}

# in_sysroot COMMAND...: as root in it, by the emulator if there is one
in_sysroot() { chroot "$root" ${emulator:+"/${emulator##*/}"} "$@" 2>&1; }

# furnish: what a host has
furnish() {
    local triplet
    triplet=$($compiler -print-multiarch)
    [ -z "$emulator" ] || cp "$emulator" "$root/"
    install -D -m 644 "$made/libnss_org.so.2" "$root/usr/lib/$triplet/libnss_org.so.2"
    install -D -m 644 "$made/pam_org.so" "$root/lib/$triplet/security/pam_org.so"
    install -d "$root/var/lib/orglogin" "$root/etc/pam.d"
    echo 'root:x:0:0:root:/root:/bin/sh' >"$root/etc/passwd"
    printf '%s: files org\n' passwd group shadow >"$root/etc/nsswitch.conf"
    printf 'account required pam_org.so\n' | tee "$root/etc/pam.d/sshd" >"$root/etc/pam.d/sudo"
}

symbols() { readelf --dyn-syms -W "$@" | awk '$7 == "UND" { print $8 }' | xargs; }

# answers WORDS: members of that machine's snapshot
answers() {
    is "$(in_sysroot /usr/bin/getent passwd ann)" 'ann:*:200001:200001:A Name:/home/x:/bin/sh' "$1: getent finds a member by name"
    like "$(in_sysroot /usr/bin/getent passwd 200003)" '^cid:' "$1: getent finds a member by number"
    like "$(in_sysroot /usr/bin/getent group crowd)" '^crowd:\*:150000:crowd-00000000,' "$1: getent lists the members of a group"
    like "$(in_sysroot /usr/bin/getent initgroups crowd-00000007)" ' 150000' "$1: getent finds the groups of a member"
    is "$(in_sysroot /usr/bin/getent passwd stranger)" '' "$1: getent does not find a stranger"
    like "$(in_sysroot /usr/bin/pamtester sshd cid acct_mgmt)" 'account management done' "$1: pam_org admits a member with a rule"
    like "$(in_sysroot /usr/bin/pamtester sudo cid acct_mgmt)" 'Permission denied' "$1: pam_org refuses a member without a rule"
    like "$(in_sysroot /usr/bin/pamtester sshd bob acct_mgmt)" 'Permission denied' "$1: pam_org refuses a suspended member"
}

# Nothing where the kernel itself runs i386.
emulator_of_i386() { "$BUILD/architectures/i386/root/lib/ld-linux.so.2" --version >/dev/null 2>&1 || echo /usr/bin/qemu-i386-static; }

# lacks REASON
lacks() { pass "the modules work on $name # SKIP $1"; }

# architecture NAME COMPILER EMULATOR
architecture() {
    local name=$1 compiler=$2 emulator=$3 made=$BUILD/architectures/$1 root=$BUILD/architectures/$1/root
    have "$compiler" || { lacks "$compiler is not installed (tests/lib/deps architectures)"; return; }
    [ -z "$emulator" ] || [ -x "$emulator" ] || { lacks "$emulator is not installed (tests/lib/deps architectures)"; return; }
    mkdir -p "$made"
    sysroot "$root" "$name" || { lacks "no sysroot: $(tail -n 1 "$T/mmdebstrap.err")"; return; }
    ok "$name: the modules build without a warning" build "$made" "$compiler --sysroot=$root"
    case $name in i386 | armhf)
        unlike "$(symbols "$made/libnss_org.so.2" "$made/pam_org.so")" '(^| )(fstat|fstat64|open|openat|mmap|clock_gettime|nanosleep)@' \
            "$name: the modules know 64-bit inodes and times after 2038"
        ;;
    esac
    [ "$name" != i386 ] || emulator=$(emulator_of_i386)
    furnish
    $compiler --sysroot="$root" -std=c17 -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -D_TIME_BITS=64 -I. -o "$root/mksnapshot" tests/orgadmin/mksnapshot.c "$made"/obj/common/*.o
    in_sysroot /mksnapshot /var/lib/orglogin/snapshot "$(date +%s%3N)" 30
    answers "$name"
}

cd "$TOP" || exit
architecture i386 i686-linux-gnu-gcc /usr/bin/qemu-i386-static
# The snapshot of a host with 64 bits, read by programs with 32.
if [ -x "$BUILD/architectures/i386/root/mksnapshot" ]; then
    root=$BUILD/architectures/i386/root emulator=$(emulator_of_i386) made=$BUILD/architectures/native
    ok 'a snapshot tool for this machine builds' build "$made" "${CC:-cc}"
    "${CC:-cc}" -std=c17 -D_GNU_SOURCE -I. -o "$T/mksnapshot" tests/orgadmin/mksnapshot.c "$made"/obj/common/*.o
    "$T/mksnapshot" "$root/var/lib/orglogin/snapshot" "$(date +%s%3N)" 30
    answers 'i386 on a host of 64 bits'
fi
architecture armhf arm-linux-gnueabihf-gcc /usr/bin/qemu-arm-static
architecture arm64 aarch64-linux-gnu-gcc /usr/bin/qemu-aarch64-static
architecture s390x s390x-linux-gnu-gcc /usr/bin/qemu-s390x-static
done_testing
