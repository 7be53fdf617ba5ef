// SPDX-License-Identifier: Apache-2.0
// Finding a job and asking it.
#include "coordinator/client.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "common/generation.hpp"
#include "coordinator/coordinator.hpp"

namespace mana {
namespace {

/// "" without a home.
std::string remembered(const std::string& job) {
  const char* home = getenv("HOME");
  if (home == nullptr || *home != '/' || job.empty() || job[0] == '.' || job.find_first_of("/:") != job.npos) return "";  // HOST:PID is not worth remembering
  return std::string(home) + "/.cache/mana-split/jobs/" + job;
}

bool is_directory(const std::string& path) {
  struct stat status;
  return stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
}

Result<std::string> directory_of(const std::string& name) {
  if (is_directory(name)) return name;
  if (const std::string file = remembered(name); !file.empty())
    if (auto text = read_text_file(file, 1 << 16)) return text->substr(0, text->find('\n'));
  return Error{name + ": neither a checkpoint directory nor the id of a job that is running"};
}

}  // namespace

void remember_job(const std::string& job, const std::string& directory) {
  const std::string file = remembered(job);
  if (file.empty() || !make_directories(file.substr(0, file.rfind('/')))) return;
  [[maybe_unused]] auto put = replace_file(file, directory + "\n", 0600);
}

void forget_job(const std::string& job) {
  if (const std::string file = remembered(job); !file.empty()) unlink(file.c_str());
}

Result<Connection> connect_to_job(const std::string& name) {
  const auto directory = directory_of(name);
  if (!directory) return directory.error();
  const auto text = read_text_file(job_file(*directory), 1 << 16);
  if (!text && text.error().number == ENOENT) return Error{*directory + ": no job is running with this checkpoint directory"};
  if (!text) return text.error();
  const auto endpoint = Endpoint::parse(*text);
  if (!endpoint) return Error{job_file(*directory) + ": " + endpoint.error().message};
  auto connection = connect_to(*endpoint, {{"role", "command"}}, 3000);
  if (connection) return connection;
  const bool loopback_elsewhere = endpoint->addresses.size() == 1 && endpoint->host != host_name();
  return Error{"job " + endpoint->job + " does not answer (" + connection.error().message + ")" +
               (loopback_elsewhere ? "; it runs on " + endpoint->host + " alone: ask there" : "; it has ended, or was killed")};
}

Result<Message> ask_for_checkpoint(Connection& connection, bool kill, int timeout_ms) {
  if (!send_message(connection.fd, {{"t", "checkpoint"}, {"kill", kill}})) return Error{"the connection was closed"};
  const std::int64_t until = steady_ms() + timeout_ms;
  while (true) {
    const int left = timeout_ms == 0 ? -1 : static_cast<int>(std::max<std::int64_t>(until - steady_ms(), 0));
    auto answer = receive(connection, left);
    if (!answer && answer.error().number == ECONNRESET) return Error{"the job ended before the checkpoint was committed"};
    if (!answer) return answer;
    const std::string kind = text_field(*answer, "t");
    if (kind == "done") {
      answer->erase("t");
      return answer;
    }
    if (kind != "accepted") return Error{text_field(*answer, "why", "refused")};
  }
}

Result<Message> ask_for_status(Connection& connection, int timeout_ms) {
  if (!send_message(connection.fd, {{"t", "status"}})) return Error{"the connection was closed"};
  auto answer = receive(connection, timeout_ms);
  if (answer) answer->erase("t");
  return answer;
}

void wait_until_closed(Connection& connection, int timeout_ms) {
  while (receive(connection, timeout_ms)) {}
}

}  // namespace mana
