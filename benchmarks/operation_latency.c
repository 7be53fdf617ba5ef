// SPDX-License-Identifier: Apache-2.0
// What do other ways of communicating cost between two ranks? An 8-byte ping-pong by persistent requests, MPI_Put with MPI_Win_flush,
// lock epochs with a put, and MPI_Waitall over 64 requests.
#include "bench.h"

enum { batches = 25, many = 64 };

static void persistent_ping_pong(MPI_Request pair[2]) {
  MPI_Start(&pair[bench_rank]);
  MPI_Wait(&pair[bench_rank], MPI_STATUS_IGNORE);
  MPI_Start(&pair[1 - bench_rank]);
  MPI_Wait(&pair[1 - bench_rank], MPI_STATUS_IGNORE);
}

static void waitall(long* values) {
  MPI_Request requests[many];
  for (int i = 0; i < many / 2; i++) {
    MPI_Irecv(&values[i], 8, MPI_BYTE, 1 - bench_rank, i, MPI_COMM_WORLD, &requests[i]);
    MPI_Isend(&values[many / 2 + i], 8, MPI_BYTE, 1 - bench_rank, i, MPI_COMM_WORLD, &requests[many / 2 + i]);
  }
  MPI_Waitall(many, requests, MPI_STATUSES_IGNORE);
}

static void lock_epochs(const char* name, MPI_Win win) {
  long origin = 1;
  BENCH_NANOSECONDS(name, batches, 200, {
    MPI_Win_lock(MPI_LOCK_EXCLUSIVE, 1, 0, win);
    MPI_Put(&origin, 1, MPI_LONG, 1, 0, 1, MPI_LONG, win);
    MPI_Win_unlock(1, win);
  });
}

/// Rank 0 accesses rank 1, which makes progress in a barrier meanwhile, as most programs do. A lock may cost more on a window that has been
/// locked as a whole before.
static void measure_window(long* values) {
  MPI_Win win;
  MPI_Win_create(values, many * sizeof(long), sizeof(long), MPI_INFO_NULL, MPI_COMM_WORLD, &win);
  long origin = 1;
  if (bench_rank == 0) {
    lock_epochs("lock_put_unlock", win);
    MPI_Win_lock_all(0, win);
    BENCH_NANOSECONDS("put_flush_8", batches, 1000, {
      MPI_Put(&origin, 1, MPI_LONG, 1, 0, 1, MPI_LONG, win);
      MPI_Win_flush(1, win);
    });
    MPI_Win_unlock_all(win);
    lock_epochs("lock_after_all", win);
  }
  MPI_Barrier(MPI_COMM_WORLD);
  MPI_Win_free(&win);
}

int main(int argc, char** argv) {
  bench_start(&argc, &argv, 2);
  static long values[many];
  MPI_Request pair[2];
  MPI_Send_init(values, 8, MPI_BYTE, 1 - bench_rank, 1, MPI_COMM_WORLD, &pair[0]);
  MPI_Recv_init(values + 1, 8, MPI_BYTE, 1 - bench_rank, 1, MPI_COMM_WORLD, &pair[1]);
  BENCH_NANOSECONDS("persistent_8", batches, 5000, persistent_ping_pong(pair));
  BENCH_NANOSECONDS("waitall_64", batches, 500, waitall(values));
  measure_window(values);
  for (int i = 0; i < 2; i++) MPI_Request_free(&pair[i]);
  MPI_Finalize();
  return 0;
}
