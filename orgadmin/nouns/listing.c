#include "orgadmin/nouns/listing.h"

static enum exit_status show_one(const struct invocation *inv, struct connection *c,
                                 enum provider_op op, const struct provider_arg *args)
{
    cJSON *record;
    enum exit_status status = connection_get(c, op, args, &record);
    if (status == EXIT_DONE && record)
        status = output(inv, record);
    cJSON_Delete(record);
    return status;
}

enum exit_status listing_all(const struct invocation *inv, struct connection *c,
                             enum provider_op op, const struct provider_arg *args)
{
    struct collection records = {0};
    enum exit_status status = connection_each(c, op, args, collection_sink, &records);
    if (status == EXIT_DONE)
        status = output_list(inv, &records);
    collection_free(&records);
    return status;
}

enum exit_status listing(const struct invocation *inv, enum provider_op op, unsigned flags,
                         const struct provider_arg *args)
{
    struct connection c;
    enum exit_status status =
        flags & LISTING_ORG ? connection_open_for(inv, op, args, &c)
                            : connection_open(inv, inv->option[OPTION_TOKEN_FILE], NEED_TOKEN, &c);
    if (status != EXIT_DONE)
        return status;
    if (flags & LISTING_ANY)
        status = connection_prefer_org(inv, &c);
    if (status == EXIT_DONE)
        status = flags & LISTING_ONE ? show_one(inv, &c, op, args) : listing_all(inv, &c, op, args);
    connection_close(&c);
    return status;
}
