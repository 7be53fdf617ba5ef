// SPDX-License-Identifier: Apache-2.0
// How a whole checkpoint round grows with the number of ranks: from the request to the manifest and until all have gone on. The
// coordinator is in this process; the relays of all nodes but the first are threads of a second one; the ranks are simulated in a
// third, each with its own connection (to its node's relay, on the first node to the coordinator) and all the words of an agent. They
// write no image.
//
//     coordinator_scale [--rounds 5] [--per-node 100] [--flat] [RANKS...]       defaults: 100, 1000, 10000 ranks
//
// --flat: every rank connects to the coordinator, as if the job had one node. One line of JSON for each size: how deep the tree is, how
// many connections the coordinator has, seconds of the median and the best round, CPU seconds of the coordinator and of all relays in a
// round, and the memory of both per rank.
#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <signal.h>
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
#include <memory>
#include <vector>

#include "common/image_format.hpp"
#include "coordinator/client.hpp"
#include "coordinator/coordinator.hpp"
#include "coordinator/relay.hpp"

using namespace mana;

namespace {

[[noreturn]] void give_up(const std::string& why) {
  fmt::print(stderr, "coordinator_scale: {}\n", why);
  std::_Exit(1);
}

double now_s() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

/// Of a process, all its threads.
double cpu_s(pid_t pid) {
  clockid_t clock;
  timespec used{};
  if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &used) != 0) return 0;
  return static_cast<double>(used.tv_sec) + 1e-9 * static_cast<double>(used.tv_nsec);
}

long resident_kb(pid_t pid) {
  long pages = 0, resident = 0;
  if (FILE* file = fopen(fmt::format("/proc/{}/statm", pid).c_str(), "r")) {
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
    const std::string_view bytes(block, static_cast<std::size_t>(got));
    if (bytes == last_bytes()) {
      answer(last_message());
      return true;
    }
    connection_.reader.append(block, bytes.size());
    int count = 0;
    for (auto message = connection_.reader.next(); message && *message; message = connection_.reader.next(), ++count) {
      answer(**message);
      last_message() = std::move(**message);
    }
    last_bytes() = count == 1 ? bytes : "";
    return true;
  }

 private:
  void say(Message message) {
    message["n"] = request_;
    if (!send_message(connection_.fd, message)) give_up("the coordinator is gone");
  }

  void answer(const Message& message) {
    const std::string word = text_field(message, "t");
    const RankReport before = report_;
    if (word == "begin") {
      request_ = unsigned_field(message, "n");
      report_.stopped = report_.at_line = false;
      report_.entered[0].second = behind_ ? 41 : 42;
      say(encode_report(report_, nullptr));
    } else if (word == "targets" && behind_ && report_.entered[0].second == 41) {
      report_.entered[0].second = 42;
      say(encode_report(report_, &before));
    } else if (word == "stop") {
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

  /// All ranks are told the same: what one has decoded the next need not, for on a real machine each does it for itself.
  static std::string& last_bytes() {
    static std::string bytes;
    return bytes;
  }
  static Message& last_message() {
    static Message message;
    return message;
  }

  Connection connection_;
  RankReport report_;
  std::uint64_t request_ = 0;
  bool behind_;
};

struct Shape {
  int ranks, per_node;
  int nodes() const { return (ranks + per_node - 1) / per_node; }
  int depth() const {
    int levels = nodes() > 1 ? 2 : 1;  // connections between the coordinator and the last rank
    for (int node = nodes() - 1; (node = relay_above(node)) > 0;) ++levels;
    return levels;
  }
};

void tell(int pipe, long value) {
  if (write(pipe, &value, sizeof value) != sizeof value) give_up("nobody waits");
}

long wait_for(int pipe, const char* whom) {
  long value = 0;
  if (read(pipe, &value, sizeof value) != sizeof value) give_up(std::string(whom) + " did not come");
  return value;
}

std::string relay_name(const Endpoint& coordinator, int node) { return fmt::format("{}-{}", coordinator.relays, node); }

/// The process of the relays: tells how much memory it had before, and that all are connected.
[[noreturn]] void relay(const Endpoint& coordinator, Shape shape, int ready) {
  tell(ready, resident_kb(getpid()));
  std::vector<std::unique_ptr<Relay>> relays(1);
  for (int node = 1; node < shape.nodes(); ++node) {
    RelayOptions options;
    options.ranks = shape.ranks;
    options.name = relay_name(coordinator, node);
    options.for_relays = shape.nodes() - 1 > relay_fan_out;
    options.loopback_only = true;
    auto relay = Relay::listen(coordinator, options);
    if (!relay) give_up(relay.error().message);
    relays.push_back(std::move(*relay));
  }
  for (int node = 1; node < shape.nodes(); ++node) {
    const int above = relay_above(node);
    const auto started = relays[static_cast<std::size_t>(node)]->start({above == 0 ? coordinator : relays[static_cast<std::size_t>(above)]->endpoint()});
    if (!started) give_up(started.error().message);
  }
  tell(ready, 1);
  while (true) pause();
}

/// The process of the ranks: connects them, says so on `ready`, and answers until the coordinator closes.
[[noreturn]] void simulate(const Endpoint& coordinator, Shape shape, int ready) {
  std::vector<SimulatedRank> all;
  const int loop = epoll_create1(0);
  for (int rank = 0; rank < shape.ranks; ++rank) {
    const int node = rank / shape.per_node;
    const Endpoint to = node == 0 ? coordinator : Relay::endpoint_on_node(coordinator, relay_name(coordinator, node));
    auto connection = connect_to(to, {{"role", "rank"}, {"rank", rank}, {"size", shape.ranks}, {"host", "simulated"}, {"pid", 1}}, 20000);
    if (!connection) give_up(connection.error().message);
    all.emplace_back(rank, std::move(*connection));
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u32 = static_cast<std::uint32_t>(rank);
    epoll_ctl(loop, EPOLL_CTL_ADD, all.back().socket(), &event);
  }
  tell(ready, 1);
  while (true) {
    epoll_event events[256];
    const int count = epoll_wait(loop, events, 256, -1);
    for (int i = 0; i < count; ++i)
      if (!all[events[i].data.u32].read()) std::_Exit(0);
  }
}

struct Times {
  std::vector<double> barrier, round, coordinator_cpu, relays_cpu;
};

/// The last rank that goes on has said so when the next request is accepted; so each round waits for the one before.
Times take_rounds(const std::string& directory, pid_t relays, int rounds) {
  Times times;
  for (int round = 0; round < rounds; ++round) {
    auto connection = connect_to_job(directory);
    if (!connection) give_up(connection.error().message);
    const double begun = now_s(), cpu = cpu_s(getpid()), relays_cpu = cpu_s(relays);
    auto done = ask_for_checkpoint(*connection, false, 120000);
    if (!done) give_up(done.error().message);
    times.round.push_back(now_s() - begun);
    times.barrier.push_back(done->value("parked_s", 0.0));
    times.coordinator_cpu.push_back(cpu_s(getpid()) - cpu);
    times.relays_cpu.push_back(cpu_s(relays) - relays_cpu);
    close(connection->fd);
  }
  for (auto* list : {&times.barrier, &times.round, &times.coordinator_cpu, &times.relays_cpu}) std::sort(list->begin(), list->end());
  return times;
}

void measure(Shape shape, int rounds) {
  char place[] = "/tmp/mana-scale-XXXXXX";
  if (mkdtemp(place) == nullptr) give_up("no temporary directory");
  int ready[2];
  if (pipe(ready) != 0) give_up("no pipe");
  const long before_kb = resident_kb(getpid());
  CoordinatorOptions options;
  options.ranks = shape.ranks;
  options.directory = std::string(place) + "/ckpt";
  auto coordinator = Coordinator::start(options);
  if (!coordinator) give_up(coordinator.error().message);
  const auto endpoint = (*coordinator)->endpoint();
  const pid_t relays = fork();
  if (relays == 0) relay(endpoint, shape, ready[1]);
  const long relays_before_kb = wait_for(ready[0], "the relays");
  wait_for(ready[0], "the relays");
  const double start = now_s();
  const pid_t ranks = fork();
  if (ranks == 0) simulate(endpoint, shape, ready[1]);
  wait_for(ready[0], "the ranks");
  const double connected = now_s() - start;
  const Times times = take_rounds(options.directory, relays, rounds);
  const std::size_t middle = times.round.size() / 2;
  const double used_kb = static_cast<double>(resident_kb(getpid()) - before_kb), relays_kb = static_cast<double>(resident_kb(relays) - relays_before_kb);
  const int connections = std::min(shape.per_node, shape.ranks) + std::min(shape.nodes() - 1, relay_fan_out);
  fmt::print(
      "{{\"ranks\": {}, \"nodes\": {}, \"depth\": {}, \"connections\": {}, \"connect_s\": {:.3f}, \"barrier_s\": {:.3f}, \"round_s\": {:.3f}, "
      "\"coordinator_cpu_s\": {:.4f}, \"relays_cpu_s\": {:.4f}, \"coordinator_kb_per_rank\": {:.2f}, \"relays_kb_per_rank\": {:.2f}}}\n",
      shape.ranks, shape.nodes(), shape.depth(), connections, connected, times.barrier[middle], times.round[middle], times.coordinator_cpu[middle],
      times.relays_cpu[middle], used_kb / shape.ranks, relays_kb / shape.ranks);
  fflush(stdout);
  kill(relays, SIGSTOP);  // or each of them would tell of the end
  coordinator->reset();
  kill(relays, SIGKILL);
  waitpid(relays, nullptr, 0);
  waitpid(ranks, nullptr, 0);
  close(ready[0]);
  close(ready[1]);
  std::filesystem::remove_all(place);
}

}  // namespace

int main(int argc, char** argv) {
  int rounds = 5, per_node = 100;
  bool flat = false;
  std::vector<int> sizes;
  CLI::App app("checkpoint rounds of many simulated ranks");
  app.add_option("--rounds", rounds, "of each size")->check(CLI::PositiveNumber);
  app.add_option("--per-node", per_node, "ranks of a node")->check(CLI::PositiveNumber);
  app.add_flag("--flat", flat, "without relays");
  app.add_option("RANKS", sizes, "sizes")->check(CLI::PositiveNumber);
  CLI11_PARSE(app, argc, argv);
  allow_descriptors();
  if (sizes.empty()) sizes = {100, 1000, 10000};
  for (const int ranks : sizes) measure({ranks, flat ? ranks : per_node}, rounds);
  return 0;
}
