// SPDX-License-Identifier: Apache-2.0
// Nonblocking and persistent collectives (MPI 4.1 §6.12, §6.13): the arguments of each, in the order of the native call.
#include "gen/lower_calls.hpp"
#include "gen/upper_api.hpp"
#include "upper_half/collective_request.hpp"
#include "upper_half/topology.hpp"

namespace mana::api {
int ibarrier(Comm* comm, Request** request) { return start_collective<lower_call::ibarrier>("MPI_Ibarrier", comm, request); }

int barrier_init(Comm* comm, Info* info, Request** request) { return initialize_collective<lower_call::ibarrier>("MPI_Barrier_init", comm, info, request); }

int ibcast(void* buffer, int count, Datatype* datatype, int root, Comm* comm, Request** request) {
  return start_collective<lower_call::ibcast>("MPI_Ibcast", comm, request, buffer, count, datatype, root);
}

int bcast_init(void* buffer, int count, Datatype* datatype, int root, Comm* comm, Info* info, Request** request) {
  return initialize_collective<lower_call::ibcast>("MPI_Bcast_init", comm, info, request, buffer, count, datatype, root);
}

int igather(const void* sendbuf, int sendcount, Datatype* sendtype, void* recvbuf, int recvcount, Datatype* recvtype, int root, Comm* comm, Request** request) {
  return start_collective<lower_call::igather>("MPI_Igather", comm, request, sendbuf, sendcount, sendtype, recvbuf, recvcount, recvtype, root);
}

int gather_init(const void* sendbuf, int sendcount, Datatype* sendtype, void* recvbuf, int recvcount, Datatype* recvtype, int root, Comm* comm, Info* info,
                Request** request) {
  return initialize_collective<lower_call::igather>("MPI_Gather_init", comm, info, request, sendbuf, sendcount, sendtype, recvbuf, recvcount, recvtype, root);
}

int igatherv(const void* sendbuf, int sendcount, Datatype* sendtype, void* recvbuf, const int* recvcounts, const int* displs, Datatype* recvtype, int root,
             Comm* comm, Request** request) {
  return start_collective<lower_call::igatherv>("MPI_Igatherv", comm, request, sendbuf, sendcount, sendtype, recvbuf, at_root(recvcounts, root, comm),
                                                at_root(displs, root, comm), recvtype, root);
}

int gatherv_init(const void* sendbuf, int sendcount, Datatype* sendtype, void* recvbuf, const int* recvcounts, const int* displs, Datatype* recvtype, int root,
                 Comm* comm, Info* info, Request** request) {
  return initialize_collective<lower_call::igatherv>("MPI_Gatherv_init", comm, info, request, sendbuf, sendcount, sendtype, recvbuf,
                                                     at_root(recvcounts, root, comm), at_root(displs, root, comm), recvtype, root);
}

int iscatter(const void* sendbuf, int sendcount, Datatype* sendtype, void* recvbuf, int recvcount, Datatype* recvtype, int root, Comm* comm,
             Request** request) {
  return start_collective<lower_call::iscatter>("MPI_Iscatter", comm, request, sendbuf, sendcount, sendtype, recvbuf, recvcount, recvtype, root);
}

int scatter_init(const void* sendbuf, int sendcount, Datatype* sendtype, void* recvbuf, int recvcount, Datatype* recvtype, int root, Comm* comm, Info* info,
                 Request** request) {
  return initialize_collective<lower_call::iscatter>("MPI_Scatter_init", comm, info, request, sendbuf, sendcount, sendtype, recvbuf, recvcount, recvtype, root);
}

int iscatterv(const void* sendbuf, const int* sendcounts, const int* displs, Datatype* sendtype, void* recvbuf, int recvcount, Datatype* recvtype, int root,
              Comm* comm, Request** request) {
  return start_collective<lower_call::iscatterv>("MPI_Iscatterv", comm, request, sendbuf, at_root(sendcounts, root, comm), at_root(displs, root, comm),
                                                 sendtype, recvbuf, recvcount, recvtype, root);
}

int scatterv_init(const void* sendbuf, const int* sendcounts, const int* displs, Datatype* sendtype, void* recvbuf, int recvcount, Datatype* recvtype, int root,
                  Comm* comm, Info* info, Request** request) {
  return initialize_collective<lower_call::iscatterv>("MPI_Scatterv_init", comm, info, request, sendbuf, at_root(sendcounts, root, comm),
                                                      at_root(displs, root, comm), sendtype, recvbuf, recvcount, recvtype, root);
}

int iallgather(const void* sendbuf, int sendcount, Datatype* sendtype, void* recvbuf, int recvcount, Datatype* recvtype, Comm* comm, Request** request) {
  return start_collective<lower_call::iallgather>("MPI_Iallgather", comm, request, sendbuf, sendcount, sendtype, recvbuf, recvcount, recvtype);
}

int allgather_init(const void* sendbuf, int sendcount, Datatype* sendtype, void* recvbuf, int recvcount, Datatype* recvtype, Comm* comm, Info* info,
                   Request** request) {
  return initialize_collective<lower_call::iallgather>("MPI_Allgather_init", comm, info, request, sendbuf, sendcount, sendtype, recvbuf, recvcount, recvtype);
}

int iallgatherv(const void* sendbuf, int sendcount, Datatype* sendtype, void* recvbuf, const int* recvcounts, const int* displs, Datatype* recvtype, Comm* comm,
                Request** request) {
  return start_collective<lower_call::iallgatherv>("MPI_Iallgatherv", comm, request, sendbuf, sendcount, sendtype, recvbuf, array(recvcounts, peers_of(comm)),
                                                   array(displs, peers_of(comm)), recvtype);
}

int allgatherv_init(const void* sendbuf, int sendcount, Datatype* sendtype, void* recvbuf, const int* recvcounts, const int* displs, Datatype* recvtype,
                    Comm* comm, Info* info, Request** request) {
  return initialize_collective<lower_call::iallgatherv>("MPI_Allgatherv_init", comm, info, request, sendbuf, sendcount, sendtype, recvbuf,
                                                        array(recvcounts, peers_of(comm)), array(displs, peers_of(comm)), recvtype);
}

int ialltoall(const void* sendbuf, int sendcount, Datatype* sendtype, void* recvbuf, int recvcount, Datatype* recvtype, Comm* comm, Request** request) {
  return start_collective<lower_call::ialltoall>("MPI_Ialltoall", comm, request, sendbuf, sendcount, sendtype, recvbuf, recvcount, recvtype);
}

int alltoall_init(const void* sendbuf, int sendcount, Datatype* sendtype, void* recvbuf, int recvcount, Datatype* recvtype, Comm* comm, Info* info,
                  Request** request) {
  return initialize_collective<lower_call::ialltoall>("MPI_Alltoall_init", comm, info, request, sendbuf, sendcount, sendtype, recvbuf, recvcount, recvtype);
}

int ialltoallv(const void* sendbuf, const int* sendcounts, const int* sdispls, Datatype* sendtype, void* recvbuf, const int* recvcounts, const int* rdispls,
               Datatype* recvtype, Comm* comm, Request** request) {
  if (usable(comm) && is_refused_alias(sendbuf, recvbuf, sendcounts, recvcounts, *comm)) return mpi::ERR_BUFFER;
  return start_collective<lower_call::ialltoallv>("MPI_Ialltoallv", comm, request, sendbuf, unless_in_place(sendbuf, sendcounts, peers_of(comm)),
                                                  unless_in_place(sendbuf, sdispls, peers_of(comm)), sendtype, recvbuf, array(recvcounts, peers_of(comm)),
                                                  array(rdispls, peers_of(comm)), recvtype);
}

int alltoallv_init(const void* sendbuf, const int* sendcounts, const int* sdispls, Datatype* sendtype, void* recvbuf, const int* recvcounts, const int* rdispls,
                   Datatype* recvtype, Comm* comm, Info* info, Request** request) {
  return initialize_collective<lower_call::ialltoallv>("MPI_Alltoallv_init", comm, info, request, sendbuf, unless_in_place(sendbuf, sendcounts, peers_of(comm)),
                                                       unless_in_place(sendbuf, sdispls, peers_of(comm)), sendtype, recvbuf, array(recvcounts, peers_of(comm)),
                                                       array(rdispls, peers_of(comm)), recvtype);
}

namespace {

/// Open MPI 4.1 looks at as many types as a topology has neighbours, also in MPI_Ialltoallw.
TypeArray read_to_neighbors(TypeArray types, const Comm* comm) {
  if (usable(comm)) types.room = real_degree(*comm);
  return types;
}

}  // namespace

int ialltoallw(const void* sendbuf, const int* sendcounts, const int* sdispls, Datatype* const* sendtypes, void* recvbuf, const int* recvcounts,
               const int* rdispls, Datatype* const* recvtypes, Comm* comm, Request** request) {
  if (usable(comm) && is_refused_alias(sendbuf, recvbuf, sendcounts, recvcounts, *comm)) return mpi::ERR_BUFFER;
  return start_collective<lower_call::ialltoallw>(
      "MPI_Ialltoallw", comm, request, sendbuf, unless_in_place(sendbuf, sendcounts, peers_of(comm)), unless_in_place(sendbuf, sdispls, peers_of(comm)),
      read_to_neighbors(unless_in_place(sendbuf, sendtypes, peers_of(comm)), comm), recvbuf, array(recvcounts, peers_of(comm)), array(rdispls, peers_of(comm)),
      read_to_neighbors(array(recvtypes, peers_of(comm)), comm));
}

int alltoallw_init(const void* sendbuf, const int* sendcounts, const int* sdispls, Datatype* const* sendtypes, void* recvbuf, const int* recvcounts,
                   const int* rdispls, Datatype* const* recvtypes, Comm* comm, Info* info, Request** request) {
  return initialize_collective<lower_call::ialltoallw>(
      "MPI_Alltoallw_init", comm, info, request, sendbuf, unless_in_place(sendbuf, sendcounts, peers_of(comm)),
      unless_in_place(sendbuf, sdispls, peers_of(comm)), read_to_neighbors(unless_in_place(sendbuf, sendtypes, peers_of(comm)), comm), recvbuf,
      array(recvcounts, peers_of(comm)), array(rdispls, peers_of(comm)), read_to_neighbors(array(recvtypes, peers_of(comm)), comm));
}

int ireduce(const void* sendbuf, void* recvbuf, int count, Datatype* datatype, Op* op, int root, Comm* comm, Request** request) {
  if (!usable(op)) return mpi::ERR_OP;
  return start_collective<lower_call::ireduce>("MPI_Ireduce", comm, request, sendbuf, recvbuf, count, datatype, Reduction{op, datatype}, root);
}

int reduce_init(const void* sendbuf, void* recvbuf, int count, Datatype* datatype, Op* op, int root, Comm* comm, Info* info, Request** request) {
  if (!usable(op)) return mpi::ERR_OP;
  return initialize_collective<lower_call::ireduce>("MPI_Reduce_init", comm, info, request, sendbuf, recvbuf, count, datatype, Reduction{op, datatype}, root);
}

int iallreduce(const void* sendbuf, void* recvbuf, int count, Datatype* datatype, Op* op, Comm* comm, Request** request) {
  if (!usable(op)) return mpi::ERR_OP;
  return start_collective<lower_call::iallreduce>("MPI_Iallreduce", comm, request, sendbuf, recvbuf, count, datatype, Reduction{op, datatype});
}

int allreduce_init(const void* sendbuf, void* recvbuf, int count, Datatype* datatype, Op* op, Comm* comm, Info* info, Request** request) {
  if (!usable(op)) return mpi::ERR_OP;
  return initialize_collective<lower_call::iallreduce>("MPI_Allreduce_init", comm, info, request, sendbuf, recvbuf, count, datatype, Reduction{op, datatype});
}

int ireduce_scatter(const void* sendbuf, void* recvbuf, const int* recvcounts, Datatype* datatype, Op* op, Comm* comm, Request** request) {
  if (!usable(op)) return mpi::ERR_OP;
  return start_collective<lower_call::ireduce_scatter>("MPI_Ireduce_scatter", comm, request, sendbuf, recvbuf, array(recvcounts, members_of(comm)), datatype,
                                                       Reduction{op, datatype});
}

int reduce_scatter_init(const void* sendbuf, void* recvbuf, const int* recvcounts, Datatype* datatype, Op* op, Comm* comm, Info* info, Request** request) {
  if (!usable(op)) return mpi::ERR_OP;
  return initialize_collective<lower_call::ireduce_scatter>("MPI_Reduce_scatter_init", comm, info, request, sendbuf, recvbuf,
                                                            array(recvcounts, members_of(comm)), datatype, Reduction{op, datatype});
}

int ireduce_scatter_block(const void* sendbuf, void* recvbuf, int recvcount, Datatype* datatype, Op* op, Comm* comm, Request** request) {
  if (!usable(op)) return mpi::ERR_OP;
  return start_collective<lower_call::ireduce_scatter_block>("MPI_Ireduce_scatter_block", comm, request, sendbuf, recvbuf, recvcount, datatype,
                                                             Reduction{op, datatype});
}

int reduce_scatter_block_init(const void* sendbuf, void* recvbuf, int recvcount, Datatype* datatype, Op* op, Comm* comm, Info* info, Request** request) {
  if (!usable(op)) return mpi::ERR_OP;
  return initialize_collective<lower_call::ireduce_scatter_block>("MPI_Reduce_scatter_block_init", comm, info, request, sendbuf, recvbuf, recvcount, datatype,
                                                                  Reduction{op, datatype});
}

int iscan(const void* sendbuf, void* recvbuf, int count, Datatype* datatype, Op* op, Comm* comm, Request** request) {
  if (!usable(op)) return mpi::ERR_OP;
  return start_collective<lower_call::iscan>("MPI_Iscan", comm, request, sendbuf, recvbuf, count, datatype, Reduction{op, datatype});
}

int scan_init(const void* sendbuf, void* recvbuf, int count, Datatype* datatype, Op* op, Comm* comm, Info* info, Request** request) {
  if (!usable(op)) return mpi::ERR_OP;
  return initialize_collective<lower_call::iscan>("MPI_Scan_init", comm, info, request, sendbuf, recvbuf, count, datatype, Reduction{op, datatype});
}

int iexscan(const void* sendbuf, void* recvbuf, int count, Datatype* datatype, Op* op, Comm* comm, Request** request) {
  if (!usable(op)) return mpi::ERR_OP;
  return start_collective<lower_call::iexscan>("MPI_Iexscan", comm, request, sendbuf, recvbuf, count, datatype, Reduction{op, datatype});
}

int exscan_init(const void* sendbuf, void* recvbuf, int count, Datatype* datatype, Op* op, Comm* comm, Info* info, Request** request) {
  if (!usable(op)) return mpi::ERR_OP;
  return initialize_collective<lower_call::iexscan>("MPI_Exscan_init", comm, info, request, sendbuf, recvbuf, count, datatype, Reduction{op, datatype});
}

}  // namespace mana::api
