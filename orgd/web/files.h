/*
 * The files of the page, which are inside the program (assets.S), in the language and encoding that
 * a client takes. Constant once begun.
 */
#ifndef ORGD_WEB_FILES_H
#define ORGD_WEB_FILES_H

#include <stdbool.h>
#include <stddef.h>

#define WEB_ETAG_SIZE 35 /* 16 bytes in hexadecimal, the quotation marks and the NUL */

enum web_language { WEB_ENGLISH, WEB_GERMAN, WEB_LANGUAGES };

/* The bytes of a file, as they are or compressed. */
struct web_bytes {
    const char *data;
    size_t len;
};

/* A file as one client takes it. */
struct web_file {
    const char *type;     /* Content-Type */
    const char *language; /* Content-Language; NULL: it has none */
    const char *encoding; /* Content-Encoding; NULL: none */
    char etag[WEB_ETAG_SIZE];
    struct web_bytes bytes;
};

/* The language that the Accept-Language HEADER, or NULL, likes best; English if it likes none. */
enum web_language web_language_of(const char *header);

/* True if PATH is that of a file. */
bool web_file_there(const char *path);

/* Fills *FILE with the file PATH, for a client's Accept-Language and Accept-Encoding; false when
 * there is none. */
bool web_file_find(const char *path, const char *languages, const char *encodings,
                   struct web_file *file);

/* The page of invitations in LANGUAGE, with the places that template.h fills. */
struct web_bytes web_invitation(enum web_language language);

#endif
