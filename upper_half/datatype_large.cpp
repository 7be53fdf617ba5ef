// SPDX-License-Identifier: Apache-2.0
// The real types of large-count constructors (MPI 4.1 §5.1) whose numbers go beyond int: put together of ordinary ones,
// which every real MPI has.
#include <algorithm>
#include <climits>

#include "gen/lower_calls.hpp"
#include "upper_half/datatype.hpp"

namespace mana::upper {
namespace {

/// Real types for the time of one construction. Errors stick: after the first one nothing more is made.
class Construction {
 public:
  ~Construction() {
    for (std::uint64_t bits : made_) lower_call::type_free(&bits);
  }

  /// `count` copies of `element`, each `stride` bytes after the one before.
  std::uint64_t repeat(std::uint64_t element, std::int64_t count, std::int64_t stride) {
    if (count <= INT_MAX) return made([&](std::uint64_t* out) { return lower_call::type_create_hvector(static_cast<int>(count), 1, stride, element, out); });
    constexpr std::int64_t piece = 1 << 30;
    std::int64_t rest = count % piece;
    std::uint64_t parts[2] = {repeat(repeat(element, piece, stride), count / piece, piece * stride), repeat(element, rest, stride)};
    std::int64_t places[2] = {0, (count - rest) * stride};
    return rest == 0 ? parts[0] : place(2, nullptr, places, parts);
  }

  /// Blocks of types at byte displacements; `lengths` null: one element each.
  std::uint64_t place(std::int64_t count, const int* lengths, const std::int64_t* displacements, const std::uint64_t* types) {
    if (count > INT_MAX) error_ = mpi::ERR_COUNT;
    Vector<int> ones;
    if (lengths == nullptr) ones.assign(static_cast<std::size_t>(count), 1);
    return made([&](std::uint64_t* out) {
      return lower_call::type_create_struct(static_cast<int>(count), lengths == nullptr ? ones.data() : lengths, displacements, types, out);
    });
  }

  std::uint64_t resize(std::uint64_t type, std::int64_t lb, std::int64_t extent) {
    return made([&](std::uint64_t* out) { return lower_call::type_create_resized(type, lb, extent, out); });
  }

  /// The finished type, no longer ours.
  int take(std::uint64_t type, std::uint64_t* out) {
    if (error_ != 0) return error_;
    made_.erase(std::find(made_.begin(), made_.end(), type));
    *out = type;
    return 0;
  }

 private:
  template <class F>
  std::uint64_t made(F make) {
    std::uint64_t bits = 0;
    if (error_ == 0) error_ = make(&bits);
    if (error_ == 0) made_.push_back(bits);
    return bits;
  }
  Vector<std::uint64_t> made_;
  int error_ = 0;
};

struct Bounds {
  std::int64_t lb = INT64_MAX, ub = INT64_MIN;
  void cover(const Datatype& old, std::int64_t at, std::int64_t count, std::int64_t stride) {
    if (count <= 0) return;
    std::int64_t last = at + (count - 1) * stride;
    lb = std::min(lb, std::min(at, last) + old.lb);
    ub = std::max(ub, std::max(at, last) + old.lb + old.extent);
  }
};

/// MPIs pad a struct of unaligned parts; the types made of one here have no padding.
std::uint64_t without_padding(Construction& c, std::uint64_t type, const Bounds& bounds) {
  return bounds.lb > bounds.ub ? type : c.resize(type, bounds.lb, bounds.ub - bounds.lb);
}

/// contiguous, vector, hvector: `count` blocks of `length`, `stride` bytes apart.
std::uint64_t make_blocks(Construction& c, const Datatype& old, std::int64_t count, std::int64_t length, std::int64_t stride) {
  Bounds bounds;
  if (count > 0) {
    bounds.cover(old, 0, length, old.extent);
    bounds.cover(old, (count - 1) * stride, length, old.extent);
  }
  return without_padding(c, c.repeat(c.repeat(old.real.bits, length, old.extent), count, stride), bounds);
}

/// The indexed constructors and struct: block i has length(i) elements of type(i) at byte at(i).
template <class Length, class At, class Type>
std::uint64_t make_indexed(Construction& c, std::int64_t count, Length length, At at, Type type, bool padded) {
  Vector<int> lengths;
  Vector<std::int64_t> places;
  Vector<std::uint64_t> types;
  Bounds bounds;
  for (std::int64_t i = 0; i < count; ++i) {
    const Datatype& old = *type(i);
    bool large = length(i) > INT_MAX;
    lengths.push_back(large ? 1 : static_cast<int>(length(i)));
    places.push_back(at(i));
    types.push_back(large ? c.repeat(old.real.bits, length(i), old.extent) : old.real.bits);
    bounds.cover(old, at(i), length(i), old.extent);
  }
  std::uint64_t made = c.place(count, lengths.data(), places.data(), types.data());
  return padded ? made : without_padding(c, made, bounds);
}

/// The part of a global array that starts at byte `offset`: extent of the whole array (MPI 4.1 §5.1.3, §5.1.4).
std::uint64_t part_of_array(Construction& c, std::uint64_t part, std::int64_t offset, std::int64_t whole_bytes) {
  return c.resize(c.place(1, nullptr, &offset, &part), 0, whole_bytes);
}

/// Dimensions from the fastest to the slowest: index of the i-th.
int dimension(int i, int ndims, std::int64_t order) { return order == mpi::ORDER_FORTRAN ? i : ndims - 1 - i; }

std::uint64_t make_subarray(Construction& c, const Datatype& t) {
  int ndims = static_cast<int>(t.integers[0]);
  const std::int64_t *sizes = t.integers.data() + 1, *subsizes = sizes + ndims, *starts = subsizes + ndims;
  std::int64_t order = t.integers[1 + 3 * ndims], stride = t.types[0]->extent, offset = 0;
  std::uint64_t part = t.types[0]->real.bits;
  for (int i = 0; i < ndims; ++i) {
    int d = dimension(i, ndims, order);
    part = c.repeat(part, subsizes[d], stride);
    offset += starts[d] * stride;
    stride *= sizes[d];
  }
  return part_of_array(c, part, offset, stride);
}

/// Blocks of `block` elements dealt to `processes` in turn (MPI 4.1 §5.1.4): those of one of them.
std::uint64_t deal(Construction& c, std::uint64_t element, std::int64_t stride, std::int64_t size, std::int64_t block, std::int64_t processes,
                   std::int64_t mine) {
  std::int64_t round = block * processes, first = mine * block, beyond = std::max<std::int64_t>(size - first, 0);
  std::int64_t whole = beyond / round + (beyond % round >= block ? 1 : 0), rest = beyond % round >= block ? 0 : beyond % round;
  // An empty part is left out: MPICH would stretch the true extent to where it would be.
  Vector<std::uint64_t> parts;
  Vector<std::int64_t> places;
  if (whole > 0 || rest == 0) {
    parts.push_back(c.repeat(c.repeat(element, block, stride), whole, round * stride));
    places.push_back(first * stride);
  }
  if (rest > 0) {
    parts.push_back(c.repeat(element, rest, stride));
    places.push_back((first + whole * round) * stride);
  }
  return c.place(static_cast<std::int64_t>(parts.size()), nullptr, places.data(), parts.data());
}

std::uint64_t make_darray(Construction& c, const Datatype& t) {
  int ndims = static_cast<int>(t.integers[2]);
  const std::int64_t *sizes = t.integers.data() + 3, *kinds = sizes + ndims, *arguments = kinds + ndims, *processes = arguments + ndims;
  std::int64_t order = t.integers[3 + 4 * ndims], stride = t.types[0]->extent, rank = t.integers[1];
  Vector<std::int64_t> coordinates(static_cast<std::size_t>(ndims));
  for (int d = ndims - 1; d >= 0; rank /= processes[d--]) coordinates[d] = rank % processes[d];  // row-major, whatever the order
  std::uint64_t part = t.types[0]->real.bits;
  for (int i = 0; i < ndims; ++i) {
    int d = dimension(i, ndims, order);
    std::int64_t block = arguments[d];
    if (kinds[d] == mpi::DISTRIBUTE_NONE)
      block = sizes[d];
    else if (block == mpi::DISTRIBUTE_DFLT_DARG)
      block = kinds[d] == mpi::DISTRIBUTE_BLOCK ? (sizes[d] + processes[d] - 1) / processes[d] : 1;
    part = deal(c, part, stride, sizes[d], std::max<std::int64_t>(block, 1), processes[d], coordinates[d]);
    stride *= sizes[d];
  }
  return part_of_array(c, part, 0, stride);
}

}  // namespace

int make_large_real(Datatype& t) {
  Construction c;
  const std::int64_t *n = t.integers.data(), *a = t.addresses.data();
  const Datatype& old = *t.types[0];
  auto first = [&](std::int64_t) { return &old; };
  auto given = [&](std::int64_t i) { return n[1 + i]; };
  auto one_length = [&](std::int64_t) { return n[1]; };
  auto address = [&](std::int64_t i) { return a[i]; };
  std::uint64_t made = 0;
  switch (t.combiner) {
    case mpi::COMBINER_CONTIGUOUS: made = make_blocks(c, old, 1, n[0], 0); break;
    case mpi::COMBINER_VECTOR: made = make_blocks(c, old, n[0], n[1], n[2] * old.extent); break;
    case mpi::COMBINER_HVECTOR: made = make_blocks(c, old, n[0], n[1], a[0]); break;
    case mpi::COMBINER_INDEXED:
      made = make_indexed(
          c, n[0], given, [&](std::int64_t i) { return n[1 + n[0] + i] * old.extent; }, first, false);
      break;
    case mpi::COMBINER_HINDEXED: made = make_indexed(c, n[0], given, address, first, false); break;
    case mpi::COMBINER_INDEXED_BLOCK:
      made = make_indexed(
          c, n[0], one_length, [&](std::int64_t i) { return n[2 + i] * old.extent; }, first, false);
      break;
    case mpi::COMBINER_HINDEXED_BLOCK: made = make_indexed(c, n[0], one_length, address, first, false); break;
    case mpi::COMBINER_STRUCT:
      made = make_indexed(
          c, n[0], given, address, [&](std::int64_t i) { return t.types[i]; }, true);
      break;
    case mpi::COMBINER_SUBARRAY: made = make_subarray(c, t); break;
    case mpi::COMBINER_DARRAY: made = make_darray(c, t); break;
    default: return mpi::ERR_INTERN;
  }
  return c.take(made, &t.real.bits);
}

}  // namespace mana::upper
