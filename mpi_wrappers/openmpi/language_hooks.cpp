// SPDX-License-Identifier: Apache-2.0
#include "mpi_wrappers/openmpi/language_hooks.hpp"

#include "mpi_wrappers/openmpi/abi.hpp"
#include "mpi_wrappers/shell.hpp"
#include "upper_half/attribute.hpp"
#include "upper_half/fortran_value.hpp"
#include "upper_half/op.hpp"

using namespace mana;
using namespace mana::shell;

void* mana_allocate(std::size_t bytes) {
  upper::WrapperScope scope;
  return upper::arena_allocate(bytes);
}
void mana_release(void* block) {
  upper::WrapperScope scope;
  upper::arena_release(block);
}

int mana_neighbors(void* comm, int outgoing) {
  Comm* object = comm_in(comm);
  if (object == nullptr) return 0;
  return outgoing != 0 ? out_neighbors(object) : in_neighbors(object);
}

void mana_set_op_proxy(void* op, upper::OpProxy proxy) { op_in(op)->proxy = proxy; }
void mana_set_errhandler_proxy(void* errhandler, upper::ErrhandlerProxy proxy) { errhandler_in(errhandler)->proxy = proxy; }
void mana_set_keyval_proxies(int keyval, upper::CopyProxy copy, upper::DeleteProxy remove) { upper::set_keyval_proxies(keyval, copy, remove); }

void* mana_make_fortran_value(std::int64_t integer) { return upper::make_fortran_value(integer); }
void mana_drop_fortran_value(void* value) { upper::drop_fortran_value(value); }
std::int64_t mana_as_fortran_attribute(int keyval, const void* value) { return upper::as_fortran_attribute(comm_keyval_in(win_keyval_in(keyval)), value); }
