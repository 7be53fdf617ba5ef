// SPDX-License-Identifier: Apache-2.0
// Shows: MPI_Waitall without statuses of receives alone, some complete and some not when a checkpoint comes: of one envelope, of several, by wildcard, large
// and small; then of receives and sends together.
// live: ranks=2 cuts=one,one,one,one
#include "lib/live.h"

enum { messages = 20, large = 50000 };
static int in[messages][large], out[messages][large];

static int length_of(int round, int i) { return round == 2 && i % 3 == 0 ? large : 1 + i; }
static int tag_of(int round, int i) { return round == 0 ? 7 : 20 + i / 2; }

static void fill(int round, int i) {
  for (int k = 0; k < large; k++) out[i][k] = round * 1000000 + i * 50021 + k;
}

static void check_all(int round) {
  for (int i = 0; i < messages; i++) {
    for (int k = 0; k < length_of(round, i); k++) LIVE_CHECK(in[i][k] == round * 1000000 + i * 50021 + k);
    live_mix(in[i], 4 * (size_t)length_of(round, i));
  }
}

/// Rank 0 sends half of the messages, comes to the cut place and sends the others.
static void receives_alone(int round) {
  memset(in, 0, sizeof in);
  if (live_rank == 0) {
    MPI_Request sent[messages];
    for (int i = 0; i < messages; i++) {
      if (i == messages / 2) live_cut_one(round);
      fill(round, i);
      MPI_Isend(out[i], length_of(round, i), MPI_INT, 1, tag_of(round, i), MPI_COMM_WORLD, &sent[i]);
    }
    LIVE_CHECK(MPI_Waitall(messages, sent, MPI_STATUSES_IGNORE) == 0);
  } else {
    MPI_Request r[messages];
    for (int i = 0; i < messages; i++)
      MPI_Irecv(in[i], length_of(round, i), MPI_INT, round == 1 ? MPI_ANY_SOURCE : 0, tag_of(round, i), MPI_COMM_WORLD, &r[i]);
    LIVE_CHECK(MPI_Waitall(messages, r, MPI_STATUSES_IGNORE) == 0);
    for (int i = 0; i < messages; i++) LIVE_CHECK(r[i] == MPI_REQUEST_NULL);
    check_all(round);
  }
}

static void receives_and_sends(int round) {
  MPI_Request r[2 * messages];
  memset(in, 0, sizeof in);
  for (int i = 0; i < messages; i++) {
    fill(round, i);
    MPI_Irecv(in[i], length_of(round, i), MPI_INT, 1 - live_rank, tag_of(round, i), MPI_COMM_WORLD, &r[2 * i]);
    if (live_rank == 0 && i == messages / 2) live_cut_one(round);
    MPI_Isend(out[i], length_of(round, i), MPI_INT, 1 - live_rank, tag_of(round, i), MPI_COMM_WORLD, &r[2 * i + 1]);
  }
  LIVE_CHECK(MPI_Waitall(2 * messages, r, MPI_STATUSES_IGNORE) == 0);
  for (int i = 0; i < 2 * messages; i++) LIVE_CHECK(r[i] == MPI_REQUEST_NULL);
  check_all(round);
}

int main(int argc, char** argv) {
  live_start(&argc, &argv, 2);
  for (int round = 0; round < 3; round++) receives_alone(round);
  receives_and_sends(3);
  return live_end();
}
