// SPDX-License-Identifier: Apache-2.0
// Shows: a POSIX message queue keeps its messages and their order; a descriptor that came with a message, one of this process, one inherited.
// process: cuts=1
// state: Descriptors | POSIX message queues: attributes, messages, also when the queue is gone at the restart | kept; notifications (mq_notify) are not
// state: Descriptors | descriptors that came over a Unix socket (SCM_RIGHTS); a pidfd of the process itself | kept
#include "fact.h"

#include <mqueue.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>

static void send_descriptor(int to, int passed) {
  char byte = 'd', room[CMSG_SPACE(sizeof passed)] = {0};
  struct iovec part = {&byte, 1};
  struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = room, .msg_controllen = sizeof room};
  struct cmsghdr* control = CMSG_FIRSTHDR(&message);
  control->cmsg_level = SOL_SOCKET;
  control->cmsg_type = SCM_RIGHTS;
  control->cmsg_len = CMSG_LEN(sizeof passed);
  memcpy(CMSG_DATA(control), &passed, sizeof passed);
  CHECK(sendmsg(to, &message, 0) == 1);
}

static int receive_descriptor(int from) {
  int passed = -1;
  char byte, room[CMSG_SPACE(sizeof passed)];
  struct iovec part = {&byte, 1};
  struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = room, .msg_controllen = sizeof room};
  CHECK(recvmsg(from, &message, 0) == 1 && CMSG_FIRSTHDR(&message) != NULL);
  memcpy(&passed, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof passed);
  return passed;
}

int main(void) {
  char name[64], found[64];
  snprintf(name, sizeof name, "/mana-queues-%d", (int)getpid());
  struct mq_attr attributes = {.mq_maxmsg = 5, .mq_msgsize = 64}, now;
  mqd_t queue = mq_open(name, O_CREAT | O_EXCL | O_RDWR, 0600, &attributes);
  CHECK(queue >= 0);
  CHECK(mq_send(queue, "low", 3, 1) == 0 && mq_send(queue, "first", 5, 7) == 0 && mq_send(queue, "second", 6, 7) == 0);
  int pair[2], file = open("file", O_CREAT | O_RDWR, 0600), received, own = (int)syscall(SYS_pidfd_open, getpid(), 0);
  CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0 && write(file, "content", 7) == 7 && own >= 0);
  send_descriptor(pair[0], file);
  received = receive_descriptor(pair[1]);
  close(file);
  cut(0);
  CHECK(mq_getattr(queue, &now) == 0 && now.mq_curmsgs == 3 && now.mq_maxmsg == 5 && now.mq_msgsize == 64);
  unsigned priority;
  CHECK(mq_receive(queue, found, sizeof found, &priority) == 5 && memcmp(found, "first", 5) == 0 && priority == 7);
  CHECK(mq_receive(queue, found, sizeof found, &priority) == 6 && memcmp(found, "second", 6) == 0 && priority == 7);
  CHECK(mq_receive(queue, found, sizeof found, &priority) == 3 && priority == 1 && mq_unlink(name) == 0);
  CHECK(pread(received, found, 7, 0) == 7 && memcmp(found, "content", 7) == 0 && lseek(received, 0, SEEK_CUR) == 7);
  struct pollfd look = {own, POLLIN, 0};
  CHECK(poll(&look, 1, 0) == 0 && syscall(SYS_pidfd_send_signal, own, 0, NULL, 0) == 0);
  return pass();
}
