// SPDX-License-Identifier: Apache-2.0
// What does one call cost that needs no other rank? Local queries, which need not cross, and calls that cross into the
// real MPI: a probe that finds nothing, a test of a pending receive, a send to nobody.
#include "bench.h"

int main(int argc, char** argv) {
  bench_start(&argc, &argv, 1);
  enum { batches = 31, turns = 100000 };
  int value = 0, flag = 0, in = 0;
  MPI_Comm comm;
  MPI_Request request;
  MPI_Comm_dup(MPI_COMM_WORLD, &comm);
  BENCH_NANOSECONDS("comm_rank", batches, turns, MPI_Comm_rank(comm, &value));
  BENCH_NANOSECONDS("comm_size", batches, turns, MPI_Comm_size(comm, &value));
  BENCH_NANOSECONDS("type_size", batches, turns, MPI_Type_size(MPI_DOUBLE, &value));
  BENCH_NANOSECONDS("wtime", batches, turns, MPI_Wtime());
  BENCH_NANOSECONDS("initialized", batches, turns, MPI_Initialized(&flag));
  BENCH_NANOSECONDS("send_proc_null", batches, turns, MPI_Send(&value, 1, MPI_INT, MPI_PROC_NULL, 0, comm));
  BENCH_NANOSECONDS("iprobe_nothing", batches, turns, MPI_Iprobe(0, 1, comm, &flag, MPI_STATUS_IGNORE));
  MPI_Irecv(&in, 1, MPI_INT, bench_rank, 77, comm, &request);
  BENCH_NANOSECONDS("test_pending", batches, turns, MPI_Test(&request, &flag, MPI_STATUS_IGNORE));
  MPI_Cancel(&request);
  MPI_Wait(&request, MPI_STATUS_IGNORE);
  MPI_Comm_free(&comm);
  MPI_Finalize();
  return 0;
}
