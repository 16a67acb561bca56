#include "orgadmin/listing.h"

enum exit_status listing(const struct invocation *inv, enum provider_op op, unsigned flags,
                         const struct provider_arg *args)
{
    struct connection c;
    cJSON *records;
    enum exit_status status =
        flags & LISTING_ORG ? connection_open_org(inv, &c)
                            : connection_open(inv, inv->option[OPTION_TOKEN_FILE], NEED_TOKEN, &c);
    if (status != EXIT_DONE)
        return status;
    if (flags & LISTING_ANY)
        status = connection_prefer_org(inv, &c);
    if (status != EXIT_DONE)
        records = NULL;
    else if (flags & LISTING_ONE)
        status = connection_get(&c, op, args, &records);
    else
        status = connection_run(&c, op, args, &records);
    if (status == EXIT_DONE)
        status = output(inv, records);
    cJSON_Delete(records);
    connection_close(&c);
    return status;
}
