/* The library of plugins in C, one header, without a C library behind it.
 *
 * Texts are UTF-8 with a length, and mostly JSON. Whatever is allocated lives until the call has been answered, and is
 * then taken back all at once: nothing is freed. Each call may count on no static variable of the call before.
 *
 *     #include "lumos.h"
 *     static lumos_answer greet(lumos_text arguments) { ... return lumos_ok(out.text); }
 *     LUMOS_DESCRIBE("{\"contributes\": {\"tool\": [{\"id\": \"my.greet\", ...}]}}")
 *     LUMOS_TOOL(id, arguments, context) {
 *       if (lumos_is(id, "my.greet")) return greet(arguments);
 *       return lumos_unknown(id);
 *     }
 */
#ifndef LUMOS_H
#define LUMOS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct { const char *at; size_t size; } lumos_text;
typedef struct { bool ok; lumos_text text; } lumos_answer;

#define LUMOS_TEXT(literal) ((lumos_text){(literal), sizeof(literal) - 1})

/* --- what a C library would have brought; compilers call them on their own */

__attribute__((weak)) void *memcpy(void *restrict to, const void *restrict from, size_t size) {
  unsigned char *t = to;
  const unsigned char *f = from;
  while (size--) *t++ = *f++;
  return to;
}
__attribute__((weak)) void *memmove(void *to, const void *from, size_t size) {
  unsigned char *t = to;
  const unsigned char *f = from;
  if (t < f) while (size--) *t++ = *f++;
  else while (size--) t[size] = f[size];
  return to;
}
__attribute__((weak)) void *memset(void *to, int byte, size_t size) {
  unsigned char *t = to;
  while (size--) *t++ = (unsigned char)byte;
  return to;
}
__attribute__((weak)) int memcmp(const void *a, const void *b, size_t size) {
  const unsigned char *x = a, *y = b;
  for (; size; size--, x++, y++) if (*x != *y) return *x - *y;
  return 0;
}

/* --- memory */

extern unsigned char __heap_base;
static uintptr_t lumos__top;

/* Return memory for `size` bytes, aligned for everything; ends the call when there is none. */
static void *lumos_alloc(size_t size) {
  uintptr_t at = lumos__top ? lumos__top : (uintptr_t)&__heap_base;
  at = (at + 15) & ~(uintptr_t)15;
  if (size > (size_t)0x7fffffff || at > UINTPTR_MAX - size - 65535) __builtin_trap();
  lumos__top = at + size;
  uintptr_t have = (uintptr_t)__builtin_wasm_memory_size(0) * 65536;
  if (lumos__top > have && __builtin_wasm_memory_grow(0, (lumos__top - have + 65535) / 65536) == (size_t)-1) {
    __builtin_trap();
  }
  return (void *)at;
}

__attribute__((export_name("cabi_realloc"))) void *lumos__realloc(void *old, size_t had, size_t align, size_t size) {
  (void)align;
  void *now = lumos_alloc(size);
  if (old) memcpy(now, old, had < size ? had : size);
  return now;
}

/* --- texts */

static inline bool lumos_same(lumos_text a, lumos_text b) { return a.size == b.size && !memcmp(a.at, b.at, a.size); }
static inline lumos_text lumos_from(const char *zero_ended) {
  size_t size = 0;
  while (zero_ended[size]) size++;
  return (lumos_text){zero_ended, size};
}
static inline bool lumos_is(lumos_text text, const char *zero_ended) { return lumos_same(text, lumos_from(zero_ended)); }

/* A text that grows. Start with `lumos_out out = {0};`. */
typedef struct { lumos_text text; size_t room; } lumos_out;

static inline void lumos_put(lumos_out *out, lumos_text text) {
  if (text.size > (size_t)0x3fffffff - out->text.size) __builtin_trap();
  size_t size = out->text.size + text.size;
  if (size > out->room) {
    size_t room = size * 2 + 64;
    char *now = lumos_alloc(room);
    if (out->text.size) memcpy(now, out->text.at, out->text.size);
    out->text.at = now;
    out->room = room;
  }
  if (text.size) memcpy((char *)out->text.at + out->text.size, text.at, text.size);
  out->text.size = size;
}
static inline void lumos_put_char(lumos_out *out, char c) { lumos_put(out, (lumos_text){&c, 1}); }
static inline void lumos_put_literal(lumos_out *out, const char *zero_ended) { lumos_put(out, lumos_from(zero_ended)); }

static inline void lumos_put_integer(lumos_out *out, int64_t value) {
  char digits[20];
  size_t at = sizeof digits;
  uint64_t left = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
  do digits[--at] = (char)('0' + left % 10); while (left /= 10);
  if (value < 0) lumos_put_char(out, '-');
  lumos_put(out, (lumos_text){digits + at, sizeof digits - at});
}

/* Put a text as a JSON string, quotes and escapes included. */
static inline void lumos_put_string(lumos_out *out, lumos_text text) {
  static const char hex[] = "0123456789abcdef";
  lumos_put_char(out, '"');
  for (size_t i = 0; i < text.size; i++) {
    unsigned char c = (unsigned char)text.at[i];
    if (c == '"' || c == '\\') {
      lumos_put_char(out, '\\');
      lumos_put_char(out, (char)c);
    } else if (c < 0x20) {
      lumos_put_literal(out, "\\u00");
      lumos_put_char(out, hex[c >> 4]);
      lumos_put_char(out, hex[c & 15]);
    } else {
      lumos_put_char(out, (char)c);
    }
  }
  lumos_put_char(out, '"');
}

/* --- answers */

static inline lumos_answer lumos_ok(lumos_text json) { return (lumos_answer){true, json}; }
/* code: one of host.wit's, as "invalid-input", the one whose message a model gets to read. */
static inline lumos_answer lumos_error(const char *code, const char *message) {
  lumos_out out = {0};
  lumos_put_literal(&out, "{\"code\":");
  lumos_put_string(&out, lumos_from(code));
  lumos_put_literal(&out, ",\"message\":");
  lumos_put_string(&out, lumos_from(message));
  lumos_put_char(&out, '}');
  return (lumos_answer){false, out.text};
}
static inline lumos_answer lumos_unknown(lumos_text id) {
  (void)id;
  return lumos_error("not-found", "the plugin has no contribution of that id");
}

/* --- reading JSON: the host has parsed it before, so that it is well formed; odd texts are survived all the same */

static inline size_t lumos__blank(lumos_text t, size_t i) {
  while (i < t.size && (t.at[i] == ' ' || t.at[i] == '\n' || t.at[i] == '\t' || t.at[i] == '\r')) i++;
  return i;
}
/* Return where the value at `i` ends. */
static inline size_t lumos__end(lumos_text t, size_t i) {
  size_t depth = 0;
  bool quoted = false;
  for (; i < t.size; i++) {
    char c = t.at[i];
    if (quoted) {
      if (c == '\\') i++;
      else if (c == '"' && (quoted = false, depth == 0)) return i + 1;
    } else if (c == '"') {
      quoted = true;
    } else if (c == '{' || c == '[') {
      depth++;
    } else if (c == '}' || c == ']') {
      if (depth == 0) return i;
      if (--depth == 0) return i + 1;
    } else if (depth == 0 && (c == ',' || c == ':' || c == ' ' || c == '\n' || c == '\t' || c == '\r')) {
      return i;
    }
  }
  return t.size;
}

/* Steps through an array's values, or an object's keys (as JSON strings) and values. Start with `size_t at = 0;`. */
static inline bool lumos_next(lumos_text json, size_t *at, lumos_text *value) {
  size_t i = *at ? *at : lumos__blank(json, 0) + 1;
  i = lumos__blank(json, i);
  while (i < json.size && (json.at[i] == ',' || json.at[i] == ':')) i = lumos__blank(json, i + 1);
  if (i >= json.size || json.at[i] == ']' || json.at[i] == '}') return false;
  size_t end = lumos__end(json, i);
  if (end <= i) return false;
  *value = (lumos_text){json.at + i, end - i};
  *at = end;
  return true;
}

/* Read a JSON string; false if it is none. */
static inline bool lumos_string(lumos_text json, lumos_text *text);

/* Find an object's value by key. */
static inline bool lumos_get(lumos_text object, const char *key, lumos_text *value) {
  lumos_text name, found, plain;
  size_t i = lumos__blank(object, 0), at = 0;
  if (i >= object.size || object.at[i] != '{') return false;
  while (lumos_next(object, &at, &name) && lumos_next(object, &at, &found)) {
    if (lumos_string(name, &plain) && lumos_is(plain, key)) {
      *value = found;
      return true;
    }
  }
  return false;
}

static inline int lumos__hex(lumos_text t, size_t i) {
  int value = 0;
  for (size_t k = 0; k < 4; k++) {
    char c = i + k < t.size ? t.at[i + k] : 'x';
    int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
    if (digit < 0) return -1;
    value = value * 16 + digit;
  }
  return value;
}
static inline size_t lumos__utf8(char *to, uint32_t c) {
  if (c < 0x80) return to[0] = (char)c, 1;
  if (c < 0x800) return to[0] = (char)(0xc0 | c >> 6), to[1] = (char)(0x80 | (c & 63)), 2;
  if (c < 0x10000) {
    to[0] = (char)(0xe0 | c >> 12), to[1] = (char)(0x80 | (c >> 6 & 63)), to[2] = (char)(0x80 | (c & 63));
    return 3;
  }
  to[0] = (char)(0xf0 | c >> 18), to[1] = (char)(0x80 | (c >> 12 & 63));
  to[2] = (char)(0x80 | (c >> 6 & 63)), to[3] = (char)(0x80 | (c & 63));
  return 4;
}

static inline bool lumos_string(lumos_text json, lumos_text *text) {
  if (json.size < 2 || json.at[0] != '"' || json.at[json.size - 1] != '"') return false;
  char *out = lumos_alloc(json.size);
  size_t n = 0;
  for (size_t i = 1; i + 1 < json.size; i++) {
    if (json.at[i] != '\\') {
      out[n++] = json.at[i];
      continue;
    }
    char c = json.at[++i];
    int code = 0, low = 0;
    switch (c) {
      case 'b': out[n++] = '\b'; break;
      case 'f': out[n++] = '\f'; break;
      case 'n': out[n++] = '\n'; break;
      case 'r': out[n++] = '\r'; break;
      case 't': out[n++] = '\t'; break;
      case 'u':
        if ((code = lumos__hex(json, i + 1)) < 0) return false;
        i += 4;
        if (code >= 0xd800 && code < 0xdc00 && i + 6 < json.size && json.at[i + 1] == '\\' && json.at[i + 2] == 'u' &&
            (low = lumos__hex(json, i + 3)) >= 0xdc00 && low < 0xe000) {
          code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
          i += 6;
        }
        if (code >= 0xd800 && code < 0xe000) code = 0xfffd; /* half a pair is no character */
        n += lumos__utf8(out + n, (uint32_t)code);
        break;
      default: out[n++] = c;
    }
  }
  *text = (lumos_text){out, n};
  return true;
}

/* Read a JSON number without a fraction; false if it is none, or does not fit. */
static inline bool lumos_integer(lumos_text json, int64_t *value) {
  bool minus = json.size && json.at[0] == '-';
  size_t i = minus;
  uint64_t sum = 0;
  if (i >= json.size) return false;
  for (; i < json.size; i++) {
    if (json.at[i] < '0' || json.at[i] > '9' || sum > (uint64_t)INT64_MAX / 10) return false;
    sum = sum * 10 + (uint64_t)(json.at[i] - '0');
  }
  if (sum > (uint64_t)INT64_MAX) return false;
  *value = minus ? -(int64_t)sum : (int64_t)sum;
  return true;
}

static inline bool lumos_text_of(lumos_text object, const char *key, lumos_text *text) {
  lumos_text found;
  return lumos_get(object, key, &found) && lumos_string(found, text);
}

/* --- the host: each function returns whether it worked; *answer is the answer's JSON, or the error's */

#define LUMOS__IMPORT(interface, name) \
  __attribute__((import_module("lumos:plugin/" interface "@1.0.0"), import_name(name))) extern

#define LUMOS__HOST1(fn, interface, name)                                            \
  LUMOS__IMPORT(interface, name) void lumos__##fn(const char *, size_t, uint32_t *); \
  static inline bool lumos_##fn(lumos_text a, lumos_text *answer) {                  \
    uint32_t said[3];                                                                \
    lumos__##fn(a.at, a.size, said);                                                 \
    *answer = (lumos_text){(const char *)(uintptr_t)said[1], said[2]};               \
    return !(said[0] & 255);                                                         \
  }
#define LUMOS__HOST0(fn, interface, name)                              \
  LUMOS__IMPORT(interface, name) void lumos__##fn(uint32_t *);         \
  static inline bool lumos_##fn(lumos_text *answer) {                  \
    uint32_t said[3];                                                  \
    lumos__##fn(said);                                                 \
    *answer = (lumos_text){(const char *)(uintptr_t)said[1], said[2]}; \
    return !(said[0] & 255);                                           \
  }
#define LUMOS__HOST2(fn, interface, name)                                                                \
  LUMOS__IMPORT(interface, name) void lumos__##fn(const char *, size_t, const char *, size_t, uint32_t *); \
  static inline bool lumos_##fn(lumos_text a, lumos_text b, lumos_text *answer) {                        \
    uint32_t said[3];                                                                                    \
    lumos__##fn(a.at, a.size, b.at, b.size, said);                                                       \
    *answer = (lumos_text){(const char *)(uintptr_t)said[1], said[2]};                                   \
    return !(said[0] & 255);                                                                             \
  }
#define LUMOS__HOST3(fn, interface, name)                                                                      \
  LUMOS__IMPORT(interface, name)                                                                               \
  void lumos__##fn(const char *, size_t, const char *, size_t, const char *, size_t, uint32_t *);              \
  static inline bool lumos_##fn(lumos_text a, lumos_text b, lumos_text c, lumos_text *answer) {                \
    uint32_t said[3];                                                                                          \
    lumos__##fn(a.at, a.size, b.at, b.size, c.at, c.size, said);                                               \
    *answer = (lumos_text){(const char *)(uintptr_t)said[1], said[2]};                                         \
    return !(said[0] & 255);                                                                                   \
  }

LUMOS__HOST3(log_write, "log", "write")
LUMOS__HOST0(config_get, "config", "get")
LUMOS__HOST0(clock_now, "clock", "now")
LUMOS__HOST0(clock_monotonic, "clock", "monotonic")
LUMOS__HOST1(random_bytes, "random", "bytes")
LUMOS__HOST1(http_fetch, "http", "fetch")
LUMOS__HOST1(http_open, "http", "open")
LUMOS__HOST1(http_read, "http", "read")
LUMOS__HOST1(http_close, "http", "close")
LUMOS__HOST1(secrets_get, "secrets", "get")
LUMOS__HOST1(kv_get, "kv", "get")
LUMOS__HOST3(kv_set, "kv", "set")
LUMOS__HOST1(kv_delete, "kv", "delete")
LUMOS__HOST1(kv_keys, "kv", "keys")
LUMOS__HOST2(files_read, "files", "read")
LUMOS__HOST3(files_write, "files", "write")
LUMOS__HOST1(files_list_folder, "files", "list-folder")
LUMOS__HOST1(env_get, "env", "get")
LUMOS__HOST1(model_complete, "model", "complete")
LUMOS__HOST1(model_embed, "model", "embed")
LUMOS__HOST2(tools_call, "tools", "call")
LUMOS__HOST2(events_emit, "events", "emit")

/* --- exports */

static uint32_t lumos__result[3];
static uint32_t *lumos__answer(lumos_answer answer) {
  lumos__result[0] = !answer.ok;
  lumos__result[1] = (uint32_t)(uintptr_t)answer.text.at;
  lumos__result[2] = (uint32_t)answer.text.size;
  return lumos__result;
}

#define LUMOS__EXPORT(interface, name) __attribute__((export_name("lumos:plugin/" interface "@1.0.0#" name)))
#define LUMOS__POST(fn, interface, name)                                                  \
  __attribute__((export_name("cabi_post_lumos:plugin/" interface "@1.0.0#" name))) void  \
  lumos__post_##fn(uint32_t *result) { (void)result; lumos__top = 0; }
#define LUMOS__T(n) (lumos_text){t##n, s##n}

#define LUMOS__EXPORT1(fn, interface, name, a)                                                   \
  static lumos_answer lumos__do_##fn(lumos_text a);                                              \
  LUMOS__EXPORT(interface, name) uint32_t *lumos__on_##fn(const char *t1, size_t s1) {           \
    return lumos__answer(lumos__do_##fn(LUMOS__T(1)));                                           \
  }                                                                                              \
  LUMOS__POST(fn, interface, name)                                                               \
  static lumos_answer lumos__do_##fn(lumos_text a)
#define LUMOS__EXPORT2(fn, interface, name, a, b)                                                          \
  static lumos_answer lumos__do_##fn(lumos_text a, lumos_text b);                                          \
  LUMOS__EXPORT(interface, name)                                                                           \
  uint32_t *lumos__on_##fn(const char *t1, size_t s1, const char *t2, size_t s2) {                         \
    return lumos__answer(lumos__do_##fn(LUMOS__T(1), LUMOS__T(2)));                                        \
  }                                                                                                        \
  LUMOS__POST(fn, interface, name)                                                                         \
  static lumos_answer lumos__do_##fn(lumos_text a, lumos_text b)
#define LUMOS__EXPORT3(fn, interface, name, a, b, c)                                                       \
  static lumos_answer lumos__do_##fn(lumos_text a, lumos_text b, lumos_text c);                            \
  LUMOS__EXPORT(interface, name)                                                                           \
  uint32_t *lumos__on_##fn(const char *t1, size_t s1, const char *t2, size_t s2, const char *t3, size_t s3) { \
    return lumos__answer(lumos__do_##fn(LUMOS__T(1), LUMOS__T(2), LUMOS__T(3)));                           \
  }                                                                                                        \
  LUMOS__POST(fn, interface, name)                                                                         \
  static lumos_answer lumos__do_##fn(lumos_text a, lumos_text b, lumos_text c)
#define LUMOS__EXPORT4(fn, interface, name, a, b, c, d)                                                    \
  static lumos_answer lumos__do_##fn(lumos_text a, lumos_text b, lumos_text c, lumos_text d);              \
  LUMOS__EXPORT(interface, name)                                                                           \
  uint32_t *lumos__on_##fn(const char *t1, size_t s1, const char *t2, size_t s2, const char *t3, size_t s3, \
                           const char *t4, size_t s4) {                                                    \
    return lumos__answer(lumos__do_##fn(LUMOS__T(1), LUMOS__T(2), LUMOS__T(3), LUMOS__T(4)));              \
  }                                                                                                        \
  LUMOS__POST(fn, interface, name)                                                                         \
  static lumos_answer lumos__do_##fn(lumos_text a, lumos_text b, lumos_text c, lumos_text d)

/* What the plugin says of itself, as host and manifest want it: `{"contributes": {"tool": [{"id", …}]}}`. */
#define LUMOS_DESCRIBE(json)                                                                                   \
  LUMOS__EXPORT("plugin", "describe") uint32_t *lumos__on_describe(void) {                                     \
    return lumos__answer(lumos_ok(LUMOS_TEXT(json)));                                                          \
  }                                                                                                            \
  LUMOS__POST(describe, "plugin", "describe")

/* Each is followed by a function's body that returns a lumos_answer. */
#define LUMOS_TOOL(id, arguments, context) LUMOS__EXPORT3(tool, "tool", "call", id, arguments, context)
#define LUMOS_STEP(id, value, context) LUMOS__EXPORT3(step, "step", "run", id, value, context)
#define LUMOS_PROCESSOR(id, phase, value, context) \
  LUMOS__EXPORT4(processor, "processor", "process", id, phase, value, context)
#define LUMOS_STORAGE(id, operation, arguments) \
  LUMOS__EXPORT3(storage, "storage", "execute", id, operation, arguments)
#define LUMOS_MONITOR_TAKE(id, events) LUMOS__EXPORT2(take, "monitor", "take", id, events)
#define LUMOS_MONITOR_CLOSE(id) LUMOS__EXPORT1(close, "monitor", "close", id)
#define LUMOS_PROVIDER_PREPARE(id, operation, request) \
  LUMOS__EXPORT3(prepare, "provider", "prepare", id, operation, request)
#define LUMOS_PROVIDER_PARSE(id, operation, response) \
  LUMOS__EXPORT3(parse, "provider", "parse", id, operation, response)
#define LUMOS_PROVIDER_PARSE_CHUNK(id, chunk, state) \
  LUMOS__EXPORT3(parse_chunk, "provider", "parse-chunk", id, chunk, state)

#endif
