/* Put before a build by LD_PRELOAD: for the compiler, chance and time are the same in every build.
 *
 * QuickJS is started while a component is built, and its memory is kept: with a seed and a time of that moment in it,
 * the same sources would come out as other bytes each time. Node itself, which the compiler is loaded into as a
 * library, has its clocks as ever: its timers would stand still.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

enum { EPOCH = 315532800 };

/* Tell whether the code at that address is in a library of Node's, by the ending of its file. */
static bool is_compiler(void *address) {
  Dl_info found;
  if (!dladdr(address, &found) || !found.dli_fname) return false;
  size_t size = strlen(found.dli_fname);
  return size > 5 && !strcmp(found.dli_fname + size - 5, ".node");
}

ssize_t getrandom(void *to, size_t size, unsigned flags) {
  if (!is_compiler(__builtin_return_address(0))) return syscall(SYS_getrandom, to, size, flags);
  memset(to, 0x5a, size);
  return (ssize_t)size;
}

int clock_gettime(clockid_t clock, struct timespec *now) {
  if (!is_compiler(__builtin_return_address(0))) return (int)syscall(SYS_clock_gettime, clock, now);
  now->tv_sec = EPOCH;
  now->tv_nsec = 0;
  return 0;
}
