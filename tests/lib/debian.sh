# A throw-away Debian $RELEASE (this machine's, or bookworm or trixie) without anything of ours, for our packages. Source it after root.sh.
#
#   inside_builder   the calling script goes on in a root with what building packages needs
#   inside_debian    the calling script goes on in a root with what the packages need, or the test is skipped; it has what tests/lib/packages
#                    made of this checkout in $PACKAGES
#   inside_debian_boot   the same in a booted one, after the calling script's function prepare, as inside_boot
export RELEASE=${RELEASE:-$(root_codename)}
PACKAGES=/mnt/build/debian/$RELEASE/packages
DEBIAN_PACKAGES=openssh-server,openssh-client,sudo,cron,procps,iproute2,jq,python3,strace,systemd-sysv,dbus,libpam-systemd,autopkgtest,dpkg-dev

# What the packages are made of.
debian_sources() {
    {
        tar -C "$ROOT_TOP" --exclude-vcs --exclude=./build --exclude=./tests --exclude=./docs --exclude=./HACKING.md --sort=name --mtime=@0 -cf - .
        cat "$ROOT_TOP/tests/tests.mk" "$ROOT_TOP/tests/lib/packages"
    } | sha256sum
}

# debian_builder BUILD
debian_builder() {
    local dir=debian/$RELEASE wants
    mkdir -p "$1/$dir"
    wants=$("$ROOT_TOP/tests/lib/deps" --list build deb repo rpm | paste -sd,),iproute2,lintian,shellcheck
    [ "$RELEASE" = bookworm ] || wants+=,authselect
    root_once "$1/$dir/builder" "$wants" root_bootstrap "$1/$dir/builder.new" "$wants" "$RELEASE"
}

debian_packages() { root_once "$1/debian/$RELEASE/packages" "$(debian_sources)" debian_build "$1"; }
debian_build() {
    local out=$1/debian/$RELEASE/packages.new
    mkdir "$out" && ORG_OUT=$out in_debian "$1" builder "$ROOT_TOP/tests/lib/packages" /mnt/out
}

# What the packages of others are that ours depend on.
debian_depends() {
    local deb
    for deb in "$@"; do dpkg-deb -f "$deb" Depends; done | tr ',' '\n' | sed 's/[|(:].*//; s/ //g' | grep -vxE '|(lib(nss|pam)-)?org[a-z]*' | sort -u
}

debian_root() {
    local dir=debian/$RELEASE wants
    wants=$DEBIAN_PACKAGES,$(debian_depends "$1/$dir"/packages/now/*.deb | paste -sd,)
    root_once "$1/$dir/root" "$wants" root_bootstrap "$1/$dir/root.new" "$wants" "$RELEASE"
}

# in_debian BUILD NAME SCRIPT [ARG...]
in_debian() { ORG_ROOT=debian/$RELEASE/$2 entered "$1" "$3" "${@:4}"; }
in_debian_boot() { ORG_ROOT=debian/$RELEASE/$2 by_boot boot "$1" "$3"; }

# debian_begin LACKING MEANS NAME: the calling script in the root NAME by MEANS, or it is skipped
debian_begin() {
    local why build
    why=$("$1")
    [ -z "$why" ] || skip_root "$why"
    build=$(cd "$ROOT_TOP" && mkdir -p "${BUILD:-build}" && cd "${BUILD:-build}" && pwd) || exit 1
    if ! { debian_builder "$build" && debian_packages "$build" && debian_root "$build"; }; then
        curl -sI --max-time 20 http://deb.debian.org/debian/ >/dev/null || skip_root "no Debian $RELEASE can be made without the network"
        exit 1
    fi
    "$2" "$build" "$3" "$0"
    exit
}

inside_builder() { [ -n "${ORG_IN_ROOT:-}" ] || debian_begin root_lacking in_debian builder; }
inside_debian() { [ -n "${ORG_IN_ROOT:-}" ] || debian_begin root_lacking in_debian root; }
inside_debian_boot() {
    case ${ORG_IN_ROOT:-} in
    prepare)
        prepare
        exit
        ;;
    booted) ;;
    *) debian_begin boot_lacking in_debian_boot root ;;
    esac
}
