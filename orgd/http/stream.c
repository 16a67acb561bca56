#include "orgd/http/stream.h"

#include <stdlib.h>
#include <string.h>

#define BLOCK_SIZE 8192

struct stream {
    struct job job; /* makes the next piece */
    struct stream_set *set;
    struct poll poll;
    struct MHD_Connection *connection;
    struct client_connection *client;
    struct buffer piece;
    size_t sent; /* of the piece */
    bool end;    /* the piece is the last */
    bool broken; /* there is no further piece */
};

static void stream_job(struct store *store, struct job *job)
{
    struct stream *stream = (struct stream *)(void *)job;
    stream->sent = stream->piece.len = 0;
    stream->broken = !member_list_again(store, &stream->poll, &stream->piece, &stream->end);
}

static void stream_done(struct job *job)
{
    struct stream *stream = (struct stream *)(void *)job;
    connection_resume(stream->client, stream->connection);
}

static ssize_t stream_read(void *arg, uint64_t position, char *out, size_t max)
{
    struct stream *stream = arg;
    (void)position;
    connection_takes(stream->client);
    if (stream->broken || stream->set->stopping)
        return MHD_CONTENT_READER_END_WITH_ERROR;
    if (stream->sent == stream->piece.len && stream->end)
        return MHD_CONTENT_READER_END_OF_STREAM;
    if (stream->sent == stream->piece.len) {
        connection_rests(stream->client);
        MHD_suspend_connection(stream->connection);
        crew_add(stream->set->reads, &stream->job);
        return 0;
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
    stream->set->count--;
    buffer_free(&stream->piece);
    free(stream);
}

struct MHD_Response *stream_response(struct stream_set *set, struct MHD_Connection *connection,
                                     size_t caller, struct call_answer *answer,
                                     struct client_connection *client)
{
    struct stream *stream = memory_get(sizeof *stream);
    stream->job = (struct job){.run = stream_job, .done = stream_done, .caller = caller};
    stream->set = set;
    stream->connection = connection;
    stream->poll = answer->poll;
    stream->client = client;
    stream->piece = answer->body;
    answer->body = (struct buffer){0};
    set->count++;
    return memory_or_exit(MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, BLOCK_SIZE,
                                                            stream_read, stream, stream_end),
                          BLOCK_SIZE);
}
