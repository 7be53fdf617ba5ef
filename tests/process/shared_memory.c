// SPDX-License-Identifier: Apache-2.0
// Shows: memory that is mapped twice stays shared between its mappings and its descriptor, whatever it was made by.
// process: cuts=1
// state: Memory | memfd, POSIX and SysV shared memory, shared anonymous memory: contents; mappings of one object stay shared | kept; SysV identifiers are gone
// state: Memory | shared mappings of regular files | kept: the file is the content
#include "fact.h"

#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/shm.h>

enum { bytes = 3 * 4096 };

static char* map(int fd, off_t offset, size_t length) {
  char* at = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_SHARED, fd, offset);
  CHECK(at != MAP_FAILED);
  return at;
}

int main(void) {
  int memory = memfd_create("both", 0), file = open("mapped", O_CREAT | O_RDWR, 0600);
  CHECK(ftruncate(memory, bytes) == 0 && ftruncate(file, bytes) == 0);
  char *one = map(memory, 0, bytes), *two = map(memory, 4096, 8192), *of_file = map(file, 0, bytes);
  char name[64];
  snprintf(name, sizeof name, "/mana-fact-%d", getpid());
  int posix = shm_open(name, O_CREAT | O_RDWR, 0600);
  CHECK(posix >= 0 && ftruncate(posix, bytes) == 0);
  char* named = map(posix, 0, bytes);
  int id = shmget(IPC_PRIVATE, bytes, IPC_CREAT | 0600);
  char* segment = shmat(id, NULL, 0);
  char* segment_too = shmat(id, NULL, 0);
  shmctl(id, IPC_RMID, NULL);
  char* anonymous = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  CHECK(segment != (char*)-1 && segment_too != (char*)-1 && anonymous != MAP_FAILED);
  strcpy(one + 4096, "memfd");
  strcpy(of_file, "file");
  strcpy(named, "posix");
  strcpy(segment, "sysv");
  strcpy(anonymous + 5000, "anonymous");
  cut(0);
  CHECK(strcmp(two, "memfd") == 0 && strcmp(named, "posix") == 0 && strcmp(segment_too, "sysv") == 0 && strcmp(anonymous + 5000, "anonymous") == 0);
  strcpy(two + 100, "through");
  strcpy(segment + 100, "through");
  strcpy(named + 100, "through");
  strcpy(of_file + 100, "through");
  CHECK(strcmp(one + 4196, "through") == 0 && strcmp(segment_too + 100, "through") == 0);
  char found[16] = "";
  CHECK(pread(memory, found, 8, 4196) == 8 && strcmp(found, "through") == 0);
  CHECK(pread(posix, found, 6, 0) == 6 && strcmp(found, "posix") == 0);
  int again = shm_open(name, O_RDWR, 0);
  CHECK(again >= 0 && strcmp(map(again, 0, bytes) + 100, "through") == 0);
  CHECK(pread(file, found, 8, 100) == 8 && strcmp(found, "through") == 0 && strcmp(of_file, "file") == 0);
  shm_unlink(name);
  return pass();
}
