// SPDX-License-Identifier: Apache-2.0
// Parser of /proc/PID/maps.
#include "common/proc_maps.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <charconv>

namespace mana {
namespace {

/// Takes a number from the front of `text` and the `end` character after it.
template <class T>
bool take_number(std::string_view& text, T& value, int base, char end) {
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc() || rest == text.data() + text.size() || *rest != end) return false;
  text.remove_prefix(static_cast<std::size_t>(rest - text.data()) + 1);
  return true;
}

/// The kernel writes a newline within a path as \012.
std::string unescape(std::string_view path) {
  std::string name;
  for (std::size_t i = 0; i < path.size(); ++i) {
    if (path.compare(i, 4, "\\012") == 0) {
      name += '\n';
      i += 3;
    } else {
      name += path[i];
    }
  }
  return name;
}

bool parse_line(std::string_view line, Mapping& m) {
  if (!take_number(line, m.start, 16, '-') || !take_number(line, m.end, 16, ' ') || m.start >= m.end) return false;
  if (line.size() < 5 || line[4] != ' ') return false;
  m.prot = (line[0] == 'r' ? PROT_READ : 0) | (line[1] == 'w' ? PROT_WRITE : 0) | (line[2] == 'x' ? PROT_EXEC : 0);
  if (line[3] != 's' && line[3] != 'p') return false;
  m.shared = line[3] == 's';
  line.remove_prefix(5);
  if (!take_number(line, m.offset, 16, ' ') || !take_number(line, m.device_major, 16, ':') || !take_number(line, m.device_minor, 16, ' ')) return false;
  const auto [rest, error] = std::from_chars(line.data(), line.data() + line.size(), m.inode, 10);
  if (error != std::errc()) return false;
  line.remove_prefix(static_cast<std::size_t>(rest - line.data()));
  const auto path = line.find_first_not_of(' ');
  if (path != line.npos) m.name = unescape(line.substr(path));
  return true;
}

}  // namespace

Result<std::vector<Mapping>> parse_proc_maps(std::string_view text) {
  std::vector<Mapping> mappings;
  while (!text.empty()) {
    const auto newline = text.find('\n');
    const std::string_view line = text.substr(0, newline);
    Mapping mapping;
    if (!parse_line(line, mapping)) return Error{"not a line of /proc/PID/maps: \"" + std::string(line.substr(0, 200)) + "\""};
    mappings.push_back(std::move(mapping));
    text.remove_prefix(newline == text.npos ? text.size() : newline + 1);
  }
  return mappings;
}

Result<std::vector<Mapping>> read_proc_maps() {
  const int fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
  if (fd < 0) return system_error("/proc/self/maps: open", errno);
  std::string text;
  char block[1 << 16];
  ssize_t got;
  while ((got = read(fd, block, sizeof block)) > 0) text.append(block, static_cast<std::size_t>(got));
  const int number = errno;
  close(fd);
  if (got < 0) return system_error("/proc/self/maps: read", number);
  return parse_proc_maps(text);
}

}  // namespace mana
