#!/bin/bash
# The fuzz targets on their seeds, among which is every input that once found something.
. "$(dirname "$0")/../lib/tap.sh"
need_root
cd "$TOP" || exit 1
for target in "$BUILD"/tests/fuzz/*; do
    name=${target##*/}
    seeds=(tests/fuzz/seeds/"$name"/*)
    if [ -f "tests/fuzz/$name.seeds" ]; then # one a line
        split -l 1 -a 3 "tests/fuzz/$name.seeds" "$T/$name."
        seeds=("$T/$name".*)
    fi
    ok "the fuzz target $name survives its seeds" "$target" "${seeds[@]}"
done
done_testing
