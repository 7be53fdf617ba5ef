// SPDX-License-Identifier: Apache-2.0
// Shows: MPI_Request_get_status_all, _any and _some look at receives that are pending at the cut, and at what has arrived after it,
// and take nothing away; natively without them MPI_Request_get_status looks at each.
// live: ranks=2 cuts=all abi
#include "lib/newer.h"

enum { many = 4 };
static MPI_Request requests[many];

static int complete(int i) {
  int flag = 0;
  MPI_Request_get_status(requests[i], &flag, MPI_STATUS_IGNORE);
  return flag;
}

static void expect_none(void) {
  int flag = 1, index = 0, count = -1, indices[many];
  MPI_Status statuses[many];
  if (!live_has(MPI_Request_get_status_all)) {
    for (int i = 0; i < many; i++) LIVE_CHECK(!complete(i));
    return;
  }
  MPI_Request_get_status_all(many, requests, &flag, statuses);
  LIVE_CHECK(!flag);
  MPI_Request_get_status_any(many, requests, &index, &flag, statuses);
  LIVE_CHECK(!flag && index == MPI_UNDEFINED);
  MPI_Request_get_status_some(many, requests, &count, indices, statuses);
  LIVE_CHECK(count == 0);
}

/// The third one has arrived, and nothing else.
static void expect_third(void) {
  int flag = 0, index = -1, count = 0, indices[many];
  MPI_Status statuses[many];
  if (!live_has(MPI_Request_get_status_all)) {
    while (!complete(2)) {}
    LIVE_CHECK(!complete(0) && !complete(1) && !complete(3));
    return;
  }
  while (!flag) MPI_Request_get_status_any(many, requests, &index, &flag, &statuses[0]);
  LIVE_CHECK(index == 2 && statuses[0].MPI_TAG == 12);
  MPI_Request_get_status_some(many, requests, &count, indices, statuses);
  LIVE_CHECK(count == 1 && indices[0] == 2 && statuses[0].MPI_TAG == 12);
  MPI_Request_get_status_all(many, requests, &flag, statuses);
  LIVE_CHECK(!flag);
}

static void expect_all(void) {
  int flag = 0;
  MPI_Status statuses[many];
  if (live_has(MPI_Request_get_status_all)) {
    while (!flag) MPI_Request_get_status_all(many, requests, &flag, statuses);
    for (int i = 0; i < many; i++) LIVE_CHECK(statuses[i].MPI_TAG == 10 + i);
  } else {
    for (int i = 0; i < many; i++) while (!complete(i)) {}
  }
}

int main(int argc, char** argv) {
  live_start(&argc, &argv, 2);
  int peer = live_rank ^ 1, values[many], order[many] = {2, 0, 3, 1}, go;
  for (int i = 0; i < many; i++) MPI_Irecv(&values[i], 1, MPI_INT, peer, 10 + i, MPI_COMM_WORLD, &requests[i]);
  expect_none();
  live_cut(0);
  expect_none();
  for (int turn = 0; turn < many; turn++) {
    int value = 100 * order[turn] + live_rank;
    MPI_Sendrecv(&turn, 1, MPI_INT, peer, 1, &go, 1, MPI_INT, peer, 1, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
    MPI_Send(&value, 1, MPI_INT, peer, 10 + order[turn], MPI_COMM_WORLD);
    if (turn == 0) expect_third();
  }
  expect_all();
  MPI_Waitall(many, requests, MPI_STATUSES_IGNORE);
  for (int i = 0; i < many; i++) LIVE_CHECK(values[i] == 100 * i + peer);
  live_mix(values, sizeof values);
  return live_end();
}
