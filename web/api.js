// One call of the server's API. What comes back is the reply, or the error object that the API would give.
export async function call(path, body, token, signal) {
    const headers = { 'Content-Type': 'application/json' };
    if (token)
        headers.Authorization = 'Bearer ' + token;
    let response;
    try {
        response = await fetch('/v1/' + path, { method: 'POST', headers, body: JSON.stringify(body), signal });
    } catch {
        return { ok: false, reason: 'offline' };
    }
    try {
        return await response.json();
    } catch {
        return { ok: false, reason: 'other', message: response.status + ' ' + response.statusText };
    }
}

// The page's texts and states are all in its HTML: a part is shown or hidden, a value has its places.
export function show(name, shown) {
    for (const element of document.querySelectorAll('[data-part="' + name + '"]'))
        element.hidden = !shown;
}

export function value(name, text) {
    for (const element of document.querySelectorAll('[data-value="' + name + '"]'))
        element.textContent = text;
}
