#!/bin/bash
# Which room may use which (docs/architecture.md), and what no file may use at all.
. "$(dirname "$0")/lib/tap.sh"
cd "$TOP" || exit 1

ROOMS=(common nss_module pam_module keys api orgsyncd orgadmin orgd)
# included FILES-IN: "FILE:LINE:header" of each header of ours or of the libraries that a file of the folder includes
quoted() { grep -nE '^ *# *include "' "$1"/*.[ch]; }

# arrows FOLDER ALLOWED-FOLDERS ALLOWED-LIBRARY-HEADERS: in FOLDER itself, not below it
arrows() {
    local folder=$1 bad
    bad=$(quoted "$folder" | grep -vE "\"($2)/[a-z0-9_]+\.h\"")
    is "$bad" '' "$folder includes by folder the headers of ${2//|/, } alone"
    bad=$(grep -nE '^ *# *include <(curl|cjson|libconfig|sqlite3|libpq|microhttpd|gnutls|sodium|unictype|uninorm|libsmartcols|yaml|seccomp|security)' "$folder"/*.[ch] | grep -vE "<($3)")
    is "$bad" '' "$folder includes the library headers of its row in HACKING.md alone"
}
arrows common common none
arrows nss_module 'common|nss_module' none
arrows pam_module 'common|pam_module' security/pam
arrows keys 'common|keys' none
arrows api 'common|api' 'curl/|cjson/|gnutls/'
arrows api/providers 'common|api' cjson/
arrows orgsyncd 'common|api|orgsyncd' 'cjson/|libconfig|sqlite3|seccomp|sodium'
# The programs with folders: each row may use those above it, and main.c all.
above='common|api|orgadmin'
for folder in output remote nouns host cli; do
    above="$above|orgadmin/$folder"
    arrows "orgadmin/$folder" "$above" 'cjson/|libconfig|libsmartcols|yaml|security/pam'
done
arrows orgadmin 'common|api|orgadmin|orgadmin/cli' none
above='common|orgd'
for folder in store source endpoints web http operator; do
    above="$above|orgd/$folder"
    if [ $folder = source ]; then
        arrows orgd/source "api|$above" 'cjson/|sodium'
        continue
    fi
    arrows "orgd/$folder" "$above" 'microhttpd|gnutls/|sqlite3|libpq|sodium|cjson/|curl/|libconfig'
done
arrows orgd "$above" 'cjson/|microhttpd|gnutls/|sodium|unictype|uninorm'
is "$(quoted orgadmin | grep -v '^orgadmin/main\.c' | grep -vE '"(common|api|orgadmin)/[a-z0-9_]+\.h"')$(quoted orgd | grep -v '^orgd/main\.c' | grep -vE '"(common|orgd)/[a-z0-9_]+\.h"')" '' \
    'files at the top of orgadmin and orgd include none of their folders'
is "$(grep -ln 'curl/curl.h' -r "${ROOMS[@]}" | sort | paste -sd' ')" 'api/curl.h orgd/endpoints/mail.c' 'libcurl is included by one file for HTTP and one for SMTP'

# Files that use each other in a circle, a header and its .c being one: one line for each circle.
circles() {
    grep -HoE '^ *# *include "[a-z0-9_/]+\.h"' -r "${ROOMS[@]}" --include='*.[ch]' | sed -E 's/\.[ch]:.*"(.*)\.h"/ \1/' | awk '$1 != $2' | sort -u | tsort 2>&1 >/dev/null |
        sed -n 's/^tsort: \([a-z0-9_/]*\)$/\1/p' | sort | paste -sd' '
}
is "$(circles)" 'api/engine api/provider' 'files include each other in no circle but engine and provider of api'

banned='\b(system|popen|strcpy|strcat|sprintf|vsprintf|atoi|atol|strtok|gets|alloca|mktemp|tmpnam)\('
is "$(grep -nE "$banned" -r "${ROOMS[@]}" --include='*.[ch]')" '' 'the sources call no banned function'
twice=$(grep -hoE '^(static |const |typedef )*(struct|union|enum) [a-z0-9_]+ \{' -r "${ROOMS[@]}" --include='*.[ch]' | sed -E 's/.*(struct|union|enum) ([a-z0-9_]+) .*/\2/' | sort | uniq -d)
is "$twice" '' 'a struct, union or enum has a tag of its own in the whole tree'
mapfile -t sources < <(find "${ROOMS[@]}" tests -name '*.[ch]')
long=$(awk 'FNR == 1 { start = 0 } /^\{/ { start = FNR } /^\}/ { if (start && FNR - start > 61) print FILENAME ":" start; start = 0 }' "${sources[@]}")
is "$long" '' 'the sources have no function over 60 lines'
done_testing
