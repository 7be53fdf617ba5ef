// SPDX-License-Identifier: Apache-2.0
// Shows: MPI_Isendrecv and MPI_Isendrecv_replace are pending at the cut, on both sides and with a message that nobody has sent yet;
// natively without them two requests take their place.
// live: ranks=2 cuts=all,all abi
#include "lib/newer.h"

enum { length = 3000 };
static int out[length], in[length], both[length], aside[length];

static void exchange(int peer, MPI_Request pair[2]) {
  if (live_has(MPI_Isendrecv))
    MPI_Isendrecv(out, length, MPI_INT, peer, 1, in, length, MPI_INT, peer, 1, MPI_COMM_WORLD, &pair[0]);
  else {
    MPI_Irecv(in, length, MPI_INT, peer, 1, MPI_COMM_WORLD, &pair[0]);
    MPI_Isend(out, length, MPI_INT, peer, 1, MPI_COMM_WORLD, &pair[1]);
  }
}

static void replace(int peer, MPI_Request pair[2]) {
  if (live_has(MPI_Isendrecv_replace))
    MPI_Isendrecv_replace(both, length, MPI_INT, peer, 2, peer, 2, MPI_COMM_WORLD, &pair[0]);
  else {
    memcpy(aside, both, sizeof both);
    MPI_Irecv(both, length, MPI_INT, peer, 2, MPI_COMM_WORLD, &pair[0]);
    MPI_Isend(aside, length, MPI_INT, peer, 2, MPI_COMM_WORLD, &pair[1]);
  }
}

static void fill(int turn) {
  for (int i = 0; i < length; i++) {
    out[i] = i * 3 + live_rank + turn;
    both[i] = i * 5 + live_rank + turn;
  }
}

static void check(int peer, int turn) {
  for (int i = 0; i < length; i++) LIVE_CHECK(in[i] == i * 3 + peer + turn && both[i] == i * 5 + peer + turn);
  live_mix(in, sizeof in);
  live_mix(both, sizeof both);
}

int main(int argc, char** argv) {
  live_start(&argc, &argv, 2);
  int peer = live_rank ^ 1;
  for (int turn = 0; turn < 2; turn++) {
    MPI_Request requests[4] = {MPI_REQUEST_NULL, MPI_REQUEST_NULL, MPI_REQUEST_NULL, MPI_REQUEST_NULL};
    fill(turn);
    if (turn == 0 || live_rank == 0) exchange(peer, requests);
    if (turn == 0 || live_rank == 0) replace(peer, requests + 2);
    live_cut(turn);
    if (turn == 1 && live_rank == 1) {
      exchange(peer, requests);
      replace(peer, requests + 2);
    }
    MPI_Waitall(4, requests, MPI_STATUSES_IGNORE);  // MPICH 4.0 leaves the status of MPI_Isendrecv unset
    check(peer, turn);
  }
  return live_end();
}
