// SPDX-License-Identifier: Apache-2.0
// The image of one rank, as bytes in a file. Little-endian, page-aligned data, so that it can be mapped.
//
//   ImageHeader            one page, written last
//   data                   extents, each a multiple of a page, in order of address
//   ImageRegion[]          every mapping of the upper half, in order of address
//   ImageExtent[]          what of them has content; pages in no extent are zero
//   names                  texts of the regions
//   facts                  JSON: working directory, command line, environment count, descriptors, time
//   ImageTrailer           the last bytes of the file
//
// Version history: 1 first version.
#pragma once

#include <cstddef>
#include <cstdint>

#include "common/cpu.hpp"

namespace mana {

inline constexpr std::uint64_t image_magic = 0x31474d49414e414dULL;    // "MANAIMG1"
inline constexpr std::uint64_t trailer_magic = 0x31444e45414e414dULL;  // "MANAEND1"
inline constexpr std::uint32_t image_format_version = 1;
inline constexpr std::uint64_t image_page = 4096;
inline constexpr std::uint64_t max_extent_bytes = 4 << 20;
inline constexpr std::uint64_t max_regions = 1 << 20;
inline constexpr std::uint64_t max_text_bytes = 64 << 20;

/// What a region is, and so how it comes back.
enum class RegionKind : std::uint32_t {
  private_memory = 0,  ///< content in the image, comes back private, whatever file it was once mapped from
  reservation = 1,     ///< PROT_NONE and never touched: address space only
  shared_file = 2,     ///< mapped shared from a file that still has its name: the file is the content
  shared_memory = 3,   ///< shared, without a file that could be opened again: content in the image
};

struct ImageRegion {
  std::uint64_t start, end;
  std::uint32_t prot;   ///< PROT_*
  std::uint32_t flags;  ///< region_* bits
  RegionKind kind;
  std::uint32_t name_bytes;
  std::uint64_t name_offset;  ///< into the names
  std::uint64_t file_offset;  ///< of a shared file mapping
};
static_assert(sizeof(ImageRegion) == 48);
inline constexpr std::uint32_t region_file_backed = 1;  ///< untouched pages hold a file's content, not zeros

struct ImageExtent {
  std::uint64_t address, bytes, file_offset;
  std::uint64_t hash;  ///< XXH3 (64 bits) of the content
};
static_assert(sizeof(ImageExtent) == 32);

struct ImageTable {
  std::uint64_t file_offset, bytes;
};

struct ImageHeader {
  std::uint64_t magic;
  std::uint32_t format_version;
  std::uint32_t header_bytes;      ///< sizeof(ImageHeader)
  std::uint32_t contract_version;  ///< gate_version of the lower half that wrote it
  std::uint32_t app_abi;           ///< UpperInterface::abi; 0: plain program
  std::uint32_t lower_mpi;         ///< Gate::lower_mpi it ran over
  std::int32_t rank, size;
  std::uint32_t mpi_initialized;  ///< 1 between MPI_Init and MPI_Finalize
  std::int32_t thread_level;
  std::uint32_t incarnation;      ///< restarts in this job's chain so far
  std::uint64_t upper_interface;  ///< address of UpperInterface, 0: none
  std::uint64_t window_state;     ///< address of the window allocator's state
  std::uint64_t reserved[8];
  CpuFeatures cpu;
  std::uint64_t total_bytes;  ///< of the file
  std::uint64_t data_bytes;   ///< sum of the extents
  ImageTable regions, extents, names, facts;
  std::uint64_t tables_hash;    ///< XXH3 of everything from `regions` up to the trailer
  char lower_mpi_version[256];  ///< text, ends with 0
  char writer_version[32];      ///< of mana-split
  std::uint64_t header_hash;    ///< XXH3 of the bytes before this field
};
static_assert(sizeof(ImageHeader) <= image_page);
static_assert(sizeof(ImageHeader) == 536);
static_assert(offsetof(ImageHeader, header_hash) == sizeof(ImageHeader) - 8);

struct ImageTrailer {
  std::uint64_t magic;
  std::uint64_t total_bytes;
  std::uint64_t header_hash;
};
static_assert(sizeof(ImageTrailer) == 24);

}  // namespace mana
