/* BLAKE2s without a key, digests of 32 bytes: RFC 7693. */
#include "blocks.h"
#include "digests.h"

enum { BLOCK = 64, SIZE = 32 };

static const uint32_t IV[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                               0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};

static const uint8_t SIGMA[10][16] = {
    {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}, {14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3},
    {11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4}, {7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8},
    {9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13}, {2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9},
    {12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11}, {13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10},
    {6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5}, {10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0},
};

/* Which four words of the state are mixed: the columns, then the diagonals. */
static const uint8_t MIXED[8][4] = {{0, 4, 8, 12}, {1, 5, 9, 13}, {2, 6, 10, 14}, {3, 7, 11, 15},
                                    {0, 5, 10, 15}, {1, 6, 11, 12}, {2, 7, 8, 13}, {3, 4, 9, 14}};

static void mix(uint32_t *v, const uint8_t *at, uint32_t x, uint32_t y) {
  uint32_t *a = v + at[0], *b = v + at[1], *c = v + at[2], *d = v + at[3];
  *a += *b + x;
  *d = rotate_right(*d ^ *a, 16);
  *c += *d;
  *b = rotate_right(*b ^ *c, 12);
  *a += *b + y;
  *d = rotate_right(*d ^ *a, 8);
  *c += *d;
  *b = rotate_right(*b ^ *c, 7);
}

static void compress(uint32_t *h, const uint8_t *block, uint64_t done, bool last) {
  uint32_t v[16], m[16];
  for (int i = 0; i < 16; i++) m[i] = load_le32(block + 4 * i);
  for (int i = 0; i < 8; i++) v[i] = h[i], v[i + 8] = IV[i];
  v[12] ^= (uint32_t)done;
  v[13] ^= (uint32_t)(done >> 32);
  if (last) v[14] = ~v[14];
  for (int round = 0; round < 10; round++) {
    for (int i = 0; i < 8; i++) mix(v, MIXED[i], m[SIGMA[round][2 * i]], m[SIGMA[round][2 * i + 1]]);
  }
  for (int i = 0; i < 8; i++) h[i] ^= v[i] ^ v[i + 8];
}

void blake2s(const uint8_t *data, size_t length, uint8_t *out) {
  uint32_t h[8];
  uint8_t last[BLOCK] = {0};
  size_t at = 0;
  for (int i = 0; i < 8; i++) h[i] = IV[i];
  h[0] ^= 0x01010000 ^ SIZE;
  for (; length - at > BLOCK; at += BLOCK) compress(h, data + at, at + BLOCK, false);
  for (size_t i = at; i < length; i++) last[i - at] = data[i];
  compress(h, last, length, true);
  for (int i = 0; i < 8; i++) store_le32(out + 4 * i, h[i]);
}
