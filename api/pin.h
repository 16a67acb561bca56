/* The pin of a server: the SHA-256 of its public key, as libcurl takes it. */
#ifndef API_PIN_H
#define API_PIN_H

#include <stdbool.h>

#include "api/settings.h"

/* Writes the pin of the certificate PEM to OUT. False, and OUT stays, when it is none. */
bool pin_of_certificate(const char *pem, char out[PIN_SIZE]);

/* True when TEXT has the form of a pin. */
bool pin_valid(const char *text);

#endif
