// SPDX-License-Identifier: Apache-2.0
// Shows: hints given to a communicator live on, and so does a duplicate with hints of its own that is pending at the cut; the
// places that MPI_Graph_map names stay.
// live: ranks=3 cuts=all
#include "lib/newer.h"

static void expect_no_wildcards(MPI_Comm comm) {
  MPI_Info info;
  char value[16] = "";
  int flag = 0;
  MPI_Comm_get_info(comm, &info);
  MPI_Info_get(info, "mpi_assert_no_any_tag", sizeof value - 1, value, &flag);
  MPI_Info_free(&info);
  LIVE_CHECK(!flag || strcmp(value, "true") == 0);
}

int main(int argc, char** argv) {
  live_start(&argc, &argv, 3);
  int index[3] = {1, 3, 4}, edges[4] = {1, 0, 2, 1}, place = -1, sum = 0;
  MPI_Info hints;
  MPI_Comm comm, pending;
  MPI_Request request;
  MPI_Comm_dup(MPI_COMM_WORLD, &comm);
  MPI_Info_create(&hints);
  MPI_Info_set(hints, "mpi_assert_no_any_tag", "true");
  MPI_Comm_set_info(comm, hints);
  if (live_has(MPI_Comm_idup_with_info))
    MPI_Comm_idup_with_info(MPI_COMM_WORLD, hints, &pending, &request);
  else
    MPI_Comm_idup(MPI_COMM_WORLD, &pending, &request);
  MPI_Info_free(&hints);
  live_cut(0);
  MPI_Wait(&request, MPI_STATUS_IGNORE);
  expect_no_wildcards(comm);
  expect_no_wildcards(pending);
  MPI_Allreduce(&live_rank, &sum, 1, MPI_INT, MPI_SUM, pending);
  LIVE_CHECK(sum == 3);
  MPI_Graph_map(comm, 3, index, edges, &place);
  LIVE_CHECK(place == live_rank);
  live_mix_int(sum + place);
  MPI_Comm_free(&comm);
  MPI_Comm_free(&pending);
  return live_end();
}
