// SPDX-License-Identifier: Apache-2.0
// What the windows of one communicator share: a communicator for their barriers and messages, and the real window over the
// words of their locks.
#include <algorithm>

#include "gen/lower_calls.hpp"
#include "upper_half/predefined.hpp"
#include "upper_half/rebuild.hpp"
#include "upper_half/request.hpp"
#include "upper_half/window.hpp"

namespace mana::upper {
namespace {

constexpr int word_bytes = 8;
Vector<WindowFamily*> families;

WindowFamily* family_with_room(const Comm* parent) {
  if (threads_multiple()) return nullptr;
  auto found = std::find_if(families.begin(), families.end(), [&](const WindowFamily* f) { return f->parent == parent && f->count < WindowFamily::capacity; });
  return found == families.end() ? nullptr : *found;
}

int end_family(WindowFamily* family) {
  complete_releases(*family);
  int error = family->control.bits != 0 ? close_real(&family->control.bits) : 0;
  {
    RequestLock lock;
    families.erase(std::find(families.begin(), families.end(), family));
  }
  release(family->comm);
  release(family->parent);
  destroy(family);
  return error;
}

int make_family(Comm* parent, WindowFamily** out) {
  Comm* comm = nullptr;
  if (int error = duplicate_inside(parent, &comm); error != 0) return error;
  auto* family = create<WindowFamily>();
  family->parent = parent;
  retain(parent);
  family->comm = comm;
  {
    RequestLock lock;
    families.push_back(family);
  }
  *out = family;
  return make_control(*family);
}

}  // namespace

int join_family(Win* win, Comm* parent) {
  WindowFamily* family = family_with_room(parent);
  if (family == nullptr)
    if (int error = make_family(parent, &family); error != 0) {
      if (family != nullptr) end_family(family);
      return error;
    }
  win->slot = static_cast<int>(std::find(family->members, family->members + WindowFamily::capacity, nullptr) - family->members);
  family->members[win->slot] = win;
  family->words[win->slot] = {};
  ++family->count;
  win->family = family;
  win->comm = family->comm;
  return 0;
}

int leave_family(Win* win) {
  WindowFamily* family = win->family;
  if (family == nullptr) return 0;
  family->members[win->slot] = nullptr;
  win->family = nullptr;
  win->comm = nullptr;
  return --family->count == 0 ? end_family(family) : 0;
}

int make_control(WindowFamily& family) {
  if (family.comm->size == 1) return 0;
  int error =
      lower_call::win_create(family.words, sizeof family.words, word_bytes, real_predefined(mpi::INFO_NULL), family.comm->real.bits, &family.control.bits);
  return error != 0 ? error : open_for_ever(family.control.bits);
}

int complete_releases(WindowFamily& family) { return flush_issued(family.control.bits, family.issued, family.completed); }

bool complete_all_releases() {
  bool moved = false;
  for (WindowFamily* family : families) {
    if (family->issued == family->completed) continue;
    complete_releases(*family);
    moved = true;
  }
  return moved;
}

Vector<WindowFamily*> window_families() {
  Vector<WindowFamily*> sorted = families;
  std::sort(sorted.begin(), sorted.end(), [](const WindowFamily* a, const WindowFamily* b) { return a->comm->counter.id < b->comm->counter.id; });
  return sorted;
}

}  // namespace mana::upper
