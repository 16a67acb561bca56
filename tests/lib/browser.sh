# Stories told in a real browser (tests/e2e/browser.mjs): source it behind tap.sh. Skips the test where Chromium, node or npm's packages are not.
#
#   relay FILE                                      its TAP lines are tests of this one
#   stories FILE.mjs ORIGIN DIRECTORY [COMMAND...]  tells those of tests/e2e/FILE.mjs, by COMMAND; pictures go to build/page
. "$TOP/tests/lib/npm.sh"
need node
BROWSER=$(command -v chromium-headless-shell) || skip_all 'chromium-headless-shell is not installed (make check-long installs it)'
npm_need puppeteer-core@24.43.1; PUPPETEER=$NPM
npm_need axe-core@4.14.1; AXE=$NPM/axe-core/axe.min.js

# relay FILE: its TAP lines are tests of this one
relay() {
    local line
    while read -r line; do
        case $line in
        'ok '*) pass "${line#* - }" ;;
        'not ok '*) fail "${line#* - }" ;;
        '#'*) echo "$line" ;;
        esac
    done <"$1"
}

stories() {
    local file=$1 origin=$2 directory=$3 status; shift 3
    mkdir -p "$BUILD/page"
    HOME=$T TMPDIR=$T PUPPETEER=$PUPPETEER AXE=$AXE BROWSER=$BROWSER timeout 300 "$@" \
        node "$TOP/tests/e2e/$file" "$origin" "$directory" "$BUILD/page" >"$T/story" 2>&1
    status=$?
    relay "$T/story"
    is "$status" 0 'the stories of the browser come to their end'
    [ "$status" = 0 ] || diag "$(grep -v '^ok ' "$T/story" | tail -30)"
}
