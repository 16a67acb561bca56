# bash completion for orgadmin(1), which is asked what could stand next.

# _orgadmin_plain VARIABLE WORD: WORD as the program would get it, without quotes and backslashes
_orgadmin_plain()
{
    local text=$2
    case $text in
        \'*) text=${text#\'} text=${text%\'} ;;
        \"*) text=${text#\"} text=${text%\"} ;;
    esac
    # shellcheck disable=SC2162 # it takes the backslashes away
    [[ $2 == \'* ]] || IFS= read text <<< "$text"
    printf -v "$1" %s "$text"
}

# _orgadmin_quoted LINE: LINE as it has to stand behind an open quote (of _orgadmin), in $word; fails where it cannot
_orgadmin_quoted()
{
    case $quote in
        \') word=$1; [[ $1 != *\'* ]] ;;
        \") word=${1//\\/\\\\} word=${word//\"/\\\"} word=${word//\$/\\\$} word=${word//\`/\\\`}; [[ $1 != *!* ]] ;;
        *) printf -v word %q "$1" ;;
    esac
}

_orgadmin()
{
    local line word lead piece='' quote='' before rest=${COMP_LINE:0:COMP_POINT} i words=() plain=()
    COMPREPLY=()
    # bash cuts words at '=' and ':'; what no blank separates is one. The answer takes the place of the last piece.
    for ((i = 0; i <= COMP_CWORD; i++)); do
        lead=${rest%%[![:blank:]]*}
        rest=${rest#"$lead"}
        word=${COMP_WORDS[i]}
        ((i < COMP_CWORD)) || word=$rest piece=$rest
        rest=${rest#"$word"}
        if [[ $lead || $i == 0 ]]; then words+=("$word"); else words[-1]+=$word; fi
    done
    [[ $piece != [=:] ]] || piece=
    for word in "${words[@]:1:${#words[@]}-2}"; do
        _orgadmin_plain line "$word"
        plain+=("$line")
    done
    _orgadmin_plain before "${words[-1]%"$piece"}"
    _orgadmin_plain line "$piece"
    plain+=("$before$line")
    case $piece in [\'\"]*) quote=${piece:0:1} ;; esac
    while IFS= read -r word; do
        if [[ $word == :files ]]; then
            compopt -o filenames 2>/dev/null
            mapfile -t COMPREPLY < <(compgen -f -- "$line")
            return
        fi
        word=${word%%$'\t'*}
        _orgadmin_quoted "${word#"$before"}" && COMPREPLY+=("$word")
    done < <("$1" --complete "${plain[@]}" 2>/dev/null)
}
complete -F _orgadmin orgadmin
