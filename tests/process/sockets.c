// SPDX-License-Identifier: Apache-2.0
// Shows: sockets within the process: pairs, Unix and TCP connections with data in flight, listening ones, UDP.
// process: cuts=1
// state: Descriptors | socketpair (stream, datagram), Unix and TCP connections within the process, data in flight, options | kept; TCP has other ports where the kernel still holds the old ones (said)
// state: Descriptors | listening Unix and TCP sockets, bound UDP sockets | kept at their address; connections not accepted yet read as reset
// state: Descriptors | sockets whose peer is outside of the process | altered: what had arrived can be read, then the peer is gone
#include "fact.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/un.h>

static int tcp_listener(struct sockaddr_in* address) {
  socklen_t bytes = sizeof *address;
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  *address = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  CHECK(bind(fd, (struct sockaddr*)address, bytes) == 0 && listen(fd, 5) == 0 && getsockname(fd, (struct sockaddr*)address, &bytes) == 0);
  return fd;
}

static void expect(int fd, const char* text) {
  char found[64] = "";
  CHECK(read(fd, found, sizeof found) == (ssize_t)strlen(text) && strcmp(found, text) == 0);
}

static void say(int fd, const char* text) { CHECK(write(fd, text, strlen(text)) == (ssize_t)strlen(text)); }

int main(void) {
  int pair[2], packets[2], one = 1;
  CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0 && socketpair(AF_UNIX, SOCK_DGRAM, 0, packets) == 0);
  say(pair[0], "to the second");
  say(pair[1], "to the first");
  say(packets[0], "one");
  say(packets[0], "two");
  struct sockaddr_in address;
  int listener = tcp_listener(&address), client = socket(AF_INET, SOCK_STREAM, 0);
  CHECK(connect(client, (struct sockaddr*)&address, sizeof address) == 0);
  int server = accept(listener, NULL, NULL);
  CHECK(setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one) == 0);
  say(client, "question");
  say(server, "answer");
  struct sockaddr_un name = {.sun_family = AF_UNIX, .sun_path = ""};
  CHECK(getcwd(name.sun_path, sizeof name.sun_path - 10) != NULL);
  strcat(name.sun_path, "/socket");
  int local = socket(AF_UNIX, SOCK_STREAM, 0);
  CHECK(bind(local, (struct sockaddr*)&name, sizeof name) == 0 && listen(local, 3) == 0);
  int udp = socket(AF_INET, SOCK_DGRAM, 0);
  struct sockaddr_in udp_address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t bytes = sizeof udp_address;
  CHECK(bind(udp, (struct sockaddr*)&udp_address, bytes) == 0 && getsockname(udp, (struct sockaddr*)&udp_address, &bytes) == 0);
  usleep(10000);
  cut(0);
  expect(pair[1], "to the second");
  expect(pair[0], "to the first");
  expect(packets[1], "one");
  expect(packets[1], "two");
  CHECK(fcntl(pair[0], F_GETFD) == FD_CLOEXEC);
  expect(server, "question");
  expect(client, "answer");
  say(server, "more");
  expect(client, "more");
  socklen_t size = sizeof one;
  one = 0;
  CHECK(getsockopt(client, IPPROTO_TCP, TCP_NODELAY, &one, &size) == 0 && one != 0);
  struct sockaddr_in peer, own;
  bytes = sizeof peer;
  CHECK(getpeername(client, (struct sockaddr*)&peer, &bytes) == 0 && getsockname(server, (struct sockaddr*)&own, &bytes) == 0 && peer.sin_port == own.sin_port);
  close(client);
  char byte;
  CHECK(read(server, &byte, 1) == 0);
  int again = socket(AF_INET, SOCK_STREAM, 0), unix_again = socket(AF_UNIX, SOCK_STREAM, 0);
  CHECK(connect(again, (struct sockaddr*)&address, sizeof address) == 0 && accept(listener, NULL, NULL) >= 0);
  CHECK(connect(unix_again, (struct sockaddr*)&name, sizeof name) == 0 && accept(local, NULL, NULL) >= 0);
  CHECK(sendto(udp, "self", 4, 0, (struct sockaddr*)&udp_address, sizeof udp_address) == 4);
  expect(udp, "self");
  return pass();
}
