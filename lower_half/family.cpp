// SPDX-License-Identifier: Apache-2.0
#include "lower_half/family.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <vector>

#include "common/arch.hpp"
#include "common/quiet_thread.hpp"
#include "common/thread_record.hpp"
#include "coordinator/coordinator.hpp"
#include "coordinator/family.hpp"
#include "lower_half/carriers.hpp"
#include "lower_half/children.hpp"
#include "lower_half/complain.hpp"
#include "lower_half/descriptors.hpp"
#include "lower_half/door.hpp"
#include "lower_half/gate_page.hpp"
#include "lower_half/job.hpp"
#include "lower_half/lending.hpp"
#include "lower_half/number_pairs.hpp"
#include "lower_half/options.hpp"
#include "lower_half/proc_stat.hpp"
#include "upper_half/resident/thread_ids.hpp"
#include "upper_half/resident/window.hpp"

namespace mana::lower {
namespace {

using nlohmann::json;

constexpr int patience_for_start_ms = 3000, writing_limit_ms = 3600 * 1000, lending_limit_ms = 30000, return_limit_ms = 120000, joining_limit_ms = 10000;

std::unique_ptr<Family> the_family;  // the head's
Endpoint the_job_of_family;
int the_rank_of_family = 0;

/// The round in progress, or the family that an image tells of. Agent thread.
json the_members = nullptr;
std::set<int> followed;
std::int64_t parked_since_ms = 0;

/// What a restarted member waits for: the new ids of all.
std::atomic<bool> relatives_known{false};
int heads_group = 0;  // told with them

std::string family_name(const Endpoint& job, int rank) { return fmt::format("{}-family-{}", job.relays, rank); }
std::string lending_name() { return family_name(the_job_of_family, the_rank_of_family) + "-lend"; }

std::string beside(const std::string& path, const std::string& file) { return std::filesystem::path(path).parent_path() / file; }
std::string program_beside(const std::string& name) { return std::filesystem::read_symlink("/proc/self/exe").parent_path() / name; }

// ---- Who belongs to it

constexpr std::size_t parent_field = 4, group_field = 5, session_field = 6;

/// A process that runs one of our programs is about to join, or about to end; one that has no program any more is about to be a zombie.
bool moves_yet(int pid) {
  std::error_code failed;
  const std::string program = std::filesystem::read_symlink(fmt::format("/proc/{}/exe", pid), failed);
  return failed ? failed.value() == ENOENT : program == program_beside("lower-none") || program == program_beside("follow");
}

/// A child of the family that has not joined yet, or has just left; 0: there is none.
int joining_child(const std::vector<FamilyMember>& members) {
  std::set<int> known{getpid()};
  for (const FamilyMember& member : members) known.insert(member.pid);
  for (int pid : known)
    for (int child : children_of(pid))
      if (known.count(child) == 0 && ProcStat(fmt::format("/proc/{}", child)).state() != 'Z' && moves_yet(child)) return child;
  return 0;
}

json describe_process_of(int id, int pid, const std::map<int, int>& ids) {
  const ProcStat stat(fmt::format("/proc/{}", pid));
  const auto known = [&ids](std::uint64_t kernel) {
    const auto found = ids.find(static_cast<int>(kernel));
    return found == ids.end() ? 0 : found->second;
  };
  return {{"id", id}, {"parent", known(stat.number(parent_field))}, {"group", known(stat.number(group_field))}, {"session", known(stat.number(session_field))}};
}

/// Ids in it are the program's; 0: a process outside of the family.
json describe_members(const std::vector<FamilyMember>& members, const std::string& path) {
  const std::string image = std::filesystem::path(path).stem();
  std::map<int, int> ids{{getpid(), static_cast<int>(window().program_process)}};
  for (const FamilyMember& member : members) ids[member.pid] = member.id;
  json described = json::array();
  for (const FamilyMember& member : members) {
    described.push_back(describe_process_of(member.id, member.pid, ids));
    described.back()["pid"] = member.pid;
    described.back()["image"] = fmt::format("{}.child-{}.img", image, described.size());
  }
  return described;
}

void know_members(const json& members) {
  the_members = members;
  followed.clear();
  for (const json& member : members) followed.insert(member["pid"].get<int>());
}

// ---- Relatives

/// Other processes' ids: the program's, the kernel's.
void know_relatives(const NumberPairs& pairs) {
  for (auto& slot : window().relatives) slot = 0;
  for (const auto& [known, kernel] : pairs)
    if (kernel != getpid()) note_relative(known, kernel);
}

std::string wishes_text() {
  const Options& o = options();
  return json{{"ckptdir", o.checkpoint_directory},
              {"rank", the_rank_of_family},
              {"signal", o.signal},
              {"portable", o.portable},
              {"verbose", o.verbose},
              {"interval", o.interval_s},
              {"keep", o.keep},
              {"timeout", o.checkpoint_timeout_s},
              {"head", is_member() || built_with_mpi() != 0 ? 0 : getpid()}}
      .dump();
}

/// From now on children of this process join.
void follow_children() {
  static std::string program, wishes;  // of this process; the program that executes another reads them
  program = program_beside("follow");
  wishes = wishes_text();
  gate().follow_program = program.c_str();
  gate().follow_wishes = wishes.c_str();
  gate().fork_process = fork_door();
  gate().follows = 1;
}

}  // namespace

bool is_member() { return options().member_of >= 0; }

Endpoint family_endpoint(const Endpoint& job, int rank) {
  the_job_of_family = job;
  the_rank_of_family = rank;
  return Family::endpoint(job, family_name(job, rank));
}

void start_family(const Endpoint& job, int rank) {
  if (!options().follow_children) return;
  family_endpoint(job, rank);
  if (!is_member()) {
    auto started = Family::start(job, {family_name(job, rank), note_lower_descriptor, [] { request_checkpoint(); }});
    if (!started) return say_line(fmt::format("child processes can't be followed: {}", started.error().message));
    the_family = std::move(*started);
  }
  follow_children();
}

void keep_ids() {
  NumberPairs ids = pairs_of(options().ids);
  for (const auto& [known, kernel] : ids) {
    if (kernel != getpid() || known == kernel) continue;
    window().program_process = known;
    window().thread_ids[0] = ThreadId::pack(known, kernel);
    window().thread_ids_used = 1;
  }
  know_relatives(ids);
}

void end_family() {
  gate().follows = 0;
  the_family.reset();
}

std::vector<std::string> family_names() {
  std::vector<std::string> names;
  if (!the_family) return names;
  for (const FamilyMember& member : the_family->members())
    if (std::string name = describe_child(member.pid); !name.empty()) names.push_back(std::move(name));
  return names;
}

// ---- A checkpoint

void stop_family() {
  parked_since_ms = 0;
  if (the_family) the_family->stop();
}

bool family_parked(std::string* why) {
  if (!the_family) return true;
  if (!the_family->all_parked(why)) return false;
  if (parked_since_ms == 0) parked_since_ms = steady_ms();
  const int child = steady_ms() - parked_since_ms < patience_for_start_ms ? joining_child(the_family->members()) : 0;
  if (child != 0 && why != nullptr) *why = fmt::format("child process {} is just starting", child);
  return child == 0;
}

namespace {

/// The kernel's list of children may miss one while another ends: nothing moves any more when two looks agree.
bool family_stands_still() {
  int quiet = 0;
  for (int waited_ms = 0; quiet < 2 && waited_ms < patience_for_start_ms; ++waited_ms) {
    quiet = family_parked(nullptr) ? quiet + 1 : 0;
    usleep(1000);
  }
  return quiet == 2;
}

}  // namespace

Result<void> write_family(const std::string& path) {
  if (is_member()) return lend_descriptors(lending_name(), the_job_of_family.token);
  if (!the_family) return {};
  if (!family_stands_still()) return Error{"child processes come and go, and do not stand still"};
  const auto members = the_family->members();
  know_members(describe_members(members, path));
  if (members.empty()) return {};
  auto desk = LendingDesk::open(lending_name(), the_job_of_family.token);
  if (!desk) return desk.error();
  the_family->tell({{"t", "family"}, {"members", the_members}});
  const auto words = [&path](int pid) -> Message {
    for (const json& member : the_members)
      if (member["pid"] == pid) return {{"path", beside(path, member["image"])}};
    return {};
  };
  if (!the_family->write(words)) return Error{"a child process has started or ended just now; ask again"};
  return desk->serve(members.size(), lending_limit_ms);
}

Result<std::vector<ChildImage>> family_written() {
  give_back();
  std::vector<ChildImage> images;
  if (!the_family || the_members.empty()) return images;
  const auto written = the_family->written(writing_limit_ms);
  if (!written) return written.error();
  for (const json& member : the_members) {
    const auto facts = written->find(member["pid"].get<int>());
    if (facts == written->end()) return Error{fmt::format("child process {} has ended while it was written", member["pid"].get<int>())};
    images.push_back({member["image"], facts->second.bytes, facts->second.data_bytes, facts->second.header_hash});
  }
  return images;
}

void resume_family() {
  the_members = nullptr;
  followed.clear();
  if (the_family) the_family->resume();
}

void end_members(int code) {
  constexpr int patience_ms = 2000;
  if (!the_family) return;
  the_family->end(code, patience_ms);
  for (const FamilyMember& member : the_family->members()) kill(member.pid, SIGKILL);
}

void hear_family(const Message& words) {
  const std::string kind = text_field(words, "t");
  if (kind == "family") know_members(words["members"]);
  if (kind != "relatives") return;
  know_relatives(pairs_of(text_field(words, "pairs")));
  heads_group = static_cast<int>(int_field(words, "group"));
  relatives_known = true;
}

bool is_followed(int pid) { return followed.count(pid) != 0; }

json describe_family() {
  if (the_members.is_null() || the_members.empty()) return nullptr;
  return {{"members", the_members}, {"id", static_cast<int>(window().program_process)}};
}

// ---- A fork

namespace {

void keep_only_this_thread(ThreadRecord& record, std::int32_t* thread_id) {
  UpperInterface& upper = *gate().upper;
  record.next = nullptr;
  record.is_main = 1;
  record.tid = getpid();
  record.tid_address = thread_id;
  record.parked_round = 0;
  record.stop_requested = 0;
  upper.threads = &record;
  upper.lock = 0;
  upper.threads_starting = 0;
  for (auto& tid : upper.leaving) tid = 0;
}

void become_a_process_of_its_own() {
  WindowState& w = window();
  note_relative(w.program_process, w.process);
  w.process = w.program_process = getpid();
  for (auto& former : w.former_processes) former = 0;
  for (auto& child : w.ended_children) child = 0;
  for (auto& id : w.thread_ids) id = 0;
  w.thread_ids_used = 0;
  Gate& g = gate();
  g.pending = g.stop = g.drained = g.at_line = g.all_stopped = g.targets_known = 0;
}

/// The parent's agent, coordinator and sockets are not this process's.
void leave_the_parents_job() {
  abandon_job();
  (void)the_family.release();
  for (int fd : open_descriptors()) {
    if (fd >= static_cast<int>(tracked_descriptors) || (window().lower[fd / 64] >> (fd % 64) & 1) == 0) continue;
    close(fd);
    note_lower_descriptor(fd, false);
  }
}

/// In the child, on the thread that has forked. Without its head it runs on as a child that is not followed.
void join_as_child(std::int32_t* thread_id) {
  gate().follows = 0;
  leave_the_parents_job();
  options().member_of = the_rank_of_family;
  const std::int64_t parent = window().process, parents_id = window().program_process;
  auto& record = *reinterpret_cast<ThreadRecord*>(arch::gs_base());
  *thread_id = getpid();
  arch::raw_syscall(SYS_set_tid_address, arch::word(thread_id));
  become_a_process_of_its_own();
  keep_only_this_thread(record, thread_id);
  restart_carrier_factory();
  if (join_family(the_job_of_family, the_rank_of_family)) return follow_children();
  window().process = parent;
  window().program_process = parents_id;
}

}  // namespace

extern "C" std::int64_t lower_fork(void* thread_id) {
  int joined[2];
  if (pipe2(joined, O_CLOEXEC) != 0) return -errno;
  for (int& end : joined) end = move_high(end);
  const AllSignalsBlocked blocked;
  hold_others();
  const pid_t child = fork();
  const int number = errno;
  if (child == 0)
    forget_others();
  else
    release_others();
  if (child == 0) {
    close(joined[0]);
    join_as_child(static_cast<std::int32_t*>(thread_id));
    close(joined[1]);
    return 0;
  }
  close(joined[1]);
  // A checkpoint that stops this thread finds the child among the members.
  pollfd ready{joined[0], POLLIN, 0};
  if (child > 0) poll(&ready, 1, joining_limit_ms);
  close(joined[0]);
  return child > 0 ? child : -number;
}

// ---- A restart

namespace {

/// In the new process, before it executes the lower half. Signals that the member's program ignores it tells itself.
[[noreturn]] void start_member(const json& member, const NumberPairs& numbers) {
  const int all = ~0;
  arch::raw_syscall(SYS_close_range, 3, all, 4 /* CLOSE_RANGE_CLOEXEC */);
  for (const auto& [number, now] : numbers) fcntl(now, F_SETFD, 0);
  const Options& o = options();
  // clang-format off
  std::vector<std::string> words{program_beside("lower-none"), "--restart", "--image", beside(o.image, member["image"]), "--ckptdir", o.checkpoint_directory, "--children", "follow",
                                 "--member-of", std::to_string(the_rank_of_family), "--signal", std::to_string(o.signal), "--files", o.truncate_files ? "truncate" : "keep",
                                 "--inherited", text_of(numbers), "--token", o.token, "--timeout", fmt::format("{}", o.checkpoint_timeout_s)};
  // clang-format on
  if (o.verbose) words.emplace_back("--verbose");
  std::vector<char*> arguments;
  for (auto& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  execv(arguments[0], arguments.data());
  say_line(fmt::format("{} can't be started: {}", words[0], std::strerror(errno)));
  _exit(127);
}

/// A member whose parent has ended is nobody's child here either.
pid_t fork_for(const json& member, const std::map<int, int>& numbers, bool orphan) {
  const pid_t child = fork();
  if (child != 0) return child;
  if (orphan && fork() != 0) _exit(0);
  start_member(member, numbers);
}

bool is_orphan(const json& member, const json& members, int head) {
  const int parent = member["parent"];
  if (parent == head) return false;
  return std::none_of(members.begin(), members.end(), [parent](const json& other) { return other["id"] == parent; });
}

/// Everybody is there, or one has ended before it was.
bool family_is_complete(std::size_t wanted, const std::set<pid_t>& started) {
  if (the_family->members().size() >= wanted) return true;
  for (pid_t pid : started)
    if (waitpid(pid, nullptr, WNOHANG) == pid) complain("a child process of the program could not be restarted");
  return false;
}

void wait_until_complete(std::size_t wanted, const std::set<pid_t>& started) {
  for (int waited = 0; !family_is_complete(wanted, started); ++waited) {
    if (waited >= return_limit_ms) complain("of {} child processes of the program not all have come back in {} s", wanted, return_limit_ms / 1000);
    usleep(1000);
  }
}

NumberPairs ids_of_all() {
  NumberPairs pairs{{static_cast<int>(window().program_process), getpid()}};
  for (const FamilyMember& member : the_family->members()) pairs[member.id] = member.pid;
  return pairs;
}

/// A group that another process leads; one of outside of the family is that of the restart.
void join_group(const json& family) {
  for (const json& member : family["members"]) {
    const int group = member["group"];
    if (member["id"] != family["id"] || group == member["id"]) continue;
    const auto leads = [group](const json& other) { return other["id"] == group; };
    const bool of_member = std::any_of(family["members"].begin(), family["members"].end(), leads);
    const int wanted = of_member ? static_cast<int>(current_process(group)) : heads_group;
    if (getpgrp() != wanted) setpgid(0, wanted);  // fails in a session of its own, as it must
  }
}

void wait_for_relatives() {
  for (int waited = 0; !relatives_known; ++waited) {
    if (waited >= return_limit_ms) complain("the parent process has not said who else is there in {} s", return_limit_ms / 1000);
    usleep(1000);
  }
}

}  // namespace

void bring_family_back(const json& described) {
  const json& family = described["family"];
  if (family.is_null()) return;
  if (!is_member() && !the_family) complain("the child processes in the image can't be started again without a socket for them");
  const auto numbers = inherited_numbers(described["fds"]);
  const int own = family["id"];
  std::set<pid_t> started;
  for (const json& member : family["members"]) {
    const bool orphan = !is_member() && is_orphan(member, family["members"], own);
    if (member["parent"] != own && !orphan) continue;
    const pid_t child = fork_for(member, numbers, orphan);
    if (child < 0) complain("a child process can't be started again: {}; raise the limit of processes (ulimit -u)", std::strerror(errno));
    if (orphan)
      waitpid(child, nullptr, 0);
    else
      started.insert(child);
  }
  close_inherited(described["fds"]);
  if (is_member()) {
    wait_for_relatives();
    return join_group(family);
  }
  wait_until_complete(family["members"].size(), started);
  const NumberPairs ids = ids_of_all();
  know_relatives(ids);
  the_family->tell({{"t", "relatives"}, {"pairs", text_of(ids)}, {"group", getpgrp()}});
}

void lead_groups(const json& described) {
  const json& family = described["family"];
  if (family.is_null() || !is_member()) return;
  for (const json& member : family["members"]) {
    if (member["id"] != family["id"]) continue;
    if (member["session"] == member["id"])
      setsid();
    else if (member["group"] == member["id"])
      setpgid(0, 0);
  }
}

}  // namespace mana::lower

extern "C" std::int64_t door_lower_fork(void*), slow_door_lower_fork(void*);
asm(MANA_DOOR_MACRO "mana_door lower_fork\n");

namespace mana::lower {
std::int64_t (*fork_door())(void*) { return Doors{door_lower_fork, slow_door_lower_fork}.for_this_machine(); }
}  // namespace mana::lower
