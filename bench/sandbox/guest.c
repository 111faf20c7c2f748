/* One piece of work, for our contract and (with -DEXTISM) for Extism's: read "name" and "n" of a JSON object, answer
   {"greeting": "hello <name>", "sum": n + 1}. With the tool id "b.kv" the name is first looked up at the host. */
#include <stddef.h>
#include <stdint.h>

#define EXPORT(name) __attribute__((export_name(name)))
#define IMPORT(module, name) __attribute__((import_module(module), import_name(name)))

extern unsigned char __heap_base;
static uintptr_t top;

static uint8_t *allocate(size_t size) {
  if (!top) top = (uintptr_t)&__heap_base;
  top = (top + 7) & ~(uintptr_t)7;
  uintptr_t at = top, have = __builtin_wasm_memory_size(0) << 16;
  top += size;
  if (top > have && __builtin_wasm_memory_grow(0, (top - have + 65535) >> 16) == (size_t)-1) __builtin_trap();
  return (uint8_t *)at;
}

static size_t put(uint8_t *to, size_t at, const char *text) {
  while (*text) to[at++] = (uint8_t)*text++;
  return at;
}

static const uint8_t *after(const uint8_t *text, size_t size, const char *key) {
  for (size_t i = 0; i < size; i++) {
    size_t k = 0;
    while (key[k] && i + k < size && text[i + k] == (uint8_t)key[k]) k++;
    if (!key[k]) return text + i + k;
  }
  return text + size;
}

static size_t greet(const uint8_t *in, size_t size, uint8_t *out) {
  const uint8_t *end = in + size, *name = after(in, size, "\"name\": \""), *n = after(in, size, "\"n\": ");
  size_t at = put(out, 0, "{\"greeting\": \"hello ");
  while (name < end && *name != '"') out[at++] = *name++;
  uint32_t value = 0;
  while (n < end && *n >= '0' && *n <= '9') value = value * 10 + (*n++ - '0');
  at = put(out, at, "\", \"sum\": ");
  uint8_t digits[12];
  size_t count = 0;
  for (value++; value; value /= 10) digits[count++] = (uint8_t)('0' + value % 10);
  while (count) out[at++] = digits[--count];
  return put(out, at, "}");
}

#ifdef EXTISM
IMPORT("extism:host/env", "input_length") uint64_t input_length(void);
IMPORT("extism:host/env", "input_load_u8") uint8_t input_byte(uint64_t);
IMPORT("extism:host/env", "input_load_u64") uint64_t input_word(uint64_t);
IMPORT("extism:host/env", "alloc") uint64_t extism_alloc(uint64_t);
IMPORT("extism:host/env", "load_u8") uint8_t load_byte(uint64_t);
IMPORT("extism:host/env", "length") uint64_t extism_length(uint64_t);
IMPORT("extism:host/env", "store_u8") void store_byte(uint64_t, uint8_t);
IMPORT("extism:host/env", "store_u64") void store_word(uint64_t, uint64_t);
IMPORT("extism:host/env", "output_set") void output_set(uint64_t, uint64_t);
IMPORT("extism:host/user", "kv_get") uint64_t kv_get(uint64_t);

static uint64_t stored(const uint8_t *text, size_t size) {
  uint64_t at = extism_alloc(size);
  size_t i = 0;
  for (; i + 8 <= size; i += 8) store_word(at + i, *(const uint64_t *)(text + i));
  for (; i < size; i++) store_byte(at + i, text[i]);
  return at;
}

static int answer(int ask) {
  top = 0;
  size_t size = input_length(), i = 0;
  uint8_t *in = allocate(size), *out = allocate(size + 64);
  for (; i + 8 <= size; i += 8) *(uint64_t *)(in + i) = input_word(i);
  for (; i < size; i++) in[i] = input_byte(i);
  if (ask) {
    uint64_t found = kv_get(stored(in, size));
    size = extism_length(found);
    in = allocate(size);
    for (i = 0; i < size; i++) in[i] = load_byte(found + i);
  }
  size_t written = greet(in, size, out);
  output_set(stored(out, written), written);
  return 0;
}

EXPORT("greet") int extism_greet(void) { return answer(0); }
EXPORT("greet_kv") int extism_greet_kv(void) { return answer(1); }
#else
IMPORT("lumos:plugin/kv@1.0.0", "get") void kv_get(const uint8_t *, size_t, uint32_t *);
static uint32_t result[3];

EXPORT("cabi_realloc") uint8_t *cabi_realloc(uint8_t *old, size_t old_size, size_t align, size_t size) {
  (void)old, (void)old_size, (void)align;
  return allocate(size);
}

EXPORT("lumos:plugin/tool@1.0.0#call")
uint32_t *tool_call(const uint8_t *id, size_t id_size, const uint8_t *in, size_t size, const uint8_t *c, size_t c_size) {
  (void)c, (void)c_size;
  if (id_size == 4 && id[2] == 'k') {
    kv_get(in, size, result);
    if (result[0]) return result;
    in = (const uint8_t *)(uintptr_t)result[1];
    size = result[2];
  }
  if (id_size == 6 && id[2] == 'b') /* b.burn: 50 million steps */
    for (volatile uint32_t i = 0; i < 50000000; i++)
      ;
  uint8_t *out = allocate(size + 64);
  result[0] = 0;
  result[1] = (uint32_t)(uintptr_t)out;
  result[2] = greet(in, size, out);
  return result;
}

EXPORT("cabi_post_lumos:plugin/tool@1.0.0#call") void tool_call_done(uint32_t *unused) {
  (void)unused;
  top = 0;
}
#endif
