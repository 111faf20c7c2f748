/* Put before a build by LD_PRELOAD: chance and the date are the same in every build.
 *
 * QuickJS is started while a component is built, and its memory is kept: with a seed and a time of that moment in it,
 * the same sources would come out as other bytes each time.
 */
#include <stddef.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

enum { EPOCH = 315532800 };

ssize_t getrandom(void *to, size_t size, unsigned flags) {
  (void)flags;
  memset(to, 0x5a, size);
  return (ssize_t)size;
}

int getentropy(void *to, size_t size) {
  memset(to, 0x5a, size);
  return 0;
}

int clock_gettime(clockid_t clock, struct timespec *now) {
  if (clock != CLOCK_REALTIME) return (int)syscall(SYS_clock_gettime, clock, now); /* timers go on */
  now->tv_sec = EPOCH;
  now->tv_nsec = 0;
  return 0;
}
