// SPDX-License-Identifier: Apache-2.0
// demand IMAGE FEATURES STATES: makes an image ask for more of a processor: bits (hexadecimal) of CpuFeatures::features and ::xsave_mask.
// Prints the header's hash before and after, which the manifest of the generation names too.
#include <fcntl.h>
#include <unistd.h>
#include <xxhash.h>

#include <cstdio>
#include <cstdlib>

#include "common/image_format.hpp"

int main(int argc, char** argv) {
  int fd = argc == 4 ? open(argv[1], O_RDWR) : -1;
  mana::ImageHeader header{};
  if (fd < 0 || pread(fd, &header, sizeof header, 0) != sizeof header || header.magic != mana::image_magic) return 1;
  auto before = header.header_hash;
  header.cpu.features |= std::strtoull(argv[2], nullptr, 16);
  header.cpu.xsave_mask |= std::strtoull(argv[3], nullptr, 16);
  header.header_hash = XXH3_64bits(&header, offsetof(mana::ImageHeader, header_hash));
  mana::ImageTrailer trailer{mana::trailer_magic, header.total_bytes, header.header_hash};
  auto end = static_cast<off_t>(header.total_bytes - sizeof trailer);
  bool written = pwrite(fd, &header, sizeof header, 0) == sizeof header && pwrite(fd, &trailer, sizeof trailer, end) == sizeof trailer;
  std::printf("%016llx %016llx\n", static_cast<unsigned long long>(before), static_cast<unsigned long long>(header.header_hash));
  return written && close(fd) == 0 ? 0 : 1;
}
