// SPDX-License-Identifier: Apache-2.0
// Shows: std::thread, mutex, condition_variable, future and thread_local at work across the cut.
// live: ranks=2 cuts=all
#include "lib/live.h"

#include <atomic>
#include <condition_variable>
#include <future>
#include <mutex>
#include <thread>
#include <vector>

thread_local long own = 3;

int main(int argc, char** argv) {
  int provided = 0;
  MPI_Init_thread(&argc, &argv, MPI_THREAD_FUNNELED, &provided);
  live_begin(2);
  std::mutex lock;
  std::condition_variable changed;
  bool go = false;
  std::atomic<long> sum{0};
  std::promise<int> promise;
  std::future<int> future = std::async(std::launch::async, [&] { return promise.get_future().get() + 1; });
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; i++)
    threads.emplace_back([&, i] {
      own += i;
      std::unique_lock hold(lock);
      changed.wait(hold, [&] { return go; });
      sum += own;
    });
  live_cut(0);
  {
    std::lock_guard hold(lock);
    go = true;
  }
  changed.notify_all();
  for (auto& thread : threads) thread.join();
  promise.set_value(41);
  LIVE_CHECK(future.get() == 42 && sum == 18 && own == 3);
  live_mix_int(sum);
  return live_end();
}
