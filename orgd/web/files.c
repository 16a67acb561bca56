#include "orgd/web/files.h"

#include <sodium.h>
#include <string.h>

#include "orgd/web/negotiate.h"

#define TAG_BYTES 16

/* Of assets.S. */
#define ASSET(name) extern const char name[], name##_end[], name##_gz[], name##_gz_end[]
ASSET(web_account_en);
ASSET(web_account_de);
ASSET(web_first_en);
ASSET(web_first_de);
ASSET(web_style);
ASSET(web_script);
ASSET(web_api);
ASSET(web_ssh_key);
ASSET(web_account);
ASSET(web_passkey);
ASSET(web_organization_en);
ASSET(web_organization_de);
ASSET(web_ui);
ASSET(web_organization);
ASSET(web_people);
ASSET(web_invitations);
ASSET(web_roles);
ASSET(web_machines);
ASSET(web_history);
ASSET(web_live);
ASSET(web_device_en);
ASSET(web_device_de);
ASSET(web_device);
extern const char web_invitation_en[], web_invitation_en_end[];
extern const char web_invitation_de[], web_invitation_de_end[];

static const char *const languages_known[WEB_LANGUAGES] = {"en", "de"};

struct asset {
    const char *path, *type;
    bool translated;
    const char *plain[WEB_LANGUAGES][2], *packed[WEB_LANGUAGES][2]; /* begin and end */
};

#define HTML   "text/html; charset=utf-8"
#define SCRIPT "text/javascript; charset=utf-8"
#define PLAIN(n)                                                                                   \
    {                                                                                              \
        n, n##_end                                                                                 \
    }
#define PACKED(n)                                                                                  \
    {                                                                                              \
        n##_gz, n##_gz_end                                                                         \
    }
#define ONE_OF(n) .plain = {PLAIN(n)}, .packed = {PACKED(n)}
static const struct asset assets[] = {
    {"/i", HTML, true, .plain = {PLAIN(web_first_en), PLAIN(web_first_de)},
     .packed = {PACKED(web_first_en), PACKED(web_first_de)}},
    {"/", HTML, true, .plain = {PLAIN(web_account_en), PLAIN(web_account_de)},
     .packed = {PACKED(web_account_en), PACKED(web_account_de)}},
    {"/org", HTML, true, .plain = {PLAIN(web_organization_en), PLAIN(web_organization_de)},
     .packed = {PACKED(web_organization_en), PACKED(web_organization_de)}},
    {"/device", HTML, true, .plain = {PLAIN(web_device_en), PLAIN(web_device_de)},
     .packed = {PACKED(web_device_en), PACKED(web_device_de)}},
    {"/web/style.css", "text/css; charset=utf-8", ONE_OF(web_style)},
    {"/web/invitation.js", SCRIPT, ONE_OF(web_script)},
    {"/web/api.js", SCRIPT, ONE_OF(web_api)},
    {"/web/ssh_key.js", SCRIPT, ONE_OF(web_ssh_key)},
    {"/web/account.js", SCRIPT, ONE_OF(web_account)},
    {"/web/passkey.js", SCRIPT, ONE_OF(web_passkey)},
    {"/web/ui.js", SCRIPT, ONE_OF(web_ui)},
    {"/web/organization.js", SCRIPT, ONE_OF(web_organization)},
    {"/web/people.js", SCRIPT, ONE_OF(web_people)},
    {"/web/invitations.js", SCRIPT, ONE_OF(web_invitations)},
    {"/web/roles.js", SCRIPT, ONE_OF(web_roles)},
    {"/web/machines.js", SCRIPT, ONE_OF(web_machines)},
    {"/web/history.js", SCRIPT, ONE_OF(web_history)},
    {"/web/live.js", SCRIPT, ONE_OF(web_live)},
    {"/web/device.js", SCRIPT, ONE_OF(web_device)},
};

static const struct asset *asset_find(const char *path)
{
    for (size_t i = 0; i < sizeof assets / sizeof *assets; i++)
        if (strcmp(assets[i].path, path) == 0)
            return &assets[i];
    return NULL;
}

enum web_language web_language_of(const char *header)
{
    bool german = accept_quality(header, "de") > accept_quality(header, "en");
    return german ? WEB_GERMAN : WEB_ENGLISH;
}

static struct web_bytes bytes_between(const char *const range[2])
{
    return (struct web_bytes){range[0], (size_t)(range[1] - range[0])};
}

/* The tag of a file is a hash of its bytes: each language and encoding has another. */
static void etag_make(const struct web_bytes *bytes, char etag[WEB_ETAG_SIZE])
{
    unsigned char hash[TAG_BYTES];
    crypto_generichash(hash, sizeof hash, (const unsigned char *)bytes->data, bytes->len, NULL, 0);
    etag[0] = '"';
    sodium_bin2hex(etag + 1, 2 * TAG_BYTES + 1, hash, sizeof hash);
    memcpy(etag + 1 + 2 * TAG_BYTES, "\"", 2);
}

bool web_file_there(const char *path)
{
    return asset_find(path) != NULL;
}

bool web_file_find(const char *path, const char *languages, const char *encodings,
                   struct web_file *file)
{
    const struct asset *asset = asset_find(path);
    if (!asset)
        return false;
    size_t language = asset->translated ? web_language_of(languages) : 0;
    bool packed = accept_quality(encodings, "gzip") > 0;
    *file = (struct web_file){
        .type = asset->type,
        .language = asset->translated ? languages_known[language] : NULL,
        .encoding = packed ? "gzip" : NULL,
        .bytes = bytes_between(packed ? asset->packed[language] : asset->plain[language])};
    etag_make(&file->bytes, file->etag);
    return true;
}

struct web_bytes web_invitation(enum web_language language)
{
    const char *const ranges[WEB_LANGUAGES][2] = {PLAIN(web_invitation_en),
                                                  PLAIN(web_invitation_de)};
    return bytes_between(ranges[language]);
}
