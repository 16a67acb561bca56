/* Commands for sudo: what is refused, and how sudoers(5) has the others. */
#include <string.h>

#include "orgsyncd/sudo_command.h"
#include "tests/lib/unit.h"

static void commands_that_sudoers_reads_otherwise_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "id",          "all",         " ALL",          "ALL ",           "!ALL",
        "!/bin/su",    "/",           "/ x",           "NOPASSWD: ALL",  "(root) /bin/id",
        "ALL, !/b/su", "/bin/a\\",    "/bin/a \\,x",   "/opt/../bin/sh", "/opt/./sh",
        "//bin/sh",    "/bin//sh",    "/bin/cat ^.*$", "/bin/a  b",      "/bin/a ",
        "sudoedit /x", "sha256:x /a", "%wheel",        "#1000",          "@include /x"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (!sudo_command_fault(bad[i]))
            fail_msg("%s is taken", bad[i]);
}

static const char *written(const char *command)
{
    static char text[256];
    FILE *f = fmemopen(text, sizeof text, "w");
    assert_non_null(f);
    sudo_command_write(f, command);
    fclose(f);
    return text;
}

static void commands_stand_for_themselves_in_sudoers(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"ALL", "ALL"},
        {"/bin/id", "/bin/id"},
        {"/bin/id \"\"", "/bin/id \"\""},
        {"/bin/a,b:c=d#e x,y:z=1#2", "/bin/a\\,b\\:c\\=d\\#e x\\,y\\:z\\=1\\#2"},
        {"/bin/a, /bin/su", "/bin/a\\, /bin/su"},
        {"/bin/a : ALL = ALL", "/bin/a \\: ALL \\= ALL"},
        {"/bin/a NOEXEC: /bin/su", "/bin/a NOEXEC\\: /bin/su"},
        {"/bin/a # x", "/bin/a \\# x"},
        {"/bin/* [a-z]?", "/bin/* [a-z]?"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_null(sudo_command_fault(rows[i][0]));
        assert_string_equal(written(rows[i][0]), rows[i][1]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(commands_that_sudoers_reads_otherwise_are_refused),
        cmocka_unit_test(commands_stand_for_themselves_in_sudoers),
    };
    return cmocka_run_group_tests_name("sudo_command", tests, NULL, NULL);
}
