#!/bin/bash
# Files that come and go: what interrupts and failures leave, what is never overwritten, what a terminal sees meanwhile.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../api/vendor.sh"
. "$(dirname "$0")/vendor.sh"
need script
fake_start cratedb
token ada ada-session
acme=f6c39580-5719-431d-a508-0cee4f9e8209
files=/api/v2/organizations/$acme/files/
as ada login --provider cratedb --url "$URL" --token-file "$T/ada.token"
as ada org switch acme
cd "$T" || exit 1
mkdir here && cd here || exit 1
seq 1000000 | head -c 3000000 > data.bin
there() { curl -sS -H 'Cookie: session=ada-session' "$URL$files" | jq -r '[.[].name] | join(" ")'; }
begin() { # COMMAND...: in the background, with what it has said in ../err
    : > "$LOG"
    (trap - INT; XDG_CONFIG_HOME=$T/ada exec "$ORGADMIN" "$@" > ../out 2> ../err < /dev/null) & pid=$!
}

# upload
does 'data.bin +uploaded +3000000' 'file upload' ada file upload data.bin
like "$(jq -r '"\(.method) \(.path)"' "$LOG" | tr '\n' ' ')" "^POST $files PUT /[^ ]* GET ${files}[^ ]+ $" 'the entry, the content, a look at it'
is "$(jq -r 'select(.method == "PUT") | .headers | "\(.authorization) \(.cookie)"' "$LOG")" 'null null' 'no credential goes with the content'
does 'other' 'under another name' ada file upload data.bin --name other
refuses 2 'no such file|No such file' 'nothing to upload' ada file upload nothing; nothing_sent 'it'
mkfifo pipe; refuses 2 'not a regular file' 'a pipe' ada file upload pipe; nothing_sent 'it'
fake '{"fault":{"method":"PUT","status":503}}'
as ada file upload data.bin --name lost
is "$rc/$out" 4/ 'content that is not taken'
like "$err" 'data.bin: PUT http.* 503' 'is told'
like "$err" 'lost is not uploaded; its empty entry is removed again' 'and what becomes of it'
is "$(there)" 'nyc_taxi data.bin other' 'it is not there'
fake '{"fault":{"method":"POST","sub":[["\"upload_url\":\"[^\"]*\"","\"x\":1"]]}}'
as ada file upload data.bin --name lost; is "$rc/$(there)" '4/nyc_taxi data.bin other' 'nowhere to send it'

# an interrupt
fake '{"fault":{"method":"PUT","delay":60}}'
begin file upload data.bin --name broken
wait_for 20 grep -q '"PUT"' "$LOG"
kill -INT $pid; wait $pid
is "$?" 130 'an interrupted upload ends by its signal'
is "$(there)" 'nyc_taxi data.bin other' 'and takes its entry away before'
like "$(cat ../err)" 'data.bin: .*stopped' 'which it tells'

# download
mkdir got
does 'data.bin is in got/copy' 'file download' ada file download data.bin --out got/copy
ok 'is what was uploaded' cmp data.bin got/copy
(umask 027; as ada file download data.bin --out got/masked); is "$(stat -c %a got/copy got/masked | tr '\n' ' ')" '644 640 ' 'with the mode of a new file'
is "$(jq -r 'select(.path | test("_bucket")) | .headers | "\(.authorization) \(.cookie)"' "$LOG")" 'null null' 'no credential goes there'
refuses 2 'data.bin exists already; --yes replaces it' 'nothing is overwritten' ada file download data.bin
echo old > got/copy
does 'is in' 'but with --yes' ada file download data.bin --out got/copy --yes
ok 'it is' cmp data.bin got/copy
echo old > got/copy
fake '{"fault":{"method":"GET","path":"_bucket","status":403}}'
refuses 1 'got/copy: GET .* 403' 'a download that fails' ada file download data.bin --out got/copy -y
is "$(cat got/copy)/$(ls got | tr '\n' ' ')" 'old/copy masked ' 'leaves what was there, and nothing else'
refuses 2 'got/no/x: No such file' 'nowhere to put it' ada file download data.bin --out got/no/x
refuses 1 'acme has no file "dato.bin"; did you mean "data.bin"' 'a mistyped name' ada file download dato.bin
for name in ../../x .bashrc a/b . ..; do
    fake "$(jq -nc --arg n "$name" --arg p "${files}[^/]" '{fault: {method: "GET", path: $p, sub: [["\"name\": *\"other\"", "\"name\":" + ($n | tojson)]]}}')"
    refuses 2 'cannot be the name of a local file: give --out PATH' "a file called ${name@Q}" ada file download other
done
is "$(ls -A | tr '\n' ' ')" 'data.bin got pipe ' 'they are stored nowhere'
fake '{"fault":{"method":"GET","path":"_bucket","delay":60}}'
begin file download data.bin --out got/slow
wait_for 20 grep -q '"GET","path":"/_bucket' "$LOG"
kill -TERM $pid; wait $pid
is "$?" 143 'an interrupted download ends by its signal'
is "$(ls got | tr '\n' ' ')" 'copy masked ' 'and leaves nothing'
fake '{"fault":{"method":"GET","path":"_bucket","delay":2}}'
begin file download data.bin --out got/race
wait_for 20 grep -q '"GET","path":"/_bucket' "$LOG"
echo mine > got/race
wait $pid; is "$?/$(cat got/race)" 2/mine 'nor is a file overwritten that came meanwhile'
like "$(cat ../err)" 'got/race: File exists' 'which is told'

# a terminal
fake '{"fault":{"method":"PUT","delay":3}}'
seen=$(XDG_CONFIG_HOME=$T/ada script -qec "$ORGADMIN file upload data.bin --name shown -o wide" /dev/null < /dev/null)
like "$seen" $'\r\e\\[Ksent [0-9.]+ of 3.0 MB, [0-9]+ %' 'a terminal sees how far it is'
like "$seen" $'%\r\e\\[KID ' 'and not any more when it is done'
like "$seen" 'shown +uploaded' 'and then what came of it'
fake '{"fault":{"method":"PUT","delay":3}}'
as ada file upload data.bin --name piped; is "$rc/$err" 0/ 'nobody else does'

# show, remove
does '^[0-9a-f-]+ +other' 'file show by name' ada file show other
does 'http' 'its address is in the wide table' ada file show other -o wide
refuses 2 'Remove the file other .* from acme\? There is no terminal' 'file remove asks' ada file remove other
does 'acme has no file other any more' 'file remove' ada file remove other --yes
is "$(there)" 'nyc_taxi data.bin shown piped' 'it is gone'
does . 'a second one of that name' ada file upload data.bin
refuses 2 '2 files of acme are called "data.bin"; use the id' 'is told' ada file show data.bin
elsewhere_unasked
done_testing
