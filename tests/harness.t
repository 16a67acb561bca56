#!/bin/bash
# What the other tests stand on: a command that is missing fails a test, none reaches out of its own root, and where there can be no root
# the reason is told.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib/tap.sh"

# --- a command that does not exist ---
# says LINE: what a test ends with that has LINE between two good ones
says() {
    printf '. "%s/tests/lib/tap.sh"\npass first\n%s\npass last\ndone_testing\n' "$TOP" "$1" >"$T/it.t"
    out=$(BUILD=$BUILD bash "$T/it.t" 2>/dev/null)
    echo "$? $(grep -E '^(not|#|1\.\.)' <<<"$out" | xargs -d '\n')"
}
is "$(says :)" "0 1..2" 'a test without a missing command passes'
bad="1 not ok 3 - every command that the test calls exists # not found: no_such_thing 1..3"
# shellcheck disable=SC2016 # the test's
for line in 'no_such_thing' 'no_such_thing 2>/dev/null || :' 'out=$(no_such_thing | cat)' \
    'wait_for 0 no_such_thing & wait' '(no_such_thing); no_such_thing' 'x() { ! no_such_thing; }; x' 'no_such_thing & wait'; do
    [ "${line#wait_for}" = "$line" ] || line="WAIT_LEAST=0; $line"
    is "$(says "$line")" "$bad" "a test that calls a missing command fails: $line"
done
is "$(says 'have no_such_thing && no_such_thing')" "0 1..2" 'a test that asks have before a missing command passes'
is "$(says 'need no_such_thing')" "0 1..0 # SKIP no_such_thing is not installed" 'a test that needs a missing command is skipped'
# shellcheck disable=SC2016 # the test's
is "$(says '(tap_cleanup); [ -d "$T" ] || fail "the directory is gone"')" "0 1..2" 'the clean-up of a test does nothing in a child'
rest=$(find "${T%/*}" -maxdepth 1 -name "${T##*/}*" ! -path "$T" ! -path "$TAP_MISSING")
is "$rest" '' 'a test leaves no temporary directory'

# --- no way out of the root ---
# Where the machine is itself in a chroot, the top of a process's mounts is the machine around it: --root is the process's own.
scripts() { grep -rlI --include='*.t' --include='*.sh' -e . "$TOP/tests" | cat - <(find "$TOP"/tests/{lib,demo,boot,e2e,faults,fuzz} -type f -perm -u+x) | sort -u; }
outside() { xargs grep -HnE '\bnsenter\b' | grep -E -- ' (-[a-zA-Z]*[ma][a-zA-Z]*|--mount|--all)\b' | grep -vE -- ' (-[a-zA-Z]*r[a-zA-Z]*|--root)\b'; }
printf 'nsenter -t 1 -m touch /etc/x\nnsenter -at 1 true\nnsenter --target 1 --mount --root true\nnsenter -t 1 -mr true\nnsenter -t 1 -n ip link\n' >"$T/bad.sh"
is "$(echo "$T/bad.sh" | outside | cut -d: -f2 | xargs)" "1 2" 'an nsenter without --root into the mounts of a process is found'
is "$(scripts | grep -v 'tests/harness.t$' | outside)" '' 'no test enters the mounts of a process without its root'

# --- what the root is made of ---
if have dpkg-query; then
    # shellcheck source-path=SCRIPTDIR
    libraries=$(. "$TOP/tests/lib/root.sh" && root_library_packages "$BUILD")
    like "$libraries" '^libconfig[0-9]+$' 'the throw-away root gets the packages of the libraries that the programs link, by the names of this Debian'
    unlike "$libraries" 'libasan|-dev$|-cross$' 'the throw-away root gets no package of a sanitizer or a compiler'
else
    pass 'the throw-away root gets the packages of the libraries that the programs link, by the names of this Debian # SKIP no dpkg-query'
fi

# --- no root ---
if [ "$(id -u)" = 0 ] && have mmdebstrap && unshare --mount --propagation private true 2>/dev/null; then
    mkdir -p "$T"/{1,2,3}
    cp -r "$TOP/tests/lib" "$T/lib"
    mkdir -p "$T/1/tests/e2e" && mv "$T/lib" "$T/1/tests/"
    # shellcheck disable=SC2016 # the test's
    printf '. "$(dirname "$0")/../lib/root.sh"\ninside_root\n' >"$T/1/tests/e2e/x.t"
    # shellcheck disable=SC2016 # the inner shell's
    out=$(unshare --mount --propagation private bash -c 'cd "$1" && mount -t tmpfs two . -o mode=755 && mkdir u1 w1 u2 w2 o1 o2 l &&
        cp -r "$2" l/x && mount -t overlay -o lowerdir=l,upperdir=u1,workdir=w1 o o1 && mkdir t && mount -t tmpfs t t && mkdir t/u t/w &&
        mount -t overlay -o lowerdir=o1,upperdir=t/u,workdir=t/w o o2 && exec bash o2/x/tests/e2e/x.t' bash "$T/2" "$T/1" 2>&1)
    case $out in
    mount:*) pass 'a test in the throw-away root of a checkout on two overlays is skipped # SKIP this checkout is on an overlay' ;;
    *) like "$out" '^1\.\.0 # SKIP no overlay can be mounted on .*/o2/x ' 'a test in the throw-away root of a checkout on two overlays is skipped' ;;
    esac
else
    pass 'a test in the throw-away root of a checkout on two overlays is skipped # SKIP needs root, mmdebstrap and namespaces'
fi

# In a chroot whose root is no mount point no mount namespace can be made private.
if [ "$(id -u)" = 0 ] && have mmdebstrap && unshare --mount --propagation private true 2>/dev/null; then
    mkdir "$T/chroot" "$T/chroot/lib.sh"
    cp "$TOP/tests/lib/root.sh" "$T/chroot/lib.sh/"
    # shellcheck disable=SC2016 # the inner shells'
    out=$(unshare --mount --propagation private bash -ec 'cd "$1"
        for name in bin dev lib lib64 sbin usr etc proc; do
            if [ -L "/$name" ]; then cp -d "/$name" .; elif [ -d "/$name" ]; then mkdir "$name"; mount --rbind "/$name" "$name"; fi
        done
        exec chroot . bash -c ". /lib.sh/root.sh; root_lacking"' bash "$T/chroot" 2>&1)
    like "$out" 'a chroot whose root is no mount point.*mount --bind' 'in a plain chroot the reason is told, with the cure'
else
    pass 'in a plain chroot the reason is told, with the cure # SKIP needs root, mmdebstrap and namespaces'
fi
done_testing
