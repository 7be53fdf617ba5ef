// SPDX-License-Identifier: Apache-2.0
// Shows: memory that the kernel shares with the program (the buffer of a perf event) is refused at the checkpoint by its name; io_uring is not offered.
// process: cuts=1 refuses=perf_event
// state: Memory | buffers of perf events and packet sockets | the checkpoint is refused with their name; the job goes on
// state: Descriptors | io_uring | not offered: io_uring_setup fails with ENOSYS, as on kernels without it, so that programs take their other way
#include "fact.h"

#include <linux/perf_event.h>
#include <sys/mman.h>
#include <sys/syscall.h>

int main(void) {
  struct perf_event_attr event = {.type = PERF_TYPE_SOFTWARE, .size = sizeof event, .config = PERF_COUNT_SW_TASK_CLOCK};
  int counter = (int)syscall(SYS_perf_event_open, &event, 0, -1, -1, 0);
  if (counter < 0) cannot("perf events are not available here");
  void* memory = mmap(NULL, 2 * 4096, PROT_READ | PROT_WRITE, MAP_SHARED, counter, 0);
  CHECK(memory != MAP_FAILED);
  int ring = (int)syscall(SYS_io_uring_setup, 4, (char[120]){0});
  CHECK(ring >= 0 || errno == ENOSYS || errno == EPERM);
  if (getenv("CUT_DIR")) CHECK(ring < 0 && errno == ENOSYS);
  cut(0);
  CHECK(munmap(memory, 2 * 4096) == 0 && close(counter) == 0);
  return pass();
}
