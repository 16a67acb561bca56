#!/bin/bash
# The house table of HACKING.md: which room may use which. And what no file may use at all.
. "$(dirname "$0")/lib/tap.sh"
cd "$TOP" || exit 1

ROOMS='common|nss_module|pam_module|api|orgsyncd|orgadmin|orgd'
# arrows ROOM ALLOWED-ROOMS ALLOWED-LIBRARY-HEADERS
arrows() {
    local room=$1 bad
    bad=$(grep -nE '^ *# *include "' "$room"/*.[ch] | grep -vE "\"($2)/[a-z_]+\.h\"")
    is "$bad" '' "$room/ includes headers of ${2//|/, } only, by their room"
    bad=$(grep -nE '^ *# *include <(curl|cjson|libconfig|sqlite3|microhttpd|gnutls|sodium|libsmartcols|yaml|seccomp|security)' "$room"/*.[ch] | grep -vE "<($3)")
    is "$bad" '' "$room/ uses the libraries of its row only"
}
arrows common common none
arrows nss_module 'common|nss_module' none
arrows pam_module 'common|pam_module' security/pam
arrows api 'common|api' 'curl/|cjson/'
arrows orgsyncd 'common|api|orgsyncd' 'cjson/|libconfig|sqlite3|seccomp|sodium'
arrows orgadmin 'common|api|orgadmin' 'cjson/|libconfig|libsmartcols|yaml|security/pam'
arrows orgd 'common|orgd' 'microhttpd|gnutls/|sqlite3|sodium|cjson/|curl/'
is "$(grep -ln 'curl/curl.h' -r $(echo "$ROOMS" | tr '|' ' ') | sort | paste -sd' ')" 'api/http.c orgd/mail.c' 'libcurl has one user for HTTP and one for SMTP'

banned='\b(system|popen|strcpy|strcat|sprintf|vsprintf|atoi|atol|strtok|gets|alloca|mktemp|tmpnam)\('
is "$(grep -nE "$banned" -r $(echo "$ROOMS" | tr '|' ' ') --include='*.[ch]')" '' 'no banned function is called'
long=$(awk 'FNR == 1 { start = 0 } /^\{/ { start = FNR } /^\}/ { if (start && FNR - start > 120) print FILENAME ":" start; start = 0 }' \
    $(ls -d */*.c))
is "$long" '' 'no function is over 120 lines'
done_testing
