// SPDX-License-Identifier: Apache-2.0
// Point-to-point entries that the generator can't write: waits that give up when a checkpoint stops the job, completion
// of upper-half requests in place, and packing by a message to oneself. Compiled against each real mpi.h; no frame of
// these functions is ever in an image.
#include <unistd.h>

#include <climits>
#include <cstdlib>

#include "lower_half/completion.hpp"

namespace mana::lower {
namespace {

/// One element of this type is `count` > INT_MAX elements of `element`; free it when the operation has been started.
MPI_Datatype make_large_type(MPI_Datatype element, std::int64_t count) {
  constexpr std::int64_t piece = 1 << 30;
  MPI_Datatype large, result;
  MPI_Aint lower = 0, extent = 0;
  PMPI_Type_get_extent(element, &lower, &extent);
  PMPI_Type_contiguous(static_cast<int>(piece), element, &large);
  int lengths[2] = {static_cast<int>(count / piece), static_cast<int>(count % piece)};
  MPI_Aint places[2] = {0, extent * (count - count % piece)};
  MPI_Datatype types[2] = {large, element};
  PMPI_Type_create_struct(2, lengths, places, types, &result);
  PMPI_Type_commit(&result);
  PMPI_Type_free(&large);
  return result;
}

/// Calls f(count, type) with a count that fits an int.
template <class F>
[[gnu::always_inline]] inline int with_extent(MPI_Datatype type, std::int64_t count, F f) {
  if (__builtin_expect(count <= INT_MAX, 1)) return f(static_cast<int>(count), type);
  MPI_Datatype large = make_large_type(type, count);
  int code = f(1, large);
  PMPI_Type_free(&large);
  return code;
}

inline int start_send(const RequestCell& r, MPI_Request* request) {
  return with_extent(native_type(r.type), r.count, [&](int count, MPI_Datatype type) {
    MPI_Comm comm = native<MPI_Comm>(real_of(r.comm));
    int dest = native_rank(r.peer);
    if (__builtin_expect(r.mode == SendMode::standard, 1)) return PMPI_Isend(r.buffer, count, type, dest, r.tag, comm, request);
    if (r.mode == SendMode::synchronous) return PMPI_Issend(r.buffer, count, type, dest, r.tag, comm, request);
    return PMPI_Irsend(r.buffer, count, type, dest, r.tag, comm, request);
  });
}

inline int blocking_send(const SendArguments& a) {
  return with_extent(native_type(a.type), a.count, [&](int count, MPI_Datatype type) {
    MPI_Comm comm = native<MPI_Comm>(a.comm);
    int dest = native_rank(a.dest);
    if (__builtin_expect(a.mode == SendMode::standard, 1)) return PMPI_Send(a.buffer, count, type, dest, a.tag, comm);
    if (a.mode == SendMode::synchronous) return PMPI_Ssend(a.buffer, count, type, dest, a.tag, comm);
    return PMPI_Rsend(a.buffer, count, type, dest, a.tag, comm);
  });
}

inline int start_receive(const ReceiveArguments& a, MPI_Request* request) {
  return with_extent(native_type(a.type), a.count, [&](int count, MPI_Datatype type) {
    return PMPI_Irecv(a.buffer, count, type, native_rank(a.source), native_tag(a.tag), native<MPI_Comm>(a.comm), request);
  });
}

inline int post_receive(RequestCell& r) {
  MPI_Request request;
  int code = with_extent(native_type(r.type), r.count, [&](int count, MPI_Datatype type) {
    return PMPI_Irecv(r.buffer, count, type, native_rank(r.peer), native_tag(r.tag), native<MPI_Comm>(real_of(r.comm)), &request);
  });
  if (__builtin_expect(code != MPI_SUCCESS, 0)) return code;
  r.real = bits(request);
  r.counts = r.peer == mpi::PROC_NULL ? Counts::nothing : Counts::receive;
  r.state = RequestState::active;
  return MPI_SUCCESS;
}

/// The upper half has put off none but those whose description the real MPI takes as it stands (`surely_valid_receive`). False: it
/// does not; the request is complete with the error.
inline bool post(RequestCell& r, MPI_Request* request) {
  int code = PMPI_Irecv(r.buffer, static_cast<int>(r.count), native<MPI_Datatype>(real_of(r.type)), native_rank(r.peer), native_tag(r.tag),
                        native<MPI_Comm>(real_of(r.comm)), request);
  if (__builtin_expect(code == MPI_SUCCESS, 1)) return true;
  r.status = {mpi::ANY_SOURCE, mpi::ANY_TAG, standard_error(code), 0, 0};
  mark_complete(r);
  return false;
}

inline void post_all(const PostArguments& posts) {
  for (std::int64_t i = 0; i < posts.count; ++i) {
    RequestCell& r = cell_of(posts.requests[i]);
    MPI_Request request;
    if (post(r, &request)) r.real = bits(request);
  }
}

inline int start_matched_receive(const ReceiveArguments& a, MPI_Request* request) {
  return with_extent(native_type(a.type), a.count, [&](int count, MPI_Datatype type) {
    MPI_Message message = native<MPI_Message>(a.message);
    return PMPI_Imrecv(a.buffer, count, type, &message, request);
  });
}

/// Waits for a receive that was just started; gives the request up to the caller when the job stops.
inline std::int64_t finish_receive(ReceiveArguments& a, MPI_Request request) {
  std::int64_t error = 0;
  if (__builtin_expect(poll_native(&request, a.ignore != 0, &a.status, &error), 1)) {
    a.status.error = static_cast<std::int32_t>(error);
    if (__builtin_expect(a.source == mpi::PROC_NULL, 0)) {
      a.status = from_nobody;
      return 0;
    }
    add(gate().upper->received, 1);
    return a.status.error;
  }
  a.request = bits(request);
  return not_yet;
}

/// A communicator of this process alone, that no application message travels on.
MPI_Comm private_self() {
  static MPI_Comm comm = [] {
    MPI_Comm made;
    PMPI_Comm_dup(MPI_COMM_SELF, &made);
    return made;
  }();
  return comm;
}

/// Moves data between two layouts with the rules of a message, by a message to oneself.
int self_message(const void* from, std::int64_t from_count, MPI_Datatype from_type, void* to, std::int64_t to_count, MPI_Datatype to_type, MPI_Status* status) {
  static int next_tag = 0;
  int tag = __atomic_fetch_add(&next_tag, 1, __ATOMIC_RELAXED) & 0x7fff;
  MPI_Comm comm = private_self();
  MPI_Request receive, send;
  int code = with_extent(to_type, to_count, [&](int count, MPI_Datatype type) { return PMPI_Irecv(to, count, type, 0, tag, comm, &receive); });
  if (code != MPI_SUCCESS) return code;
  int send_code = with_extent(from_type, from_count, [&](int count, MPI_Datatype type) { return PMPI_Isend(from, count, type, 0, tag, comm, &send); });
  if (send_code != MPI_SUCCESS) {
    PMPI_Cancel(&receive);
    PMPI_Wait(&receive, MPI_STATUS_IGNORE);
    return send_code;
  }
  code = PMPI_Wait(&receive, status);
  PMPI_Wait(&send, MPI_STATUS_IGNORE);
  return code;
}

/// Native requests of one call, on the stack for ordinary counts.
template <class T>
class Scratch {
 public:
  explicit Scratch(std::int64_t n) : heap_(n > inline_count ? static_cast<T*>(std::malloc(sizeof(T) * n)) : nullptr) {}
  ~Scratch() { std::free(heap_); }
  Scratch(const Scratch&) = delete;
  T* data() { return heap_ != nullptr ? heap_ : inline_; }

 private:
  static constexpr std::int64_t inline_count = 128;
  T inline_[inline_count];
  T* heap_;
};

/// What is left is the upper half's; the real MPI still works for others in the meantime.
std::int64_t look_elsewhere() {
  int flag = 0;
  MPI_Status status;
  PMPI_Iprobe(MPI_ANY_SOURCE, MPI_ANY_TAG, MPI_COMM_WORLD, &flag, &status);
  return gate().stop != 0 ? not_yet : not_here;
}

/// A few active requests that are completed together: each that needs it is looked at until it is done, the last one first,
/// then one Waitall that can't block takes them all. MPICH makes a round of progress in every Test and Testall, even of
/// complete requests, and a Testall over thousands in a loop would be quadratic.
class Window {
 public:
  /// Takes the next active requests from position `next` on; returns where it stopped.
  std::int64_t gather(const CompleteArguments& a, std::int64_t next) {
    size_ = 0;
    held_back_ = false;
    ignore_ = a.ignore != 0;
    blocking_ = a.blocking != 0;
    for (; next < a.count && size_ < capacity; ++next) {
      RequestCell& cell = cell_of(a.requests[next]);
      if (cell.state != RequestState::active) continue;
      bool alone = cell.kind == RequestKind::file;  // MPICH's get_status makes no progress on them, its Test does
      if (alone && size_ > 0) break;
      if (cell.counts > Counts::send) {
        if (cell.counts == Counts::elsewhere) {
          elsewhere_ = true;
          continue;
        }
        ignore_ = false;
        if (waits_for_line(cell)) {
          held_back_ = held_back_ || cell.state == RequestState::active;
          continue;
        }
      }
      cells_[size_] = &cell;
      requests_[size_++] = native<MPI_Request>(cell.real);
      if (alone) return unseen_ = size_, next + 1;
    }
    unseen_ = size_;
    return next;
  }
  int size() const { return size_; }
  /// A request has been passed over that the upper half has to complete.
  bool passed_over() const { return elsewhere_; }
  /// One of them can't complete before the checkpoint line.
  bool held_back() const { return held_back_; }

  /// One attempt; false: there is one that waits for another rank.
  bool advance() {
    if (held_back_) return false;
    if (size_ == 1) return advance_single();
    while (unseen_ > 0) {
      const RequestCell& last = *cells_[unseen_ - 1];
      if (!blocking_ || last.counts != Counts::send) {
        int flag = 0;
        int code = PMPI_Request_get_status(requests_[unseen_ - 1], &flag, MPI_STATUS_IGNORE);
        if (!flag && code == MPI_SUCCESS) return false;
      }
      --unseen_;
      if (blocking_) pass_by(last);
    }
    if (size_ > 0) take_all();
    return !held_back_;
  }

 private:
  /// Passes those that need no action of another rank but progress, which whoever has stopped goes on to make: sends, and
  /// receives that were posted before one like them that is complete, for messages do not overtake each other (MPI 4.1 §3.5).
  void pass_by(const RequestCell& complete) {
    const bool ordered = complete.counts == Counts::receive && complete.peer >= 0 && complete.tag >= 0 && complete.comm != nullptr;
    for (; unseen_ > 0; --unseen_) {
      const RequestCell& cell = *cells_[unseen_ - 1];
      if (cell.counts == Counts::send) continue;
      const bool before = ordered && cell.sequence < complete.sequence && cell.counts == Counts::receive && cell.kind == complete.kind &&
                          cell.comm == complete.comm && cell.peer == complete.peer && cell.tag == complete.tag;
      if (!before) return;
    }
  }

  bool advance_single() {
    RequestCell& cell = *cells_[0];
    if (!blocking_ || cell.counts != Counts::send) return test(cell);
    MPI_Status status;
    int code = PMPI_Wait(&requests_[0], &status);
    return complete(cell, code, status);
  }

  /// Waits for what completes by itself. Open MPI 4.1.4's Waitall never returns when a request has failed before it is called.
  int wait_natively(MPI_Status* statuses) {
#ifdef OPEN_MPI
    int code, flag = 0;
    do { code = PMPI_Testall(size_, requests_, &flag, statuses); } while (!flag && code == MPI_SUCCESS);
    return code;
#else
    return PMPI_Waitall(size_, requests_, statuses);
#endif
  }

  void take_all() {
    int code = wait_natively(ignore_ ? MPI_STATUSES_IGNORE : statuses_);
    if (__builtin_expect(code != MPI_SUCCESS, 0)) return take_after_failure(code);
    if (!ignore_) {
      for (int i = 0; i < size_; ++i) held_back_ |= !complete(*cells_[i], MPI_SUCCESS, statuses_[i]);
      return;
    }
    std::uint64_t received = 0;
    for (int i = 0; i < size_; ++i) {
      received += cells_[i]->counts == Counts::receive ? 1 : 0;
      cells_[i]->status.error = 0;
      mark_complete(*cells_[i]);
    }
    add(gate().upper->received, received);
  }

  /// A Waitall that fails stops at the first failure in MPICH: what it has not freed is still to be waited for.
  void take_after_failure(int waitall_code) {
    for (int i = 0; i < size_; ++i) {
      MPI_Status status = ignore_ ? MPI_Status{} : statuses_[i];
      int code = ignore_ ? waitall_code : status.MPI_ERROR;
      if (requests_[i] != MPI_REQUEST_NULL) code = PMPI_Wait(&requests_[i], &status);
      held_back_ |= !complete(*cells_[i], code, status);
    }
  }

  static constexpr int capacity = 64;
  int size_ = 0, unseen_ = 0;
  bool ignore_ = false, blocking_ = false, elsewhere_ = false, held_back_ = false;
  RequestCell* cells_[capacity];
  MPI_Request requests_[capacity];
  MPI_Status statuses_[capacity];
};

/// Plain sends and receives that are waited for in one go: nothing but what the real MPI needs is done with each. Only if that can't be brought to its end do
/// their cells learn of it.
class PlainWait {
 public:
  PlainWait(void* const* requests, std::int64_t count) : requests_(requests), count_(static_cast<int>(count)) { *open_ = {}; }

  /// Posts receives that were put off, in their order. False: the real MPI refuses one, which is complete.
  bool post_all() {
    const RequestCell& first = cell_of(requests_[0]);
    bool good = true, alike = first.peer >= 0 && first.tag >= 0;
    for (int i = 0; i < count_; ++i) {
      RequestCell& cell = cell_of(requests_[i]);
      good &= post(cell, &real_[i]);
      alike &= (cell.peer == first.peer) & (cell.tag == first.tag) & (cell.comm == first.comm);
    }
    for (int end = few_receives; end - few_receives < count_; end += few_receives) {
      const int last = end < count_ ? end : count_;
      *open_++ = {last, last - end + few_receives, nullptr, alike};
    }
    return good;
  }
  /// Takes active ones. False: they are not all plain.
  bool take() {
    for (int i = 0; i < count_; ++i) {
      const RequestCell& cell = cell_of(requests_[i]);
      if ((cell.state != RequestState::active) | (cell.counts > Counts::send) | (cell.special != 0)) return false;
      real_[i] = native<MPI_Request>(cell.real);
      note(i, cell);
    }
    close(count_);
    return true;
  }
  /// False: the job stops, or one has failed.
  bool wait() {
    for (const Part* part = parts_; part != open_; ++part) {
      const int n = part->end - done_;
      unseen_ = part->end;
      Pace pace;
      for (int code = MPI_SUCCESS; !attempt(*part, n, &code);) {
        if (__builtin_expect(code != MPI_SUCCESS, 0)) return fail(n, code);
        if (__builtin_expect(gate().stop != 0, 0)) return false;
        pace.idle();
      }
      done_ = part->end;
      add(gate().upper->received, static_cast<std::uint64_t>(part->receives));
    }
    return true;
  }
  /// Leaves the rest to others.
  void tell_cells() {
    for (int i = 0; i < count_; ++i) {
      RequestCell& cell = cell_of(requests_[i]);
      if (cell.state != RequestState::active) continue;
      if (i >= done_) {
        cell.real = bits(real_[i]);
        continue;
      }
      cell.status = {mpi::ANY_SOURCE, mpi::ANY_TAG, 0, 0, 0};
      mark_complete(cell);
    }
  }

 private:
  /// What is completed together: of receives a few, so that the rest of the work on them is done while the next ones arrive.
  struct Part {
    int end;
    int receives;
    const RequestCell* last;  ///< receive
    bool alike;               ///< the receives match the same messages, in this order
  };
  static constexpr int few_receives = 8;

  void note(int i, const RequestCell& cell) {
    if (cell.counts == Counts::send) return;
#ifndef OPEN_MPI
    const RequestCell* before = open_->last;
    open_->alike = before == nullptr
                       ? cell.peer >= 0 && cell.tag >= 0
                       : open_->alike && cell.peer == before->peer && cell.tag == before->tag && cell.comm == before->comm && cell.sequence > before->sequence;
    open_->last = &cell;
#endif
    if (++open_->receives == few_receives) close(i + 1);
  }
  void close(int end) {
    if (open_ != parts_ && open_[-1].end == end) return;
    open_->end = end;
    *++open_ = {};
  }

  /// One attempt at the next `n`; true: they are done.
  bool attempt(const Part& part, int n, int* code) {
#ifdef OPEN_MPI  // whose Waitall never returns when a request has failed before it is called (4.1.4)
    static_cast<void>(part);
    int flag = 0;
    *code = PMPI_Testall(n, real_ + done_, &flag, MPI_STATUSES_IGNORE);
    return flag != 0 && *code == MPI_SUCCESS;
#else  // whose Testall makes a round of progress each time, also over complete ones
    while (unseen_ > done_ && part.receives > 0) {
      if (cell_of(requests_[unseen_ - 1]).counts != Counts::send) {
        int flag = 0;
        int result = PMPI_Request_get_status(real_[unseen_ - 1], &flag, MPI_STATUS_IGNORE);
        if (!flag && result == MPI_SUCCESS) return false;
        if (part.alike) break;
      }
      --unseen_;
    }
    *code = PMPI_Waitall(n, real_ + done_, MPI_STATUSES_IGNORE);
    return *code == MPI_SUCCESS;
#endif
  }
  /// Some of the next `n` have failed; the real MPI has given up those that it doesn't leave a request of.
  bool fail(int n, int code) {
    for (int i = done_; i < done_ + n; ++i)
      if (real_[i] == MPI_REQUEST_NULL) complete(cell_of(requests_[i]), code, MPI_Status{});
    return false;
  }

  void* const* requests_;
  int count_, done_ = 0, unseen_ = 0;
  Part parts_[most_at_once / few_receives + 2];  // up to `open_`
  Part* open_ = parts_;
  MPI_Request real_[most_at_once];
};

/// One native Testsome over all active requests of the call; returns how many it completed.
std::int64_t complete_what_is_done(CompleteArguments& a) {
  Scratch<MPI_Request> requests(a.count);
  Scratch<RequestCell*> cells(a.count);
  Scratch<MPI_Status> statuses(a.count);
  Scratch<int> indices(a.count);
  int active = 0, at_once = 0;
  bool held_back = false, elsewhere = false;
  for (std::int64_t i = 0; i < a.count; ++i) {
    RequestCell& cell = cell_of(a.requests[i]);
    if (cell.state != RequestState::active) continue;
    if (cell.counts == Counts::elsewhere) {
      elsewhere = true;
      continue;
    }
    if (waits_for_line(cell)) {
      if (cell.state == RequestState::active)
        held_back = true;
      else
        ++at_once;
      continue;
    }
    cells.data()[active] = &cell;
    requests.data()[active++] = native<MPI_Request>(cell.real);
  }
  if (at_once > 0) return at_once;
  if (active == 0 && held_back && a.blocking) return not_yet;
  if (active == 0) return elsewhere && a.blocking ? look_elsewhere() : 0;
  Pace pace;
  for (;;) {
    int done = 0;
    int code = PMPI_Testsome(active, requests.data(), &done, indices.data(), statuses.data());
    if (done == MPI_UNDEFINED) done = 0;
    int completed = 0;
    for (int i = 0; i < done; ++i) {
      const MPI_Status& status = statuses.data()[i];
      completed += complete(*cells.data()[indices.data()[i]], code == MPI_SUCCESS ? MPI_SUCCESS : status.MPI_ERROR, status) ? 1 : 0;
    }
    if (completed > 0 || !a.blocking) return completed;
    if (done > 0) return not_yet;
    if (code != MPI_SUCCESS) {  // the native library refuses the array: the first request carries the error
      complete(*cells.data()[0], code, statuses.data()[0]);
      return 1;
    }
    if (__builtin_expect(gate().stop != 0, 0)) return not_yet;
    if (elsewhere) return look_elsewhere();
    pace.idle();
  }
}

}  // namespace
}  // namespace mana::lower

using namespace mana;
using namespace mana::lower;

/// MPI_Send, MPI_Ssend, MPI_Rsend (MPI 4.1 §3.4).
extern "C" std::int64_t lower_custom_send(void* arguments) { return class_of(blocking_send(*static_cast<SendArguments*>(arguments))); }

/// MPI_Isend, MPI_Issend, MPI_Irsend (MPI 4.1 §3.7.2): starts the operation that the request describes.
extern "C" std::int64_t lower_custom_isend(void* arguments) {
  RequestCell& cell = cell_of(arguments);
  MPI_Request request;
  int code = start_send(cell, &request);
  if (__builtin_expect(code != MPI_SUCCESS, 0)) return standard_error(code);
  cell.real = bits(request);
  cell.counts = cell.peer == mpi::PROC_NULL ? Counts::nothing : cell.mode == SendMode::synchronous ? Counts::synchronous_send : Counts::send;
  cell.state = RequestState::active;
  return 0;
}

/// MPI_Irecv: likewise.
extern "C" std::int64_t lower_custom_irecv(void* arguments) { return class_of(post_receive(cell_of(arguments))); }

/// Receives whose posting was put off until something needs it.
extern "C" std::int64_t lower_custom_post(void* arguments) {
  post_all(*static_cast<PostArguments*>(arguments));
  return 0;
}

/// MPI_Wait (MPI 4.1 §3.7.3) of an active plain send or receive; `posts`, unless null, are posted first.
extern "C" std::int64_t lower_fast_wait(RequestCell* cell, const PostArguments* posts) {
  if (posts != nullptr) post_all(*posts);
  if (cell->state != RequestState::active) return 0;
  if (cell->counts == Counts::send) {
    MPI_Request request = native<MPI_Request>(cell->real);
    MPI_Status status;
    int code = PMPI_Wait(&request, &status);
    complete(*cell, code, status);
    return 0;
  }
  Pace pace;
  while (!test(*cell)) {
    if (__builtin_expect(gate().stop != 0, 0)) return not_yet;
    pace.idle();
  }
  return 0;
}

/// MPI_Recv: Irecv and Test cost 14 ns more than Recv, and can be left when a checkpoint stops the job.
extern "C" std::int64_t lower_custom_recv(void* arguments) {
  auto& a = *static_cast<ReceiveArguments*>(arguments);
  MPI_Request request;
  int code = start_receive(a, &request);
  if (__builtin_expect(code != MPI_SUCCESS, 0)) return standard_error(code);
  return finish_receive(a, request);
}

/// MPI_Imrecv.
extern "C" std::int64_t lower_custom_imrecv(void* arguments) {
  auto& a = *static_cast<ReceiveArguments*>(arguments);
  MPI_Request request;
  int code = start_matched_receive(a, &request);
  a.request = bits(request);
  return class_of(code);
}

/// MPI_Mrecv.
extern "C" std::int64_t lower_custom_mrecv(void* arguments) {
  auto& a = *static_cast<ReceiveArguments*>(arguments);
  MPI_Request request;
  int code = start_matched_receive(a, &request);
  if (code != MPI_SUCCESS) return standard_error(code);
  return finish_receive(a, request);
}

/// MPI_Sendrecv: the receive is posted, then the send may block natively, for whoever has stopped keeps receiving.
extern "C" std::int64_t lower_custom_sendrecv(void* arguments) {
  auto& a = *static_cast<SendReceiveArguments*>(arguments);
  MPI_Request receive;
  a.sent = 0;
  int code = start_receive(a.receive, &receive);
  if (code != MPI_SUCCESS) return standard_error(code);
  code = blocking_send(a.send);
  if (__builtin_expect(code != MPI_SUCCESS, 0)) {
    PMPI_Cancel(&receive);
    PMPI_Wait(&receive, MPI_STATUS_IGNORE);
    return standard_error(code);
  }
  a.sent = 1;
  return finish_receive(a.receive, receive);
}

/// Completes requests a window at a time.
extern "C" std::int64_t lower_complete_all(void* arguments) {
  auto& a = *static_cast<CompleteArguments*>(arguments);
  a.complete = 0;
  post_all(a.posts);
  Pace pace;
  Window window;
  for (std::int64_t next = 0; next < a.count;) {
    next = window.gather(a, next);
    while (!window.advance()) {
      if (!a.blocking) return 0;
      if (__builtin_expect(gate().stop != 0 || window.held_back(), 0)) return not_yet;
      pace.idle();
    }
    a.complete += window.size();
  }
  return window.passed_over() && a.blocking ? look_elsewhere() : 0;
}

/// MPI_Waitall (MPI 4.1 §3.7.5) without statuses of at most `most_at_once`; `posts`, unless null, are posted first. 0: all were plain and are complete for the
/// caller, their cells may say otherwise.
extern "C" std::int64_t lower_fast_waitall(void* const* requests, std::int64_t count, const PostArguments* posts) {
  if (posts != nullptr) post_all(*posts);
  PlainWait plain(requests, count);
  if (__builtin_expect(!plain.take(), 0)) return not_yet;
  if (__builtin_expect(plain.wait(), 1)) return 0;
  plain.tell_cells();
  return not_yet;
}

/// Likewise, of all `posts`.
extern "C" std::int64_t lower_fast_receive_all(const PostArguments* posts) {
  PlainWait plain(posts->requests, posts->count);
  if (__builtin_expect(plain.post_all() && plain.wait(), 1)) return 0;
  plain.tell_cells();
  return not_yet;
}

/// Completes whatever of the requests is done.
extern "C" std::int64_t lower_custom_complete_some(void* arguments) {
  auto& a = *static_cast<CompleteArguments*>(arguments);
  post_all(a.posts);
  a.complete = complete_what_is_done(a);
  return a.complete < 0 ? a.complete : 0;
}

/// MPI_Cancel (MPI 4.1 §3.8.4); the request stays to be completed.
extern "C" std::int64_t lower_custom_cancel(void* arguments) {
  MPI_Request request = native<MPI_Request>(cell_of(arguments).real);
  return class_of(PMPI_Cancel(&request));
}

/// MPI_Probe, MPI_Iprobe (MPI 4.1 §3.8.1).
extern "C" std::int64_t lower_custom_probe(void* arguments) {
  auto& a = *static_cast<ProbeArguments*>(arguments);
  Pace pace;
  for (;;) {
    MPI_Status status;
    int flag = 0;
    int code = PMPI_Iprobe(native_rank(a.source), native_tag(a.tag), native<MPI_Comm>(a.comm), &flag, &status);
    if (code != MPI_SUCCESS) return standard_error(code);
    a.found = flag != 0;
    if (flag) a.status = canonical(status);
    if (flag || !a.blocking) return 0;
    if (__builtin_expect(gate().stop != 0, 0)) return not_yet;
    pace.idle();
  }
}

/// MPI_Mprobe, MPI_Improbe (MPI 4.1 §3.8.2).
extern "C" std::int64_t lower_custom_mprobe(void* arguments) {
  auto& a = *static_cast<ProbeArguments*>(arguments);
  Pace pace;
  for (;;) {
    MPI_Status status;
    MPI_Message message = MPI_MESSAGE_NULL;
    int flag = 0;
    int code = PMPI_Improbe(native_rank(a.source), native_tag(a.tag), native<MPI_Comm>(a.comm), &flag, &message, &status);
    if (code != MPI_SUCCESS) return standard_error(code);
    a.found = flag != 0;
    if (flag) {
      a.status = canonical(status);
      a.message = bits(message);
    }
    if (flag || !a.blocking) return 0;
    if (__builtin_expect(gate().stop != 0, 0)) return not_yet;
    pace.idle();
  }
}

/// Packed bytes into a typed buffer. Both MPIs send homogeneous data without any header, so a message received as
/// bytes under one can be delivered under the other.
extern "C" std::int64_t lower_custom_unpack(void* arguments) {
  auto& a = *static_cast<PackArguments*>(arguments);
  MPI_Status status;
  int code = self_message(a.packed, a.bytes, MPI_BYTE, a.buffer, a.count, native_type(a.type), &status);
  a.status = canonical(status);
  // Open MPI 4.1.4 does not report a truncated message to oneself.
  if (code == MPI_SUCCESS && a.status.count_bytes < a.bytes) return mpi::ERR_TRUNCATE;
  return class_of(code);
}

/// A typed buffer into packed bytes.
extern "C" std::int64_t lower_custom_pack(void* arguments) {
  auto& a = *static_cast<PackArguments*>(arguments);
  MPI_Status status;
  int code = self_message(a.buffer, a.count, native_type(a.type), a.packed, a.bytes, MPI_BYTE, &status);
  a.bytes = status_bytes(status);
  return class_of(code);
}

/// Lets the real MPI work for others while this thread waits for the agreement on a cut; returns after about 50 µs.
extern "C" std::int64_t lower_custom_progress(void*) {
  for (int i = 0; i < 16; ++i) {
    int flag = 0;
    MPI_Status status;
    PMPI_Iprobe(MPI_ANY_SOURCE, MPI_ANY_TAG, MPI_COMM_WORLD, &flag, &status);
  }
  usleep(50);
  return 0;
}
