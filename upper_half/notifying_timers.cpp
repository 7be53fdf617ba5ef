// SPDX-License-Identifier: Apache-2.0
// timer_create with SIGEV_THREAD. libc's own helper thread would be one that no checkpoint knows, so it is made here: a thread of ours
// waits for the kernel's signals of these timers and starts one thread for each expiration (POSIX, timer_create; glibc does the same).
// Such a timer's id is the kernel's, with which libc's timer_settime and timer_gettime work as with any other timer.
#include <csignal>
#include <ctime>
#include <dlfcn.h>
#include <pthread.h>

#include <cerrno>

#include "common/arch.hpp"
#include "upper_half/arena.hpp"
#include "upper_half/threads.hpp"

extern "C" int pthread_create(pthread_t* thread, const pthread_attr_t* attributes, void* (*routine)(void*), void* argument);

namespace mana::upper {
namespace {

using arch::raw_syscall;
using arch::word;

constexpr int timer_signal = 32;  // libc's SIGTIMER, which no program can use
constexpr std::uint64_t only_timer_signal = 1ULL << (timer_signal - 1);

struct Notifier {
  Notifier* volatile next;
  long id;
  void (*function)(sigval);
  sigval value;
  pthread_attr_t attributes;
};

struct Call {
  void (*function)(sigval);
  sigval value;
};

pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;  // for who makes, deletes and tells
Notifier* volatile notifiers;                      // nodes stay readable when they are released: the arena's memory does
bool helper_runs;
ThreadRecord* volatile helper;  // its kernel thread is another one after a restart

bool is_notifier(const void* at) {
  for (Notifier* n = notifiers; n != nullptr; n = n->next)
    if (n == at) return true;
  return false;
}

void* call(void* argument) {
  Call what = *static_cast<Call*>(argument);
  arena_release(argument);
  std::uint64_t none = 0;
  raw_syscall(SYS_rt_sigprocmask, SIG_SETMASK, word(&none), 0, 8);
  what.function(what.value);
  return nullptr;
}

void ring(Notifier& n) {
  auto* what = create<Call>();
  *what = Call{n.function, n.value};
  pthread_t thread;
  if (pthread_create(&thread, &n.attributes, call, what) != 0) arena_release(what);
}

void* help(void*) {
  helper = &this_thread();
  for (;;) {
    siginfo_t facts{};
    if (raw_syscall(SYS_rt_sigtimedwait, word(&only_timer_signal), word(&facts), 0, 8) != timer_signal) continue;
    pthread_mutex_lock(&lock);
    if (facts.si_code == SI_TIMER && is_notifier(facts.si_value.sival_ptr)) ring(*static_cast<Notifier*>(facts.si_value.sival_ptr));
    pthread_mutex_unlock(&lock);
  }
}

/// With `lock` held. The helper has every signal blocked, as libc's has.
bool start_helper() {
  if (helper_runs) return true;
  std::uint64_t all = ~0ULL, before = 0;
  raw_syscall(SYS_rt_sigprocmask, SIG_SETMASK, word(&all), word(&before), 8);
  pthread_t thread;
  helper_runs = pthread_create(&thread, nullptr, help, nullptr) == 0;
  raw_syscall(SYS_rt_sigprocmask, SIG_SETMASK, word(&before), 0, 8);
  while (helper_runs && helper == nullptr) raw_syscall(SYS_sched_yield);
  return helper_runs;
}

/// The kernel's timer, which signals the helper; -1 with errno if it can't be made.
long make_kernel_timer(clockid_t clock, Notifier& n) {
  WrapperScope scope;  // no restart between the helper's id and its use
  int id = -1;
  sigevent event{};
  event.sigev_notify = SIGEV_THREAD_ID;
  event.sigev_signo = timer_signal;
  event.sigev_value.sival_ptr = &n;
  event._sigev_un._tid = helper->tid;
  long result = raw_syscall(SYS_timer_create, clock, word(&event), word(&id));
  if (result == 0) return id;
  errno = static_cast<int>(-result);
  return -1;
}

int make_notifying_timer(clockid_t clock, const sigevent& event, timer_t* timer) {
  auto* n = create<Notifier>();
  *n = Notifier{notifiers, -1, event.sigev_notify_function, event.sigev_value, {}};
  // As libc: of the attributes, those that a detached thread can have.
  pthread_attr_init(&n->attributes);
  pthread_attr_setdetachstate(&n->attributes, PTHREAD_CREATE_DETACHED);
  std::size_t stack = 0;
  if (event.sigev_notify_attributes != nullptr && pthread_attr_getstacksize(event.sigev_notify_attributes, &stack) == 0)
    pthread_attr_setstacksize(&n->attributes, stack);
  n->id = start_helper() ? make_kernel_timer(clock, *n) : -1;
  if (n->id < 0) {
    arena_release(n);
    return -1;
  }
  notifiers = n;
  *timer = reinterpret_cast<timer_t>(n->id);
  return 0;
}

/// The function of the same name in libc.
template <class Function>
Function* in_libc(Function*& known, const char* name) {
  if (known == nullptr) known = reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
  return known;
}
int (*real_create)(clockid_t, sigevent*, timer_t*);
int (*real_delete)(timer_t);

}  // namespace

extern "C" {

[[gnu::visibility("default")]] int timer_create(clockid_t clock, sigevent* event, timer_t* timer) {
  if (event == nullptr || event->sigev_notify != SIGEV_THREAD || in_forked_child()) return in_libc(real_create, "timer_create")(clock, event, timer);
  pthread_mutex_lock(&lock);
  int result = make_notifying_timer(clock, *event, timer);
  pthread_mutex_unlock(&lock);
  return result;
}

[[gnu::visibility("default")]] int timer_delete(timer_t timer) {
  pthread_mutex_lock(&lock);
  Notifier* before = nullptr;
  for (Notifier* n = notifiers; n != nullptr; before = n, n = n->next) {
    if (n->id != reinterpret_cast<long>(timer)) continue;
    if (before != nullptr)
      before->next = n->next;
    else
      notifiers = n->next;
    arena_release(n);
    break;
  }
  pthread_mutex_unlock(&lock);
  return in_libc(real_delete, "timer_delete")(timer);
}

}  // extern "C"

}  // namespace mana::upper
