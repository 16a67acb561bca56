// Passkeys: one is made, and one signs in. What comes back is a reply of the API, or { ok: false } with a reason that the page has a sentence
// for.
import { call } from './api.js';

const base64 = buffer => btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
const bytes = text => Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), character => character.charCodeAt(0));

// What the browser says of its failures.
const reasons = {
    NotAllowedError: 'passkey_cancelled',
    AbortError: 'passkey_cancelled',
    InvalidStateError: 'passkey_exists',
    SecurityError: 'passkey_address',
    NotSupportedError: 'passkey_unsupported',
    ConstraintError: 'passkey_unsupported',
};
const failure = error => ({ ok: false, reason: reasons[error.name] ?? 'other', message: error.name + ': ' + error.message });

// "Firefox, Linux", by which a person knows a browser again.
export function browserName() {
    const agent = navigator.userAgent;
    const name = /(Edg|Firefox|Chrome|Safari)/.exec(agent)?.[1] ?? 'Browser';
    const system = /(Android|iPhone|iPad|Windows|Mac OS X|Linux)/.exec(agent)?.[1];
    return (name === 'Edg' ? 'Edge' : name) + (system ? ', ' + system : '');
}

export const possible = () => 'PublicKeyCredential' in window;

// For the user, as the API has one; TOKEN is that of a user who has no session.
export async function make(user, token) {
    const begun = await call('users/passkeys/begin', {});
    if (begun.ok === false)
        return begun;
    try {
        const credential = await navigator.credentials.create({
            publicKey: {
                challenge: bytes(begun.challenge),
                rp: { id: begun.rpId, name: begun.rpId },
                user: { id: new TextEncoder().encode(user.id), name: user.username, displayName: user.name },
                pubKeyCredParams: [-8, -7, -257].map(alg => ({ type: 'public-key', alg })),
                authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
                attestation: 'none',
            },
        });
        const { clientDataJSON, getAuthenticatorData } = credential.response;
        const body = { name: browserName(), clientData: base64(clientDataJSON), authenticatorData: base64(getAuthenticatorData.call(credential.response)) };
        return await call('users/passkeys/add', body, token);
    } catch (error) {
        return failure(error);
    }
}

// The fields of a call that needs the person's proof.
export async function prove() {
    const begun = await call('users/passkeys/begin', {});
    if (begun.ok === false)
        return begun;
    try {
        const credential = await navigator.credentials.get({ publicKey: { challenge: bytes(begun.challenge), rpId: begun.rpId, userVerification: 'required' } });
        const { clientDataJSON, authenticatorData, signature } = credential.response;
        return { id: credential.id, clientData: base64(clientDataJSON), authenticatorData: base64(authenticatorData), signature: base64(signature) };
    } catch (error) {
        return failure(error);
    }
}

export async function signIn() {
    const proof = await prove();
    return proof.ok === false ? proof : await call('users/sign-in', { name: browserName(), ...proof });
}
