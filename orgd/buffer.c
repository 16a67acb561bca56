#include "orgd/buffer.h"
#include "common/log.h"

#include <stdlib.h>
#include <string.h>

#define BUFFER_FIRST 512

void *memory_or_exit(void *memory, size_t size)
{
    if (memory)
        return memory;
    log_error("out of memory (%zu bytes)", size);
    exit(1);
}

void *memory_get(size_t size)
{
    return memory_or_exit(calloc(1, size), size);
}

void *memory_raw(size_t size)
{
    return memory_or_exit(malloc(size), size);
}

bool buffer_add(struct buffer *buffer, const void *data, size_t len, size_t max)
{
    if (buffer->len > max || len > max - buffer->len)
        return false;
    if (len >= buffer->size - buffer->len) {
        size_t size = buffer->size ? buffer->size : BUFFER_FIRST;
        while (len >= size - buffer->len)
            size *= 2;
        buffer->data = memory_or_exit(realloc(buffer->data, size), size);
        buffer->size = size;
    }
    memcpy(buffer->data + buffer->len, data, len);
    buffer->len += len;
    buffer->data[buffer->len] = '\0';
    return true;
}

void buffer_free(struct buffer *buffer)
{
    free(buffer->data);
    *buffer = (struct buffer){0};
}
