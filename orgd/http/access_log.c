#include "orgd/http/access_log.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/file.h"
#include "common/log.h"
#include "orgd/endpoints/record.h"

static int log_fd = -1;
static bool failed; /* the latest line could not be written, and it was told */

bool access_log_open(const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0) {
        log_error("%s: %s", path, strerror(errno));
        return false;
    }
    access_log_close();
    log_fd = fd;
    return true;
}

void access_log_write(const struct access *a)
{
    char now[TIME_TEXT_SIZE];
    if (log_fd < 0)
        return;
    time_text(clock_wall_ms(), now);
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "time", now);
    cJSON_AddStringToObject(object, "id", a->id);
    cJSON_AddStringToObject(object, "method", a->method);
    cJSON_AddStringToObject(object, "path", a->path);
    cJSON_AddNumberToObject(object, "status", a->status);
    cJSON_AddStringToObject(object, "caller", a->caller);
    cJSON_AddStringToObject(object, "from", a->from);
    cJSON_AddNumberToObject(object, "bytes", (double)a->bytes);
    cJSON_AddNumberToObject(object, "ms", (double)a->ms);
    char *text = cJSON_PrintUnformatted(object);
    size_t len = strlen(text);
    text[len] = '\n'; /* in the place of the NUL: one write is one line */
    bool good = file_write(log_fd, text, len + 1) == 0;
    if (!good && !failed)
        log_warning("the access log cannot be written: %s", strerror(errno));
    failed = !good;
    cJSON_free(text);
    cJSON_Delete(object);
}

void access_log_close(void)
{
    if (log_fd >= 0)
        close(log_fd);
    log_fd = -1;
}
