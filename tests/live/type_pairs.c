// SPDX-License-Identifier: Apache-2.0
// Shows: every predefined C type, the pair types too, in flight as itself.
// live: ranks=2 cuts=all
#include "lib/live.h"

int main(int argc, char** argv) {
  live_start(&argc, &argv, 2);
  MPI_Datatype types[] = {
      MPI_CHAR, MPI_SIGNED_CHAR, MPI_UNSIGNED_CHAR, MPI_BYTE, MPI_WCHAR, MPI_SHORT, MPI_UNSIGNED_SHORT, MPI_INT,
      MPI_UNSIGNED, MPI_LONG, MPI_UNSIGNED_LONG, MPI_LONG_LONG, MPI_UNSIGNED_LONG_LONG, MPI_FLOAT, MPI_DOUBLE,
      MPI_LONG_DOUBLE, MPI_C_BOOL, MPI_C_FLOAT_COMPLEX, MPI_C_DOUBLE_COMPLEX, MPI_INT8_T, MPI_INT16_T, MPI_INT32_T,
      MPI_INT64_T, MPI_UINT8_T, MPI_UINT16_T, MPI_UINT32_T, MPI_UINT64_T, MPI_AINT, MPI_OFFSET, MPI_COUNT,
      MPI_FLOAT_INT, MPI_DOUBLE_INT, MPI_LONG_INT, MPI_2INT, MPI_SHORT_INT, MPI_PACKED};
  enum { n = sizeof types / sizeof types[0], room = 64 };
  static char out[n][room], in[n][room];
  int peer = live_rank ^ 1;
  for (int i = 0; i < n; i++) {
    live_fill(out[i], room, (uint64_t)(i + 50 * live_rank));
    MPI_Send(out[i], 2, types[i], peer, i, MPI_COMM_WORLD);
  }
  live_cut(0);
  for (int i = n - 1; i >= 0; i--) {
    MPI_Status status;
    int count = 0, size = 0;
    MPI_Recv(in[i], 2, types[i], peer, i, MPI_COMM_WORLD, &status);
    MPI_Get_count(&status, types[i], &count);
    MPI_Type_size(types[i], &size);
    LIVE_CHECK(count == 2 && size > 0);
    live_mix_int(size);
    if (types[i] != MPI_LONG_DOUBLE) live_mix(in[i], (size_t)(size < 4 ? size : 4));
  }
  return live_end();
}
