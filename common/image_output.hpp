// SPDX-License-Identifier: Apache-2.0
// The data of an image on its way to the disk: written by a thread of its own while the next part is looked through, past
// the page cache where the file system allows that (O_DIRECT), straight from where it lies.
#pragma once

#include <sys/uio.h>

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace mana {

/// Whole pages for one place in the file. The bytes must stay as they are until Output::settle().
struct OutputBatch {
  std::vector<iovec> parts;
  std::uint64_t offset = 0;      ///< in the file, a multiple of the page size
  std::shared_ptr<void> memory;  ///< kept until the batch is written
};

/// Not thread-safe; its own thread has all signals blocked.
class Output {
 public:
  /// `fd`: open for writing; `path`: the same file, opened once more for direct writing. Both must outlive this.
  Output(int fd, const char* path);
  ~Output();
  Output(const Output&) = delete;

  /// Hands over a batch; waits while `depth` others are under way. False: an earlier one has failed, see settle().
  bool put(OutputBatch batch);
  /// Waits until everything is with the kernel. Returns 0 or the errno of the first failure.
  int settle();

 private:
  static constexpr std::size_t depth = 2;
  void run();
  int write_batch(OutputBatch& batch);

  const int fd_;
  int direct_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<OutputBatch> queue_;
  bool writing_ = false, ending_ = false;
  int error_ = 0;
  std::thread thread_;
};

}  // namespace mana
