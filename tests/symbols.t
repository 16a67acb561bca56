#!/bin/bash
# What the two modules and orglogin-keys show to and want from the processes that load them.
. "$(dirname "$0")/lib/tap.sh"
need nm readelf strings

exported() { nm -D --defined-only "$1" | awk '{ print $3 }' | sort | tr '\n' ' '; }
needed() { readelf -d "$1" | sed -n 's/.*NEEDED.*\[\(.*\)\]/\1/p' | sort | tr '\n' ' '; }

nss=$BUILD/libnss_org.so.2 pam=$BUILD/pam_org.so
is "$(exported "$nss")" "_nss_org_endgrent _nss_org_endpwent _nss_org_endspent _nss_org_getgrent_r _nss_org_getgrgid_r _nss_org_getgrnam_r \
_nss_org_getpwent_r _nss_org_getpwnam_r _nss_org_getpwuid_r _nss_org_getspent_r _nss_org_getspnam_r _nss_org_initgroups_dyn _nss_org_setgrent \
_nss_org_setpwent _nss_org_setspent " \
    'libnss_org exports the entry points and nothing else'
is "$(exported "$pam")" "pam_sm_acct_mgmt pam_sm_authenticate pam_sm_chauthtok pam_sm_close_session pam_sm_open_session pam_sm_setcred " 'pam_org exports the entry points and nothing else'
is "$(needed "$nss")" "libc.so.6 " 'libnss_org needs libc alone'
is "$(needed "$pam")" "libc.so.6 libpam.so.0 " 'pam_org needs libpam and libc alone'
for m in "$nss" "$pam"; do
    name=$(basename "$m")
    unlike "$(nm -D --undefined-only "$m")" ' (secure_)?getenv| pthread_create| system| popen| __tls_get_addr' \
        "$name uses no environment, thread, program or thread-local data"
    unlike "$(readelf -lW "$m")" '^ *TLS ' "$name has no TLS segment"
    like "$(readelf -dW "$m")" 'NODELETE' "$name is linked to stay loaded (NODELETE)"
    like "$(readelf -dW "$m")" 'NOW' "$name is linked to be bound at once (NOW)"
    like "$(readelf -lW "$m")" 'GNU_RELRO' "$name is linked with read-only relocations (GNU_RELRO)"
    unlike "$(readelf -lW "$m")" 'GNU_STACK.*E ' "$name has no executable stack"
done
unlike "$(readelf -lW "$BUILD/orgd")" 'GNU_STACK.*E ' 'orgd, which has the page inside, has no executable stack'
unlike "$(needed "$BUILD/orgadmin")" 'curl' 'orgadmin loads libcurl, with all that comes with it, when it sends something'
like "$(needed "$BUILD/orgsyncd")" 'libcurl' 'orgsyncd has libcurl from its start: its fetchers load nothing'
keys=$BUILD/orglogin-keys
is "$(needed "$keys")" "libc.so.6 " 'orglogin-keys needs libc alone'
unlike "$(nm -D --undefined-only "$keys")" ' (secure_)?getenv| pthread_create| system| popen| connect(at)?@.*inet| getaddrinfo| gethostby' \
    'orglogin-keys uses no environment, shell or address of the network'
like "$(readelf -dW "$keys")" 'NOW' 'orglogin-keys is linked to be bound at once (NOW)'
unlike "$(nm -D --undefined-only "$nss")" ' (malloc|calloc|fopen|strdup)' 'libnss_org uses no allocation but that of the group array'
done_testing
