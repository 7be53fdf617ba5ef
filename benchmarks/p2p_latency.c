// SPDX-License-Identifier: Apache-2.0
// How long does a message take? An 8-byte ping-pong, a stream of 8-byte Isend/Irecv with 32 in flight, and the
// bandwidth of 1 MiB messages, between two ranks.
#include "bench.h"

enum { window = 32, large = 1 << 20 };

static void ping_pong(void* buffer, int bytes) {
  if (bench_rank == 0) {
    MPI_Send(buffer, bytes, MPI_BYTE, 1, 1, MPI_COMM_WORLD);
    MPI_Recv(buffer, bytes, MPI_BYTE, 1, 1, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
  } else if (bench_rank == 1) {
    MPI_Recv(buffer, bytes, MPI_BYTE, 0, 1, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
    MPI_Send(buffer, bytes, MPI_BYTE, 0, 1, MPI_COMM_WORLD);
  }
}

static void stream(long* values) {
  MPI_Request requests[window];
  for (int i = 0; i < window; i++) {
    if (bench_rank == 0) MPI_Isend(&values[i], 8, MPI_BYTE, 1, 2, MPI_COMM_WORLD, &requests[i]);
    else MPI_Irecv(&values[i], 8, MPI_BYTE, 0, 2, MPI_COMM_WORLD, &requests[i]);
  }
  MPI_Waitall(window, requests, MPI_STATUSES_IGNORE);
  if (bench_rank == 0) MPI_Recv(values, 0, MPI_BYTE, 1, 3, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
  else MPI_Send(values, 0, MPI_BYTE, 0, 3, MPI_COMM_WORLD);
}

static void print_median(const char* name, double* values, int count, const char* unit) {
  bench_print(name, bench_median(values, count), unit);
}

int main(int argc, char** argv) {
  bench_start(&argc, &argv, 2);
  enum { batches = 25 };
  long values[window] = {0};
  char* bytes = (char*)malloc(large);
  double times[batches];
  memset(bytes, 1, large);
  if (bench_rank > 1) {
    MPI_Finalize();
    return 0;
  }
  for (int b = -2; b < batches; b++) {
    double start = bench_seconds();
    for (int i = 0; i < 10000; i++) ping_pong(values, 8);
    if (b >= 0) times[b] = 1e9 * (bench_seconds() - start) / 20000;
  }
  print_median("pingpong_8", times, batches, "ns");
  for (int b = -2; b < batches; b++) {
    double start = bench_seconds();
    for (int i = 0; i < 500; i++) stream(values);
    if (b >= 0) times[b] = 1e9 * (bench_seconds() - start) / (500 * window);
  }
  print_median("stream_8", times, batches, "ns");
  for (int b = -2; b < batches; b++) {
    double start = bench_seconds();
    for (int i = 0; i < 20; i++) ping_pong(bytes, large);
    if (b >= 0) times[b] = 40.0 * large / (bench_seconds() - start) / 1e6;
  }
  print_median("bandwidth_1m", times, batches, "MB/s");
  free(bytes);
  MPI_Finalize();
  return 0;
}
