/* Home directories: what may be one, and what lies in its place. */
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/home.h"
#include "tests/lib/unit.h"

#define ADA 70001
#define BOB 70002

/* Not below /tmp, in which everybody can write: a file system that only this process sees. */
static const char dir[] = "/srv";

static const char *at(const char *name)
{
    static char path[4][5000];
    static unsigned n;
    char *p = path[n++ % 4];
    snprintf(p, sizeof path[0], "%s/%s", dir, name);
    return p;
}

static void make(const char *name, uid_t owner, mode_t mode)
{
    assert_int_equal(mkdir(at(name), 0700), 0);
    assert_int_equal(chown(at(name), owner, owner), 0);
    assert_int_equal(chmod(at(name), mode), 0);
}

static void link_to(const char *target, const char *name)
{
    assert_int_equal(symlink(target, at(name)), 0);
}

static void fit(const char *path)
{
    char why[HOME_WHY_MAX];
    if (!home_fit(path, ADA, why))
        fail_msg("%s is refused: %s", path, why);
}

static void unfit(const char *path, const char *reason)
{
    char why[HOME_WHY_MAX];
    if (home_fit(path, ADA, why) || !strstr(why, reason))
        fail_msg("%s: \"%s\", not \"%s\"", path, why, reason);
}

static void homes_of_ones_own_are_taken(void **state)
{
    (void)state;
    make("homes", 0, 0755);
    make("homes/ada", ADA, 0700);
    make("homes/open", ADA, 0777); /* her own affair */
    make("homes/roots", 0, 0755);  /* as one is while it is made */
    fit(at("homes/ada"));
    fit(at("homes/ada/"));
    fit(at("homes//ada"));
    fit(at("homes/open"));
    fit(at("homes/roots"));
    fit("/");
}

static void homes_that_are_not_there_are_taken(void **state)
{
    (void)state;
    fit(at("homes/new"));
    fit(at("other/homes/new"));
    fit("/nowhere-at-all/new");
}

static void what_lies_in_the_place_of_a_home_is_refused(void **state)
{
    (void)state;
    link_to("/etc", "homes/etc");
    link_to("ada", "homes/alias");
    link_to("/nowhere", "homes/dangling");
    link_to("loop", "homes/loop");
    make("homes/bob", BOB, 0700);
    make("homes/shared", 0, 01777);
    make("homes/staff", 0, 0775);
    close(open(at("homes/file"), O_CREAT | O_WRONLY, 0600));
    assert_int_equal(chown(at("homes/file"), ADA, ADA), 0);
    assert_int_equal(mkfifo(at("homes/fifo"), 0600), 0); /* does not hang */
    unfit(at("homes/etc"), "homes/etc is a symbolic link");
    unfit(at("homes/etc/"), "is a symbolic link");
    unfit(at("homes/alias"), "is a symbolic link");
    unfit(at("homes/dangling"), "is a symbolic link");
    unfit(at("homes/loop"), "is a symbolic link");
    unfit(at("homes/bob"), "belongs to uid 70002");
    unfit(at("homes/shared"), "belongs to root and is writable");
    unfit(at("homes/staff"), "belongs to root and is writable");
    unfit(at("homes/file"), "is not a directory");
    unfit(at("homes/fifo"), "is not a directory");
    unfit("/dev/null", "is not a directory");
}

static void homes_below_a_directory_of_others_are_refused(void **state)
{
    (void)state;
    make("pub", 0, 01777);
    make("pub/ada", ADA, 0700);
    make("pub/deep", 0, 0755);
    make("bobs", BOB, 0755);
    make("bobs/ada", ADA, 0700);
    unfit(at("pub/ada"), "pub is above the home directory and writable");
    unfit(at("pub/new"), "pub is above the home directory and writable");
    unfit(at("pub/deep/new"), "pub is above");
    unfit(at("bobs/ada"), "bobs is above the home directory and does not belong to root");
    unfit(at("bobs/new"), "bobs is above");
    unfit(at("homes/ada/sub/new"),
          "ada is above"); /* a home in a home of her own is hers to swap */
    unfit(at("homes/file/new"), "is not a directory");
}

static void links_above_a_home_are_followed_as_safely(void **state)
{
    (void)state;
    make("var", 0, 0755);
    link_to("var", "h");
    link_to(at("var"), "absolute");
    make("var/ada", ADA, 0700);
    link_to("pub", "to-pub");
    link_to("round", "round");
    assert_int_equal(symlink("../var", at("pub/back")), 0);
    fit(at("h/ada"));
    fit(at("h/new"));
    fit(at("absolute/ada"));
    fit(at("absolute/../h/ada"));
    unfit(at("to-pub/ada"), "pub is above the home directory and writable");
    unfit(at("pub/back/ada"), "pub is above"); /* who could write there could turn the link */
    unfit(at("round/ada"), "round is a symbolic link that leads nowhere");
}

static void paths_that_are_none_are_refused(void **state)
{
    (void)state;
    char why[HOME_WHY_MAX], *path = malloc(10000);
    assert_non_null(path);
    memset(path, 'a', 9999);
    path[9999] = '\0';
    unfit("", "is not an absolute path");
    unfit("home/ada", "is not an absolute path");
    path[0] = '/';
    assert_false(home_fit(path, ADA, why));
    path[4000] = '\0'; /* one name, longer than a name can be */
    assert_false(home_fit(path, ADA, why));
    for (int i = 0; i < 4000; i += 2)
        path[i] = '/';
    fit(path);
    free(path);
}

static int setup(void **state)
{
    (void)state;
    return mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
                   mount("homes", dir, "tmpfs", 0, "mode=755") == 0
               ? 0
               : -1;
}

int main(void)
{
    need_root();
    if (unshare(CLONE_NEWNS) < 0) {
        puts("1..0 # SKIP may not make a mount namespace");
        return 0;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(homes_of_ones_own_are_taken),
        cmocka_unit_test(homes_that_are_not_there_are_taken),
        cmocka_unit_test(what_lies_in_the_place_of_a_home_is_refused),
        cmocka_unit_test(homes_below_a_directory_of_others_are_refused),
        cmocka_unit_test(links_above_a_home_are_followed_as_safely),
        cmocka_unit_test(paths_that_are_none_are_refused),
    };
    return cmocka_run_group_tests_name("home", tests, setup, NULL);
}
