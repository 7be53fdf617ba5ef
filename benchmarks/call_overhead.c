// SPDX-License-Identifier: Apache-2.0
// What does one call cost that needs no other rank? Local queries, which need not cross, and calls that cross into the
// real MPI: a probe that finds nothing, a test of a pending receive, a send to nobody.
#include "bench.h"

#include <sys/auxv.h>

/// What no crossing can be cheaper than on this machine: a write of the FS base, an indirect call, and the way back.
static int nothing(int value) { return value; }
static int (*volatile door)(int) = nothing;
static int bare_crossing(unsigned long fs) {
  __asm__ volatile("wrfsbase %0" : : "r"(fs) : "memory");
  int value = door(0);
  __asm__ volatile("wrfsbase %0" : : "r"(fs) : "memory");
  return value;
}
static void measure_bare_crossing(int batches, int turns) {
  if ((getauxval(AT_HWCAP2) & 2) == 0) return;  // no FSGSBASE
  unsigned long fs;
  __asm__ volatile("rdfsbase %0" : "=r"(fs));
  BENCH_NANOSECONDS("bare_crossing", batches, turns, bare_crossing(fs));
}

int main(int argc, char** argv) {
  bench_start(&argc, &argv, 1);
  enum { batches = 31, turns = 100000 };
  int value = 0, flag = 0, in = 0;
  MPI_Comm comm;
  MPI_Request request;
  MPI_Comm_dup(MPI_COMM_WORLD, &comm);
  measure_bare_crossing(batches, turns);
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
