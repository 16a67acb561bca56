#!/bin/bash
# The version stands in common/paths.h alone: the programs take it from there, and CHANGELOG.md knows it.
. "$(dirname "$0")/lib/tap.sh"
cd "$TOP" || exit 1
version=$(sed -n 's/^#define ORG_VERSION "\([0-9]*\.[0-9]*\.[0-9]*\)"$/\1/p' common/paths.h)
like "$version" '^[0-9]+\.[0-9]+\.[0-9]+$' 'common/paths.h has the version'
for program in orgadmin orgsyncd orgd orglogin-keys; do
    is "$("$BUILD/$program" --version)" "$program $version" "$program --version prints it"
done
is "$(grep -rnF "$version" common nss_module pam_module keys api orgsyncd orgadmin orgd conf packaging docs Makefile README.md | grep -v '^common/paths\.h:.*ORG_VERSION')" '' \
    'no other file repeats it'
# A development tree has changes that are not released; a release's are under its version.
like "$(grep -m 1 '^## ' CHANGELOG.md)" "^## (Unreleased|${version//./\\.}( .*)?)$" 'the newest part of CHANGELOG.md is unreleased, or of this version'
done_testing
