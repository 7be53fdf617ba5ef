// SPDX-License-Identifier: Apache-2.0
// Making and keeping the stand-ins of large counts.
#include "upper_half/large_count.hpp"

#include "gen/upper_api.hpp"
#include "upper_half/request.hpp"
#include "upper_half/thread.hpp"

namespace mana::upper {
namespace {

/// What lives as long as a request. Few requests have any.
struct Companion {
  Request* owner;
  Datatype* type;
  Op* op;
  void* block;
};
Vector<Companion> companions;

void let_go(const Companion& c) {
  release(c.type);
  release(c.op);
  arena_release(c.block);
}

void accompany(const Companion& c) {
  WrapperScope scope;
  if (c.owner == &null_request) return let_go(c);
  RequestLock lock;
  c.owner->cell.special |= special::accompanied;
  companions.push_back(c);
}

}  // namespace

void release_companions(Request* request) {
  RequestLock lock;
  for (std::size_t i = 0; i < companions.size();) {
    if (companions[i].owner != request) {
      ++i;
      continue;
    }
    let_go(companions[i]);
    companions[i] = companions.back();
    companions.pop_back();
  }
}

void LargeCount::replace(std::int64_t count) {
  count_ = count < 0 ? -1 : 1;
  if (count < 0 || !usable(type_)) return;
  WrapperScope scope;
  error_ = api::type_contiguous_c(count, type_, &made_);
  if (error_ == 0 && type_->committed) error_ = api::type_commit(&made_);
}

void LargeCount::give_up() {
  WrapperScope scope;
  release(made_);
}

void LargeCount::keep_with(Request* request) {
  if (made_ == nullptr) return;
  accompany({request, made_, nullptr, nullptr});
  made_ = nullptr;
}

void LargeReduction::replace(std::int64_t count, Datatype* type) {
  if (!usable(op_)) return;
  WrapperScope scope;
  made_ = make_many(op_, type, count, &error_);
}

void LargeReduction::give_up() {
  WrapperScope scope;
  release(made_);
}

void LargeReduction::keep_with(Request* request) {
  elements_.keep_with(request);
  if (made_ == nullptr) return;
  accompany({request, nullptr, made_, nullptr});
  made_ = nullptr;
}

NarrowedArray::NarrowedArray(const std::int64_t* numbers, std::int64_t count) {
  if (numbers == nullptr) return;
  WrapperScope scope;
  ints_ = static_cast<int*>(arena_allocate(static_cast<std::size_t>(count) * sizeof(int) + 1));
  for (std::int64_t i = 0; i < count; ++i) {
    ints_[i] = static_cast<int>(numbers[i]);
    fits_ &= ints_[i] == numbers[i];
  }
}

void NarrowedArray::keep_with(Request* request) {
  if (ints_ == nullptr) return;
  accompany({request, nullptr, nullptr, ints_});
  ints_ = nullptr;
}

}  // namespace mana::upper
