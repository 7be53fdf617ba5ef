// SPDX-License-Identifier: Apache-2.0
// Shows: duplicates of communicators are pending at the cut, also of an intercommunicator; with attributes and topology.
// live: ranks=3 cuts=all,all
#include "lib/live.h"

static int copies;

static int copy_twice(MPI_Comm comm, int key, void* extra, void* in, void* out, int* flag) {
  (void)comm, (void)key, (void)extra;
  *(void**)out = (char*)in + 1;
  *flag = 1;
  copies++;
  return MPI_SUCCESS;
}

static void use(MPI_Comm comm) {
  long mine = live_rank + 1, all = 0;
  int inter = 0;
  MPI_Comm_test_inter(comm, &inter);
  MPI_Allreduce(&mine, &all, 1, MPI_LONG, MPI_SUM, comm);
  LIVE_CHECK(inter ? all == (live_rank == 0 ? 5 : 1) : all == 6);
  live_mix_int(all);
}

int main(int argc, char** argv) {
  live_start(&argc, &argv, 3);
  int key, flag = 0, kind = 0, dims[1] = {live_size}, periods[1] = {1}, got = -1;
  char base[4];
  void* value = NULL;
  MPI_Comm ring, local, inter, more[5];
  MPI_Cart_create(MPI_COMM_WORLD, 1, dims, periods, 0, &ring);
  MPI_Comm_split(MPI_COMM_WORLD, live_rank == 0, live_rank, &local);
  MPI_Intercomm_create(local, 0, MPI_COMM_WORLD, live_rank == 0 ? 1 : 0, 5, &inter);
  MPI_Comm_create_keyval(copy_twice, MPI_COMM_NULL_DELETE_FN, &key, NULL);
  MPI_Comm_set_attr(ring, key, base);
  MPI_Request r[4];

  // It does not block: rank 0 receives what rank 1 sends before it takes part.
  if (live_rank == 1) MPI_Send(&live_rank, 1, MPI_INT, 0, 1, MPI_COMM_WORLD);
  MPI_Comm_idup(MPI_COMM_WORLD, &more[0], &r[0]);
  if (live_rank == 0) MPI_Recv(&got, 1, MPI_INT, 1, 1, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
  MPI_Wait(&r[0], MPI_STATUS_IGNORE);
  use(more[0]);

  MPI_Comm_idup(ring, &more[1], &r[1]);
  MPI_Comm_idup(more[0], &more[2], &r[2]);
  MPI_Comm_idup(inter, &more[3], &r[3]);
  live_cut(0);
  MPI_Waitall(3, r + 1, MPI_STATUSES_IGNORE);
  LIVE_CHECK(copies == 1);
  MPI_Comm_get_attr(more[1], key, &value, &flag);
  LIVE_CHECK(flag && value == base + 1);
  MPI_Topo_test(more[1], &kind);
  LIVE_CHECK(kind == MPI_CART);
  MPI_Comm_idup(more[3], &more[4], &r[0]);
  MPI_Wait(&r[0], MPI_STATUS_IGNORE);
  for (int i = 0; i < 5; i++) use(more[i]);

  // A message on the new communicator is in flight before its receiver has taken the duplicate.
  MPI_Comm last;
  MPI_Request made, sent;
  MPI_Comm_idup(more[2], &last, &made);
  for (flag = 0; !flag;) MPI_Request_get_status(made, &flag, MPI_STATUS_IGNORE);
  if (live_rank != 1) MPI_Wait(&made, MPI_STATUS_IGNORE);
  if (live_rank == 0) MPI_Isend(&got, 1, MPI_INT, 1, 7, last, &sent);
  live_cut(1);
  if (live_rank == 1) {
    MPI_Wait(&made, MPI_STATUS_IGNORE);
    MPI_Recv(&got, 1, MPI_INT, 0, 7, last, MPI_STATUS_IGNORE);
  }
  if (live_rank == 0) MPI_Wait(&sent, MPI_STATUS_IGNORE);
  live_mix_int(got);
  for (int i = 0; i < 5; i++) use(more[i]);
  use(last);
  MPI_Comm_free(&last);
  for (int i = 0; i < 5; i++) MPI_Comm_free(&more[i]);
  MPI_Comm_free_keyval(&key);
  MPI_Comm_free(&ring);
  MPI_Comm_free(&inter);
  MPI_Comm_free(&local);
  return live_end();
}
