// SPDX-License-Identifier: Apache-2.0
// Our own memory in the upper half: never the application's malloc, whose lock may be held by the very thread that a
// checkpoint has stopped. Thread-safe; async-signal-safe inside a WrapperScope. Saved with the image like everything.
#pragma once

#include <cstddef>
#include <cstring>
#include <new>
#include <utility>
#include <vector>

namespace mana::upper {

void* arena_allocate(std::size_t bytes);  ///< 16-byte aligned, uninitialised; ends the rank when memory is out
void arena_release(void* block);          ///< accepts nullptr

template <class T>
struct ArenaAllocator {
  using value_type = T;
  ArenaAllocator() = default;
  template <class U>
  ArenaAllocator(const ArenaAllocator<U>&) {}
  T* allocate(std::size_t n) { return static_cast<T*>(arena_allocate(n * sizeof(T))); }
  void deallocate(T* p, std::size_t) { arena_release(p); }
  friend bool operator==(const ArenaAllocator&, const ArenaAllocator&) { return true; }
};

template <class T>
using Vector = std::vector<T, ArenaAllocator<T>>;

template <class T, class... A>
T* create(A&&... a) {
  return new (arena_allocate(sizeof(T))) T(std::forward<A>(a)...);
}
template <class T>
void destroy(T* object) {
  if (object == nullptr) return;
  object->~T();
  arena_release(object);
}

}  // namespace mana::upper
