#include "orgd/http/stream.h"

#include <stdlib.h>
#include <string.h>

#include "orgd/endpoints/endpoints.h"

#define BLOCK_SIZE 8192

struct stream {
    struct store *store;
    size_t *streams;
    struct poll poll;
    struct client_connection *client;
    struct buffer piece;
    size_t sent; /* of the piece */
    bool end;    /* the piece is the last */
};

static ssize_t stream_read(void *arg, uint64_t position, char *out, size_t max)
{
    struct stream *stream = arg;
    (void)position;
    connection_takes(stream->client);
    if (stream->sent == stream->piece.len) {
        if (stream->end)
            return MHD_CONTENT_READER_END_OF_STREAM;
        stream->sent = stream->piece.len = 0;
        if (!member_list_again(stream->store, &stream->poll, &stream->piece, &stream->end))
            return MHD_CONTENT_READER_END_WITH_ERROR;
    }
    size_t n = stream->piece.len - stream->sent;
    if (n > max)
        n = max;
    memcpy(out, stream->piece.data + stream->sent, n);
    stream->sent += n;
    return (ssize_t)n;
}

static void stream_end(void *arg)
{
    struct stream *stream = arg;
    (*stream->streams)--;
    buffer_free(&stream->piece);
    free(stream);
}

struct MHD_Response *stream_response(struct store *store, size_t *streams, struct buffer *beginning,
                                     const struct poll *poll, struct client_connection *client)
{
    struct stream *stream = memory_get(sizeof *stream);
    stream->store = store;
    stream->streams = streams;
    stream->poll = *poll;
    stream->client = client;
    stream->piece = *beginning;
    *beginning = (struct buffer){0};
    (*streams)++;
    return memory_or_exit(MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, BLOCK_SIZE,
                                                            stream_read, stream, stream_end),
                          BLOCK_SIZE);
}
