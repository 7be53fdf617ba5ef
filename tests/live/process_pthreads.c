// SPDX-License-Identifier: Apache-2.0
// Shows: threads that compute, sleep and wait for a condition at the cut go on after it.
// live: ranks=2 cuts=all
#include "lib/live.h"

#include <pthread.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static volatile int stop;
static int released;
static __thread long own;

static void* compute(void* result) {
  own = 5;
  double x = 1;
  while (!stop) x = x * 1.0000001 + (x > 2 ? -1 : 0);
  own += x >= 1;
  return (*(long*)result = own), NULL;
}

static void* wait_for_release(void* result) {
  own = 7;
  pthread_mutex_lock(&lock);
  while (!released) pthread_cond_wait(&changed, &lock);
  pthread_mutex_unlock(&lock);
  return (*(long*)result = own), NULL;
}

static void* nap(void* result) {
  own = 9;
  while (!stop) usleep(20000);
  return (*(long*)result = own), NULL;
}

int main(int argc, char** argv) {
  int provided = 0;
  MPI_Init_thread(&argc, &argv, MPI_THREAD_FUNNELED, &provided);
  live_begin(2);
  void* (*bodies[3])(void*) = {compute, wait_for_release, nap};
  pthread_t threads[3];
  long results[3] = {0};
  for (int i = 0; i < 3; i++) LIVE_CHECK(pthread_create(&threads[i], NULL, bodies[i], &results[i]) == 0);
  live_cut(0);
  MPI_Barrier(MPI_COMM_WORLD);
  stop = 1;
  pthread_mutex_lock(&lock);
  released = 1;
  pthread_cond_broadcast(&changed);
  pthread_mutex_unlock(&lock);
  for (int i = 0; i < 3; i++) LIVE_CHECK(pthread_join(threads[i], NULL) == 0);
  LIVE_CHECK(results[0] == 6 && results[1] == 7 && results[2] == 9);
  live_mix(results, sizeof results);
  pthread_t later;
  LIVE_CHECK(pthread_create(&later, NULL, nap, &results[0]) == 0 && pthread_join(later, NULL) == 0);
  return live_end();
}
