// SPDX-License-Identifier: Apache-2.0
// Shows: a status is plain memory: what was received, and what was put into it by MPI_Status_set_*, reads the same after the cut, also
// in the form of mpi_f08.
// live: ranks=2 cuts=all
#include "lib/newer.h"

// Open MPI 4.1's mpi.h has no C functions for the statuses of mpi_f08, MPICH 4.0's has them without a library that does.
LIVE_WEAK(MPI_Status_c2f08)
LIVE_WEAK(MPI_Status_f082c)
#ifdef OPEN_MPI
typedef struct {
  int words[8];
} MPI_F08_status;
int MPI_Status_c2f08(const MPI_Status*, MPI_F08_status*);
int MPI_Status_f082c(const MPI_F08_status*, MPI_Status*);
#endif

static void set(MPI_Status* status, int source, int tag, int error) {
  status->MPI_SOURCE = source;
  status->MPI_TAG = tag;
  status->MPI_ERROR = error;
  if (!live_has(MPI_Status_set_source)) return;
  MPI_Status_set_source(status, source);
  MPI_Status_set_tag(status, tag);
  MPI_Status_set_error(status, error);
}

static void expect(const MPI_Status* status, int source, int tag, int error) {
  LIVE_CHECK(status->MPI_SOURCE == source && status->MPI_TAG == tag);
  if (error >= 0) LIVE_CHECK(status->MPI_ERROR == error);
  if (!live_has(MPI_Status_get_source)) return;
  int s = -9, t = -9, e = -9;
  MPI_Status_get_source(status, &s);
  MPI_Status_get_tag(status, &t);
  MPI_Status_get_error(status, &e);
  LIVE_CHECK(s == source && t == tag && (error < 0 || e == error));
}

int main(int argc, char** argv) {
  live_start(&argc, &argv, 2);
  int peer = live_rank ^ 1, out[3] = {1, 2, 3}, in[3], count = 0;
  MPI_Status received, made, back;
  MPI_F08_status f08;
  MPI_Sendrecv(out, 3, MPI_INT, peer, 4, in, 3, MPI_INT, peer, 4, MPI_COMM_WORLD, &received);
  memset(&made, 0, sizeof made);
  set(&made, MPI_PROC_NULL, MPI_ANY_TAG, MPI_ERR_OTHER);
  MPI_Status_set_elements(&made, MPI_INT, 7);
  back = received;
  if (live_has(MPI_Status_c2f08)) LIVE_CHECK(MPI_Status_c2f08(&received, &f08) == MPI_SUCCESS);
  live_cut(0);
  expect(&received, peer, 4, -1);
  expect(&made, MPI_PROC_NULL, MPI_ANY_TAG, MPI_ERR_OTHER);
  if (live_has(MPI_Status_f082c)) {
    memset(&back, 0, sizeof back);
    LIVE_CHECK(MPI_Status_f082c(&f08, &back) == MPI_SUCCESS);
  }
  expect(&back, peer, 4, -1);
  MPI_Get_count(&back, MPI_INT, &count);
  LIVE_CHECK(count == 3);
  MPI_Get_count(&made, MPI_INT, &count);
  LIVE_CHECK(count == 7);
  live_mix_int(count);
  return live_end();
}
