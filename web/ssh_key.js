// What was pasted or dropped where a public ssh key belongs: 'none', 'private', 'unknown', or 'public' with the key's type. The server
// has the last word.
const types = /^(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(?:256|384|521)|sk-ssh-ed25519@openssh\.com|sk-ecdsa-sha2-nistp256@openssh\.com)[ \t]+[A-Za-z0-9+/]{40,}={0,3}(?:[ \t].*)?$/;

export function recognize(text) {
    const line = text.trim();
    if (line === '')
        return { kind: 'none' };
    if (/PRIVATE KEY|PuTTY-User-Key-File/.test(line))
        return { kind: 'private' };
    const match = types.exec(line);
    return match ? { kind: 'public', type: match[1] } : { kind: 'unknown' };
}
