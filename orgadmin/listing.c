#include "orgadmin/listing.h"

#include "orgadmin/connection.h"

enum exit_status listing(const struct invocation *inv, enum provider_op op, unsigned flags,
                         const struct column *columns)
{
    struct connection c;
    cJSON *records;
    enum exit_status status =
        flags & LISTING_ORG ? connection_open_org(inv, &c)
                            : connection_open(inv, inv->option[OPTION_TOKEN_FILE], NEED_TOKEN, &c);
    if (status != EXIT_DONE)
        return status;
    if (flags & LISTING_ONE)
        status = connection_get(&c, op, NULL, &records);
    else
        status = connection_run(&c, op, NULL, &records);
    if (status == EXIT_DONE)
        status = output(inv, columns, records);
    cJSON_Delete(records);
    connection_close(&c);
    return status;
}
