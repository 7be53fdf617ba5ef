// SPDX-License-Identifier: Apache-2.0
// Blocking collectives (MPI 4.1 §6): a CollectiveScope and one crossing each. Arguments that are not significant on this
// rank go down as they are; the real MPI knows which they are.
#include "upper_half/collectives.hpp"

#include "gen/lower_calls.hpp"
#include "gen/upper_api.hpp"
#include "upper_half/real_types.hpp"
#include "upper_half/op.hpp"

namespace mana::api {

int barrier(Comm* comm) {
  if (!usable(comm)) return mpi::ERR_COMM;
  CollectiveScope scope(comm, "MPI_Barrier");
  return lower_call::barrier(comm->real.bits);
}

int bcast(void* buffer, int count, Datatype* datatype, int root, Comm* comm) {
  if (!usable(comm)) return mpi::ERR_COMM;
  CollectiveScope scope(comm, "MPI_Bcast");
  return lower_call::bcast(buffer, count, bits_of(datatype), root, comm->real.bits);
}

int allgather(const void* sendbuf, int sendcount, Datatype* sendtype, void* recvbuf, int recvcount, Datatype* recvtype, Comm* comm) {
  if (!usable(comm)) return mpi::ERR_COMM;
  CollectiveScope scope(comm, "MPI_Allgather");
  return lower_call::allgather(sendbuf, sendcount, bits_of(sendtype), recvbuf, recvcount, bits_of(recvtype), comm->real.bits);
}

int allgatherv(const void* sendbuf, int sendcount, Datatype* sendtype, void* recvbuf, const int* recvcounts, const int* displs, Datatype* recvtype,
               Comm* comm) {
  if (!usable(comm)) return mpi::ERR_COMM;
  CollectiveScope scope(comm, "MPI_Allgatherv");
  return lower_call::allgatherv(sendbuf, sendcount, bits_of(sendtype), recvbuf, recvcounts, displs, bits_of(recvtype), comm->real.bits);
}

int allreduce(const void* sendbuf, void* recvbuf, int count, Datatype* datatype, Op* op, Comm* comm) {
  if (!usable(comm)) return mpi::ERR_COMM;
  if (!usable(op)) return mpi::ERR_OP;
  CollectiveScope scope(comm, "MPI_Allreduce");
  note_reduction(op, datatype);
  return lower_call::allreduce(sendbuf, recvbuf, count, bits_of(datatype), op->real.bits, comm->real.bits);
}

int alltoall(const void* sendbuf, int sendcount, Datatype* sendtype, void* recvbuf, int recvcount, Datatype* recvtype, Comm* comm) {
  if (!usable(comm)) return mpi::ERR_COMM;
  CollectiveScope scope(comm, "MPI_Alltoall");
  return lower_call::alltoall(sendbuf, sendcount, bits_of(sendtype), recvbuf, recvcount, bits_of(recvtype), comm->real.bits);
}

int alltoallv(const void* sendbuf, const int* sendcounts, const int* sdispls, Datatype* sendtype, void* recvbuf, const int* recvcounts, const int* rdispls,
              Datatype* recvtype, Comm* comm) {
  if (!usable(comm)) return mpi::ERR_COMM;
  CollectiveScope scope(comm, "MPI_Alltoallv");
  return lower_call::alltoallv(sendbuf, sendcounts, sdispls, bits_of(sendtype), recvbuf, recvcounts, rdispls, bits_of(recvtype), comm->real.bits);
}

int exscan(const void* sendbuf, void* recvbuf, int count, Datatype* datatype, Op* op, Comm* comm) {
  if (!usable(comm)) return mpi::ERR_COMM;
  if (!usable(op)) return mpi::ERR_OP;
  CollectiveScope scope(comm, "MPI_Exscan");
  note_reduction(op, datatype);
  return lower_call::exscan(sendbuf, recvbuf, count, bits_of(datatype), op->real.bits, comm->real.bits);
}

int gather(const void* sendbuf, int sendcount, Datatype* sendtype, void* recvbuf, int recvcount, Datatype* recvtype, int root, Comm* comm) {
  if (!usable(comm)) return mpi::ERR_COMM;
  CollectiveScope scope(comm, "MPI_Gather");
  return lower_call::gather(sendbuf, sendcount, bits_of(sendtype), recvbuf, recvcount, bits_of(recvtype), root, comm->real.bits);
}

int gatherv(const void* sendbuf, int sendcount, Datatype* sendtype, void* recvbuf, const int* recvcounts, const int* displs, Datatype* recvtype, int root,
            Comm* comm) {
  if (!usable(comm)) return mpi::ERR_COMM;
  CollectiveScope scope(comm, "MPI_Gatherv");
  return lower_call::gatherv(sendbuf, sendcount, bits_of(sendtype), recvbuf, recvcounts, displs, bits_of(recvtype), root, comm->real.bits);
}

int reduce(const void* sendbuf, void* recvbuf, int count, Datatype* datatype, Op* op, int root, Comm* comm) {
  if (!usable(comm)) return mpi::ERR_COMM;
  if (!usable(op)) return mpi::ERR_OP;
  CollectiveScope scope(comm, "MPI_Reduce");
  note_reduction(op, datatype);
  return lower_call::reduce(sendbuf, recvbuf, count, bits_of(datatype), op->real.bits, root, comm->real.bits);
}

int reduce_scatter(const void* sendbuf, void* recvbuf, const int* recvcounts, Datatype* datatype, Op* op, Comm* comm) {
  if (!usable(comm)) return mpi::ERR_COMM;
  if (!usable(op)) return mpi::ERR_OP;
  CollectiveScope scope(comm, "MPI_Reduce_scatter");
  note_reduction(op, datatype);
  return lower_call::reduce_scatter(sendbuf, recvbuf, recvcounts, bits_of(datatype), op->real.bits, comm->real.bits);
}

int reduce_scatter_block(const void* sendbuf, void* recvbuf, int recvcount, Datatype* datatype, Op* op, Comm* comm) {
  if (!usable(comm)) return mpi::ERR_COMM;
  if (!usable(op)) return mpi::ERR_OP;
  CollectiveScope scope(comm, "MPI_Reduce_scatter_block");
  note_reduction(op, datatype);
  return lower_call::reduce_scatter_block(sendbuf, recvbuf, recvcount, bits_of(datatype), op->real.bits, comm->real.bits);
}

int scan(const void* sendbuf, void* recvbuf, int count, Datatype* datatype, Op* op, Comm* comm) {
  if (!usable(comm)) return mpi::ERR_COMM;
  if (!usable(op)) return mpi::ERR_OP;
  CollectiveScope scope(comm, "MPI_Scan");
  note_reduction(op, datatype);
  return lower_call::scan(sendbuf, recvbuf, count, bits_of(datatype), op->real.bits, comm->real.bits);
}

int scatter(const void* sendbuf, int sendcount, Datatype* sendtype, void* recvbuf, int recvcount, Datatype* recvtype, int root, Comm* comm) {
  if (!usable(comm)) return mpi::ERR_COMM;
  CollectiveScope scope(comm, "MPI_Scatter");
  return lower_call::scatter(sendbuf, sendcount, bits_of(sendtype), recvbuf, recvcount, bits_of(recvtype), root, comm->real.bits);
}

int scatterv(const void* sendbuf, const int* sendcounts, const int* displs, Datatype* sendtype, void* recvbuf, int recvcount, Datatype* recvtype, int root,
             Comm* comm) {
  if (!usable(comm)) return mpi::ERR_COMM;
  CollectiveScope scope(comm, "MPI_Scatterv");
  return lower_call::scatterv(sendbuf, sendcounts, displs, bits_of(sendtype), recvbuf, recvcount, bits_of(recvtype), root, comm->real.bits);
}

int alltoallw(const void* sendbuf, const int* sendcounts, const int* sdispls, Datatype* const* sendtypes, void* recvbuf, const int* recvcounts,
              const int* rdispls, Datatype* const* recvtypes, Comm* comm) {
  if (!usable(comm)) return mpi::ERR_COMM;
  if (is_refused_alias(sendbuf, recvbuf, sendcounts, recvcounts, *comm)) return mpi::ERR_BUFFER;
  CollectiveScope scope(comm, "MPI_Alltoallw");
  RealTypes send(sendbuf == mpi::IN_PLACE ? nullptr : sendtypes, comm->peers());
  RealTypes receive(recvtypes, comm->peers());
  return lower_call::alltoallw(sendbuf, sendcounts, sdispls, send.bits(), recvbuf, recvcounts, rdispls, receive.bits(), comm->real.bits);
}

/// Local: no counter.
int reduce_local(const void* inbuf, void* inoutbuf, int count, Datatype* datatype, Op* op) {
  if (!usable(datatype)) return mpi::ERR_TYPE;
  if (!usable(op)) return mpi::ERR_OP;
  WrapperScope scope;
  note_reduction(op, datatype);
  return lower_call::reduce_local(inbuf, inoutbuf, count, datatype->real.bits, op->real.bits);
}

}  // namespace mana::api
