// SPDX-License-Identifier: Apache-2.0
// Nonblocking and persistent neighbourhood collectives (MPI 4.1 §8.7, §8.8).
#include "gen/lower_calls.hpp"
#include "gen/upper_api.hpp"
#include "upper_half/collective_request.hpp"
#include "upper_half/topology.hpp"

namespace mana::api {

int ineighbor_allgather(const void* sendbuf, int sendcount, Datatype* sendtype, void* recvbuf, int recvcount, Datatype* recvtype, Comm* comm,
                        Request** request) {
  if (!usable(comm)) return mpi::ERR_COMM;
  if (comm->topology == nullptr) return mpi::ERR_TOPOLOGY;
  return start_collective<lower_call::ineighbor_allgather>("MPI_Ineighbor_allgather", comm, request, sendbuf, sendcount, sendtype, recvbuf, recvcount,
                                                           recvtype);
}

int neighbor_allgather_init(const void* sendbuf, int sendcount, Datatype* sendtype, void* recvbuf, int recvcount, Datatype* recvtype, Comm* comm, Info* info,
                            Request** request) {
  if (!usable(comm)) return mpi::ERR_COMM;
  if (comm->topology == nullptr) return mpi::ERR_TOPOLOGY;
  return initialize_collective<lower_call::ineighbor_allgather>("MPI_Neighbor_allgather_init", comm, info, request, sendbuf, sendcount, sendtype, recvbuf,
                                                                recvcount, recvtype);
}

int ineighbor_allgatherv(const void* sendbuf, int sendcount, Datatype* sendtype, void* recvbuf, const int* recvcounts, const int* displs, Datatype* recvtype,
                         Comm* comm, Request** request) {
  if (!usable(comm)) return mpi::ERR_COMM;
  if (comm->topology == nullptr) return mpi::ERR_TOPOLOGY;
  return start_collective<lower_call::ineighbor_allgatherv>("MPI_Ineighbor_allgatherv", comm, request, sendbuf, sendcount, sendtype, recvbuf,
                                                            array(recvcounts, in_degree(*comm)), array(displs, in_degree(*comm)), recvtype);
}

int neighbor_allgatherv_init(const void* sendbuf, int sendcount, Datatype* sendtype, void* recvbuf, const int* recvcounts, const int* displs,
                             Datatype* recvtype, Comm* comm, Info* info, Request** request) {
  if (!usable(comm)) return mpi::ERR_COMM;
  if (comm->topology == nullptr) return mpi::ERR_TOPOLOGY;
  return initialize_collective<lower_call::ineighbor_allgatherv>("MPI_Neighbor_allgatherv_init", comm, info, request, sendbuf, sendcount, sendtype, recvbuf,
                                                                 array(recvcounts, in_degree(*comm)), array(displs, in_degree(*comm)), recvtype);
}

int ineighbor_alltoall(const void* sendbuf, int sendcount, Datatype* sendtype, void* recvbuf, int recvcount, Datatype* recvtype, Comm* comm,
                       Request** request) {
  if (!usable(comm)) return mpi::ERR_COMM;
  if (comm->topology == nullptr) return mpi::ERR_TOPOLOGY;
  return start_collective<lower_call::ineighbor_alltoall>("MPI_Ineighbor_alltoall", comm, request, sendbuf, sendcount, sendtype, recvbuf, recvcount, recvtype);
}

int neighbor_alltoall_init(const void* sendbuf, int sendcount, Datatype* sendtype, void* recvbuf, int recvcount, Datatype* recvtype, Comm* comm, Info* info,
                           Request** request) {
  if (!usable(comm)) return mpi::ERR_COMM;
  if (comm->topology == nullptr) return mpi::ERR_TOPOLOGY;
  return initialize_collective<lower_call::ineighbor_alltoall>("MPI_Neighbor_alltoall_init", comm, info, request, sendbuf, sendcount, sendtype, recvbuf,
                                                               recvcount, recvtype);
}

int ineighbor_alltoallv(const void* sendbuf, const int* sendcounts, const int* sdispls, Datatype* sendtype, void* recvbuf, const int* recvcounts,
                        const int* rdispls, Datatype* recvtype, Comm* comm, Request** request) {
  if (!usable(comm)) return mpi::ERR_COMM;
  if (comm->topology == nullptr) return mpi::ERR_TOPOLOGY;
  return start_collective<lower_call::ineighbor_alltoallv>("MPI_Ineighbor_alltoallv", comm, request, sendbuf, array(sendcounts, out_degree(*comm)),
                                                           array(sdispls, out_degree(*comm)), sendtype, recvbuf, array(recvcounts, in_degree(*comm)),
                                                           array(rdispls, in_degree(*comm)), recvtype);
}

int neighbor_alltoallv_init(const void* sendbuf, const int* sendcounts, const int* sdispls, Datatype* sendtype, void* recvbuf, const int* recvcounts,
                            const int* rdispls, Datatype* recvtype, Comm* comm, Info* info, Request** request) {
  if (!usable(comm)) return mpi::ERR_COMM;
  if (comm->topology == nullptr) return mpi::ERR_TOPOLOGY;
  return initialize_collective<lower_call::ineighbor_alltoallv>("MPI_Neighbor_alltoallv_init", comm, info, request, sendbuf,
                                                                array(sendcounts, out_degree(*comm)), array(sdispls, out_degree(*comm)), sendtype, recvbuf,
                                                                array(recvcounts, in_degree(*comm)), array(rdispls, in_degree(*comm)), recvtype);
}

int ineighbor_alltoallw(const void* sendbuf, const int* sendcounts, const std::int64_t* sdispls, Datatype* const* sendtypes, void* recvbuf,
                        const int* recvcounts, const std::int64_t* rdispls, Datatype* const* recvtypes, Comm* comm, Request** request) {
  if (!usable(comm)) return mpi::ERR_COMM;
  if (comm->topology == nullptr) return mpi::ERR_TOPOLOGY;
  return start_collective<lower_call::ineighbor_alltoallw>(
      "MPI_Ineighbor_alltoallw", comm, request, sendbuf, array(sendcounts, out_degree(*comm)), array(sdispls, out_degree(*comm)),
      array(sendtypes, out_degree(*comm)), recvbuf, array(recvcounts, in_degree(*comm)), array(rdispls, in_degree(*comm)), array(recvtypes, in_degree(*comm)));
}

int neighbor_alltoallw_init(const void* sendbuf, const int* sendcounts, const std::int64_t* sdispls, Datatype* const* sendtypes, void* recvbuf,
                            const int* recvcounts, const std::int64_t* rdispls, Datatype* const* recvtypes, Comm* comm, Info* info, Request** request) {
  if (!usable(comm)) return mpi::ERR_COMM;
  if (comm->topology == nullptr) return mpi::ERR_TOPOLOGY;
  return initialize_collective<lower_call::ineighbor_alltoallw>(
      "MPI_Neighbor_alltoallw_init", comm, info, request, sendbuf, array(sendcounts, out_degree(*comm)), array(sdispls, out_degree(*comm)),
      array(sendtypes, out_degree(*comm)), recvbuf, array(recvcounts, in_degree(*comm)), array(rdispls, in_degree(*comm)), array(recvtypes, in_degree(*comm)));
}

}  // namespace mana::api
