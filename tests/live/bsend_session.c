// SPDX-License-Identifier: Apache-2.0
// Shows: a session's send buffer serves the communicators that come from it, also by MPI_Comm_dup, and no others; its messages
// survive the cut, and a flush that was started before it completes; natively everything goes through the process's buffer.
// live: ranks=2 cuts=all apps=mpich abi
#include "lib/send_buffers.h"

static MPI_Session session;
static MPI_Comm derived, duplicate;

static void make_communicators(void) {
  MPI_Group all, reversed;
  int backwards[2] = {1, 0};
  MPI_Session_init(MPI_INFO_NULL, MPI_ERRORS_RETURN, &session);
  MPI_Group_from_session_pset(session, "mpi://WORLD", &all);
  MPI_Group_incl(all, 2, backwards, &reversed);
  MPI_Comm_create_from_group(reversed, "mana.bsend", MPI_INFO_NULL, MPI_ERRORS_RETURN, &derived);
  MPI_Comm_dup(derived, &duplicate);
  MPI_Group_free(&all);
  MPI_Group_free(&reversed);
}

int main(int argc, char** argv) {
  live_start(&argc, &argv, 2);
  MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
  make_communicators();
  // Ranks of the derived communicators are reversed: the peer there has one's own number here.
  int peer = live_rank ^ 1, here = live_rank, mine = peer, size = 0;
  void *buffer = malloc((size_t)room_for(2)), *found = NULL;
  MPI_Request flush = MPI_REQUEST_NULL;
  if (have_send_buffers())
    LIVE_CHECK(MPI_Session_attach_buffer(session, buffer, room_for(2)) == MPI_SUCCESS);
  else
    MPI_Buffer_attach(buffer, room_for(2));
  live_rank = mine;
  LIVE_CHECK(bsend_long(here, 1, derived) == MPI_SUCCESS);
  LIVE_CHECK(bsend_long(here, 2, duplicate) == MPI_SUCCESS);
  live_rank = here;
  if (have_send_buffers()) {
    LIVE_CHECK(class_of(bsend_long(here, 3, duplicate)) == MPI_ERR_BUFFER);
    LIVE_CHECK(class_of(bsend_long(peer, 3, MPI_COMM_WORLD)) == MPI_ERR_BUFFER);
    LIVE_CHECK(MPI_Session_iflush_buffer(session, &flush) == MPI_SUCCESS);
  }
  MPI_Barrier(MPI_COMM_WORLD);  // nobody receives before all have looked
  live_cut(0);
  recv_long(here, 2, duplicate);
  recv_long(here, 1, derived);
  MPI_Wait(&flush, MPI_STATUS_IGNORE);
  if (have_send_buffers()) {
    LIVE_CHECK(MPI_Session_flush_buffer(session) == MPI_SUCCESS);
    LIVE_CHECK(MPI_Session_detach_buffer(session, &found, &size) == MPI_SUCCESS);
  } else {
    MPI_Buffer_detach(&found, &size);
  }
  LIVE_CHECK(found == buffer && size == room_for(2));
  free(buffer);
  live_pass();
  MPI_Comm_free(&duplicate);
  MPI_Comm_free(&derived);
  MPI_Session_finalize(&session);
  MPI_Finalize();
  return 0;
}
