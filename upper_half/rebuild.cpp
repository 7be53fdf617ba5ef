// SPDX-License-Identifier: Apache-2.0
// Remaking MPI objects in a fresh lower half: predefined handles, then what is local (operations, datatypes), then
// communicators, windows and files, each in ascending agreed id. Every member of a communicator comes to it in that same order, and each step is
// collective over that communicator's members only; so no two ranks can wait for each other's later steps.
#include "upper_half/rebuild.hpp"

#include <algorithm>

#include "common/comm_args.hpp"
#include "gen/lower_calls.hpp"
#include "upper_half/comm.hpp"
#include "upper_half/cross.hpp"
#include "upper_half/datatype.hpp"
#include "upper_half/environment.hpp"
#include "upper_half/file.hpp"
#include "upper_half/op.hpp"
#include "upper_half/predefined.hpp"
#include "upper_half/predefined_types.hpp"
#include "upper_half/real_group.hpp"
#include "upper_half/thread.hpp"
#include "upper_half/topology.hpp"
#include "upper_half/window.hpp"

namespace mana::upper {
namespace {

std::uint64_t predefined_bits[1024];

/// Real datatypes made by substitute().
Vector<std::uint64_t>& substitutes() {
  static Vector<std::uint64_t>* list = create<Vector<std::uint64_t>>();
  return *list;
}

void must(int error, const char* what) {
  if (error != 0) fatal("restart: can't remake %s (MPI error class %d)", what, error);
}

/// A type that the real MPI lacks: an equal one, or as many bytes; then reductions on it fail with MPI's own error.
std::uint64_t substitute(const PredefinedType& row, std::uint64_t real_null) {
  for (std::uint32_t vid = row.equal_to; vid != 0;) {
    if (predefined_bits[vid] != 0 && predefined_bits[vid] != real_null) return predefined_bits[vid];
    auto next = std::find_if(std::begin(predefined_types), std::end(predefined_types), [&](const PredefinedType& r) { return r.vid == vid; });
    vid = next == std::end(predefined_types) || next->equal_to == row.vid ? 0 : next->equal_to;
  }
  std::uint64_t real = 0;
  int error = row.vid == mpi::TYPE_2COMPLEX || row.vid == mpi::TYPE_2DOUBLE_COMPLEX
                  ? lower_call::type_contiguous(2, predefined_bits[row.vid == mpi::TYPE_2COMPLEX ? mpi::C_FLOAT_COMPLEX : mpi::C_DOUBLE_COMPLEX], &real)
                  : lower_call::type_contiguous(row.size, predefined_bits[mpi::BYTE], &real);
  if (error == 0) error = lower_call::type_commit(&real);
  if (error != 0) return real_null;
  substitutes().push_back(real);
  return real;
}

/// Operations of large-count reductions need their datatypes first, which need no operations.
void rebuild_ops(bool of_large_counts) {
  op_slots.each([&](Object* object) {
    auto& op = *static_cast<Op*>(object);
    if ((op.many_of != nullptr) == of_large_counts) must(make_real(op), "an operation");
  });
}

/// MPIs pad the extent of types with unaligned parts differently: the one that the application has seen stays.
int keep_extent(Datatype& type) {
  std::int64_t lb = 0, extent = 0;
  if (int error = lower_call::type_get_extent_x(type.real.bits, &lb, &extent); error != 0) return error;
  if (lb == type.lb && extent == type.extent) return 0;
  std::uint64_t plain = type.real.bits;
  int error = lower_call::type_create_resized(plain, type.lb, type.extent, &type.real.bits);
  lower_call::type_free(&plain);
  return error;
}

void rebuild_datatypes() {
  Vector<Datatype*> types;
  datatype_slots.each([&](Object* object) { types.push_back(static_cast<Datatype*>(object)); });
  std::sort(types.begin(), types.end(), [](const Datatype* a, const Datatype* b) { return a->serial < b->serial; });
  for (Datatype* type : types) {
    must(make_real(*type), "a datatype");
    must(keep_extent(*type), "a datatype's extent");
    if (type->committed) must(lower_call::type_commit(&type->real.bits), "a datatype (commit)");
  }
}

int tag_of(const Comm& comm) { return static_cast<int>(comm.counter.id & 0x3fff); }

std::uint64_t create_from(const Group& members, int tag) {
  RealGroup group(members, *comm_world);
  must(group.error(), "a group");
  std::uint64_t real = 0;
  must(lower_call::comm_create_group(comm_world->real.bits, group.bits(), tag, &real), "a communicator");
  return_errors(real);
  return real;
}

std::uint64_t with_topology(std::uint64_t plain, const Topology& t) {
  std::uint64_t real = 0;
  int error;
  if (t.kind == mpi::CART)
    error = lower_call::cart_create(plain, static_cast<int>(t.dims.size()), t.dims.data(), t.periods.data(), 0, &real);
  else if (t.kind == mpi::GRAPH)
    error = lower_call::graph_create(plain, static_cast<int>(t.index.size()), t.index.data(), t.edges.data(), 0, &real);
  else
    error = lower_call::dist_graph_create_adjacent(plain, static_cast<int>(t.sources.size()), t.sources.data(),
                                                   t.weighted ? weights_of(t.source_weights) : mpi::UNWEIGHTED, static_cast<int>(t.destinations.size()),
                                                   t.destinations.data(), t.weighted ? weights_of(t.destination_weights) : mpi::UNWEIGHTED,
                                                   real_predefined(mpi::INFO_NULL), 0, &real);
  must(error, "a topology");
  return_errors(real);
  lower_call::comm_free(&plain);
  return real;
}

std::uint64_t create(const Comm& comm) {
  std::uint64_t real = create_from(*comm.group, tag_of(comm));
  if (comm.inter == 0) return comm.topology != nullptr ? with_topology(real, *comm.topology) : real;
  std::uint64_t inter = 0;
  must(lower_call::intercomm_create(real, 0, comm_world->real.bits, comm.remote_group->world_ranks[0], tag_of(comm), &inter), "an intercommunicator");
  return_errors(inter);
  lower_call::comm_free(&real);
  return inter;
}

/// A duplicate of one is as good as the other. All members of both come to the same answer: topologies are the same object where
/// one was duplicated from the other.
bool alike(const Comm& a, const Comm& b) {
  return a.inter == b.inter && a.topology == b.topology && same_order(*a.group, *b.group) && (a.inter == 0 || same_order(*a.remote_group, *b.remote_group));
}

/// Remakes communicators. The first one of its kind is created; others are its duplicates, which take a fraction of the time, as
/// many in one crossing as no creation comes in between.
class CommMaker {
 public:
  CommMaker() : models_{Model{digest(*comm_world), comm_world}, Model{digest(*comm_self), comm_self}} {}

  void make(Comm& comm) {
    std::uint64_t key = digest(comm);
    auto model = std::find_if(models_.begin(), models_.end(), [&](const Model& m) { return m.key == key && alike(*m.comm, comm); });
    if (model != models_.end()) {
      duplicates_.push_back({model->comm->real.bits, 0});
      duplicated_.push_back(&comm);
      return;
    }
    make_duplicates();
    comm.real.bits = create(comm);
    models_.push_back({key, &comm});
  }

  /// Duplicates inherit the error handler, too.
  void make_duplicates() {
    if (duplicates_.empty()) return;
    custom::DuplicateAll a{duplicates_.data(), static_cast<std::int64_t>(duplicates_.size())};
    must(static_cast<int>(cross(&a, LowerEntry::custom_comm_dup_all)), "a communicator");
    for (std::size_t i = 0; i < duplicates_.size(); ++i) duplicated_[i]->real.bits = duplicates_[i].made;
    duplicates_.clear();
    duplicated_.clear();
  }

 private:
  struct Model {
    std::uint64_t key;
    const Comm* comm;
  };
  static std::uint64_t digest(const Comm& comm) {
    std::uint64_t sum = 14695981039346656037u;
    for (int rank : comm.group->world_ranks) sum = (sum ^ static_cast<std::uint32_t>(rank)) * 1099511628211u;
    return sum;
  }
  Vector<Model> models_;
  Vector<custom::Duplication> duplicates_;
  Vector<Comm*> duplicated_;
};

/// Freed communicators stay only where an operation still uses them. One that not all of its members have kept can't be
/// remade, and needn't be: nobody is left who could send on it. Returns the ids that all members have.
Vector<std::uint64_t> freed_by_none_alone(const Vector<Comm*>& comms) {
  std::uint64_t word = predefined_datatype(mpi::INT64_T)->real.bits, count_type = predefined_datatype(mpi::INT)->real.bits;
  Vector<std::uint64_t> mine, all, complete;
  for (const Comm* c : comms)
    if (c->freed != 0 && !c->given_up) mine.push_back(c->counter.id);
  int count = static_cast<int>(mine.size()), total = 0;
  Vector<int> counts(comm_world->size), offsets(comm_world->size);
  must(lower_call::allgather(&count, 1, count_type, counts.data(), 1, count_type, comm_world->real.bits), "MPI_COMM_WORLD");
  for (int i = 0; i < comm_world->size; ++i) {
    offsets[i] = total;
    total += counts[i];
  }
  if (total == 0) return complete;
  all.resize(total);
  must(lower_call::allgatherv(mine.data(), count, word, all.data(), counts.data(), offsets.data(), word, comm_world->real.bits), "MPI_COMM_WORLD");
  for (const Comm* c : comms)
    if (c->freed != 0 && !c->given_up && std::count(all.begin(), all.end(), c->counter.id) == c->size + c->remote_size) complete.push_back(c->counter.id);
  return complete;
}

void rebuild_comms() {
  return_errors(comm_world->real.bits);
  return_errors(comm_self->real.bits);
  Vector<Comm*> comms;
  comm_slots.each([&](Object* object) { comms.push_back(static_cast<Comm*>(object)); });
  std::sort(comms.begin(), comms.end(), [](const Comm* a, const Comm* b) { return a->counter.id < b->counter.id; });
  Vector<std::uint64_t> complete = freed_by_none_alone(comms);
  CommMaker maker;
  for (Comm* c : comms) {
    if (c->freed != 0 && std::find(complete.begin(), complete.end(), c->counter.id) == complete.end())
      c->real.bits = real_comm_null();
    else
      maker.make(*c);
  }
  maker.make_duplicates();
}

}  // namespace

std::uint64_t real_predefined(std::uint32_t vid) { return predefined_bits[vid]; }

void refresh_predefined() {
  for (std::uint32_t vid = 0; vid < 1024; ++vid) {
    if (predefined_objects[vid] == nullptr) continue;
    predefined_bits[vid] = lower_call::predefined(vid);
    std::uint64_t bits = predefined_bits[vid];
    if (vid >= mpi::COMM_NULL && vid <= mpi::COMM_SELF) static_cast<Comm*>(predefined_objects[vid])->real.bits = bits;
    if (vid >= mpi::OP_NULL && vid <= mpi::NO_OP) static_cast<Op*>(predefined_objects[vid])->real.bits = bits;
  }
  std::uint64_t real_null = predefined_bits[mpi::DATATYPE_NULL];
  substitutes().clear();  // those of the lower half before this one
  for (const PredefinedType& row : predefined_types) {
    std::uint64_t& bits = predefined_bits[row.vid];
    bool absent = bits == 0 || (bits == real_null && row.vid != mpi::DATATYPE_NULL);
    if (absent && row.vid != mpi::LB && row.vid != mpi::UB) bits = substitute(row, real_null);
    predefined_datatype(row.vid)->real.bits = bits;
  }
}

void free_substitutes() {
  for (std::uint64_t& real : substitutes()) lower_call::type_free(&real);
  substitutes().clear();
}

void rebuild_objects() {
  WrapperScope scope(ThreadPlace::at_line);
  set_clock();
  refresh_predefined();
  rebuild_ops(false);
  rebuild_datatypes();
  rebuild_ops(true);
  rebuild_comms();
  rebuild_files();
  rebuild_windows();
}

}  // namespace mana::upper
