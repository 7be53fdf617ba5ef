// SPDX-License-Identifier: Apache-2.0
// Shows: descriptors that can't be kept are named at the checkpoint and at the restart, and closed; the others are not disturbed.
// process: cuts=1 says=perf_event,family,userfaultfd,pidfd
// state: Descriptors | perf events, userfaultfd, fanotify; netlink and raw sockets; pidfds of others | not kept: named at the checkpoint, closed and named at the restart
#include "fact.h"

#include <linux/netlink.h>
#include <linux/perf_event.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

int main(void) {
  struct perf_event_attr event = {.type = PERF_TYPE_SOFTWARE, .size = sizeof event, .config = PERF_COUNT_SW_TASK_CLOCK};
  int kept[2], lost[4], lost_count = 0;
  pid_t child = fork();
  if (child == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    pause();
    _exit(0);
  }
  lost[lost_count++] = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
  lost[lost_count++] = (int)syscall(SYS_perf_event_open, &event, 0, -1, -1, 0);
  lost[lost_count++] = (int)syscall(SYS_pidfd_open, child, 0);
  lost[lost_count++] = (int)syscall(SYS_userfaultfd, 1 /* UFFD_USER_MODE_ONLY */);
  for (int i = 0; i < lost_count; ++i)
    if (lost[i] < 0) cannot("perf events, netlink, userfaultfd and pidfds are not all available here");
  CHECK(pipe(kept) == 0 && write(kept[1], "kept", 4) == 4);
  cut(0);
  char found[4];
  CHECK(read(kept[0], found, 4) == 4 && memcmp(found, "kept", 4) == 0);
  int gone = fcntl(lost[0], F_GETFD) == -1;  // after a restart
  for (int i = 0; i < lost_count; ++i) CHECK((fcntl(lost[i], F_GETFD) == -1) == gone);
  CHECK(gone || close(lost[0]) == 0);
  CHECK(open("/dev/null", O_RDONLY) == lost[0]);  // the number is free
  if (!gone) CHECK(kill(child, SIGKILL) == 0);
  CHECK((waitpid(child, NULL, 0) == child) == !gone);
  return pass();
}
