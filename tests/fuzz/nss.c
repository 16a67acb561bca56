/* The NSS module's entry points on such a snapshot, with buffers of every size. */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/name.h"
#include "common/paths.h"
#include "nss_module/nss_module.h"
#include "tests/fuzz/fuzz.h"

static char *buffer;
static size_t room;

/* TEXT and its NUL lie in the buffer that was handed in. */
static bool inside(const char *text)
{
    return text >= buffer && text < buffer + room &&
           memchr(text, 0, room - (size_t)(text - buffer));
}

/* The error is read behind the call that sets it: arguments have no order. */
static void check_status(enum nss_status status, const int *error)
{
    assert(status == NSS_STATUS_SUCCESS || status == NSS_STATUS_NOTFOUND ||
           (status == NSS_STATUS_TRYAGAIN && *error == ERANGE) ||
           (status == NSS_STATUS_UNAVAIL && (*error == EIO || *error == ENOENT)));
}

static void check_user(enum nss_status status, const int *error, const struct passwd *pw)
{
    check_status(status, error);
    if (status != NSS_STATUS_SUCCESS)
        return;
    assert(inside(pw->pw_name) && inside(pw->pw_gecos) && inside(pw->pw_dir) &&
           inside(pw->pw_shell));
    assert(name_valid(pw->pw_name) && id_valid(pw->pw_uid) && id_valid(pw->pw_gid));
    assert(strcmp(pw->pw_passwd, "*") == 0);
}

static void check_group(enum nss_status status, const int *error, const struct group *gr)
{
    check_status(status, error);
    if (status != NSS_STATUS_SUCCESS)
        return;
    assert(inside(gr->gr_name) && name_valid(gr->gr_name) && id_valid(gr->gr_gid));
    assert((char *)gr->gr_mem >= buffer && (char *)gr->gr_mem < buffer + room);
    for (char **m = gr->gr_mem; *m; m++)
        assert(inside(*m));
}

static void ask_groups(const char *name)
{
    long start = 1, size = 2;
    gid_t *gids = malloc((size_t)size * sizeof *gids);
    int error = 0;
    assert(gids);
    gids[0] = 200001;
    check_status(_nss_org_initgroups_dyn(name, 200001, &start, &size, &gids, 64, &error), &error);
    assert(start >= 1 && start <= size && start <= 64 && gids[0] == 200001);
    for (long i = 1; i < start; i++)
        assert(gids[i] != 0 && gids[i] != (gid_t)-1);
    free(gids);
}

static void ask(const char *name, uint32_t id)
{
    struct passwd pw;
    struct group gr;
    int e = 0;
    check_user(_nss_org_getpwnam_r(name, &pw, buffer, room, &e), &e, &pw);
    check_user(_nss_org_getpwuid_r(id, &pw, buffer, room, &e), &e, &pw);
    check_group(_nss_org_getgrnam_r(name, &gr, buffer, room, &e), &e, &gr);
    check_group(_nss_org_getgrgid_r(id, &gr, buffer, room, &e), &e, &gr);
    ask_groups(name);
}

static void list(void)
{
    struct passwd pw;
    struct group gr;
    int e = 0;
    enum nss_status status = _nss_org_setpwent(0);
    for (int i = 0; i < IMAGE_MAX && status == NSS_STATUS_SUCCESS; i++)
        check_user(status = _nss_org_getpwent_r(&pw, buffer, room, &e), &e, &pw);
    _nss_org_endpwent();
    status = _nss_org_setgrent(0);
    for (int i = 0; i < IMAGE_MAX && status == NSS_STATUS_SUCCESS; i++)
        check_group(status = _nss_org_getgrent_r(&gr, buffer, room, &e), &e, &gr);
    _nss_org_endgrent();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input in = {data, size};
    room = input_number(&in, 2) % 2048;
    struct image image = image_of(&in);
    /* So that the module opens each anew. */
    if (image.size >= SNAPSHOT_HEADER)
        image.data[SNAPSHOT_AT_SUPERSEDED] = 1;
    image_put(&image, PATH_SNAPSHOT);
    buffer = malloc(room + (room == 0));
    assert(buffer);
    for (const char *const *name = image_names; *name; name++)
        ask(*name, (uint32_t)(200000 + (name - image_names)));
    ask("acme", 150000);
    list();
    free(buffer);
    free(image.data);
    return 0;
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    mkdir(ORG_STATEDIR, 0755);
    return 0;
}
