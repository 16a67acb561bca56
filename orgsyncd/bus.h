/*
 * Calls over the system's D-Bus (the D-Bus specification, version 0.38), as many as ending sessions
 * needs: arguments of two kinds, replies without values. A bus that hangs costs no more than the
 * deadline. One thread.
 */
#ifndef ORGSYNCD_BUS_H
#define ORGSYNCD_BUS_H

#include <stdbool.h>
#include <stdint.h>

#define BUS_ERROR_MAX 128

struct bus {
    int fd; /* -1: it is not open */
    uint32_t serial;
    int64_t end_ms;            /* what is under way then has failed: clock_mono_ms */
    char error[BUS_ERROR_MAX]; /* why the last call failed: a D-Bus error's name, or a text */
};

/* A method, and the types of its arguments: "u", "i" and "b" (32 bits each) or one "s". */
struct bus_method {
    const char *destination, *path, *interface, *member, *signature;
};

/* Connects to the bus at PATH (a unix socket) and says hello. False with ERROR. */
bool bus_open(struct bus *b, const char *path, int64_t end_ms);
void bus_close(struct bus *b);

/*
 * Calls METHOD with NUMBERS, as many as its signature has, or with TEXT for "s", and waits for the
 * reply. BUS_REFUSED: the called service said no, ERROR being the error's name. BUS_LOST: there was
 * no reply in time, or the bus says what it must not; the bus is closed.
 */
enum bus_result { BUS_DONE, BUS_REFUSED, BUS_LOST };
enum bus_result bus_call(struct bus *b, const struct bus_method *method, const uint32_t *numbers,
                         const char *text);

#endif
