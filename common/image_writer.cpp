// SPDX-License-Identifier: Apache-2.0
// The writer of images: one pass over the regions that finds touched, nonzero pages, hashes them and hands them to
// Output (image_output.hpp), which writes them from where they lie. Only pages that cannot be read in place (no read permission, or beyond the end of a mapped
// file) go through a small buffer.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <optional>

#include "common/fault_point.hpp"
#include "common/gate.hpp"
#include "common/image.hpp"
#include "common/image_output.hpp"
#include "common/version.hpp"

#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ 22
#endif

namespace mana {
namespace {

constexpr std::size_t batch_bytes = 8 << 20;
constexpr std::size_t batch_parts = 512;

std::string hex(std::uintptr_t value) {
  char text[24];
  snprintf(text, sizeof text, "0x%lx", value);
  return text;
}

bool is_zero_page(const unsigned char* page) {
  std::uint64_t first;
  memcpy(&first, page, sizeof first);
  return first == 0 && memcmp(page, page + 8, image_page - 8) == 0;
}

class Writer {
 public:
  Writer(const std::string& path, const ImageDescription& description) : path_(path), description_(description) {}
  ~Writer() {
    output_.reset();
    for (int fd : {fd_, pagemap_, memory_})
      if (fd >= 0) close(fd);
    if (!temporary_.empty()) unlink(temporary_.c_str());
  }

  Result<ImageFacts> run() {
    const auto begin = std::chrono::steady_clock::now();
    if (auto r = open_files(); !r) return r.error();
    for (const RegionDescription& region : description_.regions)
      if (auto r = write_region(region); !r) return r.error();
    flush();
    if (const int number = output_->settle(); number != 0) return failed("write", number);
    if (auto r = write_tables(); !r) return r.error();
    if (auto r = commit(); !r) return r.error();
    ImageFacts facts;
    facts.bytes = header_.total_bytes;
    facts.data_bytes = header_.data_bytes;
    facts.header_hash = header_.header_hash;
    facts.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    return facts;
  }

 private:
  Error failed(const char* step, int number) const { return system_error(path_ + ": " + step, number); }

  Result<void> open_files() {
    temporary_ = path_ + ".tmp." + std::to_string(getpid());
    fd_ = open(temporary_.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd_ < 0) {
      const int number = errno;
      temporary_.clear();
      return failed("create", number);
    }
    fchmod(fd_, 0600);
    output_.emplace(fd_, temporary_.c_str());
    pagemap_ = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);  // without it every page is looked at
    memory_ = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
    return {};
  }

  Result<void> write_region(const RegionDescription& region) {
    if (region.kind == RegionKind::reservation || region.kind == RegionKind::shared_file) return {};
    for (std::uintptr_t at = region.start; at < region.end && !failed_;) {
      const std::size_t bytes = std::min<std::size_t>(region.end - at, batch_bytes);
      if (auto r = write_span(region, at, bytes); !r) return r;
      at += bytes;
    }
    return {};
  }

  /// Writes the touched pages of [at, at + bytes), at most `batch_bytes`.
  Result<void> write_span(const RegionDescription& region, std::uintptr_t at, std::size_t bytes) {
    const std::size_t pages = bytes / image_page;
    const bool never_touched_is_zero = !region.file_backed && region.kind == RegionKind::private_memory;
    bool known = false;
    if (never_touched_is_zero && pagemap_ >= 0) {
      entries_.resize(pages);
      const auto wanted = static_cast<ssize_t>(pages * 8);
      known = pread(pagemap_, entries_.data(), pages * 8, static_cast<off_t>(at / image_page * 8)) == wanted;
    }
    const auto touched = [&](std::size_t page) { return !known || (entries_[page] >> 62) != 0; };
    for (std::size_t page = 0; page < pages;) {
      if (!touched(page)) {
        ++page;
        continue;
      }
      std::size_t end = page + 1;
      while (end < pages && touched(end)) ++end;
      if (auto r = write_touched(region, at + page * image_page, (end - page) * image_page); !r) return r;
      page = end;
    }
    return {};
  }

  Result<void> write_touched(const RegionDescription& region, std::uintptr_t at, std::size_t bytes) {
    const bool readable = (region.prot & PROT_READ) != 0;
    const bool file_may_end = region.file_backed || region.kind == RegionKind::shared_memory;
    const bool safe = readable && (!file_may_end || madvise(reinterpret_cast<void*>(at), bytes, MADV_POPULATE_READ) == 0);
    if (!safe) return write_copied(region, at, bytes);
    write_nonzero(at, reinterpret_cast<const unsigned char*>(at), bytes);
    return {};
  }

  /// Splits at zero pages and at `max_extent_bytes`; `content` is where the bytes of address `at` can be read.
  void write_nonzero(std::uintptr_t at, const unsigned char* content, std::size_t bytes) {
    for (std::size_t offset = 0; offset < bytes;) {
      if (is_zero_page(content + offset)) {
        offset += image_page;
        continue;
      }
      std::size_t end = offset + image_page;
      while (end < bytes && end - offset < max_extent_bytes && !is_zero_page(content + end)) end += image_page;
      append(at + offset, content + offset, end - offset);
      offset = end;
    }
  }

  /// For pages that cannot be read in place: through /proc/self/mem, which minds no protection and gives EIO where
  /// touching would raise SIGBUS.
  Result<void> write_copied(const RegionDescription& region, std::uintptr_t at, std::size_t bytes) {
    for (std::size_t offset = 0; offset < bytes;) {
      const std::size_t wanted = std::min<std::size_t>(bytes - offset, 1 << 20);
      std::shared_ptr<void> buffer(aligned_alloc(image_page, wanted), free);
      ssize_t got = memory_ < 0 ? -1 : pread(memory_, buffer.get(), wanted, static_cast<off_t>(at + offset));
      const int number = memory_ < 0 ? ENOENT : errno;
      if (got < static_cast<ssize_t>(image_page)) {
        if (!region.file_backed && region.kind == RegionKind::private_memory)
          return system_error(path_ + ": reading unreadable region " + hex(region.start) + " " + region.name, number);
        offset += image_page;  // beyond the end of the mapped file
        continue;
      }
      const std::size_t whole = static_cast<std::size_t>(got) / image_page * image_page;
      flush();
      batch_.memory = buffer;
      write_nonzero(at + offset, static_cast<const unsigned char*>(buffer.get()), whole);
      flush();
      offset += whole;
    }
    return {};
  }

  void append(std::uintptr_t at, const unsigned char* content, std::size_t bytes) {
    const std::uint64_t file_offset = image_page + header_.data_bytes;
    extents_.push_back({at, bytes, file_offset, XXH3_64bits(content, bytes)});
    if (batch_.parts.empty()) batch_.offset = file_offset;
    header_.data_bytes += bytes;
    std::vector<iovec>& parts = batch_.parts;
    if (!parts.empty() && static_cast<const unsigned char*>(parts.back().iov_base) + parts.back().iov_len == content)
      parts.back().iov_len += bytes;
    else
      parts.push_back({const_cast<unsigned char*>(content), bytes});
    pending_ += bytes;
    if (pending_ >= batch_bytes || parts.size() >= batch_parts) flush();
  }

  /// Hands over what `append` has collected.
  void flush() {
    if (!batch_.parts.empty()) failed_ |= !output_->put(std::move(batch_));
    batch_ = {};
    pending_ = 0;
  }

  Result<void> write_all(const void* bytes, std::size_t count, std::uint64_t offset) {
    const char* from = static_cast<const char*>(bytes);
    while (count > 0) {
      const ssize_t put = pwrite(fd_, from, count, static_cast<off_t>(offset));
      if (put < 0 && errno == EINTR) continue;
      if (put <= 0) return failed("write", put < 0 ? errno : ENOSPC);
      from += put;
      count -= static_cast<std::size_t>(put);
      offset += static_cast<std::uint64_t>(put);
    }
    return {};
  }

  Result<void> write_tables() {
    std::vector<ImageRegion> regions;
    std::string names;
    for (const RegionDescription& r : description_.regions) {
      ImageRegion region{};
      region.start = r.start;
      region.end = r.end;
      region.prot = static_cast<std::uint32_t>(r.prot);
      region.flags = r.file_backed ? region_file_backed : 0;
      region.kind = r.kind;
      region.name_bytes = static_cast<std::uint32_t>(r.name.size());
      region.name_offset = names.size();
      region.file_offset = r.file_offset;
      names += r.name;
      regions.push_back(region);
    }
    std::uint64_t at = image_page + header_.data_bytes;
    XXH3_state_t* state = XXH3_createState();
    XXH3_64bits_reset(state);
    Result<void> result;
    const auto put = [&](ImageTable& table, const void* bytes, std::size_t count) {
      table = {at, count};
      if (result) result = write_all(bytes, count, at);
      XXH3_64bits_update(state, bytes, count);
      at += count;
    };
    put(header_.regions, regions.data(), regions.size() * sizeof(ImageRegion));
    put(header_.extents, extents_.data(), extents_.size() * sizeof(ImageExtent));
    put(header_.names, names.data(), names.size());
    put(header_.facts, description_.facts.data(), description_.facts.size());
    header_.tables_hash = XXH3_64bits_digest(state);
    XXH3_freeState(state);
    if (!result) return result;
    fill_header(at + sizeof(ImageTrailer));
    const ImageTrailer trailer{trailer_magic, header_.total_bytes, header_.header_hash};
    if (auto r = write_all(&trailer, sizeof trailer, at); !r) return r;
    char page[image_page] = {};
    memcpy(page, &header_, sizeof header_);
    return write_all(page, sizeof page, 0);
  }

  void fill_header(std::uint64_t total_bytes) {
    header_.magic = image_magic;
    header_.format_version = image_format_version;
    header_.header_bytes = sizeof(ImageHeader);
    header_.contract_version = gate_version;
    header_.app_abi = description_.app_abi;
    header_.lower_mpi = description_.lower_mpi;
    header_.rank = description_.rank;
    header_.size = description_.size;
    header_.mpi_initialized = description_.mpi_initialized;
    header_.thread_level = description_.thread_level;
    header_.incarnation = description_.incarnation;
    header_.upper_interface = description_.upper_interface;
    header_.window_state = description_.window_state;
    header_.cpu = description_.cpu;
    header_.total_bytes = total_bytes;
    snprintf(header_.lower_mpi_version, sizeof header_.lower_mpi_version, "%s", description_.lower_mpi_version.c_str());
    snprintf(header_.writer_version, sizeof header_.writer_version, "%s", mana_version);
    header_.header_hash = XXH3_64bits(&header_, offsetof(ImageHeader, header_hash));
  }

  Result<void> commit() {
    fault_point("written", description_.rank);
    if (fsync(fd_) != 0) return failed("fsync", errno);
    const int fd = std::exchange(fd_, -1);
    if (close(fd) != 0) return failed("close", errno);
    if (rename(temporary_.c_str(), path_.c_str()) != 0) return failed("rename", errno);
    temporary_.clear();
    return {};
  }

  const std::string path_;
  const ImageDescription& description_;
  std::string temporary_;
  int fd_ = -1, pagemap_ = -1, memory_ = -1;
  ImageHeader header_{};
  std::vector<ImageExtent> extents_;
  std::vector<std::uint64_t> entries_;
  std::optional<Output> output_;
  OutputBatch batch_;
  std::size_t pending_ = 0;  ///< bytes of batch_
  bool failed_ = false;      ///< settle() will say why
};

}  // namespace

std::vector<RegionDescription> upper_half_regions(const std::vector<Mapping>& maps) {
  std::vector<RegionDescription> regions;
  for (const Mapping& m : maps) {
    const bool in_window = m.start >= window_begin && m.end <= window_end;
    const bool low = m.start >= low_begin && m.end <= low_end;
    const bool is_gate = m.start < gate_address + gate_bytes && m.end > gate_address;
    if ((!in_window && !low) || is_gate) continue;
    RegionDescription region;
    region.start = m.start;
    region.end = m.end;
    region.prot = m.prot;
    region.name = m.name;
    region.file_offset = m.offset;
    region.file_backed = m.inode != 0 && !m.shared;
    if (m.shared)
      region.kind =
          m.name.starts_with('/') && !m.deleted() && !m.name.starts_with("/dev/zero") && !m.name.starts_with("/memfd:") && !m.name.starts_with("/dev/shm/")
              ? RegionKind::shared_file
              : RegionKind::shared_memory;
    regions.push_back(std::move(region));
  }
  return regions;
}

Result<ImageFacts> write_image(const std::string& path, const ImageDescription& description) { return Writer(path, description).run(); }

}  // namespace mana
