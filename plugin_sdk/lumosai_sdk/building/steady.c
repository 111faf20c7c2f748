/* Put before a build by LD_PRELOAD: for the compiler, chance, time and what files are besides their contents are the
 * same in every build.
 *
 * QuickJS and CPython are started while a component is built, and their memory is kept: with a seed, a time or the
 * number of a temporary file in it, the same sources would come out as other bytes each time. Node and Python, which
 * the compilers are loaded into as libraries, have theirs as ever: Node's timers would stand still.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

enum { EPOCH = 315532800 };

/* Tell whether the code at that address is a compiler's, by the ending of its file. */
static bool is_compiler(const void *address) {
  static const char *const endings[] = {".node", "/componentize_py.abi3.so"};
  Dl_info found;
  if (!dladdr(address, &found) || !found.dli_fname) return false;
  size_t size = strlen(found.dli_fname);
  for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
    size_t n = strlen(endings[i]);
    if (size > n && !strcmp(found.dli_fname + size - n, endings[i])) return true;
  }
  return false;
}

/* Leave of a file's status what says something of its contents. */
static void wash_status(struct statx *found) {
  struct statx_timestamp *const times[] = {&found->stx_atime, &found->stx_btime, &found->stx_ctime, &found->stx_mtime};
  for (size_t i = 0; i < sizeof times / sizeof *times; i++) *times[i] = (struct statx_timestamp){.tv_sec = EPOCH};
  found->stx_ino = found->stx_dev_minor = 1;
  found->stx_dev_major = 0;
  found->stx_blocks = (found->stx_size + 511) / 512;
  found->stx_blksize = 4096;
  found->stx_uid = found->stx_gid = 0;
  if (S_ISDIR(found->stx_mode)) found->stx_size = 4096, found->stx_nlink = 2;
}

/* --- what is asked of the C library */

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

int statx(int folder, const char *restrict path, int flags, unsigned mask, struct statx *restrict found) {
  int failed = (int)syscall(SYS_statx, folder, path, flags, mask, found);
  if (!failed && is_compiler(__builtin_return_address(0))) wash_status(found);
  return failed;
}

/* --- what is asked of the kernel itself: those calls end in a signal, whose handler makes them and washes the answer */

#if defined(__x86_64__)
#define ARCH AUDIT_ARCH_X86_64
__asm__(".hidden steady_call\n.hidden steady_called\n.globl steady_call\n.globl steady_called\n"
        "steady_call:\n mov %rdi, %rax\n mov %rsi, %rdi\n mov %rdx, %rsi\n mov %rcx, %rdx\n mov %r8, %r10\n"
        " mov %r9, %r8\n syscall\nsteady_called:\n ret\n");
static unsigned long argument(const ucontext_t *at, int n) {
  static const int registers[] = {REG_RDI, REG_RSI, REG_RDX, REG_R10, REG_R8};
  return (unsigned long)at->uc_mcontext.gregs[registers[n]];
}
static void answer(ucontext_t *at, long value) { at->uc_mcontext.gregs[REG_RAX] = value; }
#elif defined(__aarch64__)
#define ARCH AUDIT_ARCH_AARCH64
__asm__(".hidden steady_call\n.hidden steady_called\n.globl steady_call\n.globl steady_called\n"
        "steady_call:\n mov x8, x0\n mov x0, x1\n mov x1, x2\n mov x2, x3\n mov x3, x4\n mov x4, x5\n svc #0\n"
        "steady_called:\n ret\n");
static unsigned long argument(const ucontext_t *at, int n) { return at->uc_mcontext.regs[n]; }
static void answer(ucontext_t *at, long value) { at->uc_mcontext.regs[0] = (unsigned long)value; }
#endif

#ifdef ARCH
long steady_call(long number, unsigned long a, unsigned long b, unsigned long c, unsigned long d, unsigned long e);
extern char steady_called[];

/* A folder that is being read: its entries by name, as file systems have each their own order. */
enum { FOLDERS = 16, ENTRIES = 4096, BYTES = 512 * 1024 };
static struct folder {
  int number; /* of the descriptor, and 1; 0 where there is none */
  int count, next;
  long size;
  uint32_t at[ENTRIES];
  char bytes[BYTES] __attribute__((aligned(8)));
} folders[FOLDERS];
static atomic_flag busy = ATOMIC_FLAG_INIT;

static const struct dirent64 *entry_of(const struct folder *of, int n) {
  return (const struct dirent64 *)(of->bytes + of->at[n]);
}

static struct folder *folder_of(int fd) {
  for (int i = 0; i < FOLDERS; i++)
    if (folders[i].number == fd + 1) return &folders[i];
  return NULL;
}

/* Read a whole folder; tell whether it fits. */
static bool fill(struct folder *into, int fd) {
  into->count = into->next = 0;
  into->size = 0;
  for (long got; (got = steady_call(SYS_getdents64, (unsigned long)fd, (unsigned long)(into->bytes + into->size),
                                    (unsigned long)(BYTES - into->size), 0, 0)) != 0; into->size += got) {
    if (got < 0) return false;
    for (long at = into->size; at < into->size + got;) {
      struct dirent64 *entry = (struct dirent64 *)(into->bytes + at);
      if (into->count == ENTRIES) return false;
      entry->d_ino = 1;
      int n = into->count++;
      for (; n && strcmp(entry_of(into, n - 1)->d_name, entry->d_name) > 0; n--) into->at[n] = into->at[n - 1];
      into->at[n] = (uint32_t)at;
      at += entry->d_reclen;
    }
  }
  into->number = fd + 1;
  return true;
}

/* Answer with as many entries as there is room for. */
static long take(struct folder *from, char *to, unsigned long room) {
  long size = 0;
  for (; from->next < from->count; from->next++) {
    const struct dirent64 *entry = entry_of(from, from->next);
    if (size + entry->d_reclen > (long)room) return size ? size : -EINVAL;
    memcpy(to + size, entry, entry->d_reclen);
    ((struct dirent64 *)(to + size))->d_off = from->next + 1;
    size += entry->d_reclen;
  }
  if (!size) from->number = 0;
  return size;
}

static long entries(int fd, char *to, unsigned long room) {
  while (atomic_flag_test_and_set(&busy)) {
  }
  long at = steady_call(SYS_lseek, (unsigned long)fd, 0, SEEK_CUR, 0, 0);
  struct folder *found = folder_of(fd);
  if (found && !at) found->number = 0, found = NULL; /* another folder by now, or the same from its beginning */
  if (!found && !at && (found = folder_of(-1)) && !fill(found, fd)) {
    steady_call(SYS_lseek, (unsigned long)fd, 0, SEEK_SET, 0, 0);
    found = NULL;
  }
  long size = found ? take(found, to, room)
                    : steady_call(SYS_getdents64, (unsigned long)fd, (unsigned long)to, room, 0, 0);
  atomic_flag_clear(&busy);
  return size;
}

static void on_call(int signal, siginfo_t *info, void *context) {
  (void)signal;
  ucontext_t *at = context;
  int before = errno;
  if (info->si_syscall == SYS_getdents64) {
    answer(at, entries((int)argument(at, 0), (char *)argument(at, 1), argument(at, 2)));
  } else {
    long failed = steady_call(info->si_syscall, argument(at, 0), argument(at, 1), argument(at, 2), argument(at, 3),
                              argument(at, 4));
    if (!failed && is_compiler(info->si_call_addr)) wash_status((struct statx *)argument(at, 4));
    answer(at, failed);
  }
  errno = before;
}

#define FIELD(name) (uint32_t) offsetof(struct seccomp_data, name)

/* Only where LUMOS_STEADY_CALLS asks for it: a process that such a one starts could make none of these calls. */
__attribute__((constructor)) static void begin(void) {
  if (!getenv("LUMOS_STEADY_CALLS")) return;
  uintptr_t ours = (uintptr_t)steady_called;
  struct sock_filter program[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, FIELD(arch)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCH, 0, 7),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, FIELD(nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_statx, 1, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getdents64, 0, 4),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, FIELD(instruction_pointer)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)ours, 0, 3),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, FIELD(instruction_pointer) + 4),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)(ours >> 32), 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP),
  };
  struct sock_fprog filter = {sizeof program / sizeof *program, program};
  struct sigaction action = {.sa_sigaction = on_call, .sa_flags = SA_SIGINFO | SA_NODEFER | SA_RESTART};
  if (sigaction(SIGSYS, &action, NULL) || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)) return;
  prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter);
}
#endif
