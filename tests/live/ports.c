// SPDX-License-Identifier: Apache-2.0
// Shows: ranks of one job meet through a port under a published name and through a socket, and a program is started with
// MPI_Comm_spawn_multiple; when all of these are over, the application can be checkpointed.
// live: ranks=2 cuts=all apps=openmpi mpis=openmpi,alternate
#include "lib/live.h"

#include <arpa/inet.h>
#include <sys/socket.h>

static const char service[] = "mana.ports";

/// One process on either side.
static void talk(MPI_Comm inter, int value) {
  int remote = 0, got = 0, mine = value + live_rank;
  MPI_Comm_remote_size(inter, &remote);
  LIVE_CHECK(remote == 1);
  MPI_Sendrecv(&mine, 1, MPI_INT, 0, 1, &got, 1, MPI_INT, 0, 1, inter, MPI_STATUS_IGNORE);
  LIVE_CHECK(got == value + 1 - live_rank);
  live_mix_int(got);
  MPI_Comm_disconnect(&inter);
}

static void meet_at_port(void) {
  char port[MPI_MAX_PORT_NAME] = "", found[MPI_MAX_PORT_NAME] = "";
  MPI_Comm inter;
  if (live_rank == 0) {
    MPI_Open_port(MPI_INFO_NULL, port);
    MPI_Publish_name(service, MPI_INFO_NULL, port);
  }
  MPI_Barrier(MPI_COMM_WORLD);
  if (live_rank == 0) {
    MPI_Comm_accept(port, MPI_INFO_NULL, 0, MPI_COMM_SELF, &inter);
  } else {
    MPI_Lookup_name(service, MPI_INFO_NULL, found);
    MPI_Comm_connect(found, MPI_INFO_NULL, 0, MPI_COMM_SELF, &inter);
  }
  talk(inter, 100);
  if (live_rank == 0) {
    MPI_Unpublish_name(service, MPI_INFO_NULL, port);
    MPI_Close_port(port);
  }
}

static int listening_socket(int* port) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
  socklen_t length = sizeof address;
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  LIVE_CHECK(bind(fd, (struct sockaddr*)&address, sizeof address) == 0 && listen(fd, 1) == 0);
  getsockname(fd, (struct sockaddr*)&address, &length);
  *port = ntohs(address.sin_port);
  return fd;
}

static void meet_at_socket(void) {
  int port = 0, listening = live_rank == 0 ? listening_socket(&port) : -1, fd;
  MPI_Comm inter;
  MPI_Bcast(&port, 1, MPI_INT, 0, MPI_COMM_WORLD);
  if (live_rank == 0) {
    fd = accept(listening, NULL, NULL);
    close(listening);
  } else {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}, .sin_port = htons((uint16_t)port)};
    fd = socket(AF_INET, SOCK_STREAM, 0);
    LIVE_CHECK(connect(fd, (struct sockaddr*)&address, sizeof address) == 0);
  }
  MPI_Comm_join(fd, &inter);
  talk(inter, 200);
  close(fd);
}

static int child(MPI_Comm parent) {
  int rank, size;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  if (rank == 0) MPI_Send(&size, 1, MPI_INT, 0, 4, parent);
  MPI_Comm_disconnect(&parent);
  MPI_Finalize();
  return 0;
}

static void start_children(char* path) {
  char* commands[2] = {path, path};
  int counts[2] = {1, 1}, errors[2] = {-1, -1}, remote = 0, size = 0;
  MPI_Info infos[2] = {MPI_INFO_NULL, MPI_INFO_NULL};
  MPI_Comm children;
  MPI_Comm_spawn_multiple(2, commands, MPI_ARGVS_NULL, counts, infos, 0, MPI_COMM_WORLD, &children, errors);
  MPI_Comm_remote_size(children, &remote);
  LIVE_CHECK(remote == 2);
  if (live_rank == 0) {
    MPI_Recv(&size, 1, MPI_INT, 0, 4, children, MPI_STATUS_IGNORE);
    LIVE_CHECK(size == 2 && errors[0] == MPI_SUCCESS && errors[1] == MPI_SUCCESS);
  }
  MPI_Comm_disconnect(&children);
}

int main(int argc, char** argv) {
  MPI_Init(&argc, &argv);
  MPI_Comm parent;
  MPI_Comm_get_parent(&parent);
  if (parent != MPI_COMM_NULL) return child(parent);
  live_begin(2);
  char path[4096];
  LIVE_CHECK(realpath(argv[0], path) != NULL);
  meet_at_port();
  meet_at_socket();
  start_children(path);
  live_cut(0);
  int sum = 0;
  MPI_Allreduce(&live_rank, &sum, 1, MPI_INT, MPI_SUM, MPI_COMM_WORLD);
  live_mix_int(sum);
  return live_end();
}
