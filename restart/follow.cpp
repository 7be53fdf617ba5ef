// SPDX-License-Identifier: Apache-2.0
// follow WISHES IDS PROGRAM ARGV…: what a followed process executes in place of PROGRAM (upper_half/resident/following.hpp). A program that can be
// loaded into a window becomes a process with both halves; any other one is executed as it is.
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <nlohmann/json.hpp>

#include "restart/elf_inspect.hpp"
#include "restart/launcher.hpp"
#include "upper_half/resident/window.hpp"

namespace {

using namespace mana::restart;
using nlohmann::json;

struct Command {
  std::string program;
  std::vector<std::string> arguments;
};

/// As the kernel does with `#! INTERPRETER [ARGUMENT]`; any other program as it is.
Command interpreter_of(Command script) {
  constexpr std::size_t most = 255;
  std::ifstream in(script.program, std::ios::binary);
  std::string line;
  std::getline(in, line);
  if (!line.starts_with("#!") || line.size() > most) return script;
  const auto begin = line.find_first_not_of(" \t", 2);
  if (begin == std::string::npos) return script;
  const auto end = line.find_first_of(" \t", begin);
  Command command{line.substr(begin, end - begin), {line.substr(begin, end - begin)}};
  if (const auto more = end == std::string::npos ? end : line.find_first_not_of(" \t", end); more != std::string::npos)
    command.arguments.push_back(line.substr(more, line.find_last_not_of(" \t") + 1 - more));
  command.arguments.push_back(script.program);
  command.arguments.insert(command.arguments.end(), script.arguments.begin() + 1, script.arguments.end());
  return command;
}

/// Scripts may be interpreted by scripts.
Command resolved(Command command) {
  constexpr int most_deep = 4;
  for (int i = 0; i < most_deep; ++i) command = interpreter_of(std::move(command));
  return command;
}

/// A dynamic program without MPI, and not one of our own.
bool can_be_followed(const std::string& program) {
  const auto elf = check_program(program);
  if (!elf) return false;
  const auto abi = find_abi(program, *elf);
  std::error_code ignored;
  const std::string place = std::filesystem::canonical(program, ignored);
  return abi && *abi == Abi::none && !place.starts_with(installation_prefix());
}

std::string number_text(const json& wishes, const char* name) { return fmt::format("{}", wishes.value(name, 0.0)); }

std::vector<std::string> lower_command(const json& wishes, const std::string& ids, const Command& command) {
  std::vector<std::string> words{installation_prefix() + "/libexec/mana/lower-none",
                                 "--launch",
                                 "--abi",
                                 "none",
                                 "--upper",
                                 upper_libraries(Abi::none),
                                 "--children",
                                 "follow",
                                 "--ckptdir",
                                 wishes.value("ckptdir", ""),
                                 "--signal",
                                 std::to_string(wishes.value("signal", 0)),
                                 "--timeout",
                                 number_text(wishes, "timeout"),
                                 "--ids",
                                 ids};
  if (wishes.value("head", 0) == getpid())  // the program that was launched has executed another one
    words.insert(words.end(), {"--interval", number_text(wishes, "interval"), "--keep", std::to_string(wishes.value("keep", 2))});
  else
    words.insert(words.end(), {"--member-of", std::to_string(wishes.value("rank", 0))});
  if (wishes.value("portable", false)) words.emplace_back("--portable");
  if (wishes.value("verbose", false)) words.emplace_back("--verbose");
  words.insert(words.end(), {"--", std::filesystem::absolute(command.program)});
  words.insert(words.end(), command.arguments.begin(), command.arguments.end());
  return words;
}

/// One that was sent to the program before, and that came while it was executing another, blocked.
void drop_stop_signal() {
  sigset_t stop;
  sigemptyset(&stop);
  sigaddset(&stop, mana::stop_signal);
  std::signal(mana::stop_signal, SIG_IGN);
  sigprocmask(SIG_UNBLOCK, &stop, nullptr);
  std::signal(mana::stop_signal, SIG_DFL);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 5) refuse("follow", "this is an internal program; start jobs with mana_launch", true);
  drop_stop_signal();
  const json wishes = json::parse(argv[1], nullptr, false);
  const Command command = resolved({argv[3], {argv + 4, argv + argc}});
  if (!wishes.is_discarded() && can_be_followed(command.program)) {
    std::vector<std::string> words = lower_command(wishes, argv[2], command);
    std::vector<char*> arguments;
    for (auto& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    execv(arguments[0], arguments.data());
  }
  execv(argv[3], argv + 4);
  const int number = errno;
  refuse(argv[4], mana::system_error(std::string(argv[3]) + " can't be started", number).message, true);
}
