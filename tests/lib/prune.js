// prune.js IN OUT PATH...: an OpenAPI document with the paths that these regular expressions match, and with what they refer to.
const fs = require('fs');
const [, , from, to, ...kept] = process.argv;
const doc = JSON.parse(fs.readFileSync(from)), keep = kept.map(r => new RegExp(r)), seen = new Set();
const at = ref => ref.slice(2).split('/').reduce((o, k) => o[k.replace(/~1/g, '/').replace(/~0/g, '~')], doc);

function walk(o) {
    if (!o || typeof o !== 'object') return;
    if (typeof o.$ref === 'string' && o.$ref.startsWith('#/') && !seen.has(o.$ref)) {
        seen.add(o.$ref);
        walk(at(o.$ref));
    }
    Object.values(o).forEach(walk);
}

for (const path of Object.keys(doc.paths)) if (!keep.some(r => r.test(path))) delete doc.paths[path];
walk(doc.paths);
const parts = doc.components || {};
for (const kind of Object.keys(parts))
    for (const name of Object.keys(parts[kind])) if (kind !== 'securitySchemes' && !seen.has(`#/components/${kind}/${name}`)) delete parts[kind][name];
delete doc.webhooks;
delete doc['x-webhooks'];
fs.writeFileSync(to, JSON.stringify(doc));
