# Prism, a proxy that compares requests and answers with an OpenAPI document, between a client and a fake. Source it behind tap.sh.
# The documents are the vendors' published ones, which are not ours to ship: they lie where $OPENAPI says, else beside the checkout.
#
#   prism_need DOCUMENT             skips the test when Prism or the document is not there
#   prism_start DOCUMENT UPSTREAM   starts it before the server at the URL UPSTREAM; sets $PRISM, its own URL. Nothing is held back or
#                                   changed, so that one defect does not hide the next
#   prism_requests                  prints what went through: "get /path" a line
#   prism_violations                prints what was against the document: "get /path: what" a line
. "$TOP/tests/lib/npm.sh"
OPENAPI=${OPENAPI:-$TOP/../shared/openapi}
PRISM_LOG=$T/prism.log

prism_need() {
    [ -r "$OPENAPI/$1" ] || skip_all "the OpenAPI document $1 is not in $OPENAPI"
    npm_need @stoplight/prism-cli@5.16.0
}

prism_start() {
    "$NPM/.bin/prism" proxy -h 127.0.0.1 -p 0 "$OPENAPI/$1" "$2" > "$PRISM_LOG" 2>&1 &
    wait_for 60 grep -q 'Prism is listening on' "$PRISM_LOG" || { diag "Prism did not start" "$(tail -n 5 "$PRISM_LOG")"; return 1; }
    PRISM=$(sed -n 's/.*Prism is listening on //p' "$PRISM_LOG")
}

prism_requests() { sed -nE 's/.*\[HTTP SERVER\] ([a-z]+ [^ ]+) .*Request received$/\1/p' "$PRISM_LOG"; }

prism_violations() {
    sed -nE -e '/\[HTTP SERVER\] [a-z]+ [^ ]+ .*Request received$/{s/.*\[HTTP SERVER\] ([a-z]+ [^ ]+) .*/\1/;h}' \
        -e '/Violation: /{s/.*Violation: //;H;x;s/\n/: /p;s/: .*//;h}' "$PRISM_LOG"
}
