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
does 'data.bin +uploaded +2.86 MiB' 'file upload stores a file' ada file upload data.bin
like "$(jq -r '"\(.method) \(.path)"' "$LOG" | tr '\n' ' ')" "^POST $files PUT /[^ ]* GET ${files}[^ ]+ $" 'file upload makes the entry, sends the content and reads the entry back'
is "$(jq -r 'select(.method == "PUT") | .headers | "\(.authorization) \(.cookie)"' "$LOG")" 'null null' 'file upload sends no credential with the content'
does 'other' 'file upload --name stores under another name' ada file upload data.bin --name other
refuses 2 'no such file|No such file' 'file upload refuses a file that does not exist' ada file upload nothing; nothing_sent 'file upload of a missing file'
mkfifo pipe; refuses 2 'not a regular file' 'file upload refuses a pipe' ada file upload pipe; nothing_sent 'file upload of a pipe'
fake '{"fault":{"method":"PUT","status":503}}'
as ada file upload data.bin --name lost
is "$rc/$out" 4/ 'file upload fails when the store refuses the content'
like "$err" 'data.bin: PUT http.* 503' 'file upload names the failed PUT and its status'
like "$err" 'lost is not uploaded; its empty entry is removed again' 'file upload says that the empty entry is removed again'
is "$(there)" 'nyc_taxi data.bin other' 'a failed file upload leaves no entry'
fake '{"fault":{"method":"POST","sub":[["\"upload_url\":\"[^\"]*\"","\"x\":1"]]}}'
as ada file upload data.bin --name lost; is "$rc/$(there)" '4/nyc_taxi data.bin other' 'file upload without an upload address fails and leaves no entry'

# an interrupt
fake '{"fault":{"method":"PUT","delay":60}}'
begin file upload data.bin --name broken
wait_for 20 grep -q '"PUT"' "$LOG"
kill -INT $pid; wait $pid
is "$?" 130 'file upload interrupted by SIGINT ends by that signal'
is "$(there)" 'nyc_taxi data.bin other' 'file upload interrupted removes its entry'
like "$(cat ../err)" 'data.bin: .*stopped' 'file upload interrupted says that it was stopped'

# download
mkdir got
does 'data.bin is in got/copy' 'file download writes a file' ada file download data.bin --out got/copy
ok 'file download writes the same bytes that were uploaded' cmp data.bin got/copy
(umask 027; as ada file download data.bin --out got/masked); is "$(stat -c %a got/copy got/masked | tr '\n' ' ')" '644 640 ' 'file download gives a file the mode of the umask'
is "$(jq -r 'select(.path | test("_bucket")) | .headers | "\(.authorization) \(.cookie)"' "$LOG")" 'null null' 'file download sends no credential to the store'
refuses 2 'data.bin exists already; --yes replaces it' 'file download refuses to overwrite a file' ada file download data.bin
echo old > got/copy
does 'is in' 'file download --yes replaces a file' ada file download data.bin --out got/copy --yes
ok 'file download --yes writes the new content' cmp data.bin got/copy
echo old > got/copy
fake '{"fault":{"method":"GET","path":"_bucket","status":403}}'
refuses 1 'got/copy: GET .* 403' 'file download fails when the store refuses' ada file download data.bin --out got/copy -y
is "$(cat got/copy)/$(ls got | tr '\n' ' ')" 'old/copy masked ' 'a failed file download keeps the old file and leaves no other'
refuses 2 'got/no/x: No such file' 'file download refuses an --out in no directory' ada file download data.bin --out got/no/x
refuses 1 'acme has no file "dato.bin"; did you mean "data.bin"' 'file download suggests the right spelling of a mistyped name' ada file download dato.bin
for name in ../../x .bashrc a/b . ..; do
    fake "$(jq -nc --arg n "$name" --arg p "${files}[^/]" '{fault: {method: "GET", path: $p, sub: [["\"name\": *\"other\"", "\"name\":" + ($n | tojson)]]}}')"
    refuses 2 'cannot be the name of a local file: give --out PATH' "file download refuses to store a file called ${name@Q}" ada file download other
done
is "$(ls -A | tr '\n' ' ')" 'data.bin got pipe ' 'file download writes nothing for refused names'
fake '{"fault":{"method":"GET","path":"_bucket","delay":60}}'
begin file download data.bin --out got/slow
wait_for 20 grep -q '"GET","path":"/_bucket' "$LOG"
kill -TERM $pid; wait $pid
is "$?" 143 'file download interrupted by SIGTERM ends by that signal'
is "$(ls got | tr '\n' ' ')" 'copy masked ' 'file download interrupted leaves no file'
fake '{"fault":{"method":"GET","path":"_bucket","delay":2}}'
begin file download data.bin --out got/race
wait_for 20 grep -q '"GET","path":"/_bucket' "$LOG"
echo mine > got/race
wait $pid; is "$?/$(cat got/race)" 2/mine 'file download keeps a file that appeared meanwhile'
like "$(cat ../err)" 'got/race: File exists' 'file download says that a file appeared meanwhile'

# a terminal
fake '{"fault":{"method":"PUT","delay":3}}'
seen=$(XDG_CONFIG_HOME=$T/ada script -qec "$ORGADMIN file upload data.bin --name shown -o wide" /dev/null < /dev/null)
like "$seen" $'\r\e\\[Ksent [0-9.]+ of 3.0 MB, [0-9]+ %' 'file upload shows its progress on a terminal'
like "$seen" $'%\r\e\\[KID ' 'file upload erases the progress when it is done'
like "$seen" 'shown +uploaded' 'file upload prints the stored file after the progress'
fake '{"fault":{"method":"PUT","delay":3}}'
as ada file upload data.bin --name piped; is "$rc/$err" 0/ 'file upload prints no progress to a pipe'

# show, remove
does '^[0-9a-f-]+ +other' 'file show takes a name' ada file show other
does '^http.*X-Amz-Signature=sig-get' 'file download --show-url prints the address of the content' ada file download other --show-url
for command in 'file show other' 'file list'; do
    as ada $command -o json; unlike "$out$err" 'http|Amz' "$command -o json prints no address, which is a credential"
    as ada $command -o wide; unlike "$out$err" 'http|Amz' "$command -o wide prints no address"
done
refuses 2 'Remove the file other .* from acme\? There is no terminal' 'file remove refuses without a terminal and --yes' ada file remove other
does 'acme has no file other any more' 'file remove --yes removes a file' ada file remove other --yes
is "$(there)" 'nyc_taxi data.bin shown piped' 'the store lists no removed file'
does . 'file upload stores a second file of the same name' ada file upload data.bin
refuses 2 '2 files of acme are called "data.bin"; use the id' 'file show refuses a name of two files' ada file show data.bin
elsewhere_unasked
done_testing
