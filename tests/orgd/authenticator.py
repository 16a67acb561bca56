"""An authenticator for tests, and the browser before it: what they would send, or what a forger would.

authenticator.py create|get KEY.pem ORIGIN CHALLENGE [NAME=VALUE]... prints the body of users/passkeys/add or users/sign-in. The key's kind
(EC P-256, Ed25519, RSA 2048) is found by openssl. What is forged: origin, rp, flags, count, type, challenge, cross, id, tail (hexadecimal,
behind the authenticator data), flip (a byte of the signature, or of the key), drop (bytes off the authenticator data's end).
"""
import base64
import hashlib
import json
import subprocess
import sys
import urllib.parse

what, key, origin, challenge = sys.argv[1:5]
forged = dict(pair.split('=', 1) for pair in sys.argv[5:])


def text(data):
    return base64.urlsafe_b64encode(data).rstrip(b'=').decode()


def openssl(*arguments, data=None):
    return subprocess.run(('openssl',) + arguments, input=data, capture_output=True, check=True).stdout


def public():
    """The COSE key, and its kind."""
    der = openssl('pkey', '-in', key, '-pubout', '-outform', 'DER')
    if len(der) == 91:
        return b'\xa5\x01\x02\x03\x26\x20\x01\x21\x58\x20' + der[27:59] + b'\x22\x58\x20' + der[59:], 'ec'
    if len(der) == 44:
        return b'\xa4\x01\x01\x03\x27\x20\x06\x21\x58\x20' + der[12:], 'ed'
    modulus = bytes.fromhex(openssl('rsa', '-in', key, '-noout', '-modulus').decode().strip().split('=')[1])
    return b'\xa4\x01\x03\x03\x39\x01\x00\x20\x59\x01\x00' + modulus + b'\x21\x43\x01\x00\x01', 'rsa'


def flipped(data):
    data = bytearray(data)
    if 'flip' in forged:
        data[int(forged['flip'])] ^= 1
    return bytes(data)


def signature(data, kind):
    if kind == 'ed':
        path = key + '.text'
        with open(path, 'wb') as file:
            file.write(data)
        return openssl('pkeyutl', '-sign', '-rawin', '-inkey', key, '-in', path)
    return openssl('dgst', '-sha256', '-sign', key, data=data)


cose, kind = public()
identity = bytes.fromhex(forged['id']) if 'id' in forged else hashlib.sha256(cose).digest()
client = json.dumps({'type': forged.get('type', 'webauthn.' + what), 'challenge': forged.get('challenge', challenge),
                     'origin': forged.get('origin', origin), 'crossOrigin': forged.get('cross') == 'yes'}).encode()
relying = forged.get('rp', urllib.parse.urlsplit(origin).hostname)
flags = int(forged.get('flags', '0x45' if what == 'create' else '0x05'), 16)
data = hashlib.sha256(relying.encode()).digest() + bytes([flags]) + int(forged.get('count', '1')).to_bytes(4, 'big')
if what == 'create':
    data += bytes(16) + len(identity).to_bytes(2, 'big') + identity + flipped(cose)
data += bytes.fromhex(forged.get('tail', ''))
data = data[:len(data) - int(forged.get('drop', '0'))]
body = {'clientData': text(client), 'authenticatorData': text(data)}
if what == 'get':
    body['id'] = text(identity)
    body['signature'] = text(flipped(signature(data + hashlib.sha256(client).digest(), kind)))
print(json.dumps(body))
