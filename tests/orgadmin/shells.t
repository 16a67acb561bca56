#!/bin/bash
# Completion in the shells themselves, on a terminal: what a person types, a tabulator, Return, and the arguments that the program gets then.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/orgd.sh"
need python3
ORGADMIN=$BUILD/orgadmin
umask 022
unset ORGADMIN_ORG ORGADMIN_TOKEN_FILE ORGADMIN_PROFILE ORGADMIN_URL ORGADMIN_TOKEN ORGADMIN_PROVIDER
export XDG_CONFIG_HOME=$T/config LC_ALL=C.UTF-8 TMPDIR=$T
COMPLETIONS=$TOP/packaging/completions

# Names that mean something to a shell.
NAMES=('Acme Works' "\$(touch $T/pwned)" "quote'd \"so\"" 'back\slash' "semi;touch $T/pwned" 'col:on' 'eq=ual' '~root' 'star*' "tick\`touch $T/pwned\`" 'bang!1' '{a,b}' '#hash' '<in>out&' 'Ünï')
orgd_start --owner ann@example.org
(umask 077; printf '%s\n' "$OWNER" > "$T/ann.token")
made=()
for name in "${NAMES[@]}"; do
    call /organizations/create "$(jq -nc --arg n "$name" '{name:$n}')" "$OWNER"
    [ "$status" = 200 ] && made+=("$name")
done
is "${#made[@]}" "${#NAMES[@]}" 'organizations may have such names'
acme=$(new_org Acme); join "$acme" bob admin
{ "$ORGADMIN" login --url "unix:$SOCKET" --token-file "$T/ann.token"; "$ORGADMIN" org switch Acme; } 2> "$T/err"

# The program in a shell's path: it completes, and otherwise notes its arguments.
mkdir "$T/bin" "$T/here"
printf '#!/bin/sh\ncase $1 in --complete) exec "%s" "$@" ;; esac\nfor word; do printf "<%%s>" "$word"; done >> "%s"\necho >> "%s"\n' "$ORGADMIN" "$T/got" "$T/got" > "$T/bin/orgadmin"
chmod +x "$T/bin/orgadmin"; touch "$T/here/a file"
export PATH=$T/bin:$PATH HOME=$T

# in_shell LINE...: types them into the shell; what the program got is in $T/got, a line each
in_shell() {
    : > "$T/got"
    printf '%s\n' "cd $T/here" "${SETUP[@]}" "$@" | timeout 120 python3 -B "$TOP/tests/lib/typing.py" "$T/seen" "${SHELL_COMMAND[@]}"
}

# gets LINE ARGUMENTS NAME: the program gets ARGUMENTS, "<member><show>", when LINE is typed
lines=() wants=() names=()
gets() { lines+=("$1"); wants+=("$2"); names+=("$3"); }
run_all() {
    local i got
    in_shell "${lines[@]}"
    mapfile -t got < "$T/got"
    for i in "${!lines[@]}"; do is "${got[i]-}" "${wants[i]}" "$1: ${names[i]}"; done
    is "${#got[@]}" "${#lines[@]}" "$1: each line runs the program once"
    [ "$tap_failed" = 0 ] || diag "$(cat -v "$T/seen")"
    ok "$1 runs nothing of a hostile name" test ! -e "$T/pwned"
    lines=() wants=() names=()
}

common() {
    gets 'orgadmin memb{TAB}li{TAB}' '<member><list>' 'a noun and a verb are completed'
    gets 'orgadmin member list --outp{TAB}ya{TAB}' '<member><list><--output><yaml>' 'an option and its value'
    gets 'orgadmin member list --output=ya{TAB}' '<member><list><--output=yaml>' 'a value behind ='
    gets 'orgadmin member show bo{TAB}' '<member><show><bob>' 'a member'
    gets 'orgadmin member role bob ow{TAB}' '<member><role><bob><owner>' 'a role'
    gets 'orgadmin member list --org Acme\ W{TAB}' '<member><list><--org><Acme Works>' 'a name with a blank, escaped by hand'
    gets 'orgadmin member list --org "Acme W{TAB}' '<member><list><--org><Acme Works>' 'the same in quotes'
    gets "orgadmin member list --org 'Acme W{TAB}" '<member><list><--org><Acme Works>' 'and in others'
    gets 'orgadmin member list --org=Acme\ W{TAB}' '<member><list><--org=Acme Works>' 'and behind ='
    gets 'orgadmin --org Acme\ Works member show bo{TAB}' '<--org><Acme Works><member><show><bo>' 'no member of another organization is offered'
    gets 'orgadmin login --token-file a{TAB}' '<login><--token-file><a file>' 'a file'
    gets 'orgadmin org switch \$\(to{TAB}' "<org><switch><\$(touch $T/pwned)>" 'a name that is a command'
    gets 'orgadmin org switch quo{TAB}' "<org><switch><quote'd \"so\">" 'a name with quotes'
    gets 'orgadmin org switch back{TAB}' '<org><switch><back\slash>' 'a name with a backslash'
    gets 'orgadmin org switch semi{TAB}' "<org><switch><semi;touch $T/pwned>" 'a name with a semicolon'
    gets 'orgadmin org switch col{TAB}' '<org><switch><col:on>' 'a name with a colon'
    gets 'orgadmin org switch col:{TAB}' '<org><switch><col:on>' 'and behind its colon'
    gets 'orgadmin org switch eq{TAB}' '<org><switch><eq=ual>' 'a name with ='
    gets 'orgadmin org switch \~{TAB}' '<org><switch><~root>' 'a name with a tilde'
    gets 'orgadmin org switch sta{TAB}' '<org><switch><star*>' 'a pattern'
    gets 'orgadmin org switch tick{TAB}' "<org><switch><tick\`touch $T/pwned\`>" 'a command in backticks'
    gets 'orgadmin org switch ban{TAB}' '<org><switch><bang!1>' 'a name with !'
    gets 'orgadmin org switch \{{TAB}' '<org><switch><{a,b}>' 'braces'
    gets 'orgadmin org switch \<{TAB}' '<org><switch><<in>out&>' 'redirections'
    gets 'orgadmin frobnicate x{TAB}' '<frobnicate><x>' 'nothing behind an unknown word'
}

SHELL_COMMAND=(bash --norc --noprofile -i) SETUP=("PS1='> '; source $COMPLETIONS/orgadmin.bash")
common; run_all bash
if [ -r /usr/share/bash-completion/bash_completion ]; then
    mkdir -p "$T/share/bash-completion/completions"; cp "$COMPLETIONS/orgadmin.bash" "$T/share/bash-completion/completions/orgadmin"
    SETUP=("PS1='> '; export XDG_DATA_HOME=$T/share; source /usr/share/bash-completion/bash_completion")
    gets 'orgadmin memb{TAB}li{TAB}' '<member><list>' 'the loader of bash-completion finds it'
    gets 'orgadmin member list --output=ya{TAB}' '<member><list><--output=yaml>' 'a value behind =, with its settings'
    run_all bash-completion
else
    pass 'bash-completion loads it # SKIP bash-completion is not installed'
fi
if have zsh; then
    SHELL_COMMAND=(zsh -f -i) SETUP=("PS1='> '; fpath=($COMPLETIONS \$fpath); autoload -U compinit; compinit -u -d $T/zcompdump")
    common; run_all zsh
else
    pass 'zsh completes # SKIP zsh is not installed'
fi
if have fish; then
    SHELL_COMMAND=(fish --no-config -i) SETUP=("source $COMPLETIONS/orgadmin.fish")
    common; run_all fish
else
    pass 'fish completes # SKIP fish is not installed'
fi
orgd_end
done_testing
