// SPDX-License-Identifier: Apache-2.0
// Files (MPI 4.1 §14): what it takes to open one again at the same place after a restart, and the scopes of its calls.
//
// Every file of several processes has a communicator of its own, a duplicate of the one it was opened with, as MPI 4.1
// §14.2.1 has it: its collective operations are counted there, apart from those of the application's communicator and of
// other files.
#pragma once

#include "upper_half/collectives.hpp"
#include "upper_half/comm.hpp"
#include "upper_half/datatype.hpp"
#include "upper_half/errhandler.hpp"
#include "upper_half/info.hpp"
#include "upper_half/objects.hpp"
#include "upper_half/request.hpp"
#include "upper_half/text.hpp"

namespace mana::upper {

/// What MPI_File_set_view has set (MPI 4.1 §14.3). The types are referenced.
struct FileView {
  std::int64_t displacement = 0;
  Datatype* etype = nullptr;
  Datatype* filetype = nullptr;
  Text datarep;
};

/// A split collective between its begin, where all of it is done, and its end (MPI 4.1 §14.4.5).
struct SplitAccess {
  bool active = false;
  Status status{};
};

struct File : Object {
  Real<Class::file> real;
  Comm* comm = nullptr;  ///< the file's own; null for MPI_FILE_NULL
  Errhandler* errhandler = nullptr;
  Text path;             ///< absolute, as long as the application's name was no address of another kind
  int amode = 0;         ///< as the application gave it
  Info* info = nullptr;  ///< hints that the application gave; may be null
  FileView view;
  bool view_is_set = false;  ///< false: still the view of MPI_File_open
  bool atomic = false;
  bool may_be_dirty = false;                       ///< this rank has taken part in an access that may have written, after the last checkpoint
  bool shared_is_used = false;                     ///< this rank knows of a use of the shared file pointer
  std::int64_t position = 0, shared_position = 0;  ///< in etypes; valid between the drain and the end of a restart
  std::int64_t size = 0;                           ///< bytes; likewise
  SplitAccess split;

  bool is_sequential() const { return (amode & mpi::MODE_SEQUENTIAL) != 0; }
  bool is_writable() const { return (amode & (mpi::MODE_WRONLY | mpi::MODE_RDWR)) != 0; }
  bool is_deleted_on_close() const { return (amode & mpi::MODE_DELETE_ON_CLOSE) != 0; }
};

/// An open file.
[[gnu::always_inline]] inline bool usable(const File* file) { return file != nullptr && file->comm != nullptr; }

/// Held around every call on a file that is not collective. Counted like a message to oneself, so that no cut is reached
/// job-wide before the file pointers stand still.
class FileCall {
 public:
  FileCall() {
    post_deferred();
    count_operation();
  }
  ~FileCall() {
    volatile std::uint64_t& received = interface().received;
    if (threads_multiple())
      __atomic_fetch_add(&received, 1, __ATOMIC_RELAXED);
    else
      received = received + 1;
  }
  FileCall(const FileCall&) = delete;

 private:
  WrapperScope scope_;
};

/// The amode for the real MPI. Without SEQUENTIAL, for no pointer could be set after a restart (its rules are checked
/// here), and without DELETE_ON_CLOSE, which is done here: a killed job must leave the file to its restart.
inline int real_amode(int amode) { return amode & ~(mpi::MODE_SEQUENTIAL | mpi::MODE_DELETE_ON_CLOSE); }

/// "internal" is the bytes in memory here, whichever MPI is below: so both can read the file after a restart.
inline const char* real_datarep(const char* datarep) { return std::strcmp(datarep, "internal") == 0 ? "native" : datarep; }

/// Remembers the pointers of all open files and sends their data to the disk. On the MPI thread, after the drain and before
/// the image.
void settle_files();
/// Length of a leading "ufs:" or the like, which names the kind of file system to MPI; 0 without one.
std::size_t prefix_length(const char* name);
/// The file's descriptor beside the real MPI's, or a negative error number.
long open_aside(const File& file, int flags);
/// Opens all files again in ascending id of their communicators: view, atomicity and pointers as they were.
void rebuild_files();

}  // namespace mana::upper
