// SPDX-License-Identifier: Apache-2.0
// Shows: user functions given through the MPIs' own C++ bindings (MPI::), made before the cut, are called after it.
// live: ranks=2 cuts=all
#include "lib/live.h"

static int failed, deleted;

// Not commutative: the first argument is applied after the second.
static void compose(const void* in, void* inout, int length, const MPI::Datatype& type) {
  if (type == MPI::DATATYPE_NULL) abort();
  auto* a = static_cast<const int*>(in);
  auto* b = static_cast<int*>(inout);
  for (int i = 0; i < 2 * length; i += 2) {
    b[i + 1] += a[i + 1] * b[i];
    b[i] *= a[i];
  }
}

static void on_error(MPI::Comm& comm, int* code, ...) {
  LIVE_CHECK(comm.Get_size() == live_size && *code != MPI::SUCCESS);
  failed++;
}

static int copy(const MPI::Comm& comm, int, void* extra_state, void* in, void* out, bool& flag) {
  LIVE_CHECK(comm.Get_size() == live_size);
  *static_cast<void**>(out) = static_cast<char*>(in) + *static_cast<int*>(extra_state);
  flag = true;
  return MPI::SUCCESS;
}

static int remove_value(MPI::Comm&, int, void* value, void*) {
  deleted += static_cast<int>(reinterpret_cast<intptr_t>(value));
  return MPI::SUCCESS;
}

static void reduce(MPI::Op& op, MPI::Datatype& type) {
  int mine[2] = {live_rank + 2, live_rank + 1}, all[2], factor = 1, offset = 0;
  MPI::COMM_WORLD.Allreduce(mine, all, 1, type, op);
  for (int r = 0; r < live_size; r++) {
    offset = offset * (r + 2) + r + 1;
    factor *= r + 2;
  }
  LIVE_CHECK(all[0] == factor && all[1] == offset);
  live_mix(all, sizeof all);
}

/// Debian's Open MPI is built without exceptions.
static void throw_error([[maybe_unused]] MPI::Intracomm& comm) {
#ifdef MPICH_VERSION
  int thrown = 0, value = 0;
  comm.Set_errhandler(MPI::ERRORS_THROW_EXCEPTIONS);
  try {
    comm.Send(&value, -1, MPI::INT, 0, 1);
  } catch (const MPI::Exception& error) { thrown = const_cast<MPI::Exception&>(error).Get_error_class(); }
  LIVE_CHECK(thrown == MPI::ERR_COUNT);
#endif
}

int main(int argc, char** argv) {
  live_start(&argc, &argv, 2);
  int step = 3;
  MPI::Op op;
  op.Init(compose, false);
  MPI::Datatype type = MPI::INT.Create_contiguous(2);
  type.Commit();
  MPI::Errhandler handler = MPI::Comm::Create_errhandler(on_error);
  MPI::Intracomm world = MPI::COMM_WORLD.Dup();
  world.Set_errhandler(handler);
  int keyval = MPI::Comm::Create_keyval(copy, remove_value, &step);
  world.Set_attr(keyval, reinterpret_cast<void*>(40));
  reduce(op, type);
  live_cut(0);
  reduce(op, type);
  MPI_Send(&step, -1, MPI_INT, 0, 1, world);
  LIVE_CHECK(failed == 1);
  throw_error(world);
  MPI::Intracomm second = world.Dup();
  void* value = nullptr;
  LIVE_CHECK(second.Get_attr(keyval, &value) && reinterpret_cast<intptr_t>(value) == 43);
  second.Free();
  LIVE_CHECK(deleted == 43);
  world.Free();
  LIVE_CHECK(deleted == 83);
  handler.Free();
  op.Free();
  type.Free();
  live_mix_int(deleted);
  return live_end();
}
