# bash completion for orgadmin(1), which is asked what could stand next.

_orgadmin()
{
    local line word equals='' words=() prefix=''
    COMPREPLY=()
    # bash cuts --option=value at the '='; orgadmin wants it whole, and the answer must begin behind the '='.
    for word in "${COMP_WORDS[@]:1:COMP_CWORD}"; do
        if [[ ($word == '=' || $equals) && ${#words[@]} -gt 0 ]]; then
            words[-1]+=$word
        else
            words+=("$word")
        fi
        equals=
        [[ $word == '=' ]] && equals=1
    done
    [[ ${words[-1]-} == --*=* ]] && prefix=${words[-1]%%=*}=
    while IFS= read -r line; do
        if [[ $line == :files ]]; then
            compopt -o filenames 2>/dev/null
            while IFS= read -r line; do
                COMPREPLY+=("$line")
            done < <(compgen -f -- "${COMP_WORDS[COMP_CWORD]#=}")
            return
        fi
        line=${line%%$'\t'*}
        printf -v word %q "${line#"$prefix"}"
        COMPREPLY+=("$word")
    done < <("$1" --complete "${words[@]//\\/}" 2>/dev/null)
}
complete -F _orgadmin orgadmin
