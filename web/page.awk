# Makes a page of its texts and its frame, one of all FRAMES: awk -v language=de [-v shown=PART] -v frame=FRAME -f page.awk texts FRAMES
#
# A line {{include NAME KEY=VALUE...}} becomes the lines of parts/NAME.html beside the frame, in which $KEY stands for VALUE.
# {{KEY}} becomes the text KEY of the table, in which {NAME} is the place of a value and `...` is code. The other places stay, for
# orgd/web/template.c; with -v shown=PART they are filled as when nothing is known and PART alone is shown.
function fail(why) {
    print FILENAME ":" FNR ": " why > "/dev/stderr"
    failed = 1
    exit 1
}

function escaped(text) {
    gsub(/&/, "\\&amp;", text)
    gsub(/</, "\\&lt;", text)
    gsub(/>/, "\\&gt;", text)
    gsub(/"/, "\\&quot;", text)
    return text
}

# The text with its values' places and its code.
function dressed(text, out, name, code) {
    out = ""
    while (match(text, /[{][a-z-]+[}]|`[^`]+`/)) {
        name = substr(text, RSTART + 1, RLENGTH - 2)
        code = substr(text, RSTART, 1) == "`"
        out = out substr(text, 1, RSTART - 1) (code ? "<code dir=\"ltr\">" name "</code>" : "<bdi data-value=\"" name "\">{{=" name "}}</bdi>")
        text = substr(text, RSTART + RLENGTH)
    }
    return out text
}

BEGIN {
    FS = "\t"
    column = language == "de" ? 3 : 2
}

FILENAME == ARGV[1] && (/^#/ || /^$/) { next }

FILENAME == ARGV[1] {
    if (NF != 3 || $2 == "" || $3 == "")
        fail("must be KEY, English and German, with tabs between them")
    if ($1 in texts)
        fail("the key " $1 " is there twice")
    texts[$1] = dressed(escaped($column))
    next
}

# Has the line with its texts, and with its places filled if the page is shown as it begins.
function put(rest, line, key) {
    line = ""
    while (match(rest, /[{][{][a-z-]+[}][}]/)) {
        key = substr(rest, RSTART + 2, RLENGTH - 4)
        if (!(key in texts))
            fail("there is no text " key)
        used[key] = 1
        line = line substr(rest, 1, RSTART - 1) texts[key]
        rest = substr(rest, RSTART + RLENGTH)
    }
    line = line rest
    if (shown != "") {
        gsub("[{][{][?]" shown "[}][}]", "", line)
        gsub(/[{][{][?][a-z_-]+[}][}]/, " hidden", line)
        gsub(/[{][{]=[a-z-]+[}][}]/, "", line)
    }
    if (FILENAME == frame)
        print line
}

# WORDS are those of {{include NAME KEY=VALUE...}}.
function include(words, count, file, line, i, pair, got) {
    file = FILENAME
    sub(/[^\/]*$/, "parts/" words[2] ".html", file)
    while ((got = (getline line < file)) > 0) {
        for (i = 3; i <= count; i++) {
            split(words[i], pair, "=")
            gsub("[$]" pair[1], pair[2], line)
        }
        put(line)
    }
    close(file)
    if (got < 0)
        fail("there is no " file)
}

/^[{][{]include / {
    gsub(/[{}]/, "")
    include(words, split($0, words, " "))
    next
}

{ put($0) }

END {
    if (failed)
        exit 1
    for (key in texts)
        if (!(key in used)) {
            print ARGV[1] ": nothing uses the text " key > "/dev/stderr"
            exit 1
        }
}
