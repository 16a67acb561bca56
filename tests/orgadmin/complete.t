#!/bin/bash
# Completion: what orgadmin offers, and what a shell makes of it.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/orgd.sh"
ORGADMIN=$BUILD/orgadmin
umask 022
unset ORGADMIN_ORG ORGADMIN_TOKEN_FILE ORGADMIN_PROFILE
export XDG_CONFIG_HOME=$T/config LC_ALL=C.UTF-8
COMPLETIONS=$TOP/packaging/completions

# offers WORD...: the candidates, sorted, in one line
offers() { "$ORGADMIN" --complete "$@" 2>&1 | cut -f1 | LC_ALL=C sort | tr '\n' ' ' | sed 's/ $//'; }

is "$(offers)" "$("$ORGADMIN" --help | sed -n 's/^  \([a-z]*\) .*/\1/p' | LC_ALL=C sort -u | tr '\n' ' ' | sed 's/ $//')" 'completion without a word offers every noun'
is "$(offers me)" member 'completion offers the noun that a prefix begins'
for noun in context org member invitation joincode role token audit billing subscription credit secret file host; do
    is "$(offers $noun '')" "$("$ORGADMIN" $noun --help | sed -n "s/^  $noun \([a-z-]*\) .*/\1/p" | LC_ALL=C sort | tr '\n' ' ' | sed 's/ $//')" \
        "completion of $noun offers the verbs of its help"
done
"$ORGADMIN" --help | sed -n 's/^  \([a-z]\+\( [a-z-]\+\)\?\) .*/\1/p' > "$T/commands"
while read -r command; do
    is "$(offers $command -)" "$("$ORGADMIN" $command --help | sed -n 's/^  \(-[a-z], \)\?\(--[a-z-]*\).*/\2/p' | LC_ALL=C sort | tr '\n' ' ' | sed 's/ $//')" \
        "completion of $command offers the options of its help"
done < "$T/commands"
is "$("$ORGADMIN" --complete member l)" $'list\tlist the members' 'completion adds a description to a verb'
is "$(offers member list --output '')" 'csv json jsonl table wide yaml' 'completion of --output offers its values'
is "$(offers member list -o y)" yaml 'completion of -o offers its values'
is "$(offers member list --output=y)" --output=yaml 'completion of --output= offers its values'
is "$(offers --output json member sh)" show 'completion accepts options before the noun'
is "$(offers member list --no-header --no)" '' 'completion offers an option once'
is "$(offers member list --columns id,us)" id,username 'completion of --columns offers columns behind a comma'
is "$(offers member list --sort st)" state 'completion of --sort offers columns'
is "$(offers login --token-file '')/$(offers file upload '')/$(offers file show '')" :files/:files/ 'completion of file arguments asks for local files, of file show not'
is "$(offers org list --provider '')" 'cratedb file intrinsic native platformsh satusky upsun' 'completion of --provider offers the providers'
is "$(offers org list --provider=up)" --provider=upsun 'completion of --provider= offers the providers'
is "$(offers org list --provider-option region=a --provider-o)" --provider-option 'completion offers a repeatable option again'
is "$(offers nothing '')/$(offers member nothing '')/$(offers org list x '')" // 'completion offers nothing behind an unknown or surplus word'
is "$(offers org show '')" '' 'completion offers no names before any listing'

orgd_start --owner ann@example.org
(umask 077; printf '%s\n' "$OWNER" > "$T/ann.token")
{
    "$ORGADMIN" login --url "unix:$SOCKET" --token-file "$T/ann.token"
    "$ORGADMIN" org create 'Acme Works' && "$ORGADMIN" org create "\$(touch $T/pwned)" && "$ORGADMIN" org create -- '-n' && "$ORGADMIN" org create $'Z\u202e'
    "$ORGADMIN" org create Acme -o json > "$T/acme" && "$ORGADMIN" org list
} > "$T/out" 2>&1 || fail 'the listings for completion can be made' "$(cat "$T/out")"
join "$(jq -r .id "$T/acme")" bob member
"$ORGADMIN" member list > "$T/out"; "$ORGADMIN" role list > "$T/out"
is "$(offers org switch A)" 'Acme Acme Works' 'completion of org switch offers the organizations of the last listing'
is "$(offers member list --org Acme\ )" 'Acme Works' 'completion of --org offers organizations'
is "$(offers org switch -)" '--help --profile' 'completion offers no organization that looks like an option'
is "$(offers org switch Z)" '' 'completion offers no organization with invisible characters'
is "$(offers member remove '')" 'ann bob' 'completion of member remove offers members'
is "$(offers member role bob '')" 'admin member owner' 'completion of member role offers roles'
is "$(offers invitation create x@y.z --role o)" owner 'completion of --role offers roles'
is "$(offers context switch '')" default 'completion of context switch offers profiles'
is "$(offers member show --profile nobody '')" '' 'completion offers no names of another profile'
NAMES=$XDG_CONFIG_HOME/orgadmin/default.names
is "$(stat -c %a "$NAMES")/$(grep -c live_ "$NAMES")" 600/0 'the file of names is private and has no secret'
before=$(stat -c %i "$NAMES"); "$ORGADMIN" member list > "$T/out"; is "$(stat -c %i "$NAMES")" "$before" 'a listing without a change leaves the file of names alone'
head -c 1000000 /dev/urandom > "$NAMES"; is "$("$ORGADMIN" --complete member show '' > "$T/out" 2>&1; echo $?)" 0 'completion with a damaged file of names exits 0'
"$ORGADMIN" member list > "$T/out"; "$ORGADMIN" org list > "$T/out"; "$ORGADMIN" role list > "$T/out"
is "$(offers member remove '')" 'ann bob' 'a listing replaces a damaged file of names'
ok 'the file of names has a bounded size' test "$(stat -c %s "$NAMES")" -le 262144

# bash itself
cp "$COMPLETIONS/orgadmin.bash" "$T/"; mkdir "$T/bin"; ln -s "$ORGADMIN" "$T/bin/orgadmin"; touch "$T/a file"
# in_bash WORD...: what bash would put on the command line, one a line
in_bash() {
    (cd "$T" && PATH=$T/bin:$PATH bash --norc -c '
        source "$0/orgadmin.bash"
        COMP_WORDS=(orgadmin "$@") COMP_CWORD=$#
        _orgadmin orgadmin "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD-1]}"
        printf "%s\n" "${COMPREPLY[@]}"' "$T" "$@" 2>&1)
}
is "$(in_bash memb)" member 'bash completes a noun'
is "$(in_bash member sh)" show 'bash completes a verb'
is "$(in_bash org switch 'Acme\ W')" 'Acme\ Works' 'bash completes and escapes a name with a space'
is "$(in_bash org switch '$')" "\\\$\\(touch\\ $T/pwned\\)" 'bash escapes a hostile name'
ok 'bash runs nothing of a hostile name' test ! -e "$T/pwned"
is "$(in_bash member list --output = ya)" yaml 'bash completes --output=ya, which it splits into three words'
is "$(in_bash member list --output =)" $'table\nwide\njson\njsonl\nyaml\ncsv' 'bash completes --output= with every format'
is "$(in_bash login --token-file 'a f')" 'a file' 'bash completes a file name'
is "$(bash --norc -c 'source "$0"; complete -p orgadmin' "$T/orgadmin.bash")" 'complete -F _orgadmin orgadmin' 'the bash completion registers itself for orgadmin'

if command -v fish > /dev/null; then
    is "$(PATH=$T/bin:$PATH HOME=$T fish -c "source $COMPLETIONS/orgadmin.fish; complete -C 'orgadmin member sh'")" $'show\tshow a member, by id, e-mail or username' 'fish completes a verb'
    is "$(PATH=$T/bin:$PATH HOME=$T fish -c "source $COMPLETIONS/orgadmin.fish; complete -C 'orgadmin member list --output='" | cut -f1 | wc -l)" 6 'fish completes --output= with every format'
    like "$(PATH=$T/bin:$PATH HOME=$T fish -c "source $COMPLETIONS/orgadmin.fish; complete -C 'orgadmin org switch Acme'" | tr '\n' '|')" 'Acme.*Acme' 'fish completes names of organizations'
else
    pass 'fish completes verbs, options and names # SKIP fish is not installed'
fi
if command -v zsh > /dev/null; then
    ok 'the zsh completion has no syntax error' zsh -n "$COMPLETIONS/_orgadmin"
    # _describe is asked what it would show; the completion system needs a terminal for more.
    is "$(PATH=$T/bin:$PATH zsh -fc '
        _describe() { print -rl -- "${(@P)2}" }; _files() { print files }
        words=(orgadmin member sh) CURRENT=3; . "$0"; words=(orgadmin login --token-file "") CURRENT=4; _orgadmin' "$COMPLETIONS/_orgadmin")" \
        $'show:show a member, by id, e-mail or username\nfiles' 'zsh completes a verb and a file'
else
    pass 'zsh completes verbs and files # SKIP zsh is not installed'
fi
orgd_end
done_testing
