// SPDX-License-Identifier: Apache-2.0
#include "lower_half/mpi_startup.hpp"

#include <dlfcn.h>
#include <mpi.h>
#include <sys/stat.h>
#include <unistd.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <fstream>
#include <thread>
#include <unordered_map>
#include <vector>

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

/// The same in processes that reach each other by the loopback address: of the host's name, the kernel's boot, the network namespace.
std::uint64_t host_identity() {
  char name[256] = {};
  gethostname(name, sizeof name - 1);
  std::string text = name, boot;
  std::ifstream("/proc/sys/kernel/random/boot_id") >> boot;
  struct stat network {};
  if (stat("/proc/self/ns/net", &network) == 0) boot += std::to_string(network.st_ino);
  text += boot;
  return XXH3_64bits(text.data(), text.size());
}

/// For tests: how many ranks count as a node; 0: those of one host.
int ranks_per_node() {
  const char* wish = std::getenv("MANA_RANKS_PER_NODE");
  return wish == nullptr ? 0 : std::atoi(wish);
}

/// No communicator is made for this: making one leaves Open MPI's nonblocking collectives in its progress for ever, which costs
/// every message 40 ns.
void find_nodes(RealMpi& real) {
  std::vector<std::uint64_t> hosts(static_cast<std::size_t>(real.size));
  const std::uint64_t mine = host_identity();
  PMPI_Allgather(&mine, 1, MPI_UINT64_T, hosts.data(), 1, MPI_UINT64_T, MPI_COMM_WORLD);
  real.one_host = std::ranges::all_of(hosts, [&](std::uint64_t host) { return host == mine; });
  if (const int per_node = ranks_per_node(); per_node > 0)
    for (std::size_t rank = 0; rank < hosts.size(); ++rank) hosts[rank] = rank / static_cast<std::size_t>(per_node);
  std::unordered_map<std::uint64_t, int> numbers;  // in the order of the lowest ranks
  for (std::uint64_t host : hosts) numbers.emplace(host, static_cast<int>(numbers.size()));
  const std::uint64_t own = hosts[static_cast<std::size_t>(real.rank)];
  real.nodes = static_cast<int>(numbers.size());
  real.node = numbers[own];
  real.lowest_of_node = std::ranges::find(hosts, own) - hosts.begin() == real.rank;
}

/// A communicator of all ranks that is ours. Not by MPI_Comm_dup, for the reason above.
MPI_Comm communicator_for_notes() {
  MPI_Group everybody;
  MPI_Comm made = MPI_COMM_NULL;
  PMPI_Comm_group(MPI_COMM_WORLD, &everybody);
  int code = PMPI_Comm_create_group(MPI_COMM_WORLD, everybody, 0, &made);
  PMPI_Group_free(&everybody);
  if (code != MPI_SUCCESS) complain("the real {} can't make a communicator (code {})", built_with_mpi_name(), code);
  return made;
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
  notes = communicator_for_notes();
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

void take_leave_of_launcher() {
#ifdef OPEN_MPI
  // mpirun reports a process that has not left PMIx as an abnormal end, and so the whole job.
  void* library = dlopen("libpmix.so.2", RTLD_NOW | RTLD_NOLOAD);
  auto finalize = library == nullptr ? nullptr : reinterpret_cast<int (*)(const void*, std::size_t)>(dlsym(library, "PMIx_Finalize"));
  if (finalize == nullptr) return;
  static std::atomic<bool> done{false};
  std::thread([finalize] {
    for (int held = 0; held < 8 && finalize(nullptr, 0) == 0; ++held) {}
    done = true;
  }).detach();
  for (int waited = 0; waited < 200 && !done; ++waited) usleep(10000);
#endif
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
