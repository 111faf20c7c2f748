/* The CRC-32 of zip, gzip and PNG: ISO 3309, as in RFC 1952, section 8. */
#include "blocks.h"
#include "digests.h"

void crc32(const uint8_t *data, size_t length, uint8_t *out) {
  uint32_t crc = 0xffffffff;
  for (size_t i = 0; i < length; i++) {
    crc ^= data[i];
    for (int bit = 0; bit < 8; bit++) crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
  }
  store_be32(out, ~crc);
}
