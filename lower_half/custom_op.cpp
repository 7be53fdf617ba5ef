// SPDX-License-Identifier: Apache-2.0
// User-defined reduction operations: MPI gives a user function no context pointer, so each operation has a trampoline
// of its own, one of a fixed number of functions that differ in their slot only. Compiled against each real mpi.h.
#include <mpi.h>

#include <algorithm>
#include <atomic>
#include <utility>

#include "common/mpi_constants.hpp"
#include "common/op_args.hpp"
#include "lower_half/callback.hpp"
#include "lower_half/native.hpp"

namespace mana::lower {
namespace {

constexpr std::size_t trampoline_count = 1024;

struct Slot {
  std::atomic<bool> taken;
  std::int64_t (*invoke)(void*);
  void* op;
  MPI_Op many_op;  // with `many`: no function of the upper half, each element is `many` of `many_type`
  MPI_Datatype many_type;
  std::int64_t many;
};
Slot slots[trampoline_count];

/// A large-count reduction: the operation under it on as many elements as an int can say, again and again.
void reduce_many(const Slot& slot, void* in, void* inout, std::int64_t count) {
  constexpr std::int64_t piece = 1 << 30;
  MPI_Aint lb = 0, extent = 0;
  PMPI_Type_get_extent(slot.many_type, &lb, &extent);
  for (std::int64_t left = count * slot.many, n; left > 0; left -= n) {
    n = std::min(left, piece);
    PMPI_Reduce_local(in, inout, static_cast<int>(n), slot.many_type, slot.many_op);
    in = static_cast<char*>(in) + n * extent;
    inout = static_cast<char*>(inout) + n * extent;
  }
}

template <std::size_t I>
void trampoline(void* in, void* inout, int* count, MPI_Datatype* type) {
  if (slots[I].many != 0) return reduce_many(slots[I], in, inout, *count);
  custom::InvokeOp call{slots[I].op, in, inout, *count, bits(*type)};
  call_upper(slots[I].invoke, &call);
}

template <std::size_t... I>
constexpr auto all_trampolines(std::index_sequence<I...>) {
  struct {
    MPI_User_function* function[sizeof...(I)];
  } table{{&trampoline<I>...}};
  return table;
}
const auto trampolines = all_trampolines(std::make_index_sequence<trampoline_count>());

}  // namespace
}  // namespace mana::lower

extern "C" std::int64_t lower_custom_op_create(void* arguments) {
  using namespace mana;
  using namespace mana::lower;
  auto& a = *static_cast<custom::CreateOp*>(arguments);
  for (std::size_t i = 0; i < trampoline_count; ++i) {
    if (slots[i].taken.exchange(true)) continue;
    slots[i].invoke = a.invoke;
    slots[i].op = a.op;
    slots[i].many = a.many;
    slots[i].many_op = native<MPI_Op>(a.many_op);
    slots[i].many_type = native<MPI_Datatype>(a.many_type);
    MPI_Op op = MPI_OP_NULL;
    int code = PMPI_Op_create(trampolines.function[i], a.commutative, &op);
    a.real = bits(op);
    if (code == MPI_SUCCESS) return 0;
    slots[i].taken = false;
    return standard_error(code);
  }
  return mpi::ERR_NO_MEM;
}

extern "C" std::int64_t lower_custom_op_free(void* arguments) {
  using namespace mana;
  using namespace mana::lower;
  auto& a = *static_cast<custom::FreeOp*>(arguments);
  MPI_Op op = native<MPI_Op>(a.real);
  int code = PMPI_Op_free(&op);
  for (Slot& slot : slots)
    if (slot.taken && slot.op == a.op) {
      slot.op = nullptr;
      slot.taken = false;
    }
  return code == MPI_SUCCESS ? 0 : standard_error(code);
}
