/* orgsyncd(8): keeps this host's snapshot of its organizations fresh. */
#include <getopt.h>
#include <stdio.h>

#include "common/log.h"
#include "common/paths.h"
#include "orgsyncd/sudoers.h"
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

/* What --check says of CONFIG before anything is asked of an organization. */
static bool check(const struct config *config)
{
    char error[CONFIG_ERROR_LEN];
    config_print_notes(config);
    sudoers_print_notes(config);
    if (sudoers_accepted(config, error))
        return true;
    log_error("%s", error);
    return false;
}

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
    bool shells = config_shells_known(config, path, error);
    if (!shells)
        log_line(mode == KEEPER_CHECK ? LOG_ERR : LOG_WARNING, "%s", error);
    if (mode == KEEPER_CHECK && !(shells && check(config))) {
        config_free(config);
        return EXIT_CONFIG;
    }
    return supervise(config, path, mode);
}
