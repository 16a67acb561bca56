#!/bin/bash
# The words of other tools: every line of docs/other-tools.md is run, beside the line that it stands for.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/orgd.sh"
ORGADMIN=$BUILD/orgadmin
PAGE=$TOP/docs/other-tools.md
umask 022
unset ORGADMIN_ORG ORGADMIN_TOKEN_FILE ORGADMIN_PROFILE
export XDG_CONFIG_HOME=$T/config
orgd_start --owner ann@example.org
(umask 077; printf '%s\n' "$OWNER" > "$T/ann.token")
run() { out=$("$ORGADMIN" "$@" 2> "$T/err" < /dev/null); rc=$?; err=$(cat "$T/err"); }
run login --url "unix:$SOCKET" --token-file "$T/ann.token"
run org create Acme
cp -r "$T/config" "$T/kept"

# Bob is a member and Pia is invited, whatever the line before has done; Fresh, viewer and the invitations are made again.
again() {
    rm -rf "$T/config"; cp -r "$T/kept" "$T/config"
    run org delete Fresh --yes; run org switch Acme; run role remove viewer --yes
    for who in fay gus hal; do run invitation revoke $who@example.org --yes; done
    run member show bob
    [ "$rc" = 0 ] || {
        rm -f "$T/bob"; run invitation revoke bob@example.org --yes; run invitation create bob@example.org --out "$T/bob"
        name=(--username bob); [ ! -e "$T/bobs" ] || name=() # his account stays
        XDG_CONFIG_HOME=$T/bobs run invitation accept --url "unix:$SOCKET" --token-file "$T/bob" "${name[@]}"
    }
    run member role bob member
    run invitation create pia@example.org
}
# Ids, secrets, times and request numbers differ from run to run.
plain() { sed -E 's/(org|inv|usr|live|evt|req)_[A-Za-z0-9:_-]+/\1/g; s/[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z/TIME/g; s/[0-9a-f]{16}/N/g; s/[0-9]+ (bytes|ms)/\1/g; s/ +/ /g'; }
rows() { sed -n '/^| typed | '"$1"'/,/^$/s/^| `orgadmin \([^`]*\)` | `\{0,1\}\(orgadmin \)\{0,1\}\(.*[^`]\)`\{0,1\} |$/\1|\3/p' "$PAGE"; }

while IFS='|' read -r typed means; do
    read -ra left <<< "$typed"; read -ra right <<< "$means"
    again; run "${right[@]}"; want="$rc/$(plain <<< "$out")"
    again; run "${left[@]}"
    case $typed in *auditlogs*|*tokens*) is "$rc/$(head -n 1 <<< "$out" | plain)" "${want%%$'\n'*}" "orgadmin $typed";; *)
        is "$rc/$(plain <<< "$out")" "$want" "orgadmin $typed"; esac
    case $means in org|member) ;; *) is "$rc" 0 "orgadmin $typed is done" || diag "$err";; esac
done < <(rows is)
is "$(rows is | wc -l)" 35 'every line of the page is run'

while IFS='|' read -r typed instead; do
    read -ra left <<< "$typed"; run "${left[@]}"
    is "$rc/$out/$(wc -l < "$T/err")" 2//1 "orgadmin $typed is refused"
    case $err in *"$instead"*) pass "orgadmin $typed says what to type";; *) fail "orgadmin $typed says what to type" "$err" "$instead";; esac
done < <(rows instead)
is "$(rows instead | wc -l)" 6 'every other line of the page is run'

# what other tools call so is not offered
for words in '' 'mem' 'member ' 'org '; do
    read -ra typed <<< "$words"; [[ $words == *' ' || -z $words ]] && typed+=('')
    unlike "$("$ORGADMIN" --complete "${typed[@]}")" '^(orgs|organizations?|members|ls|get|rm|info|help|version)' "completion of '$words' offers no other word"
done
like "$("$ORGADMIN" --complete members ls -- 2>&1; "$ORGADMIN" --complete members ls --co)" '^--columns' 'completion goes on behind another word'
run team show; is "$rc" 2 'team is no other word for member'
like "$("$ORGADMIN" --help)" 'Words of other tools are understood' 'help has one line about them'
orgd_end
done_testing
