// SPDX-License-Identifier: Apache-2.0
#include "common/image_output.hpp"

#include <fcntl.h>
#include <limits.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "common/quiet_thread.hpp"

namespace mana {
namespace {

/// Goes on after what `put` bytes have taken off `parts`, from `first` on.
void advance(std::vector<iovec>& parts, std::size_t& first, std::size_t put) {
  while (put > 0) {
    const std::size_t step = std::min(put, parts[first].iov_len);
    parts[first].iov_base = static_cast<char*>(parts[first].iov_base) + step;
    parts[first].iov_len -= step;
    put -= step;
    if (parts[first].iov_len == 0) ++first;
  }
}

/// What a file system or a kind of memory says that has no direct writing: the page cache takes it.
bool refuses_direct(int number) { return number == EINVAL || number == EFAULT || number == EOPNOTSUPP || number == EIO; }

}  // namespace

Output::Output(int fd, const char* path) : fd_(fd), direct_(open(path, O_WRONLY | O_DIRECT | O_CLOEXEC | O_NOFOLLOW)) {
  thread_ = quiet_thread([this] { run(); });
}

Output::~Output() {
  {
    std::lock_guard lock(mutex_);
    ending_ = true;
    queue_.clear();
  }
  changed_.notify_all();
  thread_.join();
  if (direct_ >= 0) close(direct_);
}

bool Output::put(OutputBatch batch) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return queue_.size() < depth || error_ != 0; });
  if (error_ != 0) return false;
  queue_.push_back(std::move(batch));
  changed_.notify_all();
  return true;
}

int Output::settle() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return (queue_.empty() && !writing_) || error_ != 0; });
  return error_;
}

void Output::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [&] { return !queue_.empty() || ending_; });
    if (queue_.empty()) return;
    OutputBatch batch = std::move(queue_.front());
    queue_.pop_front();
    writing_ = true;
    lock.unlock();
    const int error = write_batch(batch);
    batch = {};
    lock.lock();
    writing_ = false;
    if (error_ == 0) error_ = error;
    if (error_ != 0) queue_.clear();
    changed_.notify_all();
  }
}

int Output::write_batch(OutputBatch& batch) {
  std::uint64_t written = 0;
  bool direct = direct_ >= 0;
  for (std::size_t first = 0; first < batch.parts.size();) {
    const int count = static_cast<int>(std::min<std::size_t>(batch.parts.size() - first, IOV_MAX));
    const ssize_t put = pwritev(direct ? direct_ : fd_, &batch.parts[first], count, static_cast<off_t>(batch.offset + written));
    if (put < 0 && errno == EINTR) continue;
    if (direct && (put <= 0 || put % 512 != 0) && (put >= 0 || refuses_direct(errno))) {
      direct = false;  // for this batch; what a short write has left is written again
      continue;
    }
    if (put <= 0) return put < 0 ? errno : ENOSPC;
    written += static_cast<std::uint64_t>(put);
    advance(batch.parts, first, static_cast<std::size_t>(put));
  }
  if (!direct) sync_file_range(fd_, static_cast<off_t>(batch.offset), static_cast<off_t>(written), SYNC_FILE_RANGE_WRITE);
  return 0;
}

}  // namespace mana
