// SPDX-License-Identifier: Apache-2.0
// Entries of the plain cases (upper_half/fast_path.hpp): arguments in registers, ranks and tags valid or wildcards.
#include "lower_half/completion.hpp"

using namespace mana;
using namespace mana::lower;

/// MPI_Send (MPI 4.1 §3.2.1).
extern "C" std::int64_t lower_custom_fast_send(const void* buffer, int count, std::uint64_t type, int dest, int tag, std::uint64_t comm) {
  return class_of(PMPI_Send(buffer, count, native<MPI_Datatype>(type), dest, tag, native<MPI_Comm>(comm)));
}

/// MPI_Isend (MPI 4.1 §3.7.2): starts the standard send of the cell's buffer.
extern "C" std::int64_t lower_custom_fast_isend(RequestCell* cell, int count, std::uint64_t type, int dest, int tag, std::uint64_t comm) {
  MPI_Request request;
  int code = PMPI_Isend(cell->buffer, count, native<MPI_Datatype>(type), dest, tag, native<MPI_Comm>(comm), &request);
  if (__builtin_expect(code != MPI_SUCCESS, 0)) return standard_error(code);
  cell->real = bits(request);
  cell->counts = Counts::send;
  cell->state = RequestState::active;
  return 0;
}

/// MPI_Recv (MPI 4.1 §3.2.4) of `envelope` = tag << 32 | source; see lower_custom_recv.
extern "C" std::int64_t lower_custom_fast_recv(void* buffer, int count, std::uint64_t type, std::uint64_t envelope, std::uint64_t comm, FastReceive* result) {
  MPI_Request request;
  int source = native_rank(static_cast<int>(static_cast<std::uint32_t>(envelope))), tag = native_tag(static_cast<int>(envelope >> 32));
  int code = PMPI_Irecv(buffer, count, native<MPI_Datatype>(type), source, tag, native<MPI_Comm>(comm), &request);
  if (__builtin_expect(code != MPI_SUCCESS, 0)) return standard_error(code);
  std::int64_t error = 0;
  if (__builtin_expect(!poll_native(&request, result->wanted == 0, &result->status, &error), 0)) {
    result->request = bits(request);
    return not_yet;
  }
  add(gate().upper->received, 1);
  return error;
}

/// MPI_Iprobe (MPI 4.1 §3.8.1). `status` may be null.
extern "C" std::int64_t lower_custom_fast_iprobe(int source, int tag, std::uint64_t comm, int* flag, LowerStatus* status) {
  MPI_Status found;
  int code = PMPI_Iprobe(native_rank(source), native_tag(tag), native<MPI_Comm>(comm), flag, status == nullptr ? MPI_STATUS_IGNORE : &found);
  if (__builtin_expect(code != MPI_SUCCESS, 0)) return standard_error(code);
  if (*flag != 0 && status != nullptr) *status = canonical(found);
  return 0;
}

/// MPI_Test (MPI 4.1 §3.7.3) of an active send or receive.
extern "C" std::int64_t lower_custom_fast_test(RequestCell* cell) {
  test(*cell);
  return 0;
}

/// MPI_Barrier, MPI_Bcast, MPI_Allreduce (MPI 4.1 §6.3, §6.4, §6.9.6).
extern "C" std::int64_t lower_custom_fast_barrier(std::uint64_t comm) { return class_of(PMPI_Barrier(native<MPI_Comm>(comm))); }
extern "C" std::int64_t lower_custom_fast_bcast(void* buffer, int count, std::uint64_t type, int root, std::uint64_t comm) {
  return class_of(PMPI_Bcast(buffer, count, native<MPI_Datatype>(type), root, native<MPI_Comm>(comm)));
}
extern "C" std::int64_t lower_custom_fast_allreduce(const void* from, void* to, int count, std::uint64_t type, std::uint64_t op, std::uint64_t comm) {
  return class_of(PMPI_Allreduce(native_buffer(from), to, count, native<MPI_Datatype>(type), native<MPI_Op>(op), native<MPI_Comm>(comm)));
}
