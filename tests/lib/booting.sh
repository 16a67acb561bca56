# What tests/lib/boot and tests/lib/vm have in common: a service of the throw-away root in $ROOT that runs $SCRIPT of this checkout when
# everything is up, and then powers off. They source it after overlay.sh, with $SCRIPT set.

# install_driver [ARG...]: $SCRIPT with these arguments; its output goes to /driver.out, its exit status to /driver.status. DRIVER_UNIT
# has further lines of the unit.
install_driver() {
    local arg args=
    for arg in "$@"; do args+=" \"$arg\""; done
    cat >"$ROOT/etc/systemd/system/driver.service" <<UNIT
[Unit]
Description=What this boot is for
After=multi-user.target

[Service]
Type=exec
Environment=ORG_IN_ROOT=booted RELEASE=${RELEASE:-} ROUNDS=${ROUNDS:-} BUILD=/mnt/build HOME=/root LANG=C.UTF-8
ExecStart=/bin/sh -c '"\$0" "\$\$@" >/driver.out 2>&1; echo \$\$? >/driver.status' $CHECKOUT/${SCRIPT#"$TOP"/}$args
ExecStopPost=/bin/systemctl poweroff --force
TimeoutStopSec=5
${DRIVER_UNIT:-}
UNIT
    mkdir -p "$ROOT/etc/systemd/system/multi-user.target.wants"
    ln -s ../driver.service "$ROOT/etc/systemd/system/multi-user.target.wants/"
}

# What a minimal machine would not run: they would keep answers and log lines from where the tests look for them.
mask_others() {
    ln -s /dev/null "$ROOT/etc/systemd/system/nscd.service"
    ln -s /dev/null "$ROOT/etc/systemd/system/inetutils-syslogd.service"
}

# prepare [ARG...]: $SCRIPT in the root before the boot, with ORG_IN_ROOT=prepare
prepare() {
    local status=0
    mount --bind -o ro "$TOP" "$ROOT$CHECKOUT"
    mount --bind -o ro "$BUILD" "$ROOT/mnt/build"
    mount --bind /dev "$ROOT/dev"
    mount -t proc proc "$ROOT/proc"
    env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 \
        ORG_IN_ROOT=prepare RELEASE="${RELEASE:-}" BUILD=/mnt/build chroot "$ROOT" "$CHECKOUT/${SCRIPT#"$TOP"/}" "$@" || status=$?
    umount "$ROOT/proc" "$ROOT/dev" "$ROOT/mnt/build" "$ROOT$CHECKOUT"
    return $status
}
