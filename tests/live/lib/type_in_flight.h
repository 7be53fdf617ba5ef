// SPDX-License-Identifier: Apache-2.0
// Shared by the programs about derived types: messages of one type are in flight and posted while the cut hits.
#ifndef MANA_TESTS_TYPE_IN_FLIGHT_H
#define MANA_TESTS_TYPE_IN_FLIGHT_H

#include "live.h"

/// Ranks 0 and 1 exchange `count` of `type` (spanning at most `bytes` bytes from the buffer's start): one message is
/// sent and not received at the cut, one receive is posted and unmatched, and the type is used again after the cut.
LIVE_FUNCTION void type_in_flight(MPI_Datatype type, int count, size_t bytes) {
  enum { in_flight_tag = 11, posted_tag = 12, later_tag = 13 };
  char* out = (char*)malloc(bytes);
  char* in = (char*)calloc(3, bytes);
  LIVE_CHECK(out && in);
  live_fill(out, bytes, (uint64_t)live_rank + 7);
  int peer = live_rank ^ 1;
  MPI_Request sent, posted;
  MPI_Isend(out, count, type, peer, in_flight_tag, MPI_COMM_WORLD, &sent);
  MPI_Irecv(in + bytes, count, type, peer, posted_tag, MPI_COMM_WORLD, &posted);
  live_cut(0);
  MPI_Status status;
  MPI_Recv(in, count, type, peer, in_flight_tag, MPI_COMM_WORLD, &status);
  int received = -1, type_size = 0;
  MPI_Get_count(&status, type, &received);
  LIVE_CHECK(received == count);
  MPI_Wait(&sent, MPI_STATUS_IGNORE);
  MPI_Send(out, count, type, peer, posted_tag, MPI_COMM_WORLD);
  MPI_Wait(&posted, MPI_STATUS_IGNORE);
  MPI_Sendrecv(out, count, type, peer, later_tag, in + 2 * bytes, count, type, peer, later_tag, MPI_COMM_WORLD,
               MPI_STATUS_IGNORE);
  LIVE_CHECK(memcmp(in, in + bytes, bytes) == 0 && memcmp(in, in + 2 * bytes, bytes) == 0);
  MPI_Type_size(type, &type_size);
  live_mix_int(type_size);
  live_mix(in, bytes);
  free(out);
  free(in);
}

#endif
