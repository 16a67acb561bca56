/* What orglogin-keys is measured against: the same linking and the same question to orgsyncd, and a
 * constant instead of a member's keys. */
#include <stdio.h>
#include <unistd.h>

#include "common/confirm.h"

int main(int argc, char *argv[])
{
    static const char key[] =
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBERERERERERERERERERERERERERERERERERERERERER\n"
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBERERERERERERERERERERERERERERERERERERERERER\n";
    struct confirm_request request = {
        .magic = CONFIRM_MAGIC, .op = CONFIRM_FRESH, .max_age_ms = 10000, .wait_ms = 2000};
    struct confirm_reply reply;
    snprintf(request.org, sizeof request.org, "acme");
    if (argc < 2 || !argv[1][0] || confirm_ask(confirm_path(), &request, 2250, &reply) < 0)
        return 1;
    return write(STDOUT_FILENO, key, sizeof key - 1) != sizeof key - 1;
}
