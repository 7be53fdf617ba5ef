// SPDX-License-Identifier: Apache-2.0
// Shows: Bcast of small, large and derived data from every root.
// live: ranks=3 cuts=all
#include "lib/live.h"

static void all_roots(MPI_Comm comm, MPI_Datatype column) {
  enum { n = 40 };
  static double matrix[n][n];
  static char large[500000];
  int rank, size;
  MPI_Comm_rank(comm, &rank);
  MPI_Comm_size(comm, &size);
  for (int root = 0; root < size; root++) {
    memset(matrix, 0, sizeof matrix);
    for (int i = 0; rank == root && i < n; i++) matrix[i][5] = i + 100.0 * root;
    MPI_Bcast(&matrix[0][5], 1, column, root, comm);
    LIVE_CHECK(matrix[n - 1][5] == n - 1 + 100.0 * root && matrix[1][4] == 0);
    live_fill(large, sizeof large, rank == root ? 4 : 5);
    MPI_Bcast(large, sizeof large, MPI_BYTE, root, comm);
    LIVE_CHECK(live_has_fill(large, sizeof large, 4));
    live_mix(matrix, sizeof matrix);
  }
}

int main(int argc, char** argv) {
  live_start(&argc, &argv, 3);
  MPI_Comm reversed;
  MPI_Datatype column;
  MPI_Comm_split(MPI_COMM_WORLD, 0, -live_rank, &reversed);
  MPI_Type_vector(40, 1, 40, MPI_DOUBLE, &column);
  MPI_Type_commit(&column);
  all_roots(MPI_COMM_WORLD, column);
  live_cut(0);
  all_roots(reversed, column);
  all_roots(MPI_COMM_WORLD, column);
  MPI_Type_free(&column);
  MPI_Comm_free(&reversed);
  return live_end();
}
