/* What the digests of one construction (Merkle–Damgård) have in common: whole blocks, then the rest with padding. */
#ifndef BLOCKS_H
#define BLOCKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LARGEST_BLOCK = 128 };

static inline uint32_t load_be32(const uint8_t *p) {
  return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}
static inline uint32_t load_le32(const uint8_t *p) {
  return (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | p[0];
}
static inline uint64_t load_be64(const uint8_t *p) { return (uint64_t)load_be32(p) << 32 | load_be32(p + 4); }
static inline void store_be32(uint8_t *p, uint32_t v) {
  for (int i = 0; i < 4; i++) p[i] = (uint8_t)(v >> (24 - 8 * i));
}
static inline void store_le32(uint8_t *p, uint32_t v) {
  for (int i = 0; i < 4; i++) p[i] = (uint8_t)(v >> (8 * i));
}
static inline void store_be64(uint8_t *p, uint64_t v) {
  for (int i = 0; i < 8; i++) p[i] = (uint8_t)(v >> (56 - 8 * i));
}
static inline uint32_t rotate_left(uint32_t v, unsigned n) { return v << n | v >> (32 - n); }
static inline uint32_t rotate_right(uint32_t v, unsigned n) { return v >> n | v << (32 - n); }
static inline uint64_t rotate_right64(uint64_t v, unsigned n) { return v >> n | v << (64 - n); }

typedef void (*compression)(void *state, const uint8_t *block);

/* Feed `data` to `compress`: blocks of `size` bytes, the last ones padded with 0x80, zeros, and the length in bits at
 * the end, in a field of size/8 bytes of which the last (big endian) or first (little endian) eight are used. */
static inline void feed(compression compress, void *state, size_t size, bool big, const uint8_t *data, size_t length) {
  uint8_t last[2 * LARGEST_BLOCK] = {0};
  size_t whole = length / size * size, rest = length - whole, field = size / 8;
  for (size_t at = 0; at < whole; at += size) compress(state, data + at);
  for (size_t i = 0; i < rest; i++) last[i] = data[whole + i];
  last[rest] = 0x80;
  size_t end = rest + 1 + field <= size ? size : 2 * size;
  uint64_t bits = (uint64_t)length * 8;
  for (int i = 0; i < 8; i++) last[big ? end - 1 - i : end - field + i] = (uint8_t)(bits >> (8 * i));
  for (size_t at = 0; at < end; at += size) compress(state, last + at);
}

#endif
