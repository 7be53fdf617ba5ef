// SPDX-License-Identifier: Apache-2.0
// Shows: packed bytes of a derived type, sent as MPI_PACKED and in flight, unpack after a restart.
// live: ranks=2 cuts=all
#include "lib/live.h"

int main(int argc, char** argv) {
  live_start(&argc, &argv, 2);
  double matrix[10][10], back[10][10];
  for (int i = 0; i < 100; i++) matrix[i / 10][i % 10] = i + 0.25 * live_rank, back[i / 10][i % 10] = 0;
  int peer = live_rank ^ 1, place = 0, room = 0, more = 0, header = 7 + live_rank;
  MPI_Datatype column;
  MPI_Type_vector(10, 1, 10, MPI_DOUBLE, &column);
  MPI_Type_commit(&column);
  MPI_Pack_size(1, MPI_INT, MPI_COMM_WORLD, &room);
  MPI_Pack_size(2, column, MPI_COMM_WORLD, &more);
  room += more;
  char* bytes = (char*)malloc((size_t)room);
  MPI_Pack(&header, 1, MPI_INT, bytes, room, &place, MPI_COMM_WORLD);
  MPI_Pack(&matrix[0][3], 1, column, bytes, room, &place, MPI_COMM_WORLD);
  MPI_Send(bytes, place, MPI_PACKED, peer, 1, MPI_COMM_WORLD);
  live_cut(0);
  MPI_Recv(bytes, room, MPI_PACKED, peer, 1, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
  place = 0;
  MPI_Unpack(bytes, room, &place, &header, 1, MPI_INT, MPI_COMM_WORLD);
  MPI_Unpack(bytes, room, &place, &back[0][5], 1, column, MPI_COMM_WORLD);
  LIVE_CHECK(header == 7 + peer);
  for (int i = 0; i < 10; i++) LIVE_CHECK(back[i][5] == 10 * i + 3 + 0.25 * peer && back[i][4] == 0);
  live_mix(back, sizeof back);
  MPI_Type_free(&column);
  free(bytes);
  return live_end();
}
