// SPDX-License-Identifier: Apache-2.0
// MPICH's side of the tests' libmpi_abi.so.1 by hand: a user's reduction function must get the standard's datatype handle, so each
// operation has a function of its own. Operations are not counted: those that are freed keep their place.
#include <mpi.h>

#include <atomic>
#include <cstdint>
#include <utility>

namespace {

using UserFunction = void(void* in, void* inout, int* count, void** type);

struct Operation {
  UserFunction* function;
  std::uint64_t (*standard_type)(std::uint64_t);
};
constexpr std::size_t capacity = 256;
Operation operations[capacity];
std::atomic<std::size_t> used;

template <std::size_t I>
void reduce(void* in, void* inout, int* count, MPI_Datatype* type) {
  void* handle = reinterpret_cast<void*>(operations[I].standard_type(static_cast<unsigned>(*type)));
  operations[I].function(in, inout, count, &handle);
}

template <std::size_t... I>
MPI_User_function* function_number(std::size_t i, std::index_sequence<I...>) {
  static MPI_User_function* const all[] = {&reduce<I>...};
  return all[i];
}

}  // namespace

extern "C" {

int standard_mpi_op_create(UserFunction* function, int commute, std::uint64_t (*standard_type)(std::uint64_t), std::uint64_t* op) {
  std::size_t i = used++;
  if (i >= capacity) return MPI_ERR_NO_MEM;
  operations[i] = {function, standard_type};
  MPI_Op made = MPI_OP_NULL;
  int code = PMPI_Op_create(function_number(i, std::make_index_sequence<capacity>()), commute, &made);
  *op = static_cast<unsigned>(made);
  return code;
}

int standard_mpi_comm_idup(std::uint64_t comm, void* place, std::uint64_t* request) {
  MPI_Request made = MPI_REQUEST_NULL;
  int code = PMPI_Comm_idup(static_cast<MPI_Comm>(comm), static_cast<MPI_Comm*>(place), &made);
  *request = static_cast<unsigned>(made);
  return code;
}

}  // extern "C"
