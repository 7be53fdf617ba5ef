// SPDX-License-Identifier: Apache-2.0
// Reduction operations, MPI 4.1 §6.9.5. The real MPI knows a user function as a trampoline of the lower half, which comes
// back through op_invoke.
#include "upper_half/op.hpp"

#include "common/mpi_constants.hpp"
#include "common/op_args.hpp"
#include "gen/lower_calls.hpp"
#include "gen/upper_api.hpp"
#include "upper_half/datatype.hpp"
#include "upper_half/predefined.hpp"
#include "upper_half/predefined_types.hpp"
#include "upper_half/thread.hpp"

namespace mana::upper {
namespace {

/// The datatype that the real MPI names. Real handles of predefined types may be aliases of each other, so the type of
/// the call in flight goes first.
Datatype* datatype_of_real(std::uint64_t bits, Datatype* in_use) {
  if (in_use != nullptr && in_use->real.bits == bits) return in_use;
  for (const PredefinedType& row : predefined_types)
    if (Datatype* type = predefined_datatype(row.vid); type->real.bits == bits && row.vid != mpi::DATATYPE_NULL) return type;
  Datatype* found = in_use;
  datatype_slots.each([&](Object* object) {
    if (static_cast<Datatype*>(object)->real.bits == bits) found = static_cast<Datatype*>(object);
  });
  return found;
}

std::int64_t invoke_proxy(const Op& op, const custom::InvokeOp& call, const Datatype* type) {
  std::uint64_t handle = abi().app_handle(type);
  int count = call.count;
  op.proxy(op.through, op.function, call.in, call.inout, &count, &handle);
  return 0;
}

/// Runs on the lower stack with the upper FS base.
std::int64_t op_invoke(void* arguments) {
  auto& call = *static_cast<custom::InvokeOp*>(arguments);
  auto& op = *static_cast<Op*>(call.op);
  Datatype* type = datatype_of_real(call.real_type, op.type_in_use);
  if (type == nullptr) fatal("a reduction calls a user function with an unknown datatype");
  if (op.proxy != nullptr) return invoke_proxy(op, call, type);
  std::uint64_t handle = abi().app_handle(type);
  int count = call.count;
  std::int64_t large_count = call.count;
  void* length = op.large_counts ? static_cast<void*>(&large_count) : static_cast<void*>(&count);
  reinterpret_cast<void (*)(void*, void*, void*, void*)>(op.function)(call.in, call.inout, length, &handle);
  return 0;
}

}  // namespace

int make_real(Op& op) {
  custom::CreateOp arguments{&op_invoke, &op, op.commutative ? 1 : 0, 0, 0, 0, 0};
  if (op.many_of != nullptr) {
    arguments.many_op = op.many_of->real.bits;
    arguments.many_type = op.many_type->real.bits;
    arguments.many = op.many;
    note_reduction(op.many_of, op.many_type);
  }
  int error = static_cast<int>(mana_cross(&arguments, lower_call::index(lower_call::LowerEntry::custom_op_create)));
  op.real.bits = arguments.real;
  return error;
}

void release(Op* op) {
  if (op == nullptr || !drop_reference(op)) return;
  custom::FreeOp arguments{op->real.bits, op};
  mana_cross(&arguments, lower_call::index(lower_call::LowerEntry::custom_op_free));
  op_slots.remove(op);
  release(op->many_of);
  release(op->many_type);
  destroy(op);
}

namespace {

int create_op(Op* o, Op** op) {
  o->predefined = false;
  if (int error = make_real(*o); error != 0) {
    destroy(o);
    return error;
  }
  op_slots.put(o);
  *op = o;
  return 0;
}

}  // namespace

Op* make_many(Op* op, Datatype* type, std::int64_t count, int* error) {
  auto* o = create<Op>();
  o->commutative = op->commutative;
  o->many_of = op;
  o->many_type = type;
  o->many = count;
  Op* made = nullptr;
  *error = create_op(o, &made);
  if (made == nullptr) return nullptr;
  retain(op);
  retain(type);
  return made;
}

void forget_type(const Datatype* type) {
  if (op_slots.live() == 0) return;
  op_slots.each([&](Object* object) {
    auto* op = static_cast<Op*>(object);
    if (op->type_in_use == type) op->type_in_use = nullptr;
  });
}

}  // namespace mana::upper

namespace mana::api {

static int create_user_op(AnyFunction user_fn, int commute, bool large_counts, Op** op) {
  if (user_fn == nullptr) return mpi::ERR_ARG;
  WrapperScope scope;
  auto* o = create<Op>();
  o->function = user_fn;
  o->commutative = commute != 0;
  o->large_counts = large_counts;
  return create_op(o, op);
}

int op_create(AnyFunction user_fn, int commute, Op** op) { return create_user_op(user_fn, commute, false, op); }
int op_create_c(AnyFunction user_fn, int commute, Op** op) { return create_user_op(user_fn, commute, true, op); }

int op_free(Op** op) {
  if (!usable(*op) || (*op)->predefined) return mpi::ERR_OP;
  WrapperScope scope;
  release(*op);
  *op = static_cast<Op*>(predefined_objects[mpi::OP_NULL]);
  return 0;
}

int op_commutative(Op* op, int* commute) {
  if (!usable(op)) return mpi::ERR_OP;
  *commute = op->commutative ? 1 : 0;
  return 0;
}

}  // namespace mana::api
