# What tests/lib/enter, tests/lib/boot and tests/lib/vm have in common: a throw-away copy of BUILD/root in $ROOT, with what was built
# and the shipped configuration installed. They source it in a mount namespace of their own, with $BUILD and $TOP set.
CHECKOUT=/usr/src/orglogin # where this checkout is seen inside
ROOT=/srv/root

# overlay LOWER: a copy of the directory LOWER in $ROOT that may be written to. The tmpfs covers a directory that exists everywhere; it is
# seen in this mount namespace alone.
overlay() {
    mount -t tmpfs -o mode=755 root /srv &&
        mkdir /srv/upper /srv/work "$ROOT" &&
        mount -t overlay -o "lowerdir=$1,upperdir=/srv/upper,workdir=/srv/work" root "$ROOT"
}

# mount_overlay [NAME]: of BUILD/NAME
mount_overlay() {
    overlay "$BUILD/${1:-${ORG_ROOT:-root}}"
    mkdir -p "$ROOT$CHECKOUT" "$ROOT/mnt/build"
}

# What is built, installed, unless the root is for packages (ORG_ROOT).
furnish() {
    [ -z "${ORG_ROOT:-}" ] || return 0
    install_orglogin
    preload_sanitizers
}

# "-o all": what is built is installed as it is; tests that run side by side must not build.
install_orglogin() {
    local user
    MAKEFLAGS='' make -s -C "$TOP" -o all install BUILD="$BUILD" DESTDIR="$ROOT" >/dev/null
    for user in orgsync orglogin-keys; do
        grep -q "^$user:" "$ROOT/etc/passwd" || chroot "$ROOT" useradd --system --no-create-home --shell /usr/sbin/nologin "$user"
    done
    cp "$TOP/conf/nsswitch.conf.example" "$ROOT/etc/nsswitch.conf"
    cp "$TOP"/conf/pam.d/* "$ROOT/etc/pam.d/"
    # Both lines by which sshd tells a refused person why are switched on. All people of a test have their keys in one place, and no password.
    sed -i 's/^#\(auth .*pam_org.so\)$/\1/' "$ROOT/etc/pam.d/sshd"
    sed -e 's/^#\(KbdInteractiveAuthentication yes\)$/\1/' -e 's|AuthorizedKeysFile none|AuthorizedKeysFile /etc/ssh/keys/%u|' "$TOP/conf/sshd_config.example" >"$ROOT/etc/ssh/sshd_config.d/orglogin.conf"
    printf '%s\n' 'PasswordAuthentication no' 'AuthorizedKeysFile /etc/ssh/keys/%u' >"$ROOT/etc/ssh/sshd_config.d/tests.conf"
}

# Modules built with a sanitizer need its runtime in every process that loads them; Debian's own programs leak at exit.
preload_sanitizers() {
    local runtimes
    runtimes=$(ldd "$BUILD/pam_org.so" | awk '/lib(a|ub)san\.so/ { print $3 }' | sort)
    [ -n "$runtimes" ] || return 0
    # shellcheck disable=SC2086 # a list of paths
    cp -L $runtimes "$ROOT/usr/lib/"
    echo 'const char *__asan_default_options(void) { return "detect_leaks=0:verify_asan_link_order=0"; }' |
        gcc -shared -fPIC -x c -o "$ROOT/usr/lib/asan_options.so" -
    # shellcheck disable=SC2046 # a word each
    printf '/usr/lib/%s\n' asan_options.so $(basename -a $runtimes) >"$ROOT/etc/ld.so.preload"
}

name_host() {
    echo host >"$ROOT/etc/hostname"
    printf '127.0.0.1 localhost\n127.0.1.1 host\n::1 localhost\n' >"$ROOT/etc/hosts"
}
