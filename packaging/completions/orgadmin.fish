# fish completion for orgadmin(1), which is asked what could stand next.

function __orgadmin_complete
    set -l typed (commandline -opc)
    set -l last ''
    # fish chooses among the answers itself; orgadmin has to know the option alone.
    switch (commandline -ct)
        case '--*=*'
            set last (string replace -r '=.*' '=' -- (commandline -ct))
        case '-*'
            set last (commandline -ct)
    end
    set -l lines ($typed[1] --complete $typed[2..-1] $last 2>/dev/null)
    if test "$lines[1]" = :files
        __fish_complete_path (string replace -r '^--[a-z-]*=' '' -- (commandline -ct))
    else if set -q lines[1]
        printf '%s\n' $lines
    end
end

complete -c orgadmin -f -a '(__orgadmin_complete)'
