// SPDX-License-Identifier: Apache-2.0
// Shows: a communicator's own send buffer comes before the process's, an automatic one has no limit, and flushes started
// before the cut complete when the messages have left; natively everything goes through one buffer.
// live: ranks=2 cuts=all abi
#include "lib/send_buffers.h"

static MPI_Comm limited, automatic;
static void *of_process, *of_comm;

static void attach(void) {
  int messages = have_send_buffers() ? 1 : 6;
  of_process = malloc((size_t)room_for(messages));
  of_comm = malloc((size_t)room_for(2));
  MPI_Buffer_attach(of_process, room_for(messages));
  if (!have_send_buffers()) return;
  LIVE_CHECK(MPI_Comm_attach_buffer(limited, of_comm, room_for(2)) == MPI_SUCCESS);
  LIVE_CHECK(MPI_Comm_attach_buffer(automatic, MPI_BUFFER_AUTOMATIC, -1) == MPI_SUCCESS);
  LIVE_CHECK(class_of(MPI_Comm_attach_buffer(limited, of_process, room_for(1))) == MPI_ERR_BUFFER);
}

/// Each buffer is full: of what belongs to it, and of nothing else.
static void check_limits(int peer) {
  if (!have_send_buffers()) return;
  LIVE_CHECK(class_of(bsend_long(peer, 9, limited)) == MPI_ERR_BUFFER);
  LIVE_CHECK(class_of(bsend_long(peer, 9, MPI_COMM_WORLD)) == MPI_ERR_BUFFER);
}

static void start_flushes(MPI_Request flushes[3]) {
  for (int i = 0; i < 3; i++) flushes[i] = MPI_REQUEST_NULL;
  if (!have_send_buffers()) return;
  int done = 1;
  MPI_Comm_iflush_buffer(limited, &flushes[0]);
  MPI_Comm_iflush_buffer(automatic, &flushes[1]);
  MPI_Buffer_iflush(&flushes[2]);
  for (int i = 0; i < 3; i++) {
    LIVE_CHECK(MPI_Request_get_status(flushes[i], &done, MPI_STATUS_IGNORE) == MPI_SUCCESS);
    LIVE_CHECK(!done);
  }
}

static void detach(void) {
  void* found = NULL;
  int size = 0;
  MPI_Buffer_detach(&found, &size);
  LIVE_CHECK(found == of_process);
  if (!have_send_buffers()) return;
  LIVE_CHECK(MPI_Comm_detach_buffer(limited, &found, &size) == MPI_SUCCESS && found == of_comm && size == room_for(2));
  LIVE_CHECK(MPI_Comm_detach_buffer(automatic, &found, &size) == MPI_SUCCESS && found == MPI_BUFFER_AUTOMATIC);
  LIVE_CHECK(class_of(MPI_Comm_flush_buffer(limited)) == MPI_ERR_BUFFER);
}

int main(int argc, char** argv) {
  live_start(&argc, &argv, 2);
  MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
  MPI_Comm_dup(MPI_COMM_WORLD, &limited);
  MPI_Comm_dup(MPI_COMM_WORLD, &automatic);
  int peer = live_rank ^ 1;
  MPI_Request flushes[3];
  attach();
  LIVE_CHECK(bsend_long(peer, 1, MPI_COMM_WORLD) == MPI_SUCCESS);
  for (int tag = 2; tag < 4; tag++) LIVE_CHECK(bsend_long(peer, tag, limited) == MPI_SUCCESS);
  for (int tag = 4; tag < 7; tag++) LIVE_CHECK(bsend_long(peer, tag, automatic) == MPI_SUCCESS);
  check_limits(peer);
  start_flushes(flushes);
  MPI_Barrier(MPI_COMM_WORLD);  // nobody receives before all have looked
  live_cut(0);
  for (int tag = 6; tag >= 4; tag--) recv_long(peer, tag, automatic);
  for (int tag = 3; tag >= 2; tag--) recv_long(peer, tag, limited);
  recv_long(peer, 1, MPI_COMM_WORLD);
  MPI_Waitall(3, flushes, MPI_STATUSES_IGNORE);
  LIVE_CHECK(bsend_long(peer, 8, limited) == MPI_SUCCESS);
  recv_long(peer, 8, limited);
  if (have_send_buffers()) LIVE_CHECK(MPI_Comm_flush_buffer(limited) == MPI_SUCCESS && MPI_Buffer_flush() == MPI_SUCCESS);
  detach();
  free(of_process);
  free(of_comm);
  MPI_Comm_free(&limited);
  MPI_Comm_free(&automatic);
  return live_end();
}
