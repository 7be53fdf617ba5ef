// SPDX-License-Identifier: Apache-2.0
// Blocking neighbourhood collectives (MPI 4.1 §8.6) on communicators with a topology.
#include "gen/lower_calls.hpp"
#include "gen/upper_api.hpp"
#include "upper_half/collectives.hpp"
#include "upper_half/real_types.hpp"
#include "upper_half/topology.hpp"

namespace mana::api {

int neighbor_allgather(const void* sendbuf, int sendcount, Datatype* sendtype, void* recvbuf, int recvcount, Datatype* recvtype, Comm* comm) {
  if (!usable(comm)) return mpi::ERR_COMM;
  if (comm->topology == nullptr) return mpi::ERR_TOPOLOGY;
  CollectiveScope scope(comm, "MPI_Neighbor_allgather");
  return lower_call::neighbor_allgather(sendbuf, sendcount, bits_of(sendtype), recvbuf, recvcount, bits_of(recvtype), comm->real.bits);
}

int neighbor_allgatherv(const void* sendbuf, int sendcount, Datatype* sendtype, void* recvbuf, const int* recvcounts, const int* displs, Datatype* recvtype,
                        Comm* comm) {
  if (!usable(comm)) return mpi::ERR_COMM;
  if (comm->topology == nullptr) return mpi::ERR_TOPOLOGY;
  CollectiveScope scope(comm, "MPI_Neighbor_allgatherv");
  return lower_call::neighbor_allgatherv(sendbuf, sendcount, bits_of(sendtype), recvbuf, recvcounts, displs, bits_of(recvtype), comm->real.bits);
}

int neighbor_alltoall(const void* sendbuf, int sendcount, Datatype* sendtype, void* recvbuf, int recvcount, Datatype* recvtype, Comm* comm) {
  if (!usable(comm)) return mpi::ERR_COMM;
  if (comm->topology == nullptr) return mpi::ERR_TOPOLOGY;
  CollectiveScope scope(comm, "MPI_Neighbor_alltoall");
  return lower_call::neighbor_alltoall(sendbuf, sendcount, bits_of(sendtype), recvbuf, recvcount, bits_of(recvtype), comm->real.bits);
}

int neighbor_alltoallv(const void* sendbuf, const int* sendcounts, const int* sdispls, Datatype* sendtype, void* recvbuf, const int* recvcounts,
                       const int* rdispls, Datatype* recvtype, Comm* comm) {
  if (!usable(comm)) return mpi::ERR_COMM;
  if (comm->topology == nullptr) return mpi::ERR_TOPOLOGY;
  CollectiveScope scope(comm, "MPI_Neighbor_alltoallv");
  return lower_call::neighbor_alltoallv(sendbuf, sendcounts, sdispls, bits_of(sendtype), recvbuf, recvcounts, rdispls, bits_of(recvtype), comm->real.bits);
}

int neighbor_alltoallw(const void* sendbuf, const int* sendcounts, const std::int64_t* sdispls, Datatype* const* sendtypes, void* recvbuf,
                       const int* recvcounts, const std::int64_t* rdispls, Datatype* const* recvtypes, Comm* comm) {
  if (!usable(comm)) return mpi::ERR_COMM;
  if (comm->topology == nullptr) return mpi::ERR_TOPOLOGY;
  CollectiveScope scope(comm, "MPI_Neighbor_alltoallw");
  RealTypes send(sendtypes, out_degree(*comm));
  RealTypes receive(recvtypes, in_degree(*comm));
  return lower_call::neighbor_alltoallw(sendbuf, sendcounts, sdispls, send.bits(), recvbuf, recvcounts, rdispls, receive.bits(), comm->real.bits);
}

}  // namespace mana::api
