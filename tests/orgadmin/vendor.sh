# For the tests of a vendor through orgadmin: source it behind tap.sh and tests/api/vendor.sh, which starts the fake and looks at its log.
#
#   token PERSON TOKEN                a file with the token: $T/PERSON.token
#   as PERSON COMMAND...              runs orgadmin with a home of PERSON's own: sets $out, $err, $rc
#   does REGEX NAME PERSON COMMAND... it ends with 0, and what it prints, then what it remarks, has REGEX
#   refuses STATUS REGEX NAME PERSON COMMAND...  it ends with STATUS, prints nothing, and complains of REGEX in one line
#   nothing_sent COMMAND              the last command, COMMAND, sent no request at all
#   changed LINE...                   these requests (METHOD TARGET BODY) of the last command were no GET, and no others
ORGADMIN=$BUILD/orgadmin
umask 022
unset ORGADMIN_ORG ORGADMIN_TOKEN_FILE ORGADMIN_PROFILE

token() { (umask 077; printf '%s\n' "$2" > "$T/$1.token"); }

as() {
    local person=$1; shift
    : > "$LOG"
    out=$(XDG_CONFIG_HOME=$T/$person "$ORGADMIN" "$@" 2> "$T/err" < "${INPUT:-/dev/null}"); rc=$?
    err=$(cat "$T/err")
}

told='' # NAME of the last does or refuses

shows() { # NAME WANTED: what the last command did
    fail "$1" "want: $2" "exit status $rc" "$out" "$err" "$(sent)"
}

does() {
    local regex=$1 name=$2; shift 2
    told=$name
    as "$@"
    if [ "$rc" = 0 ] && [ -n "$out$err" ] && grep -Eq -- "$regex" <<< "$out"$'\n'"$err"; then pass "$name"; else shows "$name" "/$regex/"; fi
}

refuses() {
    local want=$1 regex=$2 name=$3; shift 3
    told=$name
    as "$@"
    if [ "$rc/$out" = "$want/" ] && [ "$(wc -l < "$T/err")" = 1 ] && grep -Eq -- "^orgadmin: .*$regex" <<< "$err"; then pass "$name"
    else shows "$name" "$want, /$regex/"; fi
}

nothing_sent() { is "$(sent)" '' "$1 sends no request"; }
changed() { is "$(sent | grep -v '^GET ')" "$(printf '%s\n' "$@")" "$told: the changes sent"; }
