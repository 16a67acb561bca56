/* QR codes on a terminal. */
#ifndef ORGADMIN_OUTPUT_QR_H
#define ORGADMIN_OUTPUT_QR_H

#include <stdbool.h>
#include <stdio.h>

/* Draws TEXT, at most 200 bytes, as a QR code (ISO/IEC 18004) on OUT, with ROWS lines of other text
 * beside it. False, and nothing is drawn, where a camera could not read it: OUT is no terminal, or
 * one that is too small, without UTF-8, dumb, or without colours (NO_COLOR). */
bool qr_draw(FILE *out, const char *text, int rows);

#endif
