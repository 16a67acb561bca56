#!/bin/bash
# What is installed for whom: tests/lib/deps on a machine that lacks everything, where apt-get only says what it would install.
. "$(dirname "$0")/lib/tap.sh"
need make

mkdir -p "$T/bin" "$T/root/etc/systemd/system/multi-user.target.wants"
printf '#!/bin/sh\nexit 1\n' >"$T/bin/dpkg-query"
printf '#!/bin/sh\necho 0\n' >"$T/bin/id"
# As the package systemd-container does it.
cat >"$T/bin/apt-get" <<'APT'
#!/bin/sh
case $* in *install*) echo "$*" >>"$DEPS_ROOT/asked" ;; *) exit ;; esac
case $* in *systemd-container*) ln -sf /lib/systemd/system/machines.target "$DEPS_ROOT/etc/systemd/system/multi-user.target.wants/" ;; esac
APT
cat >"$T/bin/systemctl" <<'SYSTEMCTL'
#!/bin/sh
[ "$*" = '--quiet disable machines.target' ] && rm "$DEPS_ROOT/etc/systemd/system/multi-user.target.wants/machines.target"
SYSTEMCTL
chmod +x "$T/bin/"*
export DEPS_ROOT=$T/root

# asks COMMAND...: the packages that apt-get is asked for
asks() {
    rm -f "$T/root/asked"
    PATH=$T/bin:$PATH "$@" >"$T/out" 2>&1 || diag "$(cat "$T/out")"
    sed 's/.*--no-install-recommends //' "$T/root/asked" | tr ' ' '\n' | sort
}
lists() { "$TOP/tests/lib/deps" --list "$@" | sort; }
makes() { MAKEFLAGS='' make -s -C "$TOP" "$1"; }

is "$(asks makes deps)" "$(lists build)" 'make deps installs what building needs and nothing else'
is "$(asks makes deps-run)" "$(lists run)" 'make deps-run installs what the installed programs need and nothing else'
is "$(asks makes deps-check)" "$(lists build test)" 'make deps-check installs what building and testing need'
is "$(lists build | grep -c '^systemd\|ssh\|mmdebstrap')" 0 'the packages for building bring no service'
is "$(lists run | grep -c -- '-dev$')" 0 'the packages for running bring no headers'
is "$(find "$T/root" -name machines.target)" '' 'make deps-check leaves machines.target as it was, switched off'
ln -s /lib/systemd/system/machines.target "$T/root/etc/systemd/system/multi-user.target.wants/"
asks makes deps-check >/dev/null
like "$(find "$T/root" -name machines.target)" . 'make deps-check leaves machines.target as it was, switched on'
PATH=$T/bin:$PATH "$TOP/tests/lib/deps" everything >"$T/out" 2>&1
is "$? $(cut -d: -f1,2 "$T/out")" '2 deps: no list "everything"' 'tests/lib/deps refuses an unknown list'
# The programs and modules name no library that the list lacks, beside those of Debian's essential packages.
needed() {
    local file
    for file in "$BUILD"/orgadmin "$BUILD"/orgsyncd "$BUILD"/orgd "$BUILD"/*.so*; do
        readelf -d "$file" | sed -n 's/.*NEEDED.*\[\(.*\)\]/\1/p'
    done | grep -v '^lib[a-z]*san\.' | sort -u
}
owners() { needed | while read -r library; do dpkg-query -S "*/$library" | cut -d: -f1 | head -1; done | sort -u; }
if have dpkg-query && have readelf; then
    is "$(comm -23 <(owners) <(lists run) | grep -vx 'libc6\|libm\|libgnutls30\(t64\)\?\|libpam0g' | xargs)" '' 'the list for running has every library that the programs name'
fi
done_testing
