// SPDX-License-Identifier: Apache-2.0
#include "restart/elf_inspect.hpp"

#include <climits>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <elf.h>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <set>
#include <sstream>
#include <sys/stat.h>
#include <unistd.h>

namespace mana::restart {
namespace {

namespace fs = std::filesystem;

std::string slurp(const std::string& path, std::size_t most) {
  std::ifstream in(path, std::ios::binary);
  std::string bytes(most, '\0');
  in.read(bytes.data(), static_cast<std::streamsize>(most));
  bytes.resize(static_cast<std::size_t>(in.gcount()));
  return bytes;
}

/// Reads pieces of a file by offset; nothing outside of the file is ever touched.
class ElfBytes {
 public:
  explicit ElfBytes(const std::string& path) : in_(path, std::ios::binary) {}
  template <class T>
  bool read(std::uint64_t offset, T& value) {
    in_.clear();
    in_.seekg(static_cast<std::streamoff>(offset));
    in_.read(reinterpret_cast<char*>(&value), sizeof value);
    return in_.gcount() == sizeof value;
  }
  std::string text(std::uint64_t offset, std::size_t most = PATH_MAX) {
    in_.clear();
    in_.seekg(static_cast<std::streamoff>(offset));
    std::string result;
    for (int c; result.size() < most && (c = in_.get()) > 0;) result.push_back(static_cast<char>(c));
    return result;
  }

 private:
  std::ifstream in_;
};

struct Segments {
  std::vector<Elf64_Phdr> all;
  /// File offset of a virtual address, or -1.
  std::uint64_t offset_of(std::uint64_t address) const {
    for (const auto& s : all)
      if (s.p_type == PT_LOAD && address >= s.p_vaddr && address - s.p_vaddr < s.p_filesz) return address - s.p_vaddr + s.p_offset;
    return UINT64_MAX;
  }
};

void read_dynamic(ElfBytes& file, const Segments& segments, const Elf64_Phdr& dynamic, ElfFacts& facts) {
  std::vector<std::pair<std::int64_t, std::uint64_t>> names;
  std::uint64_t strings = UINT64_MAX;
  for (std::uint64_t i = 0; i < dynamic.p_filesz / sizeof(Elf64_Dyn) && i < 100000; ++i) {
    Elf64_Dyn entry;
    if (!file.read(dynamic.p_offset + i * sizeof entry, entry) || entry.d_tag == DT_NULL) break;
    if (entry.d_tag == DT_STRTAB) strings = segments.offset_of(entry.d_un.d_ptr);
    if (entry.d_tag == DT_NEEDED || entry.d_tag == DT_RPATH || entry.d_tag == DT_RUNPATH) names.emplace_back(entry.d_tag, entry.d_un.d_val);
  }
  if (strings == UINT64_MAX) return;
  for (auto [tag, offset] : names) {
    if (offset > INT_MAX) continue;
    std::string text = file.text(strings + offset);
    if (tag == DT_NEEDED)
      facts.needed.push_back(text);
    else if (tag == DT_RPATH)
      facts.rpath = text;
    else
      facts.runpath = text;
  }
}

Abi abi_of_library(const std::string& name) {
  if (name.rfind("libmpi_abi.so", 0) == 0) return Abi::standard;
  for (const char* prefix : {"libmpi.so.40", "libmpi_mpifh.so.40", "libmpi_cxx.so.40", "libmpi_usempi"})
    if (name.rfind(prefix, 0) == 0) return Abi::openmpi;
  for (const char* prefix : {"libmpich.so.12", "libmpi.so.12", "libmpichfort.so.12", "libmpichcxx.so.12", "libmpifort.so.12", "libmpicxx.so.12"})
    if (name.rfind(prefix, 0) == 0) return Abi::mpich;
  return Abi::none;
}

void add_paths(std::vector<std::string>& list, const std::string& colon_separated, const std::string& origin) {
  std::stringstream parts(colon_separated);
  for (std::string part; std::getline(parts, part, ':');) {
    for (const char* token : {"${ORIGIN}", "$ORIGIN"})
      if (auto at = part.find(token); at != std::string::npos) part.replace(at, std::strlen(token), origin);
    if (!part.empty()) list.push_back(part);
  }
}

/// The directories of /etc/ld.so.conf and its pieces, then the built-in ones.
const std::vector<std::string>& system_directories() {
  static const std::vector<std::string> list = [] {
    std::vector<std::string> result;
    std::error_code ignored;
    std::vector<std::string> files{"/etc/ld.so.conf"};
    for (const auto& entry : fs::directory_iterator("/etc/ld.so.conf.d", ignored)) files.push_back(entry.path());
    for (const auto& file : files) {
      std::ifstream in(file);
      for (std::string line; std::getline(in, line);)
        if (!line.empty() && line[0] == '/') result.push_back(line);
    }
    for (const char* builtin : {"/lib/x86_64-linux-gnu", "/usr/lib/x86_64-linux-gnu", "/lib64", "/usr/lib64", "/lib", "/usr/lib"}) result.emplace_back(builtin);
    return result;
  }();
  return list;
}

std::string find_library(const std::string& name, const std::vector<std::string>& own_paths) {
  if (name.find('/') != std::string::npos) return access(name.c_str(), R_OK) == 0 ? name : "";
  for (const auto* paths : {&own_paths, &system_directories()})
    for (const auto& directory : *paths)
      if (std::string path = directory + "/" + name; access(path.c_str(), R_OK) == 0) return path;
  return "";
}

}  // namespace

const char* name_of(Abi abi) {
  constexpr const char* names[] = {"none", "mpich", "openmpi", "standard"};
  return names[static_cast<int>(abi)];
}

Result<ElfFacts> read_elf(const std::string& path) {
  ElfBytes file(path);
  Elf64_Ehdr header;
  if (!file.read(0, header) || std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0) return Error{path + " is not an ELF file"};
  if (header.e_ident[EI_CLASS] != ELFCLASS64) return Error{path + " is a 32-bit program; only 64-bit programs for x86-64 can be launched"};
  if (header.e_machine != EM_X86_64)
    return Error{fmt::format("{} is built for another machine (ELF machine {}); only x86-64 programs can be launched", path, header.e_machine)};
  if (header.e_type != ET_EXEC && header.e_type != ET_DYN) return Error{path + " is an ELF file but neither a program nor a library"};
  Segments segments;
  for (int i = 0; i < header.e_phnum && i < 1024; ++i) {
    Elf64_Phdr segment;
    if (!file.read(header.e_phoff + static_cast<std::uint64_t>(i) * sizeof segment, segment))
      return Error{path + " is damaged: its program headers lie outside of the file"};
    segments.all.push_back(segment);
  }
  ElfFacts facts;
  for (const auto& segment : segments.all) {
    if (segment.p_type == PT_INTERP) facts.interpreter = file.text(segment.p_offset);
    if (segment.p_type != PT_DYNAMIC) continue;
    facts.dynamic = true;
    read_dynamic(file, segments, segment, facts);
  }
  return facts;
}

Result<ElfFacts> check_program(const std::string& path) {
  struct stat facts {};
  if (stat(path.c_str(), &facts) != 0) return system_error(path + " can't be launched", errno);
  if (S_ISDIR(facts.st_mode)) return Error{path + " is a directory, not a program"};
  if (access(path.c_str(), X_OK) != 0) return system_error(path + " can't be executed", errno);
  std::string start = slurp(path, 256);
  if (start.rfind("#!", 0) == 0) {
    std::string interpreter = start.substr(2, start.find('\n') - 2);
    interpreter.erase(0, interpreter.find_first_not_of(' '));
    return Error{fmt::format("{} is a script; launch its interpreter: mana_launch {} {}", path, interpreter, path)};
  }
  auto elf = read_elf(path);
  if (!elf) return elf.error();
  if (elf->interpreter.empty())
    return Error{path + (elf->dynamic ? " is a library or a statically linked program" : " is statically linked") +
                 "; only dynamic programs can be launched: link it dynamically"};
  if ((facts.st_mode & (S_ISUID | S_ISGID)) != 0) return Error{path + " is setuid or setgid; such programs can't be checkpointed: use a copy without that bit"};
  return elf;
}

Result<Abi> find_abi(const std::string& path, const ElfFacts& program) {
  struct Open {
    std::string path;
    ElfFacts facts;
    std::vector<std::string> inherited;
  };
  std::deque<Open> queue;
  queue.push_back({path, program, {}});
  std::set<std::string> seen;
  Abi found = Abi::none;
  std::string found_name;
  while (!queue.empty()) {
    Open file = queue.front();
    queue.pop_front();
    std::string origin = fs::path(file.path).parent_path();
    std::vector<std::string> paths;
    if (file.facts.runpath.empty()) add_paths(paths, file.facts.rpath, origin);
    std::vector<std::string> inherited = paths;
    inherited.insert(inherited.end(), file.inherited.begin(), file.inherited.end());
    paths = inherited;
    if (const char* user = std::getenv("LD_LIBRARY_PATH")) add_paths(paths, user, origin);
    add_paths(paths, file.facts.runpath, origin);
    for (const auto& name : file.facts.needed) {
      if (!seen.insert(name).second) continue;
      if (Abi abi = abi_of_library(name); abi != Abi::none) {
        if (found != Abi::none && found != abi)
          return Error{fmt::format("{} needs libraries of two MPIs, {} and {}; tell which one is meant with --abi", path, found_name, name)};
        found = abi;
        found_name = name;
        continue;
      }
      std::string library = find_library(name, paths);
      if (library.empty()) continue;
      if (auto elf = read_elf(library)) queue.push_back({library, *elf, inherited});
    }
  }
  return found;
}

Result<std::string> find_program(const std::string& name) {
  std::error_code ignored;
  if (name.find('/') != std::string::npos) return fs::absolute(name, ignored).string();
  const char* path = std::getenv("PATH");
  std::stringstream parts(path != nullptr ? path : "/usr/local/bin:/usr/bin:/bin");
  for (std::string part; std::getline(parts, part, ':');) {
    std::string candidate = (part.empty() ? "." : part) + "/" + name;
    if (access(candidate.c_str(), X_OK) == 0 && !fs::is_directory(candidate, ignored)) return fs::absolute(candidate, ignored).string();
  }
  return Error{name + " is not found in PATH; give its path"};
}

}  // namespace mana::restart
