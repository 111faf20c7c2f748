#include "encodings.h"

static const char HEX[] = "0123456789abcdef";
static const char BASE64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

static int base64_value(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  return c == '+' ? 62 : c == '/' ? 63 : -1;
}

bool from_hex(const char *text, size_t length, uint8_t *out, size_t *size) {
  if (length % 2) return false;
  for (size_t i = 0; i < length; i += 2) {
    int high = hex_value(text[i]), low = hex_value(text[i + 1]);
    if (high < 0 || low < 0) return false;
    out[i / 2] = (uint8_t)(high << 4 | low);
  }
  *size = length / 2;
  return true;
}

bool from_base64(const char *text, size_t length, uint8_t *out, size_t *size) {
  size_t n = 0;
  if (length % 4) return false;
  for (size_t i = 0; i < length; i += 4) {
    bool final = i + 4 == length;
    int padding = final && text[i + 3] == '=' ? text[i + 2] == '=' ? 2 : 1 : 0;
    uint32_t word = 0;
    for (int k = 0; k < 4; k++) {
      int value = k >= 4 - padding ? 0 : base64_value(text[i + k]);
      if (value < 0) return false;
      word = word << 6 | (uint32_t)value;
    }
    /* Bits that no byte takes up must be zero: else several texts would stand for the same bytes. */
    if (padding && word & ((1u << (8 * padding)) - 1)) return false;
    for (int k = 0; k < 3 - padding; k++) out[n++] = (uint8_t)(word >> (16 - 8 * k));
  }
  *size = n;
  return true;
}

size_t to_hex(const uint8_t *data, size_t size, char *out) {
  for (size_t i = 0; i < size; i++) {
    out[2 * i] = HEX[data[i] >> 4];
    out[2 * i + 1] = HEX[data[i] & 15];
  }
  return 2 * size;
}

size_t to_base64(const uint8_t *data, size_t size, char *out) {
  size_t n = 0;
  for (size_t i = 0; i < size; i += 3) {
    size_t left = size - i;
    uint32_t word = (uint32_t)data[i] << 16;
    if (left > 1) word |= (uint32_t)data[i + 1] << 8;
    if (left > 2) word |= data[i + 2];
    out[n++] = BASE64[word >> 18];
    out[n++] = BASE64[word >> 12 & 63];
    out[n++] = left > 1 ? BASE64[word >> 6 & 63] : '=';
    out[n++] = left > 2 ? BASE64[word & 63] : '=';
  }
  return n;
}
