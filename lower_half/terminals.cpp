// SPDX-License-Identifier: Apache-2.0
#include "lower_half/terminals.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/sysmacros.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>
#include <vector>

#include "lower_half/children.hpp"
#include "lower_half/complain.hpp"
#include "lower_half/descriptors.hpp"
#include "lower_half/hex_text.hpp"
#include "lower_half/special_descriptors.hpp"

namespace mana::lower {
namespace {

using nlohmann::json;

constexpr int no_number = -1;
constexpr int most_numbers = 1024;  // pairs that are made to get at a wanted number
constexpr std::size_t most_in_flight = 1 << 20;
constexpr int settle_ms = 100, settle_tail_ms = 5;  // the kernel hands input to the terminal's discipline on a thread of its own

int master_number(int fd) {
  unsigned number = 0;
  return ioctl(fd, TIOCGPTN, &number) == 0 ? static_cast<int>(number) : no_number;
}

int slave_number(const struct stat& facts) {
  constexpr unsigned first_major = 136, last_major = 143;
  unsigned of = major(facts.st_rdev);
  if (!S_ISCHR(facts.st_mode) || of < first_major || of > last_major) return no_number;
  return static_cast<int>((of - first_major) * 256 + minor(facts.st_rdev));
}

int slave_number(int fd) {
  struct stat facts {};
  return fstat(fd, &facts) == 0 ? slave_number(facts) : no_number;
}

std::string mode_text(const termios& mode) { return to_hex({reinterpret_cast<const char*>(&mode), sizeof mode}); }

termios mode_of_text(const std::string& text) {
  termios mode{};
  std::string bytes = from_hex(text);
  std::memcpy(&mode, bytes.data(), std::min(bytes.size(), sizeof mode));
  return mode;
}

json size_of(int fd) {
  winsize size{};
  ioctl(fd, TIOCGWINSZ, &size);
  return {size.ws_row, size.ws_col, size.ws_xpixel, size.ws_ypixel};
}

void set_size(int fd, const json& described) {
  winsize size{described[0], described[1], described[2], described[3]};
  ioctl(fd, TIOCSWINSZ, &size);
}

/// A new open file of the slave of this master, out of nobody's way; -1: locked or gone.
int open_slave(int master, int flags) { return ioctl(master, TIOCGPTPEER, flags | O_NOCTTY | O_CLOEXEC); }

bool is_slave_open(int number) {
  for (int fd : open_descriptors())
    if (slave_number(fd) == number) return true;
  return false;
}

bool is_hung_up(int master) {
  pollfd look{master, 0, 0};
  return poll(&look, 1, 0) == 1 && (look.revents & POLLHUP) != 0;
}

std::string read_all(int fd) {
  std::string content;
  char block[4096];
  for (ssize_t got; content.size() < most_in_flight && (got = read(fd, block, sizeof block)) > 0;) content.append(block, static_cast<std::size_t>(got));
  return content;
}

/// No translation, no echo, no signals; whole lines only if `lines`.
termios plain_mode(termios mode, bool lines) {
  mode.c_iflag = mode.c_oflag = 0;
  mode.c_lflag &= lines ? ICANON : 0U;
  for (cc_t& character : mode.c_cc) character = 0;
  return mode;
}

/// Waits until the line discipline has what was written to the master: whole lines are counted, the rest is given a moment.
void await_input(int slave, const std::string& content, bool lines) {
  auto whole = lines ? content.rfind('\n') + 1 : content.size();  // npos + 1 is 0
  for (int i = 0, have = 0; i < settle_ms && ioctl(slave, FIONREAD, &have) == 0 && have < static_cast<int>(whole); ++i) {
    pollfd look{slave, POLLIN, 0};
    poll(&look, 1, 0);  // makes the kernel hand over
    usleep(1000);
  }
  if (whole < content.size()) usleep(settle_tail_ms * 1000);
}

/// What is on its way between the ends of one pair.
struct InFlight {
  std::string to_slave, to_master;
};

/// For as long as it lives the pair neither blocks nor translates.
class StillPair {
 public:
  explicit StillPair(int master) : master_(master), flags_(fcntl(master, F_GETFL)), slave_(open_slave(master, O_RDWR | O_NONBLOCK)) {
    tcgetattr(master, &mode_);
    ioctl(master, TIOCGPKT, &packets_);
    int none = 0;
    ioctl(master, TIOCPKT, &none);
    fcntl(master, F_SETFL, flags_ | O_NONBLOCK);
  }
  ~StillPair() {
    tcsetattr(master_, TCSANOW, &mode_);
    fcntl(master_, F_SETFL, flags_);
    ioctl(master_, TIOCPKT, &packets_);
    if (slave_ >= 0) close(slave_);
  }
  StillPair(const StillPair&) = delete;
  StillPair& operator=(const StillPair&) = delete;

  int packets() const { return packets_; }
  const termios& mode() const { return mode_; }

  InFlight take_out() {
    set_mode(false);
    return {read_all(slave_), read_all(master_)};
  }

  void put_in(const InFlight& content) {
    bool lines = (mode_.c_lflag & ICANON) != 0;
    set_mode(lines);
    bool whole = write(slave_, content.to_master.data(), content.to_master.size()) == static_cast<ssize_t>(content.to_master.size());
    whole &= write(master_, content.to_slave.data(), content.to_slave.size()) == static_cast<ssize_t>(content.to_slave.size());
    if (!whole) say_line("some of what was on its way through a pseudo-terminal is lost");
    if (!content.to_slave.empty()) await_input(slave_, content.to_slave, lines);
  }

 private:
  void set_mode(bool lines) {
    termios mode = plain_mode(mode_, lines);
    tcsetattr(master_, TCSANOW, &mode);
  }

  int master_, flags_, slave_, packets_ = 0;
  termios mode_{};
};

/// Takes out what is in flight and puts it back, unless a child uses the pair at the same time.
void describe_in_flight(int master, int number, json& entry) {
  bool shared = children_have("/dev/pts/" + std::to_string(number));
  if (!shared && is_slave_open(number)) {
    StillPair pair(master);
    InFlight content = pair.take_out();
    pair.put_in(content);
    entry["to_slave"] = to_hex(content.to_slave);
    entry["to_master"] = to_hex(content.to_master);
  }
  int unread = 0;
  if (shared && ioctl(master, FIONREAD, &unread) == 0 && unread > 0)
    say_line(fmt::format("{} bytes that a child process has written to the pseudo-terminal /dev/pts/{} are not part of the checkpoint", unread, number));
  entry["hung_up"] = shared ? !is_slave_open(number) : is_hung_up(master);  // children are gone after a restart
}

json describe_master(int fd, int number) {
  termios mode{};
  tcgetattr(fd, &mode);
  int locked = 0, packets = 0;
  ioctl(fd, TIOCGPTLCK, &locked);
  ioctl(fd, TIOCGPKT, &packets);
  json entry = {{"kind", "pty_master"}, {"number", number}, {"mode", mode_text(mode)}, {"size", size_of(fd)}, {"locked", locked}, {"packets", packets}};
  describe_in_flight(fd, number, entry);
  return entry;
}

bool is_master_open(int number) {
  for (int fd : open_descriptors())
    if (master_number(fd) == number) return true;
  return false;
}

/// A new pair, with the wanted number if nobody has it; the kernel gives the lowest free one.
int make_master(int wanted, int flags) {
  std::vector<int> others;
  int made = -1;
  for (int i = 0; i < most_numbers; ++i) {
    made = open("/dev/ptmx", (flags & ~(O_CREAT | O_EXCL | O_TRUNC)) | O_NOCTTY | O_CLOEXEC);
    if (made < 0) break;
    int number = master_number(made);
    if (number == wanted) break;
    others.push_back(made);
    if (number > wanted) break;
  }
  if ((made < 0 || master_number(made) != wanted) && !others.empty()) {
    made = others.front();
    others.erase(others.begin());
  }
  for (int fd : others) close(fd);
  return made;
}

/// The slave becomes the controlling terminal of a session of our own, as it was.
void control_session(int slave, int number) {
  if (getsid(0) != getpid()) setsid();
  if (ioctl(slave, TIOCSCTTY, 0) != 0)
    say_line(fmt::format("the pseudo-terminal /dev/pts/{} can't be the controlling terminal again: {}", number, std::strerror(errno)));
}

void open_slaves(int master, int number, const json& entries) {
  for (const auto& entry : entries) {
    if (entry.value("kind", "") != "pty_slave" || entry["number"] != number || entry.contains("same_as")) continue;
    int made = open_slave(master, entry["flags"].get<int>() & (O_ACCMODE | O_NONBLOCK));
    if (made < 0) complain("the other end of the program's pseudo-terminal (descriptor {}) can't be opened: {}", entry["fd"].get<int>(), std::strerror(errno));
    if (entry.value("controlling", false)) control_session(made, number);
    place_descriptor(made, entry);
  }
}

void remake_pair(const json& master, const json& entries) {
  int number = master["number"], unlocked = 0;
  int made = make_master(number, master["flags"]);
  if (made < 0) complain("the program's pseudo-terminal can't be made again: {}", std::strerror(errno));
  if (master_number(made) != number) say_line(fmt::format("the program's pseudo-terminal /dev/pts/{} is /dev/pts/{} now", number, master_number(made)));
  ioctl(made, TIOCSPTLCK, &unlocked);
  termios mode = mode_of_text(master["mode"]);
  tcsetattr(made, TCSANOW, &mode);
  set_size(made, master["size"]);
  open_slaves(made, number, entries);
  InFlight content{from_hex(master.value("to_slave", "")), from_hex(master.value("to_master", ""))};
  if (!content.to_slave.empty() || !content.to_master.empty()) StillPair(made).put_in(content);
  if (master["hung_up"].get<bool>()) close(open_slave(made, O_RDWR | O_NONBLOCK));
  int packets = master["packets"], locked = master["locked"];
  ioctl(made, TIOCPKT, &packets);
  ioctl(made, TIOCSPTLCK, &locked);
  place_descriptor(made, master);
}

/// The restart's own terminal, in place of the one that the job had been started from.
int open_own_terminal(int flags) {
  int made = open("/dev/tty", flags | O_NOCTTY | O_CLOEXEC);
  for (int fd = 0; fd <= 2 && made < 0; ++fd)
    if (isatty(fd)) made = open(fmt::format("/proc/self/fd/{}", fd).c_str(), flags | O_NOCTTY | O_CLOEXEC);
  return made;
}

void reopen_terminal(const json& entry) {
  int flags = entry["flags"].get<int>() & (O_ACCMODE | O_NONBLOCK);
  std::string path = entry["path"];
  bool device = entry["number"] == no_number && path != "/dev/tty";
  int made = device ? open(path.c_str(), flags | O_NOCTTY | O_CLOEXEC) : open_own_terminal(flags);
  if (made < 0) {
    say_line(fmt::format("the restart has no terminal; descriptor {} of the program ({}) reads as ended", entry["fd"].get<int>(), path));
    made = open("/dev/null", flags | O_CLOEXEC);
  }
  place_descriptor(made, entry);
}

bool in_foreground(int terminal) { return tcgetpgrp(terminal) == getpgrp(); }

}  // namespace

json describe_terminal(int fd, const struct stat& facts, const std::string& link) {
  if (!S_ISCHR(facts.st_mode) || !isatty(fd)) return nullptr;
  if (int number = master_number(fd); number != no_number) return describe_master(fd, number);
  int number = slave_number(facts);
  if (number == no_number || !is_master_open(number)) return {{"kind", "terminal"}, {"path", link}, {"number", number}};
  return {{"kind", "pty_slave"}, {"number", number}, {"controlling", tcgetsid(fd) == getsid(0)}};
}

void remake_terminals(const json& entries) {
  for (const auto& entry : entries) {
    if (entry.contains("same_as")) continue;
    std::string kind = entry.value("kind", "");
    if (kind == "pty_master") remake_pair(entry, entries);
    if (kind == "terminal") reopen_terminal(entry);
  }
}

json describe_own_terminal() {
  int terminal = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
  termios mode{};
  json described;
  if (terminal >= 0 && in_foreground(terminal) && tcgetattr(terminal, &mode) == 0) described = {{"mode", mode_text(mode)}, {"size", size_of(terminal)}};
  if (terminal >= 0) close(terminal);
  return described;
}

void restore_own_terminal(const json& described) {
  int terminal = described.is_null() ? -1 : open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (terminal < 0) return;
  if (in_foreground(terminal)) {
    termios mode = mode_of_text(described["mode"]);
    tcsetattr(terminal, TCSANOW, &mode);
    json size = size_of(terminal);
    if (size[0] != described["size"][0] || size[1] != described["size"][1]) kill(getpid(), SIGWINCH);
  }
  close(terminal);
}

}  // namespace mana::lower
