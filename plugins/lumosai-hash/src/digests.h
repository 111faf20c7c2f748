/* The digests there are. Each takes bytes and writes `size` bytes of digest, the first byte first. */
#ifndef DIGESTS_H
#define DIGESTS_H

#include <stddef.h>
#include <stdint.h>

enum { LARGEST_DIGEST = 64 };

typedef struct {
  const char *name;
  size_t size;
  void (*digest)(const uint8_t *data, size_t length, uint8_t *out);
} algorithm;

void sha256(const uint8_t *data, size_t length, uint8_t *out);
void sha512(const uint8_t *data, size_t length, uint8_t *out);
void sha1(const uint8_t *data, size_t length, uint8_t *out);
void md5(const uint8_t *data, size_t length, uint8_t *out);
void blake2s(const uint8_t *data, size_t length, uint8_t *out);
void crc32(const uint8_t *data, size_t length, uint8_t *out);

#endif
