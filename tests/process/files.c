// SPDX-License-Identifier: Apache-2.0
// Shows: files: deleted ones, append mode, locks, directories, /dev/zero, a large sparse offset.
// process: cuts=1
// state: Descriptors | regular files: position, flags, O_APPEND, duplicates; directories with their position; /dev/null, /dev/zero, /dev/urandom | kept
// state: Descriptors | deleted files and those of O_TMPFILE up to 16 MiB, memfds (larger ones while they are mapped) | kept, as a file without a name
// state: Descriptors | locks by flock, fcntl, OFD | kept, unless somebody else has taken them in between
#include "fact.h"

#include <dirent.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>

static int lock_from_child(const char* path) {
  pid_t child = fork();
  if (child == 0) _exit(flock(open(path, O_RDWR), LOCK_EX | LOCK_NB) == 0 ? 0 : 1);
  int status;
  CHECK(waitpid(child, &status, 0) == child);
  return WEXITSTATUS(status);
}

static int seen[40];

/// Reads up to `most` entries of a directory of files with numbers for names.
static void read_numbers(DIR* directory, int most) {
  for (struct dirent* entry; most > 0 && (entry = readdir(directory)) != NULL; --most)
    if (entry->d_name[0] != '.') ++seen[atoi(entry->d_name)];
}

static DIR* numbers(void) {
  char name[16];
  CHECK(mkdir("numbers", 0700) == 0);
  for (int i = 0; i < 40; ++i) {
    snprintf(name, sizeof name, "numbers/%d", i);
    close(open(name, O_CREAT | O_WRONLY, 0600));
  }
  DIR* directory = opendir("numbers");
  CHECK(directory != NULL);
  read_numbers(directory, 11);
  return directory;
}

int main(void) {
  char found[16] = "";
  int gone = open("gone", O_CREAT | O_RDWR, 0640), gone_too;
  CHECK(write(gone, "deleted", 7) == 7 && lseek(gone, 3, SEEK_SET) == 3);
  gone_too = open("gone", O_RDONLY);
  unlink("gone");
  int log = open("log", O_CREAT | O_WRONLY | O_APPEND, 0644), locked = open("locked", O_CREAT | O_RDWR, 0644);
  CHECK(write(log, "a", 1) == 1 && flock(locked, LOCK_EX) == 0);
  struct flock range = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 10, .l_len = 5};
  CHECK(fcntl(locked, F_SETLK, &range) == 0);
  int memory = memfd_create("fact", MFD_ALLOW_SEALING), zero = open("/dev/zero", O_RDONLY), here = open(".", O_RDONLY | O_DIRECTORY);
  CHECK(write(memory, "memory", 6) == 6 && fcntl(memory, F_ADD_SEALS, F_SEAL_SHRINK) == 0);
  int unnamed = open(".", O_TMPFILE | O_RDWR, 0600);
  CHECK(unnamed >= 0 && write(unnamed, "unnamed", 7) == 7);
  DIR* directory = numbers();
  cut(0);
  read_numbers(directory, 1000);
  for (int i = 0; i < 40; ++i) CHECK(seen[i] == 1);
  CHECK(pread(unnamed, found, 7, 0) == 7 && memcmp(found, "unnamed", 7) == 0);
  memset(found, 0, sizeof found);
  CHECK(read(gone, found, 16) == 4 && strcmp(found, "eted") == 0);
  struct stat facts, others;
  CHECK(fstat(gone, &facts) == 0 && facts.st_nlink == 0 && fstat(gone_too, &others) == 0 && facts.st_ino == others.st_ino);
  CHECK(pwrite(gone, "D", 1, 0) == 1 && read(gone_too, found, 1) == 1 && found[0] == 'D');
  int other = open("log", O_WRONLY | O_APPEND);
  CHECK(write(other, "b", 1) == 1 && write(log, "c", 1) == 1 && lseek(log, 0, SEEK_CUR) == 3);
  CHECK(lock_from_child("locked") == 1);
  CHECK(pread(memory, found, 6, 0) == 6 && memcmp(found, "memory", 6) == 0);
  CHECK(fcntl(memory, F_GET_SEALS) == F_SEAL_SHRINK && ftruncate(memory, 0) == -1);
  CHECK(read(zero, found, 16) == 16 && found[0] == 0);
  CHECK(openat(here, "log", O_RDONLY) >= 0);
  return pass();
}
