// SPDX-License-Identifier: Apache-2.0
// The reader of images. Checks everything before it believes anything; then maps memory back.
#include <fcntl.h>
#include <limits.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <cstdio>
#include <cstring>

#include "common/gate.hpp"
#include "common/image.hpp"

#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000
#endif

namespace mana {
namespace {

constexpr std::uint64_t map_from_bytes = 1 << 20;
constexpr std::size_t max_mapped_runs = 20000;  // of the kernel's default limit of 65530 mappings

Result<void> read_exactly(int fd, void* into, std::size_t bytes, std::uint64_t offset, const std::string& what) {
  char* to = static_cast<char*>(into);
  while (bytes > 0) {
    const ssize_t got = pread(fd, to, bytes, static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return system_error(what + ": read", errno);
    if (got == 0) return Error{what + ": the file ends too early (torn image)"};
    to += got;
    bytes -= static_cast<std::size_t>(got);
    offset += static_cast<std::uint64_t>(got);
  }
  return {};
}

bool page_multiple(std::uint64_t value) { return value % image_page == 0; }

/// In the window or the low range, and clear of the gate page.
bool is_upper_half(std::uint64_t start, std::uint64_t end) {
  const bool in_window = start >= window_begin && end <= window_end;
  const bool low = start >= low_begin && end <= low_end;
  const bool is_gate = start < gate_address + gate_bytes && end > gate_address;
  return start < end && (in_window || low) && !is_gate;
}

bool has_content(const ImageRegion& region) { return region.kind == RegionKind::private_memory || region.kind == RegionKind::shared_memory; }

}  // namespace

ImageReader::ImageReader(ImageReader&& other) noexcept
    : path_(std::move(other.path_)),
      fd_(std::exchange(other.fd_, -1)),
      header_(other.header_),
      regions_(std::move(other.regions_)),
      extents_(std::move(other.extents_)),
      names_(std::move(other.names_)),
      facts_(std::move(other.facts_)) {}

ImageReader::~ImageReader() {
  if (fd_ >= 0) close(fd_);
}

Result<ImageReader> ImageReader::open(const std::string& path) {
  ImageReader reader;
  reader.path_ = path;
  reader.fd_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (reader.fd_ < 0) return system_error(path + ": open", errno);
  if (auto r = reader.load(); !r) return r.error();
  return reader;
}

Result<void> ImageReader::load() {
  struct stat status;
  if (fstat(fd_, &status) != 0) return system_error(path_ + ": stat", errno);
  if (!S_ISREG(status.st_mode)) return Error{path_ + ": not a regular file"};
  const auto file_bytes = static_cast<std::uint64_t>(status.st_size);
  if (file_bytes < image_page + sizeof(ImageTrailer)) return Error{path_ + ": too short for an image (torn, or not an image)"};
  if (auto r = read_exactly(fd_, &header_, sizeof header_, 0, path_); !r) return r;

  ImageHeader& h = header_;
  if (h.magic != image_magic) return Error{path_ + ": not an image of mana-split, or one that was never finished"};
  if (h.format_version != image_format_version || h.header_bytes != sizeof(ImageHeader))
    return Error{path_ + ": image format version " + std::to_string(h.format_version) + ", but this program reads version " +
                 std::to_string(image_format_version)};
  if (h.header_hash != XXH3_64bits(&h, offsetof(ImageHeader, header_hash))) return Error{path_ + ": header damaged (checksum)"};
  if (h.total_bytes != file_bytes)
    return Error{path_ + ": " + std::to_string(file_bytes) + " bytes, but its header says " + std::to_string(h.total_bytes) + " (torn image)"};
  const std::uint64_t trailer_at = file_bytes - sizeof(ImageTrailer);
  ImageTrailer trailer;
  if (auto r = read_exactly(fd_, &trailer, sizeof trailer, trailer_at, path_); !r) return r;
  if (trailer.magic != trailer_magic || trailer.total_bytes != file_bytes || trailer.header_hash != h.header_hash) return Error{path_ + ": trailer damaged"};

  const Error bad_tables{path_ + ": tables damaged"};
  if (!page_multiple(h.data_bytes) || h.data_bytes > file_bytes) return bad_tables;
  const ImageTable* tables[] = {&h.regions, &h.extents, &h.names, &h.facts};
  std::uint64_t at = image_page + h.data_bytes;
  for (const ImageTable* table : tables) {
    if (at > trailer_at || table->file_offset != at || table->bytes > trailer_at - at) return bad_tables;
    at += table->bytes;
  }
  if (at != trailer_at || h.regions.bytes % sizeof(ImageRegion) || h.extents.bytes % sizeof(ImageExtent)) return bad_tables;
  if (h.regions.bytes / sizeof(ImageRegion) > max_regions || h.names.bytes > max_text_bytes || h.facts.bytes > max_text_bytes) return bad_tables;
  if (h.extents.bytes / sizeof(ImageExtent) > h.data_bytes / image_page) return bad_tables;

  regions_.resize(h.regions.bytes / sizeof(ImageRegion));
  extents_.resize(h.extents.bytes / sizeof(ImageExtent));
  names_.resize(h.names.bytes);
  facts_.resize(h.facts.bytes);
  XXH3_state_t* state = XXH3_createState();
  XXH3_64bits_reset(state);
  void* into[] = {regions_.data(), extents_.data(), names_.data(), facts_.data()};
  Result<void> result;
  for (int i = 0; i < 4 && result; ++i) {
    result = read_exactly(fd_, into[i], tables[i]->bytes, tables[i]->file_offset, path_);
    if (result) XXH3_64bits_update(state, into[i], tables[i]->bytes);
  }
  const bool same = XXH3_64bits_digest(state) == h.tables_hash;
  XXH3_freeState(state);
  if (!result) return result;
  if (!same) return Error{path_ + ": tables damaged (checksum)"};

  h.lower_mpi_version[sizeof h.lower_mpi_version - 1] = 0;
  h.writer_version[sizeof h.writer_version - 1] = 0;
  if (h.rank < 0 || h.size < 1 || h.rank >= h.size) return bad_tables;
  std::uint64_t last = 0;
  for (const ImageRegion& r : regions_) {
    if (!page_multiple(r.start) || !page_multiple(r.end) || !is_upper_half(r.start, r.end) || r.start < last) return bad_tables;
    if (r.prot > 7 || static_cast<std::uint32_t>(r.kind) > 3 || !page_multiple(r.file_offset)) return bad_tables;
    if (r.name_offset > names_.size() || r.name_bytes > names_.size() - r.name_offset) return bad_tables;
    last = r.end;
  }
  std::size_t region = 0;
  std::uint64_t expected = image_page;
  last = 0;
  for (const ImageExtent& e : extents_) {
    if (e.bytes == 0 || e.bytes > max_extent_bytes || !page_multiple(e.bytes) || !page_multiple(e.address)) return bad_tables;
    if (e.file_offset != expected || e.bytes > image_page + h.data_bytes - expected || e.address < last) return bad_tables;
    while (region < regions_.size() && regions_[region].end <= e.address) ++region;
    if (region == regions_.size() || e.address < regions_[region].start || e.bytes > regions_[region].end - e.address || !has_content(regions_[region]))
      return bad_tables;
    expected += e.bytes;
    last = e.address + e.bytes;
  }
  if (expected != image_page + h.data_bytes) return bad_tables;
  return {};
}

std::string ImageReader::name(const ImageRegion& region) const { return names_.substr(region.name_offset, region.name_bytes); }

std::string ImageReader::describe(const ImageRegion& region) const {
  char range[48];
  snprintf(range, sizeof range, "0x%lx-0x%lx ", region.start, region.end);
  return path_ + ": region " + range + name(region);
}

Result<void> ImageReader::verify() const {
  std::vector<unsigned char> buffer(std::min(max_extent_bytes, std::max<std::uint64_t>(header_.data_bytes, 1)));
  constexpr std::uint64_t ahead = 32 << 20;  // keeps the disk at work while a part is hashed
  std::uint64_t asked = 0;
  for (const ImageExtent& e : extents_) {
    for (; asked < e.file_offset + ahead; asked += ahead / 2) posix_fadvise(fd_, static_cast<off_t>(asked), static_cast<off_t>(ahead / 2), POSIX_FADV_WILLNEED);
    if (auto r = read_exactly(fd_, buffer.data(), e.bytes, e.file_offset, path_); !r) return r;
    if (XXH3_64bits(buffer.data(), e.bytes) == e.hash) continue;
    const auto region = std::find_if(regions_.begin(), regions_.end(), [&](const ImageRegion& r) { return e.address < r.end; });
    char place[96];
    snprintf(place, sizeof place, ": content damaged at file offset %lu (checksum, address 0x%lx)", e.file_offset, e.address);
    return Error{describe(*region) + place};
  }
  return {};
}

std::vector<ImageExtent>::const_iterator ImageReader::first_extent(std::uint64_t address) const {
  return std::lower_bound(extents_.begin(), extents_.end(), address, [](const ImageExtent& e, std::uint64_t a) { return e.address < a; });
}

Result<void> ImageReader::restore_memory(const std::function<int(const ImageRegion&)>& shared_object) const {
  mapped_runs_ = 0;
  for (const ImageRegion& region : regions_) {
    const int object = shared_object && region.kind == RegionKind::shared_memory ? shared_object(region) : -1;
    if (auto r = restore_region(region, object); !r) return r;
  }
  return {};
}

Result<void> ImageReader::restore_region(const ImageRegion& region, int shared_object) const {
  const auto bytes = region.end - region.start;
  void* const where = reinterpret_cast<void*>(region.start);
  int prot = static_cast<int>(region.prot), flags = MAP_FIXED_NOREPLACE | MAP_NORESERVE, fd = -1;
  std::uint64_t offset = 0;
  const auto extent = first_extent(region.start);
  const bool filled = extent != extents_.end() && extent->address < region.end;
  switch (region.kind) {
    case RegionKind::private_memory:
      flags |= MAP_PRIVATE | MAP_ANONYMOUS;
      if (filled) prot = PROT_READ | PROT_WRITE;
      break;
    case RegionKind::shared_memory:
      flags |= shared_object < 0 ? MAP_SHARED | MAP_ANONYMOUS : MAP_SHARED;
      offset = shared_object < 0 ? 0 : region.file_offset;
      prot = PROT_READ | PROT_WRITE;
      break;
    case RegionKind::reservation: flags |= MAP_PRIVATE | MAP_ANONYMOUS; break;
    case RegionKind::shared_file:
      flags |= MAP_SHARED;
      offset = region.file_offset;
      fd = ::open(name(region).c_str(), ((prot & PROT_WRITE) ? O_RDWR : O_RDONLY) | O_CLOEXEC);
      if (fd < 0) return system_error(describe(region) + ": the shared mapping's file cannot be opened", errno);
      break;
  }
  void* const got = mmap(where, bytes, prot, flags, shared_object < 0 ? fd : shared_object, static_cast<off_t>(offset));
  const int number = errno;
  if (fd >= 0) close(fd);
  if (got == MAP_FAILED) return system_error(describe(region) + ": cannot be mapped", number);
  if (got != where) {  // a kernel before 4.17 takes the address for a hint
    munmap(got, bytes);
    return Error{describe(region) + ": its addresses are not free in this process"};
  }
  if (!filled && prot == static_cast<int>(region.prot)) return {};
  if (auto r = fill_region(region); !r) return r;
  if (region.prot != (PROT_READ | PROT_WRITE) && mprotect(where, bytes, static_cast<int>(region.prot)) != 0)
    return system_error(describe(region) + ": protection cannot be set", errno);
  return {};
}

Result<void> ImageReader::fill_region(const ImageRegion& region) const {
  auto extent = first_extent(region.start);
  // Code is read, not mapped: the image may lie on a file system mounted noexec.
  const bool mappable = region.kind == RegionKind::private_memory && (region.prot & PROT_EXEC) == 0;
  std::vector<iovec> parts;
  std::uint64_t parts_at = 0, parts_bytes = 0;
  const auto read_parts = [&]() -> Result<void> {
    std::size_t first = 0;
    while (first < parts.size()) {
      const auto count = static_cast<int>(parts.size() - first);
      const ssize_t got = preadv(fd_, &parts[first], count, static_cast<off_t>(parts_at));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return system_error(describe(region) + ": read", errno);
      if (got == 0) return Error{describe(region) + ": the image ends too early"};
      parts_at += static_cast<std::uint64_t>(got);
      for (auto left = static_cast<std::size_t>(got); left > 0;) {
        const std::size_t step = std::min(left, parts[first].iov_len);
        parts[first].iov_base = static_cast<char*>(parts[first].iov_base) + step;
        parts[first].iov_len -= step;
        left -= step;
        if (parts[first].iov_len == 0) ++first;
      }
    }
    parts.clear();
    parts_bytes = 0;
    return {};
  };
  while (extent != extents_.end() && extent->address < region.end) {
    const std::uint64_t address = extent->address, offset = extent->file_offset;
    std::uint64_t bytes = extent->bytes;
    for (++extent; extent != extents_.end() && extent->address == address + bytes && extent->address < region.end; ++extent) bytes += extent->bytes;
    void* const where = reinterpret_cast<void*>(address);
    if (bytes >= map_from_bytes && mappable && mapped_runs_ < max_mapped_runs) {
      if (auto r = read_parts(); !r) return r;
      if (mmap(where, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED | MAP_NORESERVE, fd_, static_cast<off_t>(offset)) != where)
        return system_error(describe(region) + ": content cannot be mapped", errno);
      ++mapped_runs_;
      continue;
    }
    if (parts.empty()) parts_at = offset;
    parts.push_back({where, bytes});
    parts_bytes += bytes;
    if (parts.size() == IOV_MAX || parts_bytes >= (64 << 20))
      if (auto r = read_parts(); !r) return r;
  }
  return read_parts();
}

}  // namespace mana
