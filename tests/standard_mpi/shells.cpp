// SPDX-License-Identifier: Apache-2.0
// The part of the tests' libmpi_abi.so.1 that is the same for all functions, and the functions that no row of gen/mpi_api.table tells.
#include "tests/standard_mpi/shells.hpp"

#include <dlfcn.h>

#include <cstdio>
#include <cstdlib>
#include <string>

#include "common/mpi_constants.hpp"

namespace standard_mpi {
namespace {

/// Beside this library. Its own symbols come first: PMPI_Send is MPICH's there, whatever this library exports.
void* core() {
  static void* const opened = [] {
    Dl_info self;
    dladdr(reinterpret_cast<void*>(&real_of), &self);
    std::string path = self.dli_fname;
    path = path.substr(0, path.rfind('/') + 1) + "libstandard_mpi_core.so";
    void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_DEEPBIND);
    if (library == nullptr) {
      std::fprintf(stderr, "libmpi_abi.so.1 of the tests: %s\n", dlerror());
      std::abort();
    }
    return library;
  }();
  return opened;
}

template <class F>
F core_function(const char* name) {
  return reinterpret_cast<F>(core_symbol(name));
}

const std::uint64_t* real_predefined() {
  static std::uint64_t* const table = [] {
    auto* all = static_cast<std::uint64_t*>(std::calloc(mana::mpi::PREDEFINED_COUNT, sizeof(std::uint64_t)));
    auto* real_one = core_function<std::uint64_t (*)(std::uint32_t)>("standard_mpi_predefined");
    for (const PredefinedHandle* p = predefined_handles; p->standard != 0; ++p) all[p->standard] = real_one(p->standard);
    for (const PredefinedHandle* p = predefined_handles; p->standard != 0; ++p)
      if (p->handle_class == class_of<MPI_Datatype> && all[p->standard] == 0) all[p->standard] = all[mana::mpi::DATATYPE_NULL];
    return all;
  }();
  return table;
}

}  // namespace

void* core_symbol(const char* name) { return dlsym(core(), name); }

int call(int number, void* arguments) {
  static auto* const entries = core_function<std::int64_t (*const*)(void*)>("standard_mpi_core");
  return static_cast<int>(entries[number](arguments));
}

std::uint64_t real_of(std::uint64_t standard) { return standard < mana::mpi::PREDEFINED_COUNT ? real_predefined()[standard] : standard; }

std::uint64_t standard_of(std::uint64_t real, int handle_class) {
  for (const PredefinedHandle* p = predefined_handles; p->standard != 0; ++p)
    if (p->handle_class == handle_class && real_predefined()[p->standard] == real) return p->standard;
  return real;
}

DistributionArguments::DistributionArguments(const int* values, int count) {
  for (int i = 0; i < count; ++i) values_.push_back(values[i] == MPI_DISTRIBUTE_DFLT_DARG ? mana::mpi::DISTRIBUTE_DFLT_DARG : values[i]);
}

Status canonical(const MPI_Status& status) {
  Status s{status.MPI_SOURCE, status.MPI_TAG, status.MPI_ERROR, status.MPI_internal[0], 0};
  std::memcpy(&s.count_bytes, &status.MPI_internal[1], sizeof s.count_bytes);
  return s;
}

/// MPI_ERROR stays as it is, as MPI has it for single completions.
void store(MPI_Status* status, const Status& from) {
  if (status == MPI_STATUS_IGNORE) return;
  status->MPI_SOURCE = from.source;
  status->MPI_TAG = from.tag;
  status->MPI_internal[0] = from.cancelled;
  std::memcpy(&status->MPI_internal[1], &from.count_bytes, sizeof from.count_bytes);
}

int peers(MPI_Comm comm) {
  int inter = 0, size = 0;
  PMPI_Comm_test_inter(comm, &inter);
  inter ? PMPI_Comm_remote_size(comm, &size) : PMPI_Comm_size(comm, &size);
  return size;
}

namespace {

int neighbors(MPI_Comm comm, bool incoming) {
  int kind = MPI_UNDEFINED, in = 0, out = 0, weighted = 0, rank = 0;
  PMPI_Topo_test(comm, &kind);
  PMPI_Comm_rank(comm, &rank);
  if (kind == MPI_CART) PMPI_Cartdim_get(comm, &in), in *= 2, out = in;
  if (kind == MPI_GRAPH) PMPI_Graph_neighbors_count(comm, rank, &in), out = in;
  if (kind == MPI_DIST_GRAPH) PMPI_Dist_graph_neighbors_count(comm, &in, &out, &weighted);
  return incoming ? in : out;
}

/// From here on the core calls back: the type that a user's function gets.
std::uint64_t standard_type(std::uint64_t real) { return standard_of(real, class_of<MPI_Datatype>); }

}  // namespace

int in_neighbors(MPI_Comm comm) { return neighbors(comm, true); }
int out_neighbors(MPI_Comm comm) { return neighbors(comm, false); }

}  // namespace standard_mpi

using namespace standard_mpi;

extern "C" {

int PMPI_Initialized(int* flag) { return core_function<int (*)(int*)>("PMPI_Initialized")(flag); }

int PMPI_Error_class(int code, int* error_class) {
  *error_class = code;
  return MPI_SUCCESS;
}

int PMPI_Status_set_elements_x(MPI_Status* status, MPI_Datatype type, MPI_Count count) {
  int size = 0;
  PMPI_Type_size(type, &size);
  Status s = canonical(*status);
  s.count_bytes = count * size;
  store(status, s);
  return MPI_SUCCESS;
}

int PMPI_Status_set_cancelled(MPI_Status* status, int flag) {
  Status s = canonical(*status);
  s.cancelled = flag;
  store(status, s);
  return MPI_SUCCESS;
}

int PMPI_Op_create(MPI_User_function* function, int commute, MPI_Op* op) {
  using Create = int (*)(MPI_User_function*, int, std::uint64_t (*)(std::uint64_t), std::uint64_t*);
  std::uint64_t real_op = 0;
  int code = core_function<Create>("standard_mpi_op_create")(function, commute, standard_type, &real_op);
  *op = handle<MPI_Op>(real_op);
  return code;
}

/// MPICH writes its handle, an int, when the request completes: into the lower half of the place, which the caller has cleared.
int PMPI_Comm_idup(MPI_Comm comm, MPI_Comm* newcomm, MPI_Request* request) {
  using Duplicate = int (*)(std::uint64_t, void*, std::uint64_t*);
  std::uint64_t real_request = 0;
  *newcomm = nullptr;
  int code = core_function<Duplicate>("standard_mpi_comm_idup")(real(comm), newcomm, &real_request);
  *request = handle<MPI_Request>(real_request);
  return code;
}

/// This MPI starts no processes.
int PMPI_Comm_spawn_multiple(int, char**, char***, const int*, const MPI_Info*, int, MPI_Comm, MPI_Comm* intercomm, int*) {
  *intercomm = MPI_COMM_NULL;
  return MPI_ERR_SPAWN;
}

}  // extern "C"
