#!/bin/bash
# Each option of the programs, each argument of the PAM module and each key of the configuration files is described in its manual page,
# once, and nothing else is.
. "$(dirname "$0")/lib/tap.sh"
cd "$TOP" || exit 1
man=packaging/man

# items MACRO PAGE [SECTION]: what the entries of its lists describe by MACRO, a word a line; an entry names a word once. SECTION is a .Ss.
items() {
    awk -v macro="$1" -v section="${3-}" '
        /^\.S[sh] / { here = section == "" || $0 == ".Ss " section }
        here && $1 == ".It" && $2 == macro {
            on = 0; split("", seen)
            for (i = 2; i <= NF; i++) {
                if ($i == macro) { on = 1; continue }
                if ($i ~ /^(Ar|Op|Oo|Oc|Ns|Li|Cm|Fl|Va)$/) { on = 0; continue }
                if ($i == ",") { on = macro == "Va"; continue }
                if (on && !($i in seen)) { seen[$i]; print $i; on = 0 }
            }
        }' "$2" | sed 's/^\\\{0,1\}-//'
}
sorted() { sort | xargs; }
# described WANT NAME MACRO PAGE [SECTION]: PAGE describes the words of WANT and no others, each once
described() {
    local want=$1 name=$2; shift 2
    is "$(items "$@" | sorted)" "$want" "$name"
}
# table FILE ARRAY: the names in an array of options
table() { awk -v array="$2" 'index($0, "struct option " array "[]") { on = 1 } on { print } on && /};/ { exit }' "$1" | grep -oE '\{"[a-z-]+"' | tr -d '{"'; }
# keys WHAT: the keys that orgsyncd takes in WHAT
keys() { awk -v what="\"$1\"" '/char \*const keys\[\]/ { list = "" } { list = list $0 } /value_only_keys/ { if (index($0, what)) print list; list = "" }' orgsyncd/config.c |
    sed 's/.*keys\[\] = {//; s/}.*//' | grep -oE '"[a-z_]+"' | tr -d '"' | sorted; }

# --- options ---
described "$(table orgd/operator/options.c longs | sorted)" 'orgd(8) describes each option of orgd, once' Fl $man/orgd.8
described "$(table orgsyncd/main.c options | sorted)" 'orgsyncd(8) describes each option of orgsyncd, once' Fl $man/orgsyncd.8
described "$(grep -oE '"--[a-z-]+"' keys/main.c | tr -d '"' | sed 's/^--//' | sort -u | sorted)" 'orglogin-keys(8) describes each option of orglogin-keys, once' Fl $man/orglogin-keys.8
described "$(awk '/^const struct option_spec options/ { on = 1 } on && /};/ { exit } on { print }' orgadmin/invocation.c | grep -oE '\.name = "--[a-z-]+"' | sed 's/.*"--//; s/"//' |
    sed '$a\h\no\ny' | sorted)" 'orgadmin(1) describes each option of orgadmin, once' Fl $man/orgadmin.1
is "$("$BUILD/orgd" --help | sed '/^Quotas:/,$d' | grep -oE -- '--[a-z-]+' | sort -u | sed 's/^--//' | sorted)" "$(table orgd/operator/options.c longs | sorted)" \
    'orgd --help has each option of orgd'
is "$("$BUILD/orgsyncd" --help | grep -oE -- '--[a-z-]+' | sort -u | sed 's/^--//' | sorted)" "$(table orgsyncd/main.c options | sorted)" \
    'orgsyncd --help has each option of orgsyncd'
is "$("$BUILD/orgd" --help | sed '1,/^Quotas:/d' | awk '{ sub("=.*", "", $1); print $1 }' | sorted)" \
    "$(awk '/^\.Ss Quotas/ { on = 1; next } /^\.Ss/ { on = 0 } on && /^\.It Li/ { print $3 }' $man/orgd.8 | sorted)" 'orgd(8) describes each quota, once'

# --- keys ---
for section in 'an organization:organizations' 'users:users' 'an entry of accounts:accounts' 'a group:groups' 'an access rule:access' 'an entry of sudo:sudo' \
    'freshness:freshness'; do
    want=$(keys "${section%:*}")
    like "$want" '^[a-z_]+ [a-z_ ]+$' "${section#*:}: orgsyncd has keys"
    described "$want" "${section#*:}: orglogin.conf(5) describes each key, once" Va $man/orglogin.conf.5 "${section#*:}"
done
is "$(sed -n 's/^\.Ss //p' $man/orglogin.conf.5 | sorted)" "$(keys 'the file')" 'orglogin.conf(5) has a section for each group of keys'
for key in $(for what in 'the file' 'an organization' users 'an entry of accounts' 'a group' 'an access rule' 'an entry of sudo' freshness; do keys "$what"; done | tr ' ' '\n' | sort -u); do
    grep -qw "$key" conf/orglogin.conf || missing+=" $key"
done
is "${missing-}" '' 'the annotated orglogin.conf has each key'
is "$(sed -nE 's/^# ([a-z_]+) = .*/\1/p' conf/orgd.conf | tr _ - | sorted)" \
    "$(table orgd/operator/options.c longs | grep -vxE 'config|yes|json|end-others|org|provider|url|token-file|ca-file|proxy|webhook-secret-file|provider-option|poll|help|version' | sorted)" 'the annotated orgd.conf has each setting, once'
# An option of one provider: ".BR dialect" and its values, in the part of the provider.
for provider in intrinsic satusky cratedb upsun; do
    want=$(sed -n '/struct provider_option options\[\]/,/};/p' api/providers/$provider.c | sed -nE 's/^ *\{(\.name = )?"([a-z_]+)".*/\2/p' | sorted)
    is "$(awk -v part="${provider^^}" '/^\.SH / { here = $2 == part } here && /^\.BR [a-z_]+ " = "/ { print $2 }' $man/orglogin-providers.7 | sorted)" "$want" \
        "$provider: orglogin-providers(7) describes each option, once"
done
described "$(awk '/^static bool parse_arguments/,/^}/' pam_module/pam_org.c | grep -oE '(strcmp|take)\(argv\[i\], "[a-z]+=?"' | sed 's/.*, "//; s/"//' | sorted)" \
    'pam_org(8) describes each argument, once' Cm $man/pam_org.8
done_testing
