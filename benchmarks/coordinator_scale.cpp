// SPDX-License-Identifier: Apache-2.0
// How a whole checkpoint round of the coordinator grows with the number of ranks: from the request to the manifest and until all
// have gone on. The ranks are simulated in a process of their own, each with its own connection and all the words of an agent;
// they write no image.
//
//     coordinator_scale [ROUNDS [RANKS...]]       defaults: 3 rounds of 100, 1000, 10000 ranks
//
// One line of JSON for each size: seconds of the best round, CPU seconds of the coordinator in it, and its memory per rank.
#include <fmt/format.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "common/image_format.hpp"
#include "coordinator/client.hpp"
#include "coordinator/coordinator.hpp"

using namespace mana;

namespace {

[[noreturn]] void give_up(const std::string& why) {
  fmt::print(stderr, "coordinator_scale: {}\n", why);
  std::_Exit(1);
}

double now_s() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

double cpu_s() {
  rusage use{};
  getrusage(RUSAGE_SELF, &use);
  return static_cast<double>(use.ru_utime.tv_sec + use.ru_stime.tv_sec) + 1e-6 * static_cast<double>(use.ru_utime.tv_usec + use.ru_stime.tv_usec);
}

long resident_kb() {
  long pages = 0, resident = 0;
  if (FILE* file = fopen("/proc/self/statm", "r")) {
    if (fscanf(file, "%ld %ld", &pages, &resident) != 2) resident = 0;
    fclose(file);
  }
  return resident * (sysconf(_SC_PAGESIZE) / 1024);
}

void allow_descriptors() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

/// A member of the world and of a pair; even ranks are behind by one collective in the world and catch up when told to.
class SimulatedRank {
 public:
  SimulatedRank(int rank, Connection connection) : connection_(std::move(connection)), behind_(rank % 2 == 0) {
    report_.entered = {{1, behind_ ? 41U : 42U}, {static_cast<std::uint64_t>(2 + rank / 2), 7}};
  }
  int socket() const { return connection_.fd; }

  /// False when the coordinator is gone.
  bool read() {
    char block[4096];
    const ssize_t got = recv(connection_.fd, block, sizeof block, MSG_DONTWAIT);
    if (got <= 0) return got < 0;
    connection_.reader.append(block, static_cast<std::size_t>(got));
    for (auto message = connection_.reader.next(); message && *message; message = connection_.reader.next()) answer(text_field(**message, "t"));
    return true;
  }

 private:
  void say(const Message& message) {
    if (!send_message(connection_.fd, message)) give_up("the coordinator is gone");
  }

  void answer(const std::string& word) {
    if (word == "begin") {
      report_.stopped = report_.at_line = false;
      report_.entered[0].second = behind_ ? 41 : 42;
      say(encode_report(report_, nullptr));
    } else if (word == "targets" && behind_ && report_.entered[0].second == 41) {
      const RankReport before = report_;
      report_.entered[0].second = 42;
      say(encode_report(report_, &before));
    } else if (word == "stop") {
      const RankReport before = report_;
      report_.stopped = report_.at_line = true;
      say(encode_report(report_, &before));
    } else if (word == "drained") {
      say({{"t", "parked"}});
    } else if (word == "write") {
      say({{"t", "written"}, {"bytes", 4096}, {"data_bytes", 4096}, {"hash", 1}});
    } else if (word == "resume") {
      say({{"t", "resumed"}});
    }
  }

  Connection connection_;
  RankReport report_;
  bool behind_;
};

/// The process of the ranks: connects them, says so on `ready`, and answers until the coordinator closes.
[[noreturn]] void simulate(const Endpoint& endpoint, int ranks, int ready) {
  std::vector<SimulatedRank> all;
  const int loop = epoll_create1(0);
  for (int rank = 0; rank < ranks; ++rank) {
    auto connection = connect_to(endpoint, {{"role", "rank"}, {"rank", rank}, {"size", ranks}, {"host", "simulated"}, {"pid", 1}}, 20000);
    if (!connection) give_up(connection.error().message);
    all.emplace_back(rank, std::move(*connection));
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u32 = static_cast<std::uint32_t>(rank);
    epoll_ctl(loop, EPOLL_CTL_ADD, all.back().socket(), &event);
  }
  if (write(ready, "r", 1) != 1) give_up("nobody waits");
  while (true) {
    epoll_event events[256];
    const int count = epoll_wait(loop, events, 256, -1);
    for (int i = 0; i < count; ++i)
      if (!all[events[i].data.u32].read()) std::_Exit(0);
  }
}

void measure(int ranks, int rounds) {
  char place[] = "/tmp/mana-scale-XXXXXX";
  if (mkdtemp(place) == nullptr) give_up("no temporary directory");
  int ready[2];
  if (pipe(ready) != 0) give_up("no pipe");
  const long before_kb = resident_kb();
  CoordinatorOptions options;
  options.ranks = ranks;
  options.directory = std::string(place) + "/ckpt";
  auto coordinator = Coordinator::start(options);
  if (!coordinator) give_up(coordinator.error().message);
  const auto endpoint = (*coordinator)->endpoint();
  const double start = now_s();
  const pid_t child = fork();
  if (child == 0) simulate(endpoint, ranks, ready[1]);
  char byte;
  if (read(ready[0], &byte, 1) != 1) give_up("the ranks did not come");
  const double connected = now_s() - start;
  double best = 1e9, best_cpu = 1e9;
  for (int round = 0; round < rounds; ++round) {
    auto connection = connect_to_job(options.directory);
    if (!connection) give_up(connection.error().message);
    const double begun = now_s(), cpu = cpu_s();
    auto done = ask_for_checkpoint(*connection, false, 120000);
    if (!done) give_up(done.error().message);
    best = std::min(best, now_s() - begun);
    best_cpu = std::min(best_cpu, cpu_s() - cpu);
    close(connection->fd);
  }
  const long used_kb = resident_kb() - before_kb;
  fmt::print("{{\"ranks\": {}, \"connect_s\": {:.3f}, \"round_s\": {:.4f}, \"coordinator_cpu_s\": {:.4f}, \"kb_per_rank\": {:.2f}}}\n", ranks, connected, best,
             best_cpu, static_cast<double>(used_kb) / ranks);
  fflush(stdout);
  coordinator->reset();
  waitpid(child, nullptr, 0);
  close(ready[0]);
  close(ready[1]);
  std::filesystem::remove_all(place);
}

}  // namespace

int main(int argc, char** argv) {
  allow_descriptors();
  const int rounds = argc > 1 ? std::max(1, atoi(argv[1])) : 3;
  std::vector<int> sizes;
  for (int i = 2; i < argc; ++i) sizes.push_back(std::max(1, atoi(argv[i])));
  if (sizes.empty()) sizes = {100, 1000, 10000};
  for (const int ranks : sizes) measure(ranks, rounds);
  return 0;
}
