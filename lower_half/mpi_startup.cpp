// SPDX-License-Identifier: Apache-2.0
#include "lower_half/mpi_startup.hpp"

#include <mpi.h>

#include <cstdlib>

#include "common/arch.hpp"
#include "common/mpi_constants.hpp"
#include "common/startup_args.hpp"
#include "lower_half/complain.hpp"
#include "lower_half/descriptors.hpp"
#include "lower_half/gate_page.hpp"
#include "lower_half/job.hpp"
#include "lower_half/native.hpp"
#include "upper_half/resident/window.hpp"

namespace mana::lower {
namespace {

int native_level(int standard) {
  switch (standard) {
    case mpi::THREAD_FUNNELED: return MPI_THREAD_FUNNELED;
    case mpi::THREAD_SERIALIZED: return MPI_THREAD_SERIALIZED;
    case mpi::THREAD_MULTIPLE: return MPI_THREAD_MULTIPLE;
    default: return MPI_THREAD_SINGLE;
  }
}

int standard_level(int native) {
  if (native == MPI_THREAD_FUNNELED) return mpi::THREAD_FUNNELED;
  if (native == MPI_THREAD_SERIALIZED) return mpi::THREAD_SERIALIZED;
  return native == MPI_THREAD_MULTIPLE ? mpi::THREAD_MULTIPLE : mpi::THREAD_SINGLE;
}

/// The MPI's drivers install handlers of their own (SIGSEGV, SIGCHLD …) that would run with the program's FS base:
/// the program sees the dispositions that it was given.
/// By raw system calls, for libc's sigaction() would put the lower half's restorer into the program's frames.
class KeptDispositions {
 public:
  KeptDispositions() {
    for (int s = 1; s <= 64; ++s) valid_[s] = arch::raw_syscall(SYS_rt_sigaction, s, 0, arch::word(&kept_[s]), 8) == 0;
  }
  ~KeptDispositions() {
    for (int s = 1; s <= 64; ++s)
      if (valid_[s]) arch::raw_syscall(SYS_rt_sigaction, s, arch::word(&kept_[s]), 0, 8);
  }

 private:
  KernelSigaction kept_[65] = {};
  bool valid_[65] = {};
};

MPI_Comm notes = MPI_COMM_NULL;

/// For tests: how many ranks count as a node; 0: what the MPI says.
int ranks_per_node() {
  const char* wish = std::getenv("MANA_RANKS_PER_NODE");
  return wish == nullptr ? 0 : std::atoi(wish);
}

void find_nodes(RealMpi& real) {
  MPI_Comm host;
  int rank_on_host = 0, ranks_on_host = 1, first = 0;
  PMPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &host);
  PMPI_Comm_rank(host, &rank_on_host);
  PMPI_Comm_size(host, &ranks_on_host);
  const int per_node = ranks_per_node();
  real.one_host = ranks_on_host == real.size;
  real.lowest_of_node = per_node > 0 ? real.rank % per_node == 0 : rank_on_host == 0;
  first = real.lowest_of_node ? 1 : 0;
  PMPI_Allreduce(&first, &real.nodes, 1, MPI_INT, MPI_SUM, MPI_COMM_WORLD);
  PMPI_Scan(&first, &real.node, 1, MPI_INT, MPI_SUM, MPI_COMM_WORLD);
  --real.node;
  if (per_node == 0) PMPI_Bcast(&real.node, 1, MPI_INT, 0, host);
  PMPI_Comm_free(&host);
}

}  // namespace

RealMpi start_real_mpi(int required) {
  KeptDispositions kept;
  RealMpi real{};
  int provided = 0;
  if (int code = PMPI_Init_thread(nullptr, nullptr, native_level(required), &provided); code != MPI_SUCCESS)
    complain("MPI_Init of the real {} failed with code {}", built_with_mpi_name(), code);
  PMPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
  PMPI_Comm_set_errhandler(MPI_COMM_SELF, MPI_ERRORS_RETURN);
  PMPI_Comm_dup(MPI_COMM_WORLD, &notes);
  PMPI_Comm_rank(MPI_COMM_WORLD, &real.rank);
  PMPI_Comm_size(MPI_COMM_WORLD, &real.size);
  real.provided = standard_level(provided);
  find_nodes(real);
  set_known_rank(real.rank);
  return real;
}

void share_bytes(std::string& bytes, int rank) {
  int count = static_cast<int>(bytes.size());
  PMPI_Bcast(&count, 1, MPI_INT, 0, MPI_COMM_WORLD);
  if (rank != 0) bytes.resize(static_cast<std::size_t>(count));
  PMPI_Bcast(bytes.data(), count, MPI_CHAR, 0, MPI_COMM_WORLD);
}

std::vector<std::string> share_by_node(const std::string& mine, const RealMpi& real) {
  MPI_Comm lowest;
  std::vector<std::string> texts;
  PMPI_Comm_split(MPI_COMM_WORLD, real.lowest_of_node ? 0 : MPI_UNDEFINED, real.node, &lowest);
  if (lowest == MPI_COMM_NULL) return texts;
  std::vector<char> own(node_text), all(static_cast<std::size_t>(real.nodes) * node_text);
  mine.copy(own.data(), node_text - 1);
  PMPI_Allgather(own.data(), node_text, MPI_CHAR, all.data(), node_text, MPI_CHAR, lowest);
  PMPI_Comm_free(&lowest);
  for (int node = 0; node < real.nodes; ++node) texts.emplace_back(all.data() + static_cast<std::size_t>(node) * node_text);
  return texts;
}

void wait_for_all() { PMPI_Barrier(MPI_COMM_WORLD); }

bool all_agree(bool mine) {
  int yes = mine ? 1 : 0, all = 0;
  PMPI_Allreduce(&yes, &all, 1, MPI_INT, MPI_MIN, MPI_COMM_WORLD);
  return all != 0;
}

MPI_Comm notes_comm() { return notes; }

int stop_real_mpi() {
  PMPI_Comm_free(&notes);
  return PMPI_Finalize();
}

std::string real_version() {
  char text[MPI_MAX_LIBRARY_VERSION_STRING];
  int length = 0;
  PMPI_Get_library_version(text, &length);
  std::string version(text, static_cast<std::size_t>(length));
#ifdef OMPI_MAJOR_VERSION
  return "Open MPI " + version.substr(version.find('v') + 1, version.find(',') - version.find('v') - 1);
#elif defined MPICH_VERSION
  auto number = version.find_first_of("0123456789");
  return "MPICH " + version.substr(number, version.find_first_of("\n\t ", number) - number);
#else
  return version.substr(0, version.find('\n'));
#endif
}

extern "C" std::int64_t lower_custom_initialize(void* arguments) {
  auto& a = *static_cast<custom::Initialize*>(arguments);
  std::set<int> before = open_descriptors();
  RealMpi real = start_real_mpi(a.required);
  note_lower_descriptors(before);
  a.provided = real.provided;
  a.rank = real.rank;
  a.size = real.size;
  join_job(real);
  return 0;
}

extern "C" std::int64_t lower_custom_finalize(void*) {
  leave_job();
  return stop_real_mpi();
}

}  // namespace mana::lower
