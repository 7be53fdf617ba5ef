// SPDX-License-Identifier: Apache-2.0
// CPUID and XGETBV, by the tables of the Intel SDM vol. 2A (CPUID) and vol. 1 §13 (XSAVE).
#include "common/cpu.hpp"

#include <cpuid.h>

#include <array>

namespace mana {
namespace {

enum Register { EAX, EBX, ECX, EDX };

struct Feature {
  const char* name;
  std::uint32_t leaf, subleaf;
  Register where;
  int bit;
};

// The order is the image format: append only.
// clang-format off
constexpr Feature features[] = {
    {"cx16", 1, 0, ECX, 13},       {"sse3", 1, 0, ECX, 0},          {"ssse3", 1, 0, ECX, 9},
    {"sse4.1", 1, 0, ECX, 19},     {"sse4.2", 1, 0, ECX, 20},       {"popcnt", 1, 0, ECX, 23},
    {"lahf", 0x80000001, 0, ECX, 0}, {"movbe", 1, 0, ECX, 22},      {"pclmulqdq", 1, 0, ECX, 1},
    {"aes", 1, 0, ECX, 25},        {"f16c", 1, 0, ECX, 29},         {"fma", 1, 0, ECX, 12},
    {"avx", 1, 0, ECX, 28},        {"lzcnt", 0x80000001, 0, ECX, 5}, {"fma4", 0x80000001, 0, ECX, 16},
    {"xop", 0x80000001, 0, ECX, 11}, {"bmi1", 7, 0, EBX, 3},        {"avx2", 7, 0, EBX, 5},
    {"bmi2", 7, 0, EBX, 8},        {"rtm", 7, 0, EBX, 11},          {"avx512f", 7, 0, EBX, 16},
    {"avx512dq", 7, 0, EBX, 17},   {"adx", 7, 0, EBX, 19},          {"avx512ifma", 7, 0, EBX, 21},
    {"avx512cd", 7, 0, EBX, 28},   {"sha", 7, 0, EBX, 29},          {"avx512bw", 7, 0, EBX, 30},
    {"avx512vl", 7, 0, EBX, 31},   {"avx512vbmi", 7, 0, ECX, 1},    {"avx512vbmi2", 7, 0, ECX, 6},
    {"gfni", 7, 0, ECX, 8},        {"vaes", 7, 0, ECX, 9},          {"vpclmulqdq", 7, 0, ECX, 10},
    {"avx512vnni", 7, 0, ECX, 11}, {"avx512bitalg", 7, 0, ECX, 12}, {"avx512vpopcntdq", 7, 0, ECX, 14},
    {"movdiri", 7, 0, ECX, 27},    {"movdir64b", 7, 0, ECX, 28},    {"avx512fp16", 7, 0, EDX, 23},
    {"amx-bf16", 7, 0, EDX, 22},   {"amx-tile", 7, 0, EDX, 24},     {"amx-int8", 7, 0, EDX, 25},
    {"avxvnni", 7, 1, EAX, 4},     {"avx512bf16", 7, 1, EAX, 5},    {"rdrand", 1, 0, ECX, 30},
    {"rdseed", 7, 0, EBX, 18},     {"rdtscp", 0x80000001, 0, EDX, 27}, {"rdpid", 7, 0, ECX, 22},
};
// clang-format on
constexpr std::size_t feature_count = std::size(features);
static_assert(feature_count <= 64);

struct State {
  int bit;
  const char* name;
};
constexpr State states[] = {{0, "x87"},
                            {1, "SSE"},
                            {2, "AVX"},
                            {3, "MPX bounds"},
                            {4, "MPX config"},
                            {5, "AVX-512 masks"},
                            {6, "AVX-512 upper halves"},
                            {7, "AVX-512 registers 16-31"},
                            {9, "protection keys"},
                            {17, "AMX tile config"},
                            {18, "AMX tiles"}};

std::array<std::uint32_t, 4> cpuid(std::uint32_t leaf, std::uint32_t subleaf) {
  std::array<std::uint32_t, 4> r{};
  __get_cpuid_count(leaf, subleaf, &r[EAX], &r[EBX], &r[ECX], &r[EDX]);
  return r;
}

std::uint64_t xcr0() {
  std::uint32_t low, high;
  asm volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return (std::uint64_t{high} << 32) | low;
}

bool has(std::uint64_t set, std::initializer_list<const char*> names) {
  for (const char* name : names) {
    bool found = false;
    for (std::size_t i = 0; i < feature_count; ++i)
      if (std::string(features[i].name) == name) found = (set >> i) & 1;
    if (!found) return false;
  }
  return true;
}

constexpr std::initializer_list<const char*> beyond_level_1 = {"cx16", "lahf", "popcnt", "sse3", "sse4.1", "sse4.2", "ssse3"};

std::uint32_t level_of(std::uint64_t set) {
  if (!has(set, beyond_level_1)) return 1;
  if (!has(set, {"avx", "avx2", "bmi1", "bmi2", "f16c", "fma", "lzcnt", "movbe"})) return 2;
  if (!has(set, {"avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"})) return 3;
  return 4;
}

/// Instruction sets whose registers the kernel does not save cannot be in use.
bool usable(const Feature& feature, std::uint64_t mask) {
  const std::string name = feature.name;
  if (name.starts_with("avx512")) return (mask & 0xe6) == 0xe6;
  if (name.starts_with("amx")) return (mask & 0x60000) == 0x60000;
  if (name.starts_with("avx") || name == "fma" || name == "f16c" || name == "vaes" || name == "vpclmulqdq" || name == "xop" || name == "fma4")
    return (mask & 6) == 6;
  return true;
}

}  // namespace

CpuFeatures this_cpu() {
  CpuFeatures cpu{};
  const bool osxsave = (cpuid(1, 0)[ECX] >> 27) & 1;
  cpu.xsave_mask = osxsave ? xcr0() : 3;
  cpu.xsave_bytes = osxsave ? cpuid(0xd, 0)[EBX] : 512;
  for (std::size_t i = 0; i < feature_count; ++i) {
    const auto registers = cpuid(features[i].leaf, features[i].subleaf);
    if (((registers[features[i].where] >> features[i].bit) & 1) && usable(features[i], cpu.xsave_mask)) cpu.features |= std::uint64_t{1} << i;
  }
  cpu.level = level_of(cpu.features);
  return cpu;
}

CpuFeatures portable_features(const CpuFeatures& cpu) {
  constexpr std::uint64_t x87_and_sse = 3;
  CpuFeatures limited = cpu;
  limited.features = 0;
  for (std::size_t i = 0; i < feature_count; ++i)
    for (const char* name : beyond_level_1)
      if (std::string(features[i].name) == name) limited.features |= cpu.features & (std::uint64_t{1} << i);
  limited.xsave_mask &= x87_and_sse;
  limited.level = level_of(limited.features);
  return limited;
}

std::vector<std::string> feature_names(const CpuFeatures& cpu) { return missing_features(cpu, CpuFeatures{}); }

std::vector<std::string> missing_features(const CpuFeatures& image, const CpuFeatures& here) {
  std::vector<std::string> names;
  const std::uint64_t lacking = image.features & ~here.features;
  for (std::size_t i = 0; i < 64; ++i)
    if ((lacking >> i) & 1) names.emplace_back(i < feature_count ? features[i].name : "feature " + std::to_string(i));
  const std::uint64_t states_lacking = image.xsave_mask & ~here.xsave_mask;
  for (int i = 0; i < 64; ++i) {
    if (((states_lacking >> i) & 1) == 0) continue;
    std::string name = "register state " + std::to_string(i);
    for (const State& state : states)
      if (state.bit == i) name += std::string(" (") + state.name + ")";
    names.push_back(name);
  }
  return names;
}

}  // namespace mana
