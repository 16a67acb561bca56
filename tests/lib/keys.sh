# Members' ssh keys in the organization, inside the throw-away root. Source it after host.sh, with the file provider.
KEYS=/usr/libexec/orglogin/orglogin-keys

# key NAME [TYPE [BITS]]: makes a pair in /root/keys
key() { mkdir -p /root/keys; ssh-keygen -q -t "${2:-ed25519}" ${3:+-b "$3"} -N '' -C "$1" -f "/root/keys/$1"; }
# blob FILE: the second word of its line
blob() { cut -d' ' -f2 "/root/keys/$1.pub"; }
# with NAME TYPE BLOB [END]...: the member NAME has this key as well
with() {
    jq --arg name "$1" --arg type "$2" --arg blob "$3" --arg until "${4:-}" \
        '(.members[] | select(.username == $name)).keys |= (. // []) + [{type: $type, blob: $blob} + (if $until == "" then {} else {expiresAt: $until} end)]' \
        $MEMBERS >$MEMBERS.new && mv $MEMBERS.new $MEMBERS
}
with_key() { with "$1" "$(cut -d' ' -f1 "/root/keys/$2.pub")" "$(blob "$2")" "${3:-}"; }
without_keys() { jq --arg name "$1" '(.members[] | select(.username == $name)).keys = []' $MEMBERS >$MEMBERS.new && mv $MEMBERS.new $MEMBERS; }
update() { orgsyncd --once >/dev/null 2>>"$T/sync.err"; }
# told NAME [ARGUMENT...]: what the command says, as sshd runs it; its status is 0
told() { setpriv --reuid orglogin-keys --regid orglogin-keys --clear-groups env -i PATH=/usr/bin:/bin "$KEYS" "$@" 2>/dev/null </dev/null; }
lines_of() { for file in "$@"; do cut -d' ' -f1,2 "/root/keys/$file.pub"; done; }

# organization NAME...: these are the members, each with a key, and ada with two more
organization() {
    local member
    members "$@"
    for member in "$@"; do with_key "${member%%:*}" "${member%%:*}"; done
    with_key ada ada2
    with_key ada ada3
    update
}
# as NAME COMMAND...: by the key NAME, or KEY, and by nothing else
as() { ssh -F /dev/null -o IdentitiesOnly=yes -o NumberOfPasswordPrompts=1 -i "/root/keys/${KEY:-$1}" "$1@localhost" "${@:2}" </dev/null 2>"$T/err"; }
