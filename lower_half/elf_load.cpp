// SPDX-License-Identifier: Apache-2.0
// The upper half is started as the kernel would start `ld.so --preload OURS --argv0 NAME PROGRAM ARGUMENTS`: ld.so is
// mapped into the window by hand, everything after it is mapped by ld.so itself through the redirected mmap.
#include "lower_half/elf_load.hpp"

#include <cerrno>
#include <climits>
#include <cstdlib>
#include <cstring>
#include <elf.h>
#include <fcntl.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/arch.hpp"
#include "lower_half/complain.hpp"
#include "lower_half/descriptors.hpp"
#include "upper_half/resident/window.hpp"

extern char** environ;
extern "C" const unsigned char resident_image[], resident_image_end[];

namespace mana::lower {
namespace {

constexpr std::uint64_t page = 4096;
std::uint64_t round_up(std::uint64_t v, std::uint64_t unit) { return (v + unit - 1) & ~(unit - 1); }

void* map_fixed(std::uint64_t at, std::size_t bytes, int prot, int flags, int fd = -1, off_t offset = 0) {
  void* result = mmap(reinterpret_cast<void*>(at), bytes, prot, flags | MAP_FIXED_NOREPLACE, fd, offset);
  if (result != reinterpret_cast<void*>(at))
    complain("memory for the program can't be mapped at {:#x} ({} bytes): {}; check ulimit -v", at, bytes, std::strerror(errno));
  return result;
}

void open_window(const Options& options) {
  constexpr int anonymous = MAP_PRIVATE | MAP_ANONYMOUS;
  map_fixed(window_state_address, window_state_bytes, PROT_READ | PROT_WRITE, anonymous);
  std::size_t bytes = static_cast<std::size_t>(resident_image_end - resident_image);
  void* code = map_fixed(resident_address, round_up(bytes, page), PROT_READ | PROT_WRITE, anonymous);
  std::memcpy(code, resident_image, bytes);
  mprotect(code, round_up(bytes, page), PROT_READ | PROT_EXEC);
  WindowState& w = window();
  w.magic = window_magic;
  w.version = window_version;
  w.process = w.program_process = getpid();
  w.checkpoint_signal = static_cast<std::uint32_t>(options.signal);
  w.cursor = window_near_start;
  w.brk_current = window_brk_start;
  if (options.application.size() >= sizeof w.executable) complain("{}: the path is longer than {} bytes", options.application, sizeof w.executable - 1);
  std::strcpy(w.executable, options.application.c_str());
}

/// An open ELF file whose headers have been read.
struct ElfFile {
  int fd;
  std::uint64_t bytes;
  Elf64_Ehdr header;
  Elf64_Phdr segments[64];
};

ElfFile read_elf(const std::string& path) {
  ElfFile file{};
  file.fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file.fd < 0) complain("{} can't be opened: {}", path, std::strerror(errno));
  struct stat facts {};
  fstat(file.fd, &facts);
  file.bytes = static_cast<std::uint64_t>(facts.st_size);
  bool good = pread(file.fd, &file.header, sizeof file.header, 0) == sizeof file.header && std::memcmp(file.header.e_ident, ELFMAG, SELFMAG) == 0 &&
              file.header.e_phentsize == sizeof(Elf64_Phdr) && file.header.e_phnum <= 64;
  ssize_t wanted = static_cast<ssize_t>(file.header.e_phnum * sizeof(Elf64_Phdr));
  if (!good || pread(file.fd, file.segments, static_cast<std::size_t>(wanted), static_cast<off_t>(file.header.e_phoff)) != wanted)
    complain("{} is not a 64-bit ELF file", path);
  return file;
}

std::string interpreter_of(const std::string& path) {
  ElfFile file = read_elf(path);
  std::string name;
  for (int i = 0; i < file.header.e_phnum; ++i) {
    if (file.segments[i].p_type != PT_INTERP || file.segments[i].p_filesz > PATH_MAX) continue;
    name.resize(file.segments[i].p_filesz);
    if (pread(file.fd, name.data(), name.size(), static_cast<off_t>(file.segments[i].p_offset)) < 0) name.clear();
    name = name.c_str();
  }
  close(file.fd);
  if (name.empty()) complain("{} is statically linked; only dynamic programs can be checkpointed: link it dynamically", path);
  return name;
}

int protection(std::uint32_t flags) {
  return ((flags & PF_R) != 0 ? PROT_READ : 0) | ((flags & PF_W) != 0 ? PROT_WRITE : 0) | ((flags & PF_X) != 0 ? PROT_EXEC : 0);
}

struct Loaded {
  std::uint64_t base, entry, headers;
  std::uint16_t header_count;
};

/// Maps a position-independent ELF file into the window and redirects its system calls.
Loaded map_interpreter(const std::string& path) {
  ElfFile file = read_elf(path);
  std::uint64_t span = 0;
  for (int i = 0; i < file.header.e_phnum; ++i)
    if (file.segments[i].p_type == PT_LOAD) span = round_up(file.segments[i].p_vaddr + file.segments[i].p_memsz, page);
  std::uint64_t base = window().cursor;
  window().cursor = base + span + 0x10000;
  map_fixed(base, span, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS);
  auto redirect = reinterpret_cast<void (*)(std::uint64_t, std::uint64_t, long)>(resident().redirect_code);
  for (int i = 0; i < file.header.e_phnum; ++i) {
    const Elf64_Phdr& s = file.segments[i];
    if (s.p_type != PT_LOAD) continue;
    std::uint64_t start = base + (s.p_vaddr & ~(page - 1)), slack = s.p_vaddr & (page - 1);
    int prot = protection(s.p_flags);
    void* at = mmap(reinterpret_cast<void*>(start), round_up(s.p_filesz + slack, page), prot, MAP_PRIVATE | MAP_FIXED, file.fd,
                    static_cast<off_t>(s.p_offset - slack));
    if (at == MAP_FAILED) complain("{} can't be mapped: {}", path, std::strerror(errno));
    std::uint64_t file_end = base + s.p_vaddr + s.p_filesz, memory_end = round_up(base + s.p_vaddr + s.p_memsz, page);
    if ((prot & PROT_WRITE) != 0) {
      std::uint64_t page_end = round_up(file_end, page);
      std::memset(reinterpret_cast<void*>(file_end), 0, page_end - file_end);
      if (memory_end > page_end) mmap(reinterpret_cast<void*>(page_end), memory_end - page_end, prot, MAP_PRIVATE | MAP_FIXED | MAP_ANONYMOUS, -1, 0);
    }
    if ((prot & PROT_EXEC) != 0) redirect(start, file_end, prot);
  }
  close(file.fd);
  return {base, base + file.header.e_entry, base + file.header.e_phoff, file.header.e_phnum};
}

std::uint64_t stack_bytes() {
  rlimit limit{};
  getrlimit(RLIMIT_STACK, &limit);
  constexpr rlim_t least = 8 << 20, most = 1 << 30;
  return limit.rlim_cur == RLIM_INFINITY ? most : round_up(std::min(std::max(limit.rlim_cur, least), most), page);
}

/// The words of an initial process stack, collected first and written at the end.
class InitialStack {
 public:
  explicit InitialStack(std::uint64_t top) : top_(top) {}
  std::uint64_t put(const void* bytes, std::size_t count) {
    top_ -= count;
    std::memcpy(reinterpret_cast<void*>(top_), bytes, count);
    return top_;
  }
  std::uint64_t put(const std::string& text) { return put(text.c_str(), text.size() + 1); }
  /// One behind the other, as the kernel lays out arguments and environment; their addresses.
  std::vector<std::uint64_t> put(const std::vector<std::string>& texts) {
    std::string block;
    for (const auto& text : texts) block.append(text.c_str(), text.size() + 1);
    std::uint64_t at = put(block.data(), block.size());
    std::vector<std::uint64_t> result;
    for (const auto& text : texts) {
      result.push_back(at);
      at += text.size() + 1;
    }
    return result;
  }
  std::uint64_t put_words(const std::vector<std::uint64_t>& words) {
    top_ = (top_ - words.size() * 8) & ~15ULL;
    std::memcpy(reinterpret_cast<void*>(top_), words.data(), words.size() * 8);
    return top_;
  }

 private:
  std::uint64_t top_;
};

/// What libc may not choose for --portable, by its own names (glibc's tunable glibc.cpu.hwcaps).
constexpr const char* not_portable = ":glibc.cpu.hwcaps=-AVX,-AVX2,-AVX512F,-AVX512BW,-AVX512CD,-AVX512DQ,-AVX512VL,-BMI1,-BMI2,-FMA,-LZCNT,-MOVBE,-RTM";

/// The user's environment (see restart/standard_library.hpp for LD_LIBRARY_PATH), and for ld.so alone: no rseq registration in the upper half (a kernel thread has only one, and
/// after a restart it belongs to the carrier's libc).
std::vector<std::string> upper_environment(bool portable) {
  std::vector<std::string> result;
  std::string tunables = "glibc.pthread.rseq=0";
  const char* library_path = std::getenv("MANA_LIBRARY_PATH_BEFORE");
  for (char** entry = environ; *entry != nullptr; ++entry) {
    std::string text = *entry;
    if (text.rfind("MANA_NO_FSGSBASE=", 0) == 0 || text.rfind("MANA_LIBRARY_PATH_BEFORE=", 0) == 0) continue;
    if (library_path != nullptr && text.rfind("LD_LIBRARY_PATH=", 0) == 0) continue;
    if (text.rfind("GLIBC_TUNABLES=", 0) == 0) {
      tunables = text.substr(15) + ":" + tunables;
    } else {
      result.push_back(text);
    }
  }
  if (library_path != nullptr && *library_path != 0) result.push_back("LD_LIBRARY_PATH=" + std::string(library_path));
  result.push_back("GLIBC_TUNABLES=" + tunables + (portable ? not_portable : ""));
  return result;
}

/// `loader`: ld.so's own arguments; the program and its arguments follow them.
std::uint64_t build_stack(const Options& options, const Loaded& ld_so, const std::vector<std::string>& loader) {
  std::uint64_t bytes = stack_bytes(), begin = window_stack_limit - bytes;
  map_fixed(begin, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK);
  window().stack_begin = begin;
  window().stack_end = window_stack_limit;
  InitialStack stack(window_stack_limit - 64);
  std::uint64_t executable = stack.put(options.application), platform = stack.put("x86_64");
  unsigned char seed[16] = {};
  (void)!getrandom(seed, sizeof seed, 0);
  std::uint64_t random = stack.put(seed, sizeof seed);
  const std::vector<std::uint64_t> environment = stack.put(upper_environment(options.portable));
  window().arguments_end = environment.front();
  const std::vector<std::uint64_t> arguments = stack.put(options.arguments);
  window().arguments_begin = arguments.front();
  std::vector<std::uint64_t> words{loader.size() + 2 + arguments.size()};
  for (const auto& argument : loader) words.push_back(stack.put(argument));
  words.insert(words.end(), {stack.put("--argv0"), arguments.front(), executable});
  words.insert(words.end(), arguments.begin() + 1, arguments.end());
  words.push_back(0);
  words.insert(words.end(), environment.begin(), environment.end());
  words.push_back(0);
  auto auxiliary = [&words](std::uint64_t type, std::uint64_t value) {
    words.push_back(type);
    words.push_back(value);
  };
  auxiliary(AT_SYSINFO_EHDR, resident_address + resident().vdso_offset);
  for (unsigned long type : {AT_HWCAP, AT_HWCAP2, AT_PAGESZ, AT_CLKTCK, AT_UID, AT_EUID, AT_GID, AT_EGID, AT_MINSIGSTKSZ}) auxiliary(type, getauxval(type));
  auxiliary(AT_SECURE, 0);
  auxiliary(AT_PHDR, ld_so.headers);
  auxiliary(AT_PHENT, sizeof(Elf64_Phdr));
  auxiliary(AT_PHNUM, ld_so.header_count);
  auxiliary(AT_BASE, 0);
  auxiliary(AT_FLAGS, 0);
  auxiliary(AT_ENTRY, ld_so.entry);
  auxiliary(AT_RANDOM, random);
  auxiliary(AT_EXECFN, executable);
  auxiliary(AT_PLATFORM, platform);
  auxiliary(AT_NULL, 0);
  if (words.size() % 2 != 0) words.insert(words.end(), 0);
  return stack.put_words(words);
}

/// ld.so splits its list of preloads at blanks and colons; a path with one is given as an open descriptor instead.
std::string preload_name(const std::string& path) {
  if (path.find_first_of(" :") == std::string::npos) return path;
  int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) complain("{} can't be opened: {}", path, std::strerror(errno));
  return fmt::format("/proc/self/fd/{}", keep_high(fd));
}

std::vector<std::string> loader_arguments(const Options& options, const std::string& interpreter) {
  std::vector<std::string> arguments{interpreter};
  std::string preload;
  for (const auto& library : options.upper) preload += (preload.empty() ? "" : ":") + preload_name(library);
  if (options.portable) arguments.insert(arguments.end(), {"--glibc-hwcaps-mask", "x86-64-v2"});
  if (!preload.empty()) arguments.insert(arguments.end(), {"--preload", preload});
  return arguments;
}

}  // namespace

ProgramStart load_program(const Options& options) {
  std::string interpreter = interpreter_of(options.application);
  open_window(options);
  Loaded ld_so = map_interpreter(interpreter);
  return {ld_so.entry, build_stack(options, ld_so, loader_arguments(options, interpreter))};
}

}  // namespace mana::lower
