// SPDX-License-Identifier: Apache-2.0
// Shows: a helper thread of libc that never ends (mq_notify with SIGEV_THREAD) is named, and the checkpoint refused; the job goes on.
// process: cuts=1 refuses=pthread_create
// state: Threads | mq_notify with SIGEV_THREAD; threads by clone(2) | the checkpoint is refused with the thread's name; the job goes on
#include "fact.h"

#include <mqueue.h>
#include <signal.h>

static volatile sig_atomic_t told;
static void tell(union sigval value) { told = value.sival_int; }

int main(void) {
  char name[64];
  snprintf(name, sizeof name, "/mana-helper-%d", (int)getpid());
  mqd_t queue = mq_open(name, O_CREAT | O_EXCL | O_RDWR, 0600, NULL);
  CHECK(queue >= 0 && mq_unlink(name) == 0);
  struct sigevent event = {.sigev_notify = SIGEV_THREAD, .sigev_notify_function = tell, .sigev_value.sival_int = 7};
  CHECK(mq_notify(queue, &event) == 0);
  usleep(10000);
  cut(0);
  CHECK(mq_send(queue, "m", 1, 0) == 0);
  for (int i = 0; i < 500 && !told; ++i) usleep(10000);
  CHECK(told == 7);
  return pass();
}
