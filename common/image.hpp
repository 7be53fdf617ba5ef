// SPDX-License-Identifier: Apache-2.0
// Writing the image of the calling process and bringing it back. Lower half and commands only.
//
// The writer never allocates in the upper half and needs memory for its tables alone; every other thread that could
// change the listed regions must be stopped. The reader trusts no byte of the file.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "common/image_format.hpp"
#include "common/proc_maps.hpp"
#include "common/result.hpp"

namespace mana {

struct RegionDescription {
  std::uintptr_t start = 0, end = 0;
  int prot = 0;
  RegionKind kind = RegionKind::private_memory;
  bool file_backed = false;  ///< its untouched pages hold a file's content
  std::uint64_t file_offset = 0;
  std::string name;
};

/// Everything the image says about the rank; `regions` in order of address, not overlapping.
struct ImageDescription {
  std::uint32_t app_abi = 0, lower_mpi = 0;
  std::string lower_mpi_version;
  int rank = 0, size = 1;
  bool mpi_initialized = false;
  int thread_level = 0;
  std::uint32_t incarnation = 0;
  std::uintptr_t upper_interface = 0, window_state = 0;
  CpuFeatures cpu = this_cpu();
  std::string facts = "{}";  ///< cwd, descriptors, command line, …
  std::vector<RegionDescription> regions;
};

/// The image of a process that a rank has started and that is followed; `file` lies beside the rank's own.
struct ChildImage {
  std::string file;
  std::uint64_t bytes = 0, data_bytes = 0, header_hash = 0;
};

/// What the manifest needs to know of a written image.
struct ImageFacts {
  std::uint64_t bytes = 0;       ///< of the file
  std::uint64_t data_bytes = 0;  ///< content
  std::uint64_t header_hash = 0;
  double seconds = 0;  ///< fsync included
  std::vector<ChildImage> children;
};

/// The mappings that belong to the upper half (window and low range, without the gate page), classified.
std::vector<RegionDescription> upper_half_regions(const std::vector<Mapping>& maps);

/// Writes `path` under a temporary name, mode 0600, fsync, rename. On failure nothing stays; the error names path and cause.
Result<ImageFacts> write_image(const std::string& path, const ImageDescription& description);

class ImageReader {
 public:
  /// Reads and checks header, trailer, tables and their hashes; not the content.
  static Result<ImageReader> open(const std::string& path);

  ImageReader(ImageReader&& other) noexcept;
  ImageReader& operator=(ImageReader&&) = delete;
  ~ImageReader();

  const std::string& path() const { return path_; }
  const ImageHeader& header() const { return header_; }
  const std::vector<ImageRegion>& regions() const { return regions_; }
  const std::vector<ImageExtent>& extents() const { return extents_; }
  std::string name(const ImageRegion& region) const;
  const std::string& facts() const { return facts_; }

  /// Reads all content and compares its hashes; the error names region and place.
  Result<void> verify() const;

  /// Maps all regions at their addresses (which must be free) and fills them. Extents of 1 MiB and more are mapped
  /// privately from the image, which must then stay unchanged (deleting it is fine) while the process lives.
  /// `shared_object`: for shared memory, a file that other mappings of the same memory use too (-1: none); it stays open.
  Result<void> restore_memory(const std::function<int(const ImageRegion&)>& shared_object = {}) const;

 private:
  ImageReader() = default;
  Result<void> load();
  Result<void> restore_region(const ImageRegion& region, int shared_object) const;
  Result<void> fill_region(const ImageRegion& region) const;
  std::vector<ImageExtent>::const_iterator first_extent(std::uint64_t address) const;  ///< at or after `address`
  std::string describe(const ImageRegion& region) const;

  std::string path_;
  int fd_ = -1;
  ImageHeader header_{};
  std::vector<ImageRegion> regions_;
  std::vector<ImageExtent> extents_;
  std::string names_, facts_;
  mutable std::size_t mapped_runs_ = 0;
};

}  // namespace mana
