# Programs from the npm registry that tests use as independent oracles. Source it behind tap.sh.
#
#   npm_need PACKAGE@VERSION   installs it once, below the build directory, and sets $NPM to the node_modules directory that it is in;
#                              skips the test when npm, the registry or the package is not there
NPM_WAIT=300 # seconds for an installation, and for another test's

npm_need() {
    local home=${BUILD%/check}/npm dir why
    need node npm flock
    dir=$home/${1//\//_}
    mkdir -p "$home"
    why=$(flock -w "$NPM_WAIT" "$home/lock" timeout "$NPM_WAIT" bash -c "$(declare -f npm_install); npm_install \"\$@\"" npm "$1" "$dir" 2>&1) ||
        skip_all "$1 cannot be installed: $(grep -m 1 'npm error' <<< "$why" || echo "${why:-not in $NPM_WAIT s}")"
    NPM=$dir/node_modules
}

# What is there is whole: it gets its name when npm is done. No script of a package runs.
npm_install() {
    [ -d "$2" ] && return
    rm -rf "$2.new"
    npm install --prefix "$2.new" --cache "$2.new/cache" --ignore-scripts --no-audit --no-fund --no-save --fetch-retries=1 --fetch-retry-mintimeout=1000 \
        --fetch-timeout=30000 "$1" && mv "$2.new" "$2"
}
