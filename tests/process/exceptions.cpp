// SPDX-License-Identifier: Apache-2.0
// Shows: C++ exceptions across shared libraries, one opened before the cut and one after it; std::thread, recursive_mutex, shared_mutex.
// process: cuts=1
// state: Programs | C++: exceptions across shared libraries, std::thread, futures, locks | kept
// state: Programs | dlopen and dlclose before and after a restart, with thread-local storage of the library | kept
#include "fact.h"

#include <dlfcn.h>

#include <future>
#include <mutex>
#include <shared_mutex>
#include <stdexcept>
#include <string>
#include <thread>

using Thrower = void (*)(int, int (*)(int));
using Counter = int (*)();

static std::string library_path() {
  char path[4096];
  ssize_t n = readlink("/proc/self/exe", path, sizeof path);
  CHECK(n > 0);
  std::string own(path, static_cast<size_t>(n));
  return own.substr(0, own.rfind('/')) + "/libexceptions_thrower.so";
}

static int twice(int n) {
  if (n > 5) throw std::out_of_range("more than 5");
  return 2 * n;
}

/// A library that throws through our function and is caught in ours.
static std::string caught(void* library, int n) {
  auto run = reinterpret_cast<Thrower>(dlsym(library, "throw_sum"));
  CHECK(run != nullptr);
  try {
    run(n, twice);
  } catch (const std::runtime_error& e) { return e.what(); } catch (const std::logic_error& e) {
    return e.what();
  }
  return "nothing";
}

int main() {
  std::string path = library_path();
  void* before = dlopen(path.c_str(), RTLD_NOW);
  CHECK(before != nullptr && caught(before, 3) == "sum 6");
  auto count = reinterpret_cast<Counter>(dlsym(before, "count_here"));
  CHECK(count() == 1);
  std::recursive_mutex held;
  std::shared_mutex written;
  std::promise<int> go;
  std::future<int> went = go.get_future();
  std::unique_lock<std::recursive_mutex> one(held);
  std::unique_lock<std::shared_mutex> writer(written);
  int in_thread = 0;
  std::thread thread([&] {
    in_thread = went.get();
    std::lock_guard<std::recursive_mutex> mine(held);
    std::lock_guard<std::recursive_mutex> again(held);
    std::shared_lock<std::shared_mutex> reader(written);
    CHECK(count() == 1 && caught(before, 9) == "more than 5");
  });
  int depth = 0;
  try {
    throw std::string("in flight");
  } catch (const std::string& text) {
    cut(0);  // an exception is being handled here
    CHECK(text == "in flight");
    ++depth;
  }
  CHECK(depth == 1 && count() == 2 && caught(before, 9) == "more than 5");
  held.lock();
  held.unlock();
  go.set_value(7);
  writer.unlock();
  one.unlock();
  thread.join();
  void* own = dlmopen(LM_ID_BASE, "libutil.so.1", RTLD_NOW);
  CHECK(in_thread == 7 && own != nullptr && dlclose(own) == 0 && dlclose(before) == 0);
  void* after = dlopen(path.c_str(), RTLD_NOW);
  CHECK(after != nullptr && caught(after, 4) == "sum 8" && dlclose(after) == 0);
  return pass();
}
