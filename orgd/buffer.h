/* A growing run of bytes with a ceiling, and allocation that ends the program instead of returning
 * NULL. */
#ifndef ORGD_BUFFER_H
#define ORGD_BUFFER_H

#include <stdbool.h>
#include <stddef.h>

/*
 * MEMORY, an allocator's answer to a request for SIZE bytes. If it is NULL, the program ends with
 * one line: a transaction that was open is rolled back, and no half-built answer ever leaves.
 */
void *memory_or_exit(void *memory, size_t size);

/* SIZE zeroed bytes, or the program ends as above. The caller frees. */
void *memory_get(size_t size);

/* The same without zeros, which cost a small piece more than the rest of its making: cJSON's. */
void *memory_raw(size_t size);

/* Zero it to begin. DATA belongs to the buffer; NUL-terminated once something was added. */
struct buffer {
    char *data;
    size_t len;
    size_t size;
};

/* Appends LEN bytes; false, and nothing is added, when more than MAX bytes would be held. */
bool buffer_add(struct buffer *buffer, const void *data, size_t len, size_t max);

/* Frees what it holds and makes it empty. */
void buffer_free(struct buffer *buffer);

#endif
