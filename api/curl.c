#include "api/curl.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <stddef.h>

#define LIBRARY "libcurl.so.4"

struct curl_calls curl;

static const struct {
    const char *name;
    size_t offset; /* in struct curl_calls */
} calls[] = {
#define CALL(name) {"curl_" #name, offsetof(struct curl_calls, name)},
    CURL_CALLS(CALL)
#undef CALL
};

const char *curl_load(void)
{
    static bool loaded;
    if (loaded)
        return NULL;
    void *library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
    if (!library)
        return dlerror();
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        void *call = dlsym(library, calls[i].name);
        if (!call)
            return dlerror();
        *(void **)(void *)((char *)&curl + calls[i].offset) = call;
    }
    loaded = true;
    return NULL;
}
