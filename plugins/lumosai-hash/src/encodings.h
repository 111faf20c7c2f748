/* Bytes as texts and back: hex and base64 (RFC 4648, sections 4 and 8). */
#ifndef ENCODINGS_H
#define ENCODINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Each reads `text` into `out`, which has room for as many bytes; false if it is malformed. */
bool from_hex(const char *text, size_t length, uint8_t *out, size_t *size);
bool from_base64(const char *text, size_t length, uint8_t *out, size_t *size);

/* Each writes to `out`, which has room for 2 × size + 4 characters, and returns how many there are. */
size_t to_hex(const uint8_t *data, size_t size, char *out);
size_t to_base64(const uint8_t *data, size_t size, char *out);

#endif
