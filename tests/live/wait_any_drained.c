// SPDX-License-Identifier: Apache-2.0
// Shows: receives that the cut has completed, and messages that it has received before their receives were posted, come out of Waitany, Waitsome,
// Testany and Testsome once each (mana #288); receives posted and cancelled beside them do not (mana #189).
// live: ranks=2 cuts=all
#include "lib/live.h"

enum { each = 4, total = 4 * each };

static int in[2 * total], seen[2 * total];

static void take(int index, const MPI_Status* status) {
  LIVE_CHECK(index >= 0 && index < 2 * total && status->MPI_TAG == index && !seen[index]);
  LIVE_CHECK(in[index] == 100 * (live_rank ^ 1) + index);
  seen[index] = 1;
}

static void complete_by(int way, MPI_Request* requests, int first) {
  int done = 0, index, flag, some, list[each];
  MPI_Status status, statuses[each];
  while (done < each) {
    if (way == 0) MPI_Waitany(each, requests, &index, &status), some = 1, list[0] = index, statuses[0] = status;
    if (way == 1) MPI_Waitsome(each, requests, &some, list, statuses);
    if (way == 2) MPI_Testany(each, requests, &index, &flag, &status), some = flag, list[0] = index, statuses[0] = status;
    if (way == 3) MPI_Testsome(each, requests, &some, list, statuses);
    LIVE_CHECK(some != MPI_UNDEFINED);
    for (int i = 0; i < some; i++) take(first + list[i], &statuses[i]);
    done += some;
  }
  MPI_Waitany(each, requests, &index, &status);
  LIVE_CHECK(index == MPI_UNDEFINED);
}

int main(int argc, char** argv) {
  live_start(&argc, &argv, 2);
  int out[2 * total], peer = live_rank ^ 1, cancelled = 0;
  MPI_Request sends[2 * total], requests[2 * total], never[2];
  MPI_Status status;
  for (int i = 0; i < 2; i++) MPI_Irecv(&out[0], 1, MPI_INT, peer, 900 + i, MPI_COMM_WORLD, &never[i]);
  for (int i = 0; i < total; i++) MPI_Irecv(&in[i], 1, MPI_INT, i % 2 ? peer : MPI_ANY_SOURCE, i, MPI_COMM_WORLD, &requests[i]);
  for (int i = 0; i < 2 * total; i++) {
    out[i] = 100 * live_rank + i;
    MPI_Isend(&out[i], 1, MPI_INT, peer, i, MPI_COMM_WORLD, &sends[i]);
  }
  MPI_Cancel(&never[0]);
  live_cut(0);
  for (int i = total; i < 2 * total; i++) MPI_Irecv(&in[i], 1, MPI_INT, MPI_ANY_SOURCE, i, MPI_COMM_WORLD, &requests[i]);
  MPI_Cancel(&never[1]);
  for (int way = 0; way < 8; way++) complete_by(way % 4, &requests[each * way], each * way);
  for (int i = 0; i < 2; i++) {
    MPI_Wait(&never[i], &status);
    MPI_Test_cancelled(&status, &cancelled);
    LIVE_CHECK(cancelled);
  }
  MPI_Waitall(2 * total, sends, MPI_STATUSES_IGNORE);
  for (int i = 0; i < 2 * total; i++) LIVE_CHECK(seen[i]);
  live_mix(in, sizeof in);
  return live_end();
}
