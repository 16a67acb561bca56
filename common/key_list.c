#include "common/key_list.h"

#include <endian.h>
#include <string.h>

/* The entry at the beginning of LIST, its blob in *BLOB. Returns the blob's size, 0 when it does
 * not fit. */
static size_t entry(const struct key_list *list, const uint8_t **blob, uint32_t *end)
{
    uint16_t size;
    if (list->size < KEY_LIST_ENTRY)
        return 0;
    memcpy(end, list->first, sizeof *end);
    memcpy(&size, list->first + 4, sizeof size);
    *end = le32toh(*end);
    size = le16toh(size);
    *blob = list->first + KEY_LIST_ENTRY;
    return size <= list->size - KEY_LIST_ENTRY ? size : 0;
}

bool key_list_take(struct key_list *list, struct ssh_key *key, uint32_t *end)
{
    const uint8_t *blob;
    size_t size = entry(list, &blob, end);
    if (size == 0 || ssh_key_check(blob, size, key) != NULL)
        return false;
    list->first += KEY_LIST_ENTRY + size;
    list->size -= KEY_LIST_ENTRY + size;
    return true;
}

bool key_list_valid(const struct key_list *list)
{
    struct key_list rest = *list;
    struct ssh_key key;
    uint32_t end;
    size_t count = 0;
    if (list->size > KEY_LIST_SIZE_MAX)
        return false;
    while (count <= KEY_LIST_MAX && key_list_take(&rest, &key, &end))
        count++;
    return rest.size == 0 && count <= KEY_LIST_MAX;
}

static size_t count_keys(const uint8_t *list, size_t size)
{
    struct key_list rest = {list, size};
    struct ssh_key key;
    uint32_t end;
    size_t count = 0;
    while (key_list_take(&rest, &key, &end))
        count++;
    return count;
}

/* A part of a second counts as none. What ended before 1970 has ended all the same. */
static uint32_t end_of(const int64_t *end_ms)
{
    int64_t seconds = !end_ms ? 0 : *end_ms < 1000 ? 1 : *end_ms / 1000;
    return seconds > UINT32_MAX ? UINT32_MAX : (uint32_t)seconds;
}

size_t key_list_add(uint8_t *list, size_t size, const struct ssh_key *key, const int64_t *end_ms)
{
    if (key->size + KEY_LIST_ENTRY > KEY_LIST_SIZE_MAX - size ||
        count_keys(list, size) >= KEY_LIST_MAX)
        return 0;
    uint32_t end = htole32(end_of(end_ms));
    uint16_t blob = htole16((uint16_t)key->size);
    memcpy(list + size, &end, sizeof end);
    memcpy(list + size + 4, &blob, sizeof blob);
    memcpy(list + size + KEY_LIST_ENTRY, key->blob, key->size);
    return size + KEY_LIST_ENTRY + key->size;
}

bool key_list_ended(uint32_t end, int64_t now_ms, int64_t confirmed_ms)
{
    return end != 0 && (now_ms < confirmed_ms || now_ms >= (int64_t)end * 1000);
}
