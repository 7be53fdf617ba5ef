// SPDX-License-Identifier: Apache-2.0
// Entries of the plain cases (upper_half/fast_path.hpp): arguments in registers, ranks and tags valid or wildcards. Others are functions of
// the real MPI itself (gen/custom_entries.table).
#include "lower_half/completion.hpp"

using namespace mana;
using namespace mana::lower;

/// MPI_Recv (MPI 4.1 §3.2.4) of `envelope` = tag << 32 | source; see lower_custom_recv.
extern "C" std::int64_t lower_fast_recv(void* buffer, int count, std::uint64_t type, std::uint64_t envelope, std::uint64_t comm, FastReceive* result) {
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

/// Entries that are functions of the real MPI leave its statuses and codes as they are; these look at those that matter.

/// MPI_Test has told that the request has completed, or failed with `code`.
extern "C" std::int64_t lower_custom_tested(RequestCell* cell, int code, const MPI_Status* status) {
  complete(*cell, code, *status);
  return 0;
}

extern "C" std::int64_t lower_custom_canonical_status(const MPI_Status* found, LowerStatus* status) {
  *status = canonical(*found);
  return 0;
}

/// `code` is an error.
extern "C" std::int64_t lower_custom_error_class(int code) { return standard_error(code); }
