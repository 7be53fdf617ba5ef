// SPDX-License-Identifier: Apache-2.0
// Open files across a restart. The file itself is left as it is, unless the restart is to cut it off where it ended at the
// checkpoint: what the program wrote between checkpoint and end of the job stays in it, and is written again by the
// continued program at the same places, for all pointers stand where they stood at the checkpoint.
#include <algorithm>
#include <fcntl.h>
#include <unistd.h>

#include "common/arch.hpp"
#include "common/mpi_constants.hpp"
#include "gen/lower_calls.hpp"
#include "upper_half/file.hpp"
#include "upper_half/predefined.hpp"
#include "upper_half/real_info.hpp"

namespace mana::upper {
namespace {

constexpr std::int64_t never_used = -1;

void must(int error, const char* what, const File& file) {
  if (error != 0) fatal("restart: can't %s %s again (%s); put it back and restart", what, file.path.c_str(), name_of_error(error));
}

/// An image that outlives its node is of no use when what was written before it was lost with the node.
void send_to_disk(File& file) {
  if (!file.may_be_dirty) return;
  file.may_be_dirty = false;
  long fd = open_aside(file, O_RDONLY);
  if (fd < 0) return;  // removed or not readable: nothing that anybody could read after the restart
  arch::raw_syscall(SYS_fsync, fd);
  arch::raw_syscall(SYS_close, fd);
}

/// The file is there: it is neither made nor emptied again.
int reopening_amode(int amode) { return real_amode(amode) & ~(mpi::MODE_CREATE | mpi::MODE_EXCL | mpi::MODE_APPEND); }

/// The position that those members saw that have used the shared pointer; collective over the members.
std::int64_t agreed_shared_position(const File& file) {
  std::int64_t mine = file.shared_is_used ? file.shared_position : never_used, all = never_used;
  std::uint64_t word = real_predefined(mpi::INT64_T);
  must(lower_call::allreduce(&mine, &all, 1, word, real_predefined(mpi::MAX), file.comm->real.bits), "agree on the shared pointer of", file);
  return all;
}

/// Every member does it before the file is opened again, which is collective: so it is done before anybody writes.
void cut_off(const File& file) {
  if (gate().truncate_files == 0 || !file.is_writable()) return;
  long fd = open_aside(file, O_WRONLY);
  if (fd < 0) return;  // the real MPI will say why
  if (arch::raw_syscall(SYS_lseek, fd, 0, SEEK_END) > file.size && arch::raw_syscall(SYS_ftruncate, fd, file.size) != 0)
    fatal("restart: can't cut off %s at %lld bytes; restart with --files keep", file.path.c_str(), static_cast<long long>(file.size));
  arch::raw_syscall(SYS_close, fd);
}

void reopen(File& file) {
  RealInfo hints(file.info);
  cut_off(file);
  must(lower_call::file_open(file.comm->real.bits, file.path.c_str(), reopening_amode(file.amode), hints.bits(), &file.real.bits), "open", file);
  std::uint64_t real = file.real.bits;
  const FileView& view = file.view;
  if (file.view_is_set)
    must(lower_call::file_set_view(real, view.displacement, view.etype->real.bits, view.filetype->real.bits, real_datarep(view.datarep.c_str()), hints.bits()),
         "set the view of", file);
  if (file.atomic) must(lower_call::file_set_atomicity(real, 1), "set the atomicity of", file);
  if (file.position != 0) must(lower_call::file_seek(real, file.position, mpi::FILE_SEEK_SET), "set the pointer of", file);
  std::int64_t shared = agreed_shared_position(file);
  if (shared > 0) must(lower_call::file_seek_shared(real, shared, mpi::FILE_SEEK_SET), "set the shared pointer of", file);
}

Vector<File*> open_files() {
  Vector<File*> files;
  file_slots.each([&](Object* object) { files.push_back(static_cast<File*>(object)); });
  std::sort(files.begin(), files.end(), [](const File* a, const File* b) { return a->comm->counter.id < b->comm->counter.id; });
  return files;
}

}  // namespace

std::size_t prefix_length(const char* name) {
  std::size_t n = 0;
  while (name[n] >= 'a' && name[n] <= 'z') ++n;
  return n >= 3 && name[n] == ':' ? n + 1 : 0;
}

long open_aside(const File& file, int flags) {
  return arch::raw_syscall(SYS_open, arch::word(file.path.c_str() + prefix_length(file.path.c_str())), flags | O_CLOEXEC);
}

void settle_files() {
  file_slots.each([](Object* object) {
    File& file = *static_cast<File*>(object);
    lower_call::file_get_position(file.real.bits, &file.position);
    lower_call::file_get_size(file.real.bits, &file.size);
    if (file.shared_is_used) lower_call::file_get_position_shared(file.real.bits, &file.shared_position);
    send_to_disk(file);
  });
}

void rebuild_files() {
  for (File* file : open_files()) reopen(*file);
}

}  // namespace mana::upper
