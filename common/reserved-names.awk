# Makes C initialisers from common/reserved-names, for common/reserved.c: awk -f common/reserved-names.awk common/reserved-names
/^#/ || NF == 0 { next }
NF != 2 || $1 !~ /^(\*?[a-z0-9_.-]+|[a-z0-9_.-]+\*)$/ { bad = 1 }
$1 !~ /\*/ && $1 <= last { bad = 1 }
bad {
    printf "%s:%d: \"%s\": one name or pattern and its kind, sorted\n", FILENAME, FNR, $0 > "/dev/stderr"
    exit 1
}
{
    kind = toupper($2)
    gsub("-", "_", kind)
    table = ($1 ~ /\*/) ? "PATTERN" : "NAME"
    if (table == "NAME")
        last = $1
    printf "RESERVED_%s(\"%s\", %s)\n", table, $1, kind
}
