/* orgsyncd(8): keeps this host's snapshot of its organizations fresh. */
#include <getopt.h>
#include <stdio.h>

#include "common/log.h"
#include "common/paths.h"
#include "orgsyncd/supervisor.h"

enum { EXIT_USAGE = 2, EXIT_CONFIG = 3 };

static const char usage[] =
    "usage: orgsyncd [--config FILE] [--once | --check] [--debug]\n"
    "  keeps this host's snapshot of its organizations fresh; see orgsyncd(8)\n\n"
    "  --config FILE  instead of " PATH_CONFIG "\n"
    "  --once         list every organization once, publish, and end\n"
    "  --check        check the configuration, say what would be published, and end\n"
    "  --debug        tell each request to an organization: method, path, status, bytes, time\n"
    "  --help, --version\n";

int main(int argc, char **argv)
{
    static const struct option options[] = {
        {"config", required_argument, NULL, 'c'},
        {"once", no_argument, NULL, '1'},
        {"check", no_argument, NULL, 'k'},
        {"debug", no_argument, NULL, 'd'},
        {"help", no_argument, NULL, 'h'},
        {"version", no_argument, NULL, 'V'},
        {0},
    };
    const char *path = PATH_CONFIG;
    enum keeper_mode mode = KEEPER_SERVE;
    log_begin("orgsyncd");
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        switch (option) {
        case 'c':
            path = optarg;
            break;
        case '1':
            mode = KEEPER_ONCE;
            break;
        case 'k':
            mode = KEEPER_CHECK;
            break;
        case 'd':
            log_debug_on();
            break;
        case 'h':
            fputs(usage, stdout);
            return 0;
        case 'V':
            puts("orgsyncd " ORG_VERSION);
            return 0;
        default:
            return EXIT_USAGE;
        }
    }
    if (optind < argc) {
        log_error("unexpected argument \"%s\"; see orgsyncd --help", argv[optind]);
        return EXIT_USAGE;
    }
    char error[CONFIG_ERROR_LEN];
    struct config *config = config_load(path, error);
    if (!config) {
        log_error("%s", error);
        return EXIT_CONFIG;
    }
    if (mode == KEEPER_CHECK)
        config_print_notes(config);
    return supervise(config, path, mode);
}
