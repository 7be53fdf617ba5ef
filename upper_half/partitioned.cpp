// SPDX-License-Identifier: Apache-2.0
// Partitioned communication on ordinary messages.
#include "upper_half/partitioned.hpp"

#include <algorithm>

#include "gen/lower_calls.hpp"
#include "gen/upper_api.hpp"
#include "upper_half/collectives.hpp"
#include "upper_half/errhandler.hpp"
#include "upper_half/p2p.hpp"

namespace mana::upper {

volatile std::uint32_t unmatched_receives = 0;

namespace {

/// What stands at Request::owned; a flag for each partition follows.
struct Partitions {
  std::int64_t comm_id;
  int tag, partner;  // as the application named them
  int count, missing;
  int channel;  // -1: not matched yet
  unsigned char ready[];
};

/// A sender's word about a new channel.
struct Announcement {
  std::int64_t comm_id;
  std::int32_t tag, channel;
};
struct Arrived {
  int source;
  Announcement what;
};

constexpr int announcement_tag = 0;
Comm* channels_comm;           // null until MPI_Init, or when the application's MPI has no partitions
Vector<bool> channels_in_use;  // own sends
Vector<Request*> unmatched;    // receives in the order of their initialisation
Vector<Arrived> announced;     // channels without a receive, in the order of arrival

Partitions& partitions(const Request* r) { return *static_cast<Partitions*>(r->owned); }
bool is_receive(const Request* r) { return r->cell.kind == RequestKind::receive; }

int take_channel() {
  auto free = std::find(channels_in_use.begin(), channels_in_use.end(), false);
  int channel = static_cast<int>(free - channels_in_use.begin());
  if (free == channels_in_use.end())
    channels_in_use.push_back(true);
  else
    *free = true;
  return channel;
}

/// A message that nobody waits for, from memory that goes with it.
int send_detached(void* block, std::int64_t bytes, int dest, int tag) {
  Request* r = new_request(RequestKind::send);
  own(r, block);
  describe(r, SendMode::standard, block, bytes, nullptr, dest, tag, channels_comm);
  if (int error = start_send(r); error != 0) {
    release_request(r);
    return error;
  }
  detach(r);
  return 0;
}

int announce(const Request* r) {
  Partitions& p = partitions(r);
  p.channel = take_channel();
  auto* word = new (arena_allocate(sizeof(Announcement))) Announcement{p.comm_id, p.tag, p.channel};
  return send_detached(word, sizeof *word, r->cell.peer, announcement_tag);
}

void take_announcements() {
  for (;;) {
    int flag = 0;
    Arrived a{};
    Status status{};
    if (api::iprobe(mpi::ANY_SOURCE, announcement_tag, channels_comm, &flag, &status) != 0 || flag == 0) return;
    api::recv(&a.what, sizeof a.what, predefined_datatype(mpi::BYTE), status.source, announcement_tag, channels_comm, nullptr);
    a.source = status.source;
    announced.push_back(a);
  }
}

/// Posts the receive of a started request that has its channel.
int post(Request* r) {
  r->cell.tag = partitions(r).channel + 1;
  r->cell.state = RequestState::inactive;
  return start_receive(r);
}

bool find_channel(Request* r) {
  Partitions& p = partitions(r);
  auto found = std::find_if(announced.begin(), announced.end(),
                            [&](const Arrived& a) { return a.source == r->cell.peer && a.what.comm_id == p.comm_id && a.what.tag == p.tag; });
  if (found == announced.end()) return false;
  p.channel = found->what.channel;
  announced.erase(found);
  return true;
}

/// All partitions are ready.
int send_all(Request* r) {
  if (r->cell.peer != mpi::PROC_NULL) {
    std::int64_t bytes = 0;
    int error = 0;
    void* packed = pack_to_memory(r->cell.buffer, r->cell.count, r->cell.type, &bytes, &error);
    if (packed == nullptr) return error;
    if (error = send_detached(packed, bytes, r->cell.peer, partitions(r).channel + 1); error != 0) return error;
  }
  complete_at_once(r, empty_status);
  return 0;
}

int initialize(RequestKind kind, const void* buffer, int count, std::int64_t elements, Datatype* type, int partner, int tag, Comm* comm, Request** request) {
  if (int error = check_handles(comm, type); error != 0) return error;
  if (channels_comm == nullptr || comm->foreign) return mpi::ERR_UNSUPPORTED_OPERATION;
  if (count < 0 || elements < 0) return mpi::ERR_COUNT;
  if (partner != mpi::PROC_NULL && (partner < 0 || partner >= comm->peers())) return mpi::ERR_RANK;
  if (tag < 0) return mpi::ERR_TAG;
  WrapperScope scope;
  RequestLock lock;
  auto* p = static_cast<Partitions*>(arena_allocate(sizeof(Partitions) + static_cast<std::size_t>(count)));
  p->comm_id = static_cast<std::int64_t>(comm->counter.id);
  p->tag = tag;
  p->partner = partner;
  p->count = count;
  p->missing = 0;
  p->channel = -1;
  Request* r = new_request(kind);
  r->owned = p;
  r->cell.special = special::persistent | special::partitioned;
  int world_rank = partner == mpi::PROC_NULL ? partner : comm->peer_group().world_ranks[static_cast<std::size_t>(partner)];
  describe(r, SendMode::standard, buffer, count * elements, type, world_rank, tag, channels_comm);
  keep_arguments(r);
  *request = r;
  if (partner == mpi::PROC_NULL) return 0;
  if (kind == RequestKind::send) return announce(r);
  unmatched.push_back(r);
  unmatched_receives = static_cast<std::uint32_t>(unmatched.size());
  match_partitioned();
  return 0;
}

int mark_ready(int partition, Request* r) {
  if (r == nullptr || !r->is(special::partitioned) || is_receive(r) || !r->is_active()) return mpi::ERR_REQUEST;
  Partitions& p = partitions(r);
  if (partition < 0 || partition >= p.count || p.ready[partition] != 0) return mpi::ERR_ARG;
  p.ready[partition] = 1;
  return --p.missing == 0 ? send_all(r) : 0;
}

}  // namespace

void match_partitioned() {
  RequestLock lock;
  take_announcements();
  for (std::size_t i = 0; i < unmatched.size();) {
    Request* r = unmatched[i];
    if (!find_channel(r)) {
      ++i;
      continue;
    }
    unmatched.erase(unmatched.begin() + static_cast<std::ptrdiff_t>(i));
    if (!r->is_active()) continue;
    if (int error = post(r); error != 0) {
      Status failed = empty_status;
      failed.error = error;
      complete_at_once(r, failed);
    }
  }
  unmatched_receives = static_cast<std::uint32_t>(unmatched.size());
}

int start_partitioned(Request* r) {
  RequestLock lock;
  Partitions& p = partitions(r);
  std::memset(p.ready, 0, static_cast<std::size_t>(p.count));
  p.missing = p.count;
  activate(r, 0, Counts::elsewhere);
  if (!is_receive(r)) return p.count == 0 ? send_all(r) : 0;
  if (r->cell.peer == mpi::PROC_NULL) {
    Status nobody = empty_status;
    nobody.source = mpi::PROC_NULL;
    complete_at_once(r, nobody);
    return 0;
  }
  if (p.channel >= 0) return post(r);
  match_partitioned();
  return 0;
}

void name_partner(const Request* r, Status* status) {
  if (!is_receive(r)) return;
  status->source = partitions(r).partner;
  status->tag = partitions(r).partner == mpi::PROC_NULL ? mpi::ANY_TAG : partitions(r).tag;
}

void end_partitioned(Request* r) {
  RequestLock lock;
  if (!is_receive(r)) {
    if (partitions(r).channel >= 0) channels_in_use[static_cast<std::size_t>(partitions(r).channel)] = false;
  } else {
    unmatched.erase(std::remove(unmatched.begin(), unmatched.end(), r), unmatched.end());
    unmatched_receives = static_cast<std::uint32_t>(unmatched.size());
  }
  arena_release(r->owned);
}

int prepare_partitioned() {
  if (abi().version < 4) return 0;
  WrapperScope scope;
  CollectiveScope collective(comm_world, "MPI_Init");
  std::uint64_t real = 0;
  if (int error = lower_call::comm_dup(comm_world->real.bits, &real); error != 0) return error;
  if (int error = adopt_comm(real, &channels_comm); error != 0) return error;
  channels_comm->errhandler = predefined_errhandler(mpi::ERRORS_RETURN);
  return 0;
}

}  // namespace mana::upper

namespace mana::api {

int psend_init(const void* buf, int partitions, std::int64_t count, Datatype* datatype, int dest, int tag, Comm* comm, Info*, Request** request) {
  return initialize(RequestKind::send, buf, partitions, count, datatype, dest, tag, comm, request);
}

int precv_init(void* buf, int partitions, std::int64_t count, Datatype* datatype, int source, int tag, Comm* comm, Info*, Request** request) {
  return initialize(RequestKind::receive, buf, partitions, count, datatype, source, tag, comm, request);
}

/// Threads may say so for their own partitions at the same time.
int pready(int partition, Request* request) {
  WrapperScope scope;
  RequestLock lock;
  return mark_ready(partition, request);
}

int pready_range(int partition_low, int partition_high, Request* request) {
  WrapperScope scope;
  RequestLock lock;
  for (int i = partition_low; i <= partition_high; ++i)
    if (int error = mark_ready(i, request); error != 0) return error;
  return 0;
}

int pready_list(int length, const int* array_of_partitions, Request* request) {
  WrapperScope scope;
  RequestLock lock;
  for (int i = 0; i < length; ++i)
    if (int error = mark_ready(array_of_partitions[i], request); error != 0) return error;
  return 0;
}

/// All partitions arrive together.
int parrived(Request* request, int partition, int* flag) {
  if (request == nullptr || !request->is(special::partitioned) || !is_receive(request)) return mpi::ERR_REQUEST;
  if (partition < 0 || partition >= partitions(request).count) return mpi::ERR_ARG;
  WrapperScope scope;
  poll_in_order(&request, 1);
  *flag = request->is_active() ? 0 : 1;
  return 0;
}

}  // namespace mana::api
