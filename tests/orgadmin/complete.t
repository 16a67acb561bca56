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

is "$(offers)" "$("$ORGADMIN" --help | sed -n 's/^  \([a-z]*\) .*/\1/p' | LC_ALL=C sort -u | tr '\n' ' ' | sed 's/ $//')" 'without a word every noun'
is "$(offers m)" member 'a noun'
for noun in context org member invitation joincode role token audit billing subscription credit secret file host; do
    is "$(offers $noun '')" "$("$ORGADMIN" $noun --help | sed -n "s/^  $noun \([a-z]*\) .*/\1/p" | LC_ALL=C sort | tr '\n' ' ' | sed 's/ $//')" \
        "$noun: the verbs of its help"
done
"$ORGADMIN" --help | sed -n 's/^  \([a-z]\+\( [a-z]\+\)\?\) .*/\1/p' > "$T/commands"
while read -r command; do
    is "$(offers $command -)" "$("$ORGADMIN" $command --help | sed -n 's/^  \(-[a-z], \)\?\(--[a-z-]*\).*/\2/p' | LC_ALL=C sort | tr '\n' ' ' | sed 's/ $//')" \
        "$command: the options of its help"
done < "$T/commands"
is "$("$ORGADMIN" --complete member l)" $'list\tlist the members' 'with a description'
is "$(offers member list --output '')" 'csv json table wide yaml' 'values'
is "$(offers member list -o y)" yaml 'of a short option'
is "$(offers member list --output=j)" --output=json 'with ='
is "$(offers --output json member sh)" show 'options before the noun'
is "$(offers member list --no-header --no)" '' 'an option is offered once'
is "$(offers member list --columns id,us)" id,username 'columns behind a comma'
is "$(offers member list --sort st)" state 'a column'
is "$(offers login --token-file '')/$(offers file upload '')/$(offers file show '')" :files/:files/ 'files, of this machine'
is "$(offers org list --provider '')" 'cratedb file intrinsic native platformsh satusky upsun' 'providers'
is "$(offers org list --provider=up)" --provider=upsun 'with ='
is "$(offers org list --provider-option region=a --provider-o)" --provider-option 'an option that may be repeated is offered again'
is "$(offers nothing '')/$(offers member nothing '')/$(offers org list x '')" // 'nothing, where nothing can stand'
is "$(offers org show '')" '' 'no names without a listing'

orgd_start --owner ann@example.org
(umask 077; printf '%s\n' "$OWNER" > "$T/ann.token")
{
    "$ORGADMIN" login --url "unix:$SOCKET" --token-file "$T/ann.token"
    "$ORGADMIN" org create 'Acme Works' && "$ORGADMIN" org create "\$(touch $T/pwned)" && "$ORGADMIN" org create -- '-n' && "$ORGADMIN" org create $'Z\u202e'
    "$ORGADMIN" org create Acme -o json > "$T/acme" && "$ORGADMIN" org list
} > "$T/out" 2>&1 || fail 'preparing' "$(cat "$T/out")"
join "$(jq -r .id "$T/acme")" bob member
"$ORGADMIN" member list > "$T/out"; "$ORGADMIN" role list > "$T/out"
is "$(offers org switch A)" 'Acme Acme Works' 'organizations of the last listing'
is "$(offers member list --org Acme\ )" 'Acme Works' '--org'
is "$(offers org switch -)" '--help --profile' 'no name that looks like an option'
is "$(offers org switch Z)" '' 'no name with invisible characters'
is "$(offers member remove '')" 'ann bob' 'members'
is "$(offers member role bob '')" 'admin member owner' 'roles'
is "$(offers invitation create x@y.z --role o)" owner '--role'
is "$(offers context switch '')" default 'profiles'
is "$(offers member show --profile nobody '')" '' "another profile's names are its own"
NAMES=$XDG_CONFIG_HOME/orgadmin/default.names
is "$(stat -c %a "$NAMES")/$(grep -c live_ "$NAMES")" 600/0 'kept privately, without a secret'
before=$(stat -c %i "$NAMES"); "$ORGADMIN" member list > "$T/out"; is "$(stat -c %i "$NAMES")" "$before" 'written when something changed only'
head -c 1000000 /dev/urandom > "$NAMES"; is "$("$ORGADMIN" --complete member show '' > "$T/out" 2>&1; echo $?)" 0 'a damaged file harms nobody'
"$ORGADMIN" member list > "$T/out"; "$ORGADMIN" org list > "$T/out"; "$ORGADMIN" role list > "$T/out"
is "$(offers member remove '')" 'ann bob' 'and is made anew'
ok 'it is bounded' test "$(stat -c %s "$NAMES")" -le 262144

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
is "$(in_bash memb)" member 'bash: a noun'
is "$(in_bash member sh)" show 'bash: a verb'
is "$(in_bash org switch 'Acme\ W')" 'Acme\ Works' 'bash: a name with a space'
is "$(in_bash org switch '$')" "\\\$\\(touch\\ $T/pwned\\)" 'bash: a hostile name is quoted'
ok 'bash: and runs nothing' test ! -e "$T/pwned"
is "$(in_bash member list --output = js)" json 'bash: --output=js, which bash has cut in three'
is "$(in_bash member list --output =)" $'table\nwide\njson\nyaml\ncsv' 'bash: --output='
is "$(in_bash login --token-file 'a f')" 'a file' 'bash: files'
is "$(bash --norc -c 'source "$0"; complete -p orgadmin' "$T/orgadmin.bash")" 'complete -F _orgadmin orgadmin' 'bash: it is installed for orgadmin'

if command -v fish > /dev/null; then
    is "$(PATH=$T/bin:$PATH HOME=$T fish -c "source $COMPLETIONS/orgadmin.fish; complete -C 'orgadmin member sh'")" $'show\tshow a member, by id, e-mail or username' 'fish: a verb'
    is "$(PATH=$T/bin:$PATH HOME=$T fish -c "source $COMPLETIONS/orgadmin.fish; complete -C 'orgadmin member list --output='" | cut -f1 | wc -l)" 5 'fish: --output='
    like "$(PATH=$T/bin:$PATH HOME=$T fish -c "source $COMPLETIONS/orgadmin.fish; complete -C 'orgadmin org switch Acme'" | tr '\n' '|')" 'Acme.*Acme' 'fish: names'
else
    pass 'fish # SKIP fish is not installed'
fi
if command -v zsh > /dev/null; then
    ok 'zsh: it is sound' zsh -n "$COMPLETIONS/_orgadmin"
    # _describe is asked what it would show; the completion system needs a terminal for more.
    is "$(PATH=$T/bin:$PATH zsh -fc '
        _describe() { print -rl -- "${(@P)2}" }; _files() { print files }
        words=(orgadmin member sh) CURRENT=3; . "$0"; words=(orgadmin login --token-file "") CURRENT=4; _orgadmin' "$COMPLETIONS/_orgadmin")" \
        $'show:show a member, by id, e-mail or username\nfiles' 'zsh: a verb, and files'
else
    pass 'zsh # SKIP zsh is not installed'
fi
orgd_end
done_testing
