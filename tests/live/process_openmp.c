// SPDX-License-Identifier: Apache-2.0
// Shows: an OpenMP team made before the cut computes on after it.
// live: ranks=2 cuts=all
#include "lib/live.h"

#include <omp.h>

static double private_value;
#pragma omp threadprivate(private_value)

static double sum(int n) {
  double total = 0;
#pragma omp parallel for reduction(+ : total) num_threads(3) schedule(static)
  for (int i = 0; i < n; i++) total += i * 0.5;
  return total;
}

int main(int argc, char** argv) {
  int provided = 0;
  MPI_Init_thread(&argc, &argv, MPI_THREAD_FUNNELED, &provided);
  live_begin(2);
  omp_set_dynamic(0);
#pragma omp parallel num_threads(3)
  private_value = omp_get_thread_num() + 10.0;
  LIVE_CHECK(sum(1000) == 249750);
  live_cut(0);
  int wrong = 0;
#pragma omp parallel num_threads(3) reduction(+ : wrong)
  wrong += private_value != omp_get_thread_num() + 10.0;
  LIVE_CHECK(wrong == 0 && sum(2000) == 999500);
  double mine = sum(100 * (live_rank + 1)), all = 0;
  MPI_Allreduce(&mine, &all, 1, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD);
  live_mix(&all, sizeof all);
  return live_end();
}
