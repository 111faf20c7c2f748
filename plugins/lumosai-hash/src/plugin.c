/* The plugin "hash": hash.digest and hash.verify. What they are stands in lumos-plugin.toml. */
#include "lumos.h"

#include "digests.h"
#include "encodings.h"

static const algorithm ALGORITHMS[] = {
    {"sha256", 32, sha256}, {"sha512", 64, sha512}, {"sha1", 20, sha1},
    {"md5", 16, md5},       {"blake2s", 32, blake2s}, {"crc32", 4, crc32},
};
enum { COUNT = sizeof ALGORITHMS / sizeof *ALGORITHMS };

static const algorithm *named(lumos_text name) {
  for (size_t i = 0; i < COUNT; i++) {
    if (lumos_is(name, ALGORITHMS[i].name)) return ALGORITHMS + i;
  }
  return NULL;
}

/* The first algorithm with digests of that many bytes: SHA-256 stands before BLAKE2s. */
static const algorithm *of_size(size_t size) {
  for (size_t i = 0; i < COUNT; i++) {
    if (ALGORITHMS[i].size == size) return ALGORITHMS + i;
  }
  return NULL;
}

static lumos_answer refused(const char *message) { return lumos_error("invalid-input", message); }

/* Read `text` in its `encoding`; return NULL, or why it cannot be read. */
static const char *read_text(lumos_text arguments, const uint8_t **data, size_t *size) {
  lumos_text text, encoding = LUMOS_TEXT("utf-8");
  if (!lumos_text_of(arguments, "text", &text)) return "text must be a string";
  lumos_text_of(arguments, "encoding", &encoding);
  *data = (const uint8_t *)text.at;
  *size = text.size;
  if (lumos_is(encoding, "utf-8")) return NULL;
  uint8_t *bytes = lumos_alloc(text.size);
  *data = bytes;
  if (lumos_is(encoding, "hex")) {
    return from_hex(text.at, text.size, bytes, size) ? NULL : "text is no hex: two digits, 0-9 and a-f, for each byte";
  }
  if (!lumos_is(encoding, "base64")) return "encoding must be utf-8, hex or base64";
  return from_base64(text.at, text.size, bytes, size)
             ? NULL
             : "text is no base64: A-Z, a-z, 0-9, + and / in fours, = at the end";
}

static lumos_answer digest(lumos_text arguments) {
  lumos_text name = LUMOS_TEXT("sha256"), output = LUMOS_TEXT("hex");
  lumos_text_of(arguments, "algorithm", &name);
  lumos_text_of(arguments, "output", &output);
  const algorithm *found = named(name);
  if (!found) return refused("algorithm must be sha256, sha512, sha1, md5, blake2s or crc32");
  const uint8_t *data;
  size_t size;
  const char *problem = read_text(arguments, &data, &size);
  if (problem) return refused(problem);

  uint8_t bytes[LARGEST_DIGEST];
  char shown[2 * LARGEST_DIGEST + 4];
  found->digest(data, size, bytes);
  bool hex = lumos_is(output, "hex");
  if (!hex && !lumos_is(output, "base64")) return refused("output must be hex or base64");
  size_t length = (hex ? to_hex : to_base64)(bytes, found->size, shown);

  lumos_out out = {0};
  lumos_put_literal(&out, "{\"algorithm\":");
  lumos_put_string(&out, lumos_from(found->name));
  lumos_put_literal(&out, ",\"digest\":");
  lumos_put_string(&out, (lumos_text){shown, length});
  lumos_put_literal(&out, ",\"bytes\":");
  lumos_put_integer(&out, (int64_t)size);
  lumos_put_char(&out, '}');
  return lumos_ok(out.text);
}

static lumos_answer verify(lumos_text arguments) {
  lumos_text given, name;
  uint8_t bytes[LARGEST_DIGEST], claimed[2 * LARGEST_DIGEST];
  size_t claimed_size;
  if (!lumos_text_of(arguments, "digest", &given)) return refused("digest must be a string");
  if (given.size > sizeof claimed || !from_hex(given.at, given.size, claimed, &claimed_size)) {
    return refused("digest is no hex of at most 128 digits");
  }
  const algorithm *found = lumos_text_of(arguments, "algorithm", &name) ? named(name) : of_size(claimed_size);
  if (!found) return refused("no algorithm here has digests of that length: 8, 32, 40, 64 or 128 hex digits");
  const uint8_t *data;
  size_t size;
  const char *problem = read_text(arguments, &data, &size);
  if (problem) return refused(problem);

  found->digest(data, size, bytes);
  /* All of it is looked at, however early it differs. */
  unsigned differing = claimed_size != found->size;
  for (size_t i = 0; i < found->size && i < claimed_size; i++) differing |= bytes[i] ^ claimed[i];
  lumos_out out = {0};
  lumos_put_literal(&out, differing ? "{\"matches\":false" : "{\"matches\":true");
  lumos_put_literal(&out, ",\"algorithm\":");
  lumos_put_string(&out, lumos_from(found->name));
  lumos_put_char(&out, '}');
  return lumos_ok(out.text);
}

LUMOS_DESCRIBE("{}")

LUMOS_TOOL(id, arguments, context) {
  (void)context;
  if (lumos_is(id, "hash.digest")) return digest(arguments);
  if (lumos_is(id, "hash.verify")) return verify(arguments);
  return lumos_unknown(id);
}
