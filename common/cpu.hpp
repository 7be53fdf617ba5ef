// SPDX-License-Identifier: Apache-2.0
// What of this CPU a running program has come to rely on: instruction sets that its libc and libraries chose at start,
// and the layout of the register state in saved signal frames. An image restarts only where all of it exists.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace mana {

/// Part of the image header: plain, fixed size. Bit i of `features` is row i of the table in cpu.cpp (append only).
struct CpuFeatures {
  std::uint64_t features;
  std::uint64_t xsave_mask;   ///< XCR0: register-state components the kernel saves
  std::uint32_t xsave_bytes;  ///< size of the XSAVE area for `xsave_mask`
  std::uint32_t level;        ///< x86-64 level of the psABI: 1..4
};
static_assert(sizeof(CpuFeatures) == 24);

CpuFeatures this_cpu();

/// `cpu` without what is beyond x86-64-v2, for a program whose libc was told not to use it (mana_launch --portable).
CpuFeatures portable_features(const CpuFeatures& cpu);

/// Names of all features and register states in `cpu`.
std::vector<std::string> feature_names(const CpuFeatures& cpu);

/// Names of what `image` relies on and `here` lacks, e.g. {"avx512f", "register state 5 (AVX-512 masks)"}; empty: none.
std::vector<std::string> missing_features(const CpuFeatures& image, const CpuFeatures& here);

}  // namespace mana
