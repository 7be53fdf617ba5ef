// SPDX-License-Identifier: Apache-2.0
#include "upper_half/fortran_value.hpp"

#include "common/mpi_constants.hpp"
#include "upper_half/arena.hpp"
#include "upper_half/thread.hpp"

namespace mana::upper {
namespace {

union Cell {
  std::int64_t integer;
  Cell* next;
};
constexpr std::size_t chunk_cells = 256;

Vector<Cell*> chunks;
Cell* free_cells = nullptr;

/// Guards the pool; held inside of a WrapperScope only, so that no signal handler can want it.
class PoolLock {
 public:
  PoolLock() {
    while (__atomic_exchange_n(&taken_, true, __ATOMIC_ACQUIRE)) __builtin_ia32_pause();
  }
  ~PoolLock() { __atomic_store_n(&taken_, false, __ATOMIC_RELEASE); }
  PoolLock(const PoolLock&) = delete;

 private:
  WrapperScope scope_;
  static inline bool taken_ = false;
};

bool in_pool(const void* value) {
  for (const Cell* chunk : chunks)
    if (value >= chunk && value < chunk + chunk_cells) return true;
  return false;
}

void grow() {
  auto* chunk = static_cast<Cell*>(arena_allocate(chunk_cells * sizeof(Cell)));
  chunks.push_back(chunk);
  for (std::size_t i = 0; i < chunk_cells; ++i) {
    chunk[i].next = free_cells;
    free_cells = chunk + i;
  }
}

}  // namespace

void* make_fortran_value(std::int64_t integer) {
  PoolLock lock;
  if (free_cells == nullptr) grow();
  Cell* cell = free_cells;
  free_cells = cell->next;
  cell->integer = integer;
  return cell;
}

bool is_fortran_value(const void* value) {
  PoolLock lock;
  return in_pool(value);
}

void drop_fortran_value(void* value) {
  PoolLock lock;
  if (!in_pool(value)) return;
  auto* cell = static_cast<Cell*>(value);
  cell->next = free_cells;
  free_cells = cell;
}

std::int64_t as_fortran_value(const void* value) {
  return is_fortran_value(value) ? static_cast<const Cell*>(value)->integer : reinterpret_cast<std::intptr_t>(value);
}

std::int64_t as_fortran_attribute(int keyval, const void* value) {
  switch (keyval) {
    case mpi::TAG_UB:
    case mpi::IO:
    case mpi::HOST:
    case mpi::WTIME_IS_GLOBAL:
    case mpi::APPNUM:
    case mpi::LASTUSEDCODE:
    case mpi::UNIVERSE_SIZE:
    case mpi::WIN_DISP_UNIT:
    case mpi::WIN_CREATE_FLAVOR:
    case mpi::WIN_MODEL: return *static_cast<const int*>(value);
    case mpi::WIN_SIZE: return *static_cast<const std::int64_t*>(value);
    default: return as_fortran_value(value);
  }
}

}  // namespace mana::upper
