// SPDX-License-Identifier: Apache-2.0
// A real coordinator and real agents over loopback sockets; only the ranks behind the agents are simulated.
#include <arpa/inet.h>
#include <catch2/catch.hpp>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <mutex>

#include "coordinator/agent.hpp"
#include "coordinator/client.hpp"
#include "coordinator/coordinator.hpp"
#include "coordinator/relay.hpp"
#include "common/generation.hpp"
#include "tests/unit/directory.hpp"

using namespace mana;

namespace {

/// A rank that catches up with every target at once and then parks; some are told to misbehave.
struct FakeRank : RankPort {
  std::uint64_t entered = 0;
  bool at_line = false;
  std::atomic<int> resumed{0}, ended{0}, images{0};
  std::atomic<bool> never_catches_up{false}, never_parks{false}, cannot_write{false}, remakes{false}, running{true};

  RankReport report() override {
    RankReport r;
    r.entered = {{1, entered}};
    r.at_line = at_line;
    r.stopped = at_line;
    r.remakes_mpi = remakes;
    r.call = "MPI_Recv";
    r.call_communicator = 1;
    return r;
  }
  void begin(std::uint32_t) override { running = false; }
  void set_targets(const std::vector<std::pair<std::uint64_t, std::uint64_t>>& targets, std::uint32_t) override {
    for (const auto& [id, target] : targets)
      if (!never_catches_up && target > entered) entered = target;
  }
  void stop() override { at_line = true; }
  void all_stopped() override {}
  void drained() override {}
  bool all_parked(std::string* why) override {
    *why = "thread 7 computes";
    return !never_parks;
  }
  Result<ImageFacts> write_image(const std::string& path) override {
    if (cannot_write) return system_error(path + ": write", ENOSPC);
    std::ofstream(path) << "image";
    ++images;
    return ImageFacts{5, 5, 1, 0};
  }
  void resume() override {
    at_line = false;
    running = true;
    ++resumed;
  }
  void end_job(int) override { ++ended; }
};

struct Job {
  Directory dir;
  CoordinatorOptions options;
  std::unique_ptr<Coordinator> coordinator;
  std::vector<std::unique_ptr<FakeRank>> ranks;
  std::vector<std::unique_ptr<Relay>> relays;  // by node; the coordinator is on the first
  std::vector<std::unique_ptr<Agent>> agents;
  int per_node = 0, fan_out = 2;
  std::atomic<bool> no_new_relay{false};

  /// `ranks_per_node` 0: all on one node, without relays.
  explicit Job(int count, CoordinatorOptions wishes = {}, bool find_again = false, int ranks_per_node = 0)
      : options(std::move(wishes)), per_node(ranks_per_node == 0 ? count : ranks_per_node) {
    options.ranks = count;
    options.directory = dir.path + "/ckpt";
    auto started = Coordinator::start(options);
    if (!started) FAIL(started.error().message);
    coordinator = std::move(*started);
    const auto endpoint = Endpoint::parse(coordinator->endpoint().serialize());
    REQUIRE(endpoint);
    for (int node = 0; node * per_node < count; ++node) REQUIRE(start_relay(node, *endpoint));
    for (int r = 0; r < count; ++r) {
      ranks.push_back(std::make_unique<FakeRank>());
      ranks.back()->entered = static_cast<std::uint64_t>(r % 3);
      AgentOptions agent_options;
      if (find_again) agent_options.directory = options.directory;
      agent_options.speaks_for_node = r % per_node == 0;
      if (find_again && r == 0) agent_options.revive = [this, endpoint] { return revive(*endpoint); };
      if (const int node = r / per_node; node > 0) {
        agent_options.relay = Relay::endpoint_on_node(*endpoint, endpoint->relays + std::to_string(node));
        if (find_again && r % per_node == 0) agent_options.revive = [this, node, endpoint] { return start_relay(node, *endpoint); };
      }
      agents.push_back(std::make_unique<Agent>(*endpoint, r, count, *ranks.back(), agent_options));
      if (auto joined = agents.back()->start(); !joined) FAIL(joined.error().message);
    }
  }

  Result<void> start_relay(int node, const Endpoint& endpoint) {
    relays.resize(std::max(relays.size(), static_cast<std::size_t>(node) + 1));
    if (node == 0) return {};
    if (no_new_relay) return Error{"no new relay"};
    relays[static_cast<std::size_t>(node)].reset();
    RelayOptions relay_options;
    relay_options.ranks = options.ranks;
    relay_options.own_rank = node * per_node;
    relay_options.name = endpoint.relays + std::to_string(node);
    relay_options.for_relays = relay_options.loopback_only = true;
    relay_options.directory = options.directory;
    auto relay = Relay::listen(endpoint, relay_options);
    if (!relay) return relay.error();
    std::vector<Endpoint> upwards{endpoint};
    if (const int above = relay_above(node, fan_out); above > 0) upwards.insert(upwards.begin(), relays[static_cast<std::size_t>(above)]->endpoint());
    if (auto joined = (*relay)->start(upwards); !joined) return joined;
    relays[static_cast<std::size_t>(node)] = std::move(*relay);
    return {};
  }

  Result<Message> checkpoint_soon() {
    auto answer = checkpoint();
    for (int i = 0; i < 40 && !answer; ++i) {
      usleep(250'000);
      answer = checkpoint();
    }
    return answer;
  }

  Result<void> revive(const Endpoint& endpoint) {
    options.token = endpoint.token;
    options.relays = endpoint.relays;
    auto started = Coordinator::start(options);
    if (!started) return started.error();
    coordinator = std::move(*started);
    return {};
  }

  Result<Message> checkpoint(bool kill = false) {
    auto connection = connect_to_job(options.directory);
    if (!connection) return connection.error();
    auto done = ask_for_checkpoint(*connection, kill, 20000);
    close(connection->fd);
    return done;
  }

  bool all_run() {
    for (int i = 0; i < 500; ++i, usleep(10'000))
      if (std::all_of(ranks.begin(), ranks.end(), [](const auto& r) { return r->running.load(); })) return true;
    return false;
  }

  std::vector<Generation> generations() { return *GenerationStore(options.directory).list(); }
};

int open_socket(std::uint16_t port) {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  REQUIRE(connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  return fd;
}

bool closed_soon(int fd) {
  timeval limit{3, 0};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  char byte;
  return recv(fd, &byte, 1, 0) <= 0 && errno != EAGAIN;
}

}  // namespace

TEST_CASE("a checkpoint of 200 ranks is committed and everybody goes on") {
  Job job(200);
  for (int expected = 1; expected <= 3; ++expected) {
    auto done = job.checkpoint();
    if (!done) FAIL(done.error().message);
    CHECK(int_field(*done, "generation") == expected);
    CHECK(unsigned_field(*done, "bytes") == 1000);
    CHECK(job.all_run());
  }
  const auto generations = job.generations();
  REQUIRE(generations.size() == 2);  // --keep 2
  CHECK(generations[0].number == 2);
  CHECK(generations[1].complete);
  CHECK(generations[1].manifest.ranks == 200);
}

TEST_CASE("job.json is private and goes with the job") {
  struct stat s;
  std::string file;
  {
    Job job(2);
    file = job_file(job.options.directory);
    REQUIRE(stat(file.c_str(), &s) == 0);
    CHECK((s.st_mode & 0777) == 0600);
    job.agents.clear();
    job.coordinator->finish(5000);
    CHECK(stat(file.c_str(), &s) != 0);
  }
}

TEST_CASE("signals forwarded by every rank make one generation") {
  Job job(8);
  for (auto& agent : job.agents) agent->request_checkpoint();
  usleep(300'000);
  CHECK(job.generations().size() == 1);
  CHECK(job.all_run());
}

TEST_CASE("the interval makes generations by itself") {
  CoordinatorOptions options;
  options.interval_s = 0.2;
  options.keep = 100;
  Job job(3, options);
  usleep(1'100'000);
  CHECK(job.generations().size() >= 3);
}

TEST_CASE("a failed image gives the round up, keeps the last good generation and says why") {
  Job job(4);
  REQUIRE(job.checkpoint());
  job.ranks[2]->cannot_write = true;
  auto failed = job.checkpoint();
  REQUIRE_FALSE(failed);
  CHECK_THAT(failed.error().message, Catch::Contains("rank 2") && Catch::Contains("No space left on device"));
  CHECK(job.all_run());
  const auto generations = job.generations();
  REQUIRE(generations.size() == 1);
  CHECK(generations[0].complete);
  job.ranks[2]->cannot_write = false;
  CHECK(job.checkpoint());
}

TEST_CASE("a cut that can't be reached is given up in time, and names the rank, its call and the communicator") {
  CoordinatorOptions options;
  options.checkpoint_timeout_s = 0.5;
  Job job(4, options);
  job.ranks[0]->never_catches_up = true;
  auto failed = job.checkpoint();
  REQUIRE_FALSE(failed);
  CHECK_THAT(failed.error().message, Catch::Contains("rank 0 has entered 0 of 2 collectives on communicator 0x1 and is in MPI_Recv"));
  CHECK(job.all_run());
}

TEST_CASE("a rank that does not park is named") {
  CoordinatorOptions options;
  options.parking_timeout_s = 0.7;
  Job job(3, options);
  job.ranks[1]->never_parks = true;
  auto failed = job.checkpoint();
  REQUIRE_FALSE(failed);
  CHECK_THAT(failed.error().message, Catch::Contains("rank 1") && Catch::Contains("thread 7 computes"));
  CHECK(job.all_run());
}

TEST_CASE("a rank that leaves in the middle of a round gives it up") {
  Job job(3);
  job.ranks[1]->never_parks = true;
  Result<Message> answer = Error{"none"};
  std::thread command([&] { answer = job.checkpoint(); });
  usleep(300'000);
  job.agents[2]->finish();
  command.join();
  REQUIRE_FALSE(answer);
  CHECK_THAT(answer.error().message, Catch::Contains("rank 2"));
  CHECK(job.all_run());
  CHECK(job.generations().empty());
  auto later = job.checkpoint();
  REQUIRE_FALSE(later);
  CHECK_THAT(later.error().message, Catch::Contains("rank 2 has ended"));
}

TEST_CASE("when the coordinator dies in the middle of a round, the ranks go on") {
  Job job(3);
  job.ranks[1]->never_parks = true;
  std::thread command([&] { (void)job.checkpoint(); });
  usleep(300'000);
  job.coordinator.reset();
  command.join();
  CHECK(job.all_run());
}

TEST_CASE("after the coordinator died a new one with the job's token is found, and takes the next checkpoint") {
  Job job(5, {}, true);
  REQUIRE(job.checkpoint());
  const std::string token = job.coordinator->endpoint().token;
  job.coordinator.reset();
  auto answer = job.checkpoint_soon();
  if (!answer) FAIL(answer.error().message);
  CHECK(job.coordinator->endpoint().token == token);
  CHECK(job.all_run());
  CHECK(job.generations().size() == 2);
}

TEST_CASE("a checkpoint goes through relays of relays, and everybody goes on") {
  Job job(45, {}, false, 4);
  for (int expected = 1; expected <= 3; ++expected) {
    auto done = job.checkpoint();
    if (!done) FAIL(done.error().message);
    CHECK(int_field(*done, "generation") == expected);
    CHECK(unsigned_field(*done, "bytes") == 225);
    CHECK(job.all_run());
  }
  usleep(600'000);  // a signal soon after a request is the same wish
  for (auto& agent : job.agents) agent->request_checkpoint();
  for (int i = 0; i < 100 && job.generations().back().number < 4; ++i) usleep(20'000);
  CHECK(job.generations().back().number == 4);
}

TEST_CASE("through relays, too, status and failures name the rank, its call and its reason") {
  CoordinatorOptions options;
  options.checkpoint_timeout_s = 0.5;
  options.parking_timeout_s = 0.7;
  Job job(12, options, false, 2);
  auto connection = connect_to_job(job.options.directory);
  REQUIRE(connection);
  auto status = ask_for_status(*connection, 5000);
  REQUIRE(status);
  close(connection->fd);
  REQUIRE((*status)["rank_states"].size() == 12);
  CHECK(text_field((*status)["rank_states"][11], "place") == "in MPI_Recv on communicator 0x1");
  CHECK(text_field((*status)["rank_states"][11], "state") == "running");
  job.ranks[9]->never_catches_up = true;
  auto failed = job.checkpoint();
  REQUIRE_FALSE(failed);
  CHECK_THAT(failed.error().message, Catch::Contains("rank 9 has entered 0 of 2 collectives on communicator 0x1 and is in MPI_Recv"));
  CHECK(job.all_run());
  job.ranks[9]->never_catches_up = false;
  job.ranks[10]->never_parks = true;
  failed = job.checkpoint();
  REQUIRE_FALSE(failed);
  CHECK_THAT(failed.error().message, Catch::Contains("rank 10") && Catch::Contains("thread 7 computes"));
  CHECK(job.all_run());
  job.ranks[10]->never_parks = false;
  job.ranks[11]->cannot_write = true;
  failed = job.checkpoint();
  REQUIRE_FALSE(failed);
  CHECK_THAT(failed.error().message, Catch::Contains("rank 11") && Catch::Contains("No space left on device"));
  CHECK(job.all_run());
}

TEST_CASE("a relay that dies takes no rank with it: its ranks go on, and a new one takes its place") {
  Job job(14, {}, true, 2);  // the relay of node 1 stands above those of nodes 3 and 4
  REQUIRE(job.checkpoint());
  job.ranks[3]->never_parks = true;
  std::thread command([&] { (void)job.checkpoint(); });
  usleep(300'000);
  job.relays[1]->finish(0);
  job.relays[1].reset();
  command.join();
  CHECK(job.all_run());
  job.ranks[3]->never_parks = false;
  auto answer = job.checkpoint_soon();
  if (!answer) FAIL(answer.error().message);
  CHECK(job.all_run());
}

TEST_CASE("ranks whose relay stays away connect to the coordinator themselves") {
  Job job(4, {}, true, 2);
  job.no_new_relay = true;
  job.relays[1]->finish(0);
  job.relays[1].reset();
  auto answer = job.checkpoint_soon();
  if (!answer) FAIL(answer.error().message);
  CHECK(job.all_run());
}

TEST_CASE("relays find a new coordinator, and their ranks notice nothing") {
  Job job(10, {}, true, 2);
  REQUIRE(job.checkpoint());
  job.coordinator.reset();
  auto answer = job.checkpoint_soon();
  if (!answer) FAIL(answer.error().message);
  CHECK(job.all_run());
  CHECK(job.generations().size() == 2);
}

TEST_CASE("a rank behind a relay that leaves is named, and so is one that is lost") {
  Job job(6, {}, false, 2);
  job.agents[5]->finish();
  usleep(100'000);
  auto refused = job.checkpoint();
  REQUIRE_FALSE(refused);
  CHECK_THAT(refused.error().message, Catch::Contains("rank 5 has ended"));
}

TEST_CASE("--kill ends every rank behind relays, the one that hosts a relay too") {
  Job job(9, {}, false, 2);
  REQUIRE(job.checkpoint(true));
  const auto all_ended = [&] { return std::all_of(job.ranks.begin(), job.ranks.end(), [](const auto& rank) { return rank->ended == 1; }); };
  for (int i = 0; i < 700 && !all_ended(); ++i) usleep(10'000);
  CHECK(all_ended());
}

TEST_CASE("--kill ends every rank after the commit") {
  Job job(3);
  REQUIRE(job.checkpoint(true));
  for (int i = 0; i < 500 && job.ranks[0]->ended == 0; ++i) usleep(10'000);
  for (const auto& rank : job.ranks) CHECK(rank->ended == 1);
  CHECK(job.generations().size() == 1);
}

TEST_CASE("without the token nothing is answered, and hostile bytes do no harm") {
  Job job(2);
  const std::uint16_t port = job.coordinator->endpoint().port;
  const std::string hostile[] = {std::string(1, '\xff') + "\xff\xff\xff",
                                 std::string("\x04\0\0\0abcd", 8),
                                 std::string("GET / HTTP/1.1\r\n\r\n"),
                                 frame_of({{"t", "hello"}, {"token", std::string(32, '0')}, {"role", "command"}}),
                                 frame_of({{"t", "checkpoint"}}),
                                 std::string("\x03\0\0\0\x9f\x9f\x9f", 7),
                                 std::string("\x0a\0\0\0\x9b\xff\xff\xff\xff\xff\xff\xff\xfe\x00", 14),
                                 std::string("\x0a\0\0\0\xbb\x7f\xff\xff\xff\xff\xff\xff\xff\x00", 14)};
  for (const std::string& bytes : hostile) {
    const int fd = open_socket(port);
    REQUIRE(send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL) > 0);
    CHECK(closed_soon(fd));
    close(fd);
  }
  CHECK(job.checkpoint());
}

TEST_CASE("a second job in the same directory is refused, a dead job's file is not in the way") {
  Job job(1);
  auto second = Coordinator::start(job.options);
  REQUIRE_FALSE(second);
  CHECK_THAT(second.error().message, Catch::Contains("another by --ckptdir"));
  const std::string text = *read_text_file(job_file(job.options.directory));
  job.agents.clear();
  job.coordinator->finish(1000);
  REQUIRE(replace_file(job_file(job.options.directory), text, 0600));
  CHECK(Coordinator::start(job.options));
}

TEST_CASE("status says where everybody is") {
  Job job(2);
  job.ranks[0]->remakes = true;
  auto connection = connect_to_job(job.options.directory);
  REQUIRE(connection);
  auto status = ask_for_status(*connection, 5000);
  REQUIRE(status);
  close(connection->fd);
  CHECK(text_field(*status, "phase") == "running");
  REQUIRE((*status)["rank_states"].size() == 2);
  CHECK(text_field((*status)["rank_states"][0], "place") == "remaking MPI");
  CHECK(text_field((*status)["rank_states"][1], "place") == "in MPI_Recv on communicator 0x1");
}
