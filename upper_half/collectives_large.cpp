// SPDX-License-Identifier: Apache-2.0
// Large-count siblings of the vector collectives (MPI 4.1 §6). Counts and displacements that fit ints go the ordinary way on
// every rank; if those of one rank don't, all take MPI_Alltoallw with one datatype for each peer's block, in its place. Which
// of the two it is, only an agreement can tell: what a rank passes is often not known to the others.
#include "gen/upper_api.hpp"
#include "upper_half/collectives.hpp"
#include "upper_half/large_count.hpp"
#include "upper_half/topology.hpp"

namespace mana::api {
namespace {

/// Sets `*any` when one rank of the communicator says `mine`. Over an intercommunicator a group hears of the other one's.
int agree(Comm* comm, bool mine, bool* any) {
  int said = mine ? 1 : 0, heard = 0;
  auto* max = static_cast<Op*>(predefined_objects[mpi::MAX]);
  for (std::uint32_t round = 0; round <= comm->inter; ++round) {
    said |= heard;
    if (int error = allreduce(&said, &heard, 1, predefined_datatype(mpi::INT), max, comm); error != 0) return error;
  }
  *any = said != 0 || heard != 0;
  return 0;
}

/// One side of an alltoallw: for each peer nothing, or one element of a type that is its whole block.
class Blocks {
 public:
  explicit Blocks(int peers)
      : counts_(peers, 0), places_(peers, 0), wide_places_(peers, 0), types_(peers, predefined_datatype(mpi::BYTE)), made_(peers, nullptr) {}
  ~Blocks() {
    WrapperScope scope;
    for (Datatype* type : made_) release(type);
  }
  Blocks(const Blocks&) = delete;

  /// `count` elements of `type`, `offset` bytes from the buffer's beginning.
  void set(int peer, std::int64_t count, Datatype* type, std::int64_t offset) {
    if (error_ != 0 || count == 0) return;
    if (!usable(type)) error_ = mpi::ERR_TYPE;
    if (error_ == 0) error_ = type_create_hindexed_c(1, &count, &offset, type, &made_[peer]);
    if (error_ == 0) error_ = type_commit(&made_[peer]);
    counts_[peer] = 1;
    types_[peer] = made_[peer];
  }
  int error() const { return error_; }
  const int* counts() const { return counts_.data(); }
  const int* places() const { return places_.data(); }
  const std::int64_t* wide_places() const { return wide_places_.data(); }
  Datatype* const* types() const { return types_.data(); }

 private:
  Vector<int> counts_, places_;
  Vector<std::int64_t> wide_places_;
  Vector<Datatype*> types_, made_;
  int error_ = 0;
};

int exchange(const void* sendbuf, const Blocks& out, void* recvbuf, const Blocks& in, Comm* comm) {
  if (out.error() != 0) return out.error();
  if (in.error() != 0) return in.error();
  return alltoallw(sendbuf, out.counts(), out.places(), out.types(), recvbuf, in.counts(), in.places(), in.types(), comm);
}

int neighbor_exchange(const void* sendbuf, const Blocks& out, void* recvbuf, const Blocks& in, Comm* comm) {
  if (out.error() != 0) return out.error();
  if (in.error() != 0) return in.error();
  return neighbor_alltoallw(sendbuf, out.counts(), out.wide_places(), out.types(), recvbuf, in.counts(), in.wide_places(), in.types(), comm);
}

std::int64_t extent_of(const Datatype* type) { return usable(type) ? type->extent : 0; }

/// Block i: counts[i] elements, displs[i] elements into the buffer.
void set_all(Blocks& blocks, int peers, const std::int64_t* counts, const std::int64_t* displs, Datatype* type) {
  for (int i = 0; i < peers; ++i) blocks.set(i, counts[i], type, displs[i] * extent_of(type));
}

/// Whether this rank is the root.
bool is_root(const Comm* comm, int root) { return comm->inter != 0 ? root == mpi::ROOT : root == comm->rank; }

int check(const Comm* comm, int root) {
  if (!usable(comm)) return mpi::ERR_COMM;
  bool special = comm->inter != 0 && (root == mpi::ROOT || root == mpi::PROC_NULL);
  return special || (root >= 0 && root < comm->peers()) ? 0 : mpi::ERR_ROOT;
}

}  // namespace

int gatherv_c(const void* sendbuf, std::int64_t sendcount, Datatype* sendtype, void* recvbuf, const std::int64_t* recvcounts, const std::int64_t* displs,
              Datatype* recvtype, int root, Comm* comm) {
  if (int error = check(comm, root); error != 0) return error;
  bool at_root = is_root(comm, root), large = false;
  int peers = comm->peers();
  NarrowedArray counts(at_root ? recvcounts : nullptr, peers), places(at_root ? displs : nullptr, peers);
  if (int error = agree(comm, !counts.fits() || !places.fits(), &large); error != 0) return error;
  if (!large) {
    LargeCount sent(sendcount, sendtype);
    if (sent.error() != 0) return sent.error();
    return gatherv(sendbuf, sent.count(), sent.type(), recvbuf, counts.data(), places.data(), recvtype, root, comm);
  }
  Blocks out(peers), in(peers);
  bool in_place = sendbuf == mpi::IN_PLACE;
  if (root >= 0 && !in_place) out.set(root, sendcount, sendtype, 0);
  for (int i = 0; at_root && i < peers; ++i)
    if (!(in_place && i == root)) in.set(i, recvcounts[i], recvtype, displs[i] * extent_of(recvtype));
  return exchange(in_place ? nullptr : sendbuf, out, recvbuf, in, comm);
}

int scatterv_c(const void* sendbuf, const std::int64_t* sendcounts, const std::int64_t* displs, Datatype* sendtype, void* recvbuf, std::int64_t recvcount,
               Datatype* recvtype, int root, Comm* comm) {
  if (int error = check(comm, root); error != 0) return error;
  bool at_root = is_root(comm, root), large = false;
  int peers = comm->peers();
  NarrowedArray counts(at_root ? sendcounts : nullptr, peers), places(at_root ? displs : nullptr, peers);
  if (int error = agree(comm, !counts.fits() || !places.fits(), &large); error != 0) return error;
  if (!large) {
    LargeCount received(recvcount, recvtype);
    if (received.error() != 0) return received.error();
    return scatterv(sendbuf, counts.data(), places.data(), sendtype, recvbuf, received.count(), received.type(), root, comm);
  }
  Blocks out(peers), in(peers);
  bool in_place = recvbuf == mpi::IN_PLACE;
  if (root >= 0 && !in_place) in.set(root, recvcount, recvtype, 0);
  for (int i = 0; at_root && i < peers; ++i)
    if (!(in_place && i == root)) out.set(i, sendcounts[i], sendtype, displs[i] * extent_of(sendtype));
  return exchange(sendbuf, out, in_place ? nullptr : recvbuf, in, comm);
}

int allgatherv_c(const void* sendbuf, std::int64_t sendcount, Datatype* sendtype, void* recvbuf, const std::int64_t* recvcounts, const std::int64_t* displs,
                 Datatype* recvtype, Comm* comm) {
  if (!usable(comm)) return mpi::ERR_COMM;
  int peers = comm->peers();
  bool large = false;
  NarrowedArray counts(recvcounts, peers), places(displs, peers);
  if (int error = agree(comm, !counts.fits() || !places.fits(), &large); error != 0) return error;
  if (!large) {
    LargeCount sent(sendcount, sendtype);
    if (sent.error() != 0) return sent.error();
    return allgatherv(sendbuf, sent.count(), sent.type(), recvbuf, counts.data(), places.data(), recvtype, comm);
  }
  Blocks out(peers), in(peers);
  bool in_place = sendbuf == mpi::IN_PLACE;
  for (int i = 0; i < peers; ++i) {
    if (in_place && i == comm->rank) continue;
    in.set(i, recvcounts[i], recvtype, displs[i] * extent_of(recvtype));
    if (in_place)
      out.set(i, recvcounts[comm->rank], recvtype, displs[comm->rank] * extent_of(recvtype));
    else
      out.set(i, sendcount, sendtype, 0);
  }
  return exchange(in_place ? recvbuf : sendbuf, out, recvbuf, in, comm);
}

int alltoallv_c(const void* sendbuf, const std::int64_t* sendcounts, const std::int64_t* sdispls, Datatype* sendtype, void* recvbuf,
                const std::int64_t* recvcounts, const std::int64_t* rdispls, Datatype* recvtype, Comm* comm) {
  if (!usable(comm)) return mpi::ERR_COMM;
  int peers = comm->peers();
  bool in_place = sendbuf == mpi::IN_PLACE, large = false;
  NarrowedArray out_counts(in_place ? nullptr : sendcounts, peers), out_places(in_place ? nullptr : sdispls, peers);
  NarrowedArray in_counts(recvcounts, peers), in_places(rdispls, peers);
  bool fit = out_counts.fits() && out_places.fits() && in_counts.fits() && in_places.fits();
  if (int error = agree(comm, !fit, &large); error != 0) return error;
  if (!large) return alltoallv(sendbuf, out_counts.data(), out_places.data(), sendtype, recvbuf, in_counts.data(), in_places.data(), recvtype, comm);
  Blocks out(peers), in(peers);
  if (!in_place) set_all(out, peers, sendcounts, sdispls, sendtype);
  set_all(in, peers, recvcounts, rdispls, recvtype);
  return exchange(sendbuf, out, recvbuf, in, comm);
}

/// Types of their own for each peer carry what no int can say; nobody else needs to know.
int alltoallw_c(const void* sendbuf, const std::int64_t* sendcounts, const std::int64_t* sdispls, Datatype* const* sendtypes, void* recvbuf,
                const std::int64_t* recvcounts, const std::int64_t* rdispls, Datatype* const* recvtypes, Comm* comm) {
  if (!usable(comm)) return mpi::ERR_COMM;
  int peers = comm->peers();
  Blocks out(peers), in(peers);
  for (int i = 0; i < peers; ++i) {
    if (sendbuf != mpi::IN_PLACE) out.set(i, sendcounts[i], sendtypes[i], sdispls[i]);
    in.set(i, recvcounts[i], recvtypes[i], rdispls[i]);
  }
  return exchange(sendbuf, out, recvbuf, in, comm);
}

/// Everybody passes the same counts. Large ones: a reduction to each member in turn.
int reduce_scatter_c(const void* sendbuf, void* recvbuf, const std::int64_t* recvcounts, Datatype* datatype, Op* op, Comm* comm) {
  if (!usable(comm)) return mpi::ERR_COMM;
  NarrowedArray counts(recvcounts, comm->size);
  if (counts.fits()) return reduce_scatter(sendbuf, recvbuf, counts.data(), datatype, op, comm);
  if (comm->inter != 0) return mpi::ERR_COUNT;
  if (!usable(datatype)) return mpi::ERR_TYPE;
  bool in_place = sendbuf == mpi::IN_PLACE;
  auto* from = static_cast<const char*>(in_place ? recvbuf : sendbuf);
  auto mine = static_cast<std::size_t>(recvcounts[comm->rank] * datatype->extent);
  void* result = in_place ? arena_allocate(mine + 1) : recvbuf;  // the input of later members stands where the result goes
  int error = 0;
  for (int i = 0; error == 0 && i < comm->size; ++i) {
    LargeReduction elements(recvcounts[i], datatype, op);
    error = elements.error();
    if (error == 0) error = reduce(from, result, elements.count(), elements.type(), elements.op(), i, comm);
    from += recvcounts[i] * datatype->extent;
  }
  if (!in_place) return error;
  if (error == 0) std::memcpy(recvbuf, result, mine);
  arena_release(result);
  return error;
}

int neighbor_allgatherv_c(const void* sendbuf, std::int64_t sendcount, Datatype* sendtype, void* recvbuf, const std::int64_t* recvcounts,
                          const std::int64_t* displs, Datatype* recvtype, Comm* comm) {
  if (!usable(comm)) return mpi::ERR_COMM;
  if (comm->topology == nullptr) return mpi::ERR_TOPOLOGY;
  int sources = in_degree(*comm), destinations = out_degree(*comm);
  bool large = false;
  NarrowedArray counts(recvcounts, sources), places(displs, sources);
  if (int error = agree(comm, !counts.fits() || !places.fits(), &large); error != 0) return error;
  if (!large) {
    LargeCount sent(sendcount, sendtype);
    if (sent.error() != 0) return sent.error();
    return neighbor_allgatherv(sendbuf, sent.count(), sent.type(), recvbuf, counts.data(), places.data(), recvtype, comm);
  }
  Blocks out(destinations), in(sources);
  for (int i = 0; i < destinations; ++i) out.set(i, sendcount, sendtype, 0);
  set_all(in, sources, recvcounts, displs, recvtype);
  return neighbor_exchange(sendbuf, out, recvbuf, in, comm);
}

int neighbor_alltoallv_c(const void* sendbuf, const std::int64_t* sendcounts, const std::int64_t* sdispls, Datatype* sendtype, void* recvbuf,
                         const std::int64_t* recvcounts, const std::int64_t* rdispls, Datatype* recvtype, Comm* comm) {
  if (!usable(comm)) return mpi::ERR_COMM;
  if (comm->topology == nullptr) return mpi::ERR_TOPOLOGY;
  int sources = in_degree(*comm), destinations = out_degree(*comm);
  bool large = false;
  NarrowedArray out_counts(sendcounts, destinations), out_places(sdispls, destinations), in_counts(recvcounts, sources), in_places(rdispls, sources);
  bool fit = out_counts.fits() && out_places.fits() && in_counts.fits() && in_places.fits();
  if (int error = agree(comm, !fit, &large); error != 0) return error;
  if (!large) return neighbor_alltoallv(sendbuf, out_counts.data(), out_places.data(), sendtype, recvbuf, in_counts.data(), in_places.data(), recvtype, comm);
  Blocks out(destinations), in(sources);
  set_all(out, destinations, sendcounts, sdispls, sendtype);
  set_all(in, sources, recvcounts, rdispls, recvtype);
  return neighbor_exchange(sendbuf, out, recvbuf, in, comm);
}

int neighbor_alltoallw_c(const void* sendbuf, const std::int64_t* sendcounts, const std::int64_t* sdispls, Datatype* const* sendtypes, void* recvbuf,
                         const std::int64_t* recvcounts, const std::int64_t* rdispls, Datatype* const* recvtypes, Comm* comm) {
  if (!usable(comm)) return mpi::ERR_COMM;
  if (comm->topology == nullptr) return mpi::ERR_TOPOLOGY;
  int sources = in_degree(*comm), destinations = out_degree(*comm);
  Blocks out(destinations), in(sources);
  for (int i = 0; i < destinations; ++i) out.set(i, sendcounts[i], sendtypes[i], sdispls[i]);
  for (int i = 0; i < sources; ++i) in.set(i, recvcounts[i], recvtypes[i], rdispls[i]);
  return neighbor_exchange(sendbuf, out, recvbuf, in, comm);
}

}  // namespace mana::api
