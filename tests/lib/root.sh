# The throw-away root: a small Debian of its own, made once, in which real sshd, sudo, su and cron meet the programs just
# built. What runs in it sees its own files, processes, network and host name; all of it is gone when the script ends, and
# nothing of this machine is touched. Source it; needs root. $BUILD is where the programs are (default build/).
#
#   in_root SCRIPT [ARG...]   runs SCRIPT (a file of this checkout) in it; its exit status is SCRIPT's
#   inside_root               the calling script goes on in it; when the machine cannot do that, the test is skipped
#   in_boot SCRIPT [ARG...]   boots it under a real systemd and runs SCRIPT, before and as a service of it (tests/lib/boot)
#   inside_boot               the calling script goes on in the booted root, after its function prepare; or it is skipped
#   inside_vm KERNEL-ARGS...  the same in a virtual machine with a kernel of its own (tests/lib/vm)
ROOT_TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)

# What stands in the root besides Debian's essentials. Python is for the fakes of vendors' APIs, Perl for those of tests/faults, strace for kills at a chosen call; the syslog
# daemon is there because nothing else listens on /dev/log; systemd for the tests that boot the root (tests/boot).
ROOT_PACKAGES=openssh-server,openssh-client,sudo,cron,procps,iproute2,inetutils-syslogd,jq,nscd,tmux
ROOT_PACKAGES+=,perl,python3,strace,systemd-sysv,dbus,dbus-user-session,libpam-systemd,libnss-systemd
# In a virtual machine: a kernel, and what the kernel enforces.
VM_PACKAGES=linux-image-cloud-amd64,udev,apparmor,auditd,selinux-policy-default,selinux-policy-dev,policycoreutils,selinux-utils,make,openssl

# Prints why there can be no throw-away root on this machine; nothing when there can.
root_lacking() {
    if [ "$(id -u)" != 0 ]; then
        echo "needs root"
    elif ! command -v mmdebstrap >/dev/null; then
        echo "mmdebstrap is not installed (make deps-check installs it)"
    elif ! awk '$5 == "/" { found = 1 } END { exit !found }' /proc/self/mountinfo; then
        echo "this is a chroot whose root is no mount point, which can have no mounts of its own (before chroot DIR: mount --bind DIR DIR)"
    elif ! unshare --mount --pid --net --uts --ipc --fork true 2>/dev/null; then
        echo "may not make namespaces (is this a container without CAP_SYS_ADMIN?)"
    elif ! root_overlays; then
        echo "no overlay can be mounted on $ROOT_TOP (may this machine not mount, or is that an overlay of two layers itself?)"
    fi
}

# Can there be an overlay on the file system of the checkout, where the root will be? The kernel stacks two and no more, so not where the
# checkout is in a container's container.
root_overlays() {
    # shellcheck disable=SC2016 # the inner shell's
    unshare --mount --propagation private bash -c '. "$1/tests/lib/overlay.sh" && overlay "$1/tests"' bash "$ROOT_TOP" 2>/dev/null
}

root_codename() {
    # shellcheck source=/dev/null
    (. /etc/os-release && echo "$VERSION_CODENAME")
}

# root_libraries BUILD: the libraries that the programs are linked with. Their packages' names differ from one Debian to the next.
root_libraries() { ldd "$1"/{orgadmin,orgsyncd,orgd} | awk '$2 == "=>" && $1 !~ /san\.so/ { sub("^/usr", "", $3); print $3 }' | sort -u; }

# root_library_packages BUILD: the packages that have them, below /usr or not
root_library_packages() {
    # shellcheck disable=SC2046 # a word each
    dpkg-query -S $(root_libraries "$1" | sed 's/^/*/') | sed 's/[:,].*//' | sort -u
}

# root_bootstrap DIR PACKAGES RELEASE: a Debian root in DIR, from where this machine's apt gets its packages, if the release is its own.
root_bootstrap() {
    local mirror=()
    [ "$3" = "$(root_codename)" ] || mirror=(http://deb.debian.org/debian)
    mmdebstrap --quiet --variant=minbase --include="$2" --aptopt='Acquire::Languages "none"' "$3" "$1" "${mirror[@]}" </dev/null
}

# root_once DIR WANT COMMAND...: COMMAND makes DIR.new, which becomes DIR, unless DIR was made of WANT. Parallel callers wait for one.
root_once() {
    local root=$1 want=$2
    (
        flock 9
        [ "$(cat "$root/.made-of" 2>/dev/null)" = "$want" ] && exit 0
        echo "making $root (half a minute or two, once)" >&2
        rm -rf "$root" "$root.new"
        "${@:3}" >"$root.log" 2>&1 || { echo "$root is not made, see $root.log" >&2; exit 1; }
        echo "$want" >"$root.new/.made-of"
        mv "$root.new" "$root"
    ) 9>"$root.lock"
}

# root_make BUILD NAME PACKAGES: makes BUILD/NAME unless it is there already and has today's packages.
root_make() { root_once "$1/$2" "$(root_codename) $3 $(root_libraries "$1" | xargs)" root_bootstrap_for "$@"; }
root_bootstrap_for() { root_bootstrap "$1/$2.new" "$3,$(root_library_packages "$1" | paste -sd,)" "$(root_codename)"; }

# root_build NAME PACKAGES: prints the absolute path of $BUILD, with the root NAME in it
root_build() {
    local build
    build=$(cd "$ROOT_TOP" && mkdir -p "${BUILD:-build}" && cd "${BUILD:-build}" && pwd) || return 1
    [ -x "$build/orgd" ] || { echo "nothing is built in $build: run make" >&2; return 1; }
    root_make "$build" "$1" "$2" || return 1
    echo "$build"
}

in_root() {
    local build
    build=$(root_build root "$ROOT_PACKAGES") || return 1
    entered "$build" "$@"
}

# entered BUILD SCRIPT [ARG...]: by tests/lib/enter
entered() {
    local build=$1
    shift
    unshare --mount --pid --net --uts --ipc --fork --kill-child --mount-proc --propagation private \
        "$ROOT_TOP/tests/lib/enter" "$build" "$(readlink -f "$1")" "${@:2}"
}

# booted MEANS ROOT PACKAGES SCRIPT [ARG...]: by tests/lib/MEANS, with BUILD/ROOT made of PACKAGES
booted() {
    local build
    build=$(root_build "$2" "$3") || return 1
    by_boot "$1" "$build" "${@:4}"
}
# by_boot MEANS BUILD SCRIPT [ARG...]
by_boot() {
    unshare --mount --pid --net --fork --kill-child --mount-proc --propagation private \
        "$ROOT_TOP/tests/lib/$1" "$2" "$(readlink -f "$3")" "${@:4}"
}
in_boot() { booted boot root "$ROOT_PACKAGES" "$@"; }
in_vm() { booted vm vm "$ROOT_PACKAGES,$VM_PACKAGES" "$@"; }

# Prints why the root cannot be booted; nothing when it can.
boot_lacking() {
    local why
    why=$(root_lacking)
    if [ -n "$why" ]; then
        echo "$why"
    elif ! command -v systemd-nspawn >/dev/null; then
        echo "systemd-nspawn is not installed (make deps-check installs it)"
    elif ! unshare --mount --propagation private sh -c 'mount -t cgroup2 none /sys/fs/cgroup &&
        mkdir /sys/fs/cgroup/org-probe.$$ && rmdir /sys/fs/cgroup/org-probe.$$' 2>/dev/null; then
        echo "may not make control groups"
    fi
}

# Prints why there can be no virtual machine; nothing when there can.
vm_lacking() {
    local why package
    why=$(root_lacking)
    if [ -n "$why" ]; then
        echo "$why"
    elif ! command -v qemu-system-x86_64 >/dev/null; then
        echo "qemu-system-x86 is not installed"
    elif ! command -v mke2fs >/dev/null || ! command -v setfiles >/dev/null; then
        echo "e2fsprogs or policycoreutils is not installed"
    elif ! losetup --find >/dev/null 2>&1; then
        echo "there is no loop device"
    else
        for package in ${VM_PACKAGES//,/ }; do
            apt-cache show "$package" >/dev/null 2>&1 || { echo "apt has no $package"; return; }
        done
    fi
}

skip_root() {
    echo "1..0 # SKIP $1"
    exit 0
}

inside_root() {
    local why
    [ -z "${ORG_IN_ROOT:-}" ] || return 0
    why=$(root_lacking)
    [ -z "$why" ] || skip_root "$why"
    in_root "$0"
    exit
}

# inside_booted KIND [ARG...]: inside_boot and inside_vm
inside_booted() {
    local why
    case ${ORG_IN_ROOT:-} in
    prepare)
        prepare
        exit
        ;;
    booted) return ;;
    esac
    why=$("$1_lacking")
    [ -z "$why" ] || skip_root "$why"
    "in_$1" "$0" "${@:2}"
    exit
}
inside_boot() { inside_booted boot; }
inside_vm() { inside_booted vm "$@"; }
