// SPDX-License-Identifier: Apache-2.0
#include "lower_half/timers.hpp"

#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "common/arch.hpp"
#include "lower_half/carriers.hpp"
#include "lower_half/complain.hpp"
#include "lower_half/hex_text.hpp"
#include "lower_half/list_lock.hpp"
#include "upper_half/resident/window.hpp"

namespace mana::lower {
namespace {

using arch::raw_syscall;
using arch::word;
using nlohmann::json;

constexpr int most_timer_id = 100000;

struct PosixTimer {
  long id = -1;
  int signal = 0, notify = SIGEV_SIGNAL, clock = 0;
  unsigned long long value = 0;
  int thread = 0;  // SIGEV_THREAD_ID: the kernel's id of whom it signals
};

/// By their numbers. /proc/self/timers: blocks of "ID", "signal: NUMBER/VALUE", "notify: KIND/WHO", "ClockID".
std::vector<PosixTimer> posix_timers() {
  std::vector<PosixTimer> timers;
  std::ifstream in("/proc/self/timers");
  for (std::string line; std::getline(in, line);) {
    long number = 0;
    if (std::sscanf(line.c_str(), "ID: %ld", &number) == 1) timers.push_back({.id = number});
    if (timers.empty()) continue;
    PosixTimer& t = timers.back();
    std::sscanf(line.c_str(), "signal: %d/%llx", &t.signal, &t.value);
    std::sscanf(line.c_str(), "ClockID: %d", &t.clock);
    if (line.rfind("notify: none", 0) == 0) t.notify = SIGEV_NONE;
    if (auto at = line.find("/tid."); line.rfind("notify:", 0) == 0 && at != std::string::npos) {
      t.notify = SIGEV_THREAD_ID;
      t.thread = std::atoi(line.c_str() + at + 5);
    }
  }
  std::sort(timers.begin(), timers.end(), [](const PosixTimer& a, const PosixTimer& b) { return a.id < b.id; });
  return timers;
}

json times_of(const itimerspec& t) { return {t.it_interval.tv_sec, t.it_interval.tv_nsec, t.it_value.tv_sec, t.it_value.tv_nsec}; }

/// The record of the thread that the kernel knows by `id`; null: it is none of the program's.
ThreadRecord* record_of(int id) {
  UpperInterface& upper = *gate().upper;
  ListLock lock(upper);
  for (ThreadRecord* record = upper.threads; record != nullptr; record = record->next)
    if (record->tid == id) return record;
  return nullptr;
}

/// The kernel numbers timers upwards: makes and deletes until the wanted one comes.
bool make_timer(const json& entry) {
  sigevent event{};
  event.sigev_notify = entry["notify"];
  event.sigev_signo = entry["signal"];
  event.sigev_value.sival_ptr = reinterpret_cast<void*>(entry["value"].get<std::uint64_t>());
  if (entry.contains("record")) event._sigev_un._tid = reinterpret_cast<const ThreadRecord*>(entry["record"].get<std::uint64_t>())->tid;
  int wanted = entry["id"], id = -1;
  for (int attempt = 0; attempt < most_timer_id; ++attempt) {
    if (raw_syscall(SYS_timer_create, entry["clock"].get<int>(), word(&event), word(&id)) != 0) return false;
    if (id == wanted) return true;
    raw_syscall(SYS_timer_delete, id);
    if (id > wanted) return false;
  }
  return false;
}

}  // namespace

json describe_timers() {
  json described = {{"interval", json::array()}, {"posix", json::array()}};
  for (int which : {ITIMER_REAL, ITIMER_VIRTUAL, ITIMER_PROF}) {
    itimerval t{};
    getitimer(which, &t);
    described["interval"].push_back({t.it_interval.tv_sec, t.it_interval.tv_usec, t.it_value.tv_sec, t.it_value.tv_usec});
  }
  for (const PosixTimer& timer : posix_timers()) {
    itimerspec remaining{};
    raw_syscall(SYS_timer_gettime, timer.id, word(&remaining));
    described["posix"].push_back(
        {{"id", timer.id}, {"signal", timer.signal}, {"value", timer.value}, {"notify", timer.notify}, {"clock", timer.clock}, {"times", times_of(remaining)}});
    if (ThreadRecord* record = timer.thread != 0 ? record_of(timer.thread) : nullptr)
      described["posix"].back()["record"] = reinterpret_cast<std::uint64_t>(record);
  }
  return described;
}

void start_timers_again(const json& described) {
  for (int which : {ITIMER_REAL, ITIMER_VIRTUAL, ITIMER_PROF}) {
    const json& t = described["interval"][static_cast<std::size_t>(which)];
    itimerval setting{{t[0], t[1]}, {t[2], t[3]}};
    if (setting.it_value.tv_sec != 0 || setting.it_value.tv_usec != 0) setitimer(static_cast<__itimer_which_t>(which), &setting, nullptr);
  }
  for (const json& timer : described["posix"]) {
    if (!make_timer(timer)) {
      say_line(fmt::format("timer {} of timer_create can't be made again and is gone", timer["id"].get<int>()));
    } else {
      const json& t = timer["times"];
      itimerspec setting{{t[0], t[1]}, {t[2], t[3]}};
      raw_syscall(SYS_timer_settime, timer["id"].get<int>(), 0, word(&setting), 0);
    }
  }
}

namespace {

/// Null: it has ended by pthread_exit.
const ThreadRecord* main_thread() {
  UpperInterface& upper = *gate().upper;
  ListLock lock(upper);
  const ThreadRecord* record = upper.threads;
  while (record != nullptr && record->is_main == 0) record = record->next;
  return record;
}

siginfo_t signal_of(const json& text) {
  siginfo_t info{};
  std::string bytes = from_hex(text.get<std::string>());
  std::memcpy(&info, bytes.data(), std::min(bytes.size(), sizeof info));
  return info;
}

/// Sends signals to this process with all they carry. What the kernel itself or kill(2) has sent may be sent again by the main thread alone.
void send_signals(void* signals) {
  for (siginfo_t& info : *static_cast<Signals*>(signals))
    if (raw_syscall(SYS_rt_sigqueueinfo, getpid(), info.si_signo, word(&info)) != 0) kill(getpid(), info.si_signo);
}

}  // namespace

json describe_pending_signals() {
  json described = json::array();
  std::uint64_t wanted = ~0ULL & ~(1ULL << (stop_signal - 1)) & ~(1ULL << (window().checkpoint_signal - 1));
  Signals taken;
  timespec none{};
  for (siginfo_t info{}; raw_syscall(SYS_rt_sigtimedwait, word(&wanted), word(&info), word(&none), 8) > 0;) taken.push_back(info);
  for (const siginfo_t& info : taken) described.push_back(to_hex({reinterpret_cast<const char*>(&info), sizeof info}));
  const ThreadRecord* main = main_thread();
  if (!taken.empty() && (main == nullptr || !on_parked_thread(*main, send_signals, &taken))) send_signals(&taken);
  return described;
}

void send_pending_signals_again(const json& described) {
  for (const auto& text : described) {
    siginfo_t info = signal_of(text);
    raw_syscall(SYS_rt_sigqueueinfo, getpid(), info.si_signo, word(&info));
  }
}

namespace {

/// Those that wait for one thread alone, as bits; ours left out.
std::uint64_t waiting_for(int thread) {
  std::ifstream in(fmt::format("/proc/self/task/{}/status", thread));
  unsigned long long pending = 0;
  for (std::string line; std::getline(in, line);)
    if (std::sscanf(line.c_str(), "SigPnd: %llx", &pending) == 1) break;
  return pending & ~(1ULL << (stop_signal - 1)) & ~(1ULL << (window().checkpoint_signal - 1));
}

/// Takes what waits for the calling thread alone: the kernel hands out a thread's own signals before those of the process.
void take_own_signals(void* taken) {
  auto self = static_cast<int>(raw_syscall(SYS_gettid));
  timespec none{};
  siginfo_t info{};
  for (std::uint64_t wanted; (wanted = waiting_for(self)) != 0;) {
    if (raw_syscall(SYS_rt_sigtimedwait, word(&wanted), word(&info), word(&none), 8) <= 0) return;
    static_cast<Signals*>(taken)->push_back(info);
  }
}

void take_and_send_again(void* taken) {
  take_own_signals(taken);
  send_to_this_thread(*static_cast<const Signals*>(taken));
}

}  // namespace

/// Only the thread itself can take its signals with what they carry.
json describe_thread_signals() {
  json described = json::array();
  std::vector<const ThreadRecord*> threads;
  {
    UpperInterface& upper = *gate().upper;
    ListLock lock(upper);
    for (const ThreadRecord* record = upper.threads; record != nullptr; record = record->next) threads.push_back(record);
  }
  for (const ThreadRecord* record : threads) {
    if (waiting_for(record->tid) == 0) continue;
    Signals taken;
    if (!on_parked_thread(*record, take_and_send_again, &taken)) say_line(fmt::format("signals that wait for thread {} are not kept", record->tid));
    json texts = json::array();
    for (const siginfo_t& info : taken) texts.push_back(to_hex({reinterpret_cast<const char*>(&info), sizeof info}));
    described.push_back({reinterpret_cast<std::uint64_t>(record), texts});
  }
  return described;
}

Signals thread_signals(const json& described, const ThreadRecord& record) {
  Signals signals;
  for (const json& entry : described)
    if (entry[0].get<std::uint64_t>() == reinterpret_cast<std::uint64_t>(&record))
      for (const json& text : entry[1]) signals.push_back(signal_of(text));
  return signals;
}

void send_to_this_thread(const Signals& signals) {
  const long process = raw_syscall(SYS_getpid), self = raw_syscall(SYS_gettid);
  for (const siginfo_t& info : signals)
    if (raw_syscall(SYS_rt_tgsigqueueinfo, process, self, info.si_signo, word(&info)) != 0) raw_syscall(SYS_tgkill, process, self, info.si_signo);
}

}  // namespace mana::lower
