// SPDX-License-Identifier: Apache-2.0
// Shows: threads that wait in MPI_Probe and MPI_Mprobe leave the processor and the tables to those that send and receive: what they wait for
// comes after many messages of another thread.
// live: ranks=2 cuts=all
#include "lib/live.h"

#include <pthread.h>

enum { rounds = 1500, probed_tag = 1, matched_tag = 2, count_tag = 3 };
static int other;
static MPI_Comm comms[3];

static void* probe(void* unused) {
  MPI_Status status;
  int value = 0;
  MPI_Probe(other, probed_tag, comms[0], &status);
  MPI_Recv(&value, 1, MPI_INT, status.MPI_SOURCE, status.MPI_TAG, comms[0], MPI_STATUS_IGNORE);
  LIVE_CHECK(value == rounds + other);
  return unused;
}

static void* probe_matched(void* unused) {
  MPI_Message message;
  int value = 0;
  MPI_Mprobe(MPI_ANY_SOURCE, matched_tag, comms[1], &message, MPI_STATUS_IGNORE);
  MPI_Mrecv(&value, 1, MPI_INT, &message, MPI_STATUS_IGNORE);
  LIVE_CHECK(value == 2 * rounds + other);
  return unused;
}

int main(int argc, char** argv) {
  int provided = 0;
  pthread_t threads[2];
  MPI_Init_thread(&argc, &argv, MPI_THREAD_MULTIPLE, &provided);
  live_begin(2);
  LIVE_CHECK(provided == MPI_THREAD_MULTIPLE);
  other = live_rank ^ 1;
  for (int i = 0; i < 3; i++) MPI_Comm_dup(MPI_COMM_WORLD, &comms[i]);
  LIVE_CHECK(pthread_create(&threads[0], NULL, probe, NULL) == 0);
  LIVE_CHECK(pthread_create(&threads[1], NULL, probe_matched, NULL) == 0);
  live_cut(0);
  for (int i = 0; i < rounds; i++) {
    int got = -1;
    MPI_Request requests[2];
    MPI_Irecv(&got, 1, MPI_INT, other, count_tag, comms[2], &requests[0]);
    MPI_Isend(&i, 1, MPI_INT, other, count_tag, comms[2], &requests[1]);
    MPI_Waitall(2, requests, MPI_STATUSES_IGNORE);
    LIVE_CHECK(got == i);
    live_mix_int(got);
  }
  int once = rounds + live_rank, twice = 2 * rounds + live_rank;
  MPI_Send(&once, 1, MPI_INT, other, probed_tag, comms[0]);
  MPI_Send(&twice, 1, MPI_INT, other, matched_tag, comms[1]);
  for (int i = 0; i < 2; i++) pthread_join(threads[i], NULL);
  for (int i = 0; i < 3; i++) MPI_Comm_free(&comms[i]);
  return live_end();
}
