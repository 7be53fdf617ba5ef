// SPDX-License-Identifier: Apache-2.0
// Shows: system calls made without libc's wrappers, and code that the program has written itself.
// process: cuts=1
// state: Memory | mmap, mremap, munmap by syscall(2) and by inline assembly; code written at run time (JIT), also one that makes system calls | kept
#include "fact.h"

#include <sys/mman.h>
#include <sys/syscall.h>

static int in_window(const void* at) { return ((unsigned long)at >> 44) == 1; }

static long inline_mmap(size_t bytes) {
  long result = SYS_mmap;
  register long r10 __asm__("r10") = MAP_PRIVATE | MAP_ANONYMOUS;
  register long r8 __asm__("r8") = -1;
  register long r9 __asm__("r9") = 0;
  __asm__ volatile("movl $9, %%eax\n\tsyscall" : "=a"(result) : "D"(0L), "S"(bytes), "d"(PROT_READ | PROT_WRITE), "r"(r10), "r"(r8), "r"(r9) : "rcx", "r11", "memory");
  return result;
}

/// int f(int x) { return x * 3 + constant; }
static void write_code(unsigned char* at, int constant) {
  static const unsigned char code[] = {0x8d, 0x04, 0x7f, 0x05};
  memcpy(at, code, sizeof code);
  memcpy(at + 4, &constant, 4);
  at[8] = 0xc3;
}

int main(void) {
  char* by_number = (char*)syscall(SYS_mmap, NULL, 5 * 4096L, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0L);
  CHECK(by_number != MAP_FAILED);
  char* in_line = (char*)inline_mmap(8192);
  CHECK(in_line > (char*)4096);
  strcpy(by_number + 9000, "by number");
  strcpy(in_line + 5000, "in line");
  by_number = (char*)syscall(SYS_mremap, by_number, 5 * 4096L, 3L << 20, MREMAP_MAYMOVE);
  CHECK(by_number != MAP_FAILED);
  unsigned char* jit = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  write_code(jit, 7);
  CHECK(mprotect(jit, 4096, PROT_READ | PROT_EXEC) == 0);
  int (*f)(int) = (int (*)(int))(void*)jit;
  CHECK(f(5) == 22);
  char* below = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
  CHECK(below != MAP_FAILED);
  strcpy(below, "low");
  if (getenv("CUT_DIR")) CHECK(in_window(by_number) && in_window(in_line) && in_window(jit));
  cut(0);
  CHECK(strcmp(by_number + 9000, "by number") == 0 && strcmp(in_line + 5000, "in line") == 0 && strcmp(below, "low") == 0 && f(6) == 25);
  CHECK(mprotect(jit, 4096, PROT_READ | PROT_WRITE) == 0);
  write_code(jit, 8);
  CHECK(mprotect(jit, 4096, PROT_READ | PROT_EXEC) == 0 && f(6) == 26);
  CHECK(syscall(SYS_munmap, by_number, 3L << 20) == 0 && syscall(SYS_getppid) == getppid());
  return pass();
}
