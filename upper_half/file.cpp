// SPDX-License-Identifier: Apache-2.0
// Files: opening, closing, views, pointers, sizes and queries (MPI 4.1 §14.2, §14.3, §14.6), error handlers (§14.7).
// Access to data is in file_access.cpp.
#include "upper_half/file.hpp"

#include <algorithm>
#include <cerrno>
#include <climits>
#include <fcntl.h>
#include <unistd.h>

#include "common/arch.hpp"
#include "common/mpi_constants.hpp"
#include "gen/lower_calls.hpp"
#include "gen/upper_api.hpp"
#include "upper_half/predefined.hpp"
#include "upper_half/real_info.hpp"
#include "upper_half/real_types.hpp"

namespace mana::upper {
namespace {

/// MPI_DISPLACEMENT_CURRENT of both MPIs; no other negative displacement is valid.
constexpr std::int64_t romio_displacement_current = -54278278;

/// The name as it is valid in another working directory, too.
Text absolute(const char* name) {
  std::size_t prefix = prefix_length(name);
  char directory[PATH_MAX];
  if (name[prefix] == '/' || name[prefix] == 0 || getcwd(directory, sizeof directory) == nullptr) return Text(name);
  Text path(name, prefix);
  path += directory;
  path += '/';
  path += name + prefix;
  return path;
}

void retain_hints(File& file, const Info* info) {
  if (!usable(info)) return;
  if (file.info == nullptr) file.info = copy_info(nullptr);
  for (const Info::Entry& e : info->entries) file.info->set(e.key.c_str(), e.value.c_str());
}

/// The file's own communicator. Inside the collective scope of the opening. A process alone has nobody to be out of step
/// with, and programs open many files on MPI_COMM_SELF: these share it.
int make_own_comm(Comm* comm, Comm** own) {
  if (comm->size == 1) {
    retain(comm);
    *own = comm;
    return 0;
  }
  return duplicate_inside(comm, own);
}

File* make_file(Comm* comm, const char* filename, int amode, const Info* info) {
  auto* file = create<File>();
  file->comm = comm;
  file->errhandler = file_null->errhandler;
  retain(file->errhandler);
  file->path = absolute(filename);
  file->amode = amode;
  file->view.etype = file->view.filetype = predefined_datatype(mpi::BYTE);
  file->view.datarep = "native";
  file->shared_is_used = (amode & mpi::MODE_APPEND) != 0;  // it begins at the end of the file
  retain_hints(*file, info);
  return file;
}

void destroy_file(File* file) {
  release(file->comm);
  release(file->errhandler);
  release(file->info);
  release(file->view.etype);
  release(file->view.filetype);
  file->magic = 0;
  destroy(file);
}

/// Representations that the application has registered (MPI 4.1 §14.5.3).
Vector<Text>& registered_datareps() {
  static Vector<Text>* list = create<Vector<Text>>();
  return *list;
}

bool is_known_datarep(const char* name) {
  for (const char* predefined : {"native", "internal", "external32"})
    if (std::strcmp(name, predefined) == 0) return true;
  return std::find(registered_datareps().begin(), registered_datareps().end(), name) != registered_datareps().end();
}

void set_view(FileView& view, std::int64_t displacement, Datatype* etype, Datatype* filetype, const char* datarep) {
  retain(etype);
  retain(filetype);
  release(view.etype);
  release(view.filetype);
  view.displacement = displacement;
  view.etype = etype;
  view.filetype = filetype;
  view.datarep = datarep;
}

/// Bytes from the file's start to the shared pointer, when no member moves it any more (MPI 4.1 §14.3).
int current_displacement(const File& file, std::int64_t* displacement) {
  if (int error = lower_call::barrier(file.comm->real.bits); error != 0) return error;
  std::int64_t position = 0;
  if (int error = lower_call::file_get_position_shared(file.real.bits, &position); error != 0) return error;
  if (int error = lower_call::file_get_byte_offset(file.real.bits, position, displacement); error != 0) return error;
  return lower_call::barrier(file.comm->real.bits);
}

/// Asks the file system for the blocks of the first `size` bytes; those that can't promise any are content with the size.
int allocate_storage(const File& file, std::int64_t size) {
  long fd = open_aside(file, O_WRONLY);
  if (fd < 0) return 0;  // removed: it has a size only for those that have it open
  long error = arch::raw_syscall(SYS_fallocate, fd, 0, 0, size);
  arch::raw_syscall(SYS_close, fd);
  return error == -ENOSPC || error == -EDQUOT ? mpi::ERR_NO_SPACE : 0;
}

/// Without the real MPI_File_preallocate. OMPIO 4.1.4's fills the new part with a copy of the old one, and a member that looks at the size when another one
/// has enlarged the file already takes no part in the rest: later calls fail or hang.
int preallocate_in_step(const File& file, std::int64_t size) {
  std::uint64_t real = file.real.bits, comm = file.comm->real.bits;
  std::int64_t mine = 0, largest = 0;
  if (int error = lower_call::file_get_size(real, &mine); error != 0) return error;
  if (int error = lower_call::allreduce(&mine, &largest, 1, real_predefined(mpi::INT64_T), real_predefined(mpi::MAX), comm); error != 0) return error;
  if (largest >= size) return 0;
  int result = file.comm->rank == 0 ? allocate_storage(file, size) : 0;
  if (int error = lower_call::bcast(&result, 1, real_predefined(mpi::INT), 0, comm); error != 0) return error;
  return result != 0 ? result : lower_call::file_set_size(real, size);
}

}  // namespace

int raise(File* file, int code, const char* function) {
  File* owner = usable(file) ? file : file_null;
  return raise_on(owner, owner->errhandler, usable(file) ? file->path.c_str() : "MPI_FILE_NULL", code, function);
}

}  // namespace mana::upper

namespace mana::api {
namespace {

/// A query or a local change.
template <class F>
int locally(File* fh, F call) {
  if (!usable(fh)) return mpi::ERR_FILE;
  FileCall scope;
  return call(fh->real.bits);
}

/// As above, for what MPI_MODE_SEQUENTIAL forbids.
template <class F>
int locally_by_position(File* fh, F call) {
  if (usable(fh) && fh->is_sequential()) return mpi::ERR_UNSUPPORTED_OPERATION;
  return locally(fh, call);
}

template <class F>
int collectively(File* fh, const char* name, F call) {
  if (!usable(fh)) return mpi::ERR_FILE;
  CollectiveScope scope(fh->comm, name);
  return call(fh->real.bits);
}

}  // namespace

/// Counted on the given communicator; what follows is counted on the file's own.
int file_open(Comm* comm, const char* filename, int amode, Info* info, File** fh) {
  if (!usable(comm) || comm->inter != 0) return mpi::ERR_COMM;
  if (filename == nullptr) return mpi::ERR_BAD_FILE;
  if ((amode & mpi::MODE_SEQUENTIAL) != 0 && (amode & mpi::MODE_RDWR) != 0) return mpi::ERR_AMODE;
  WrapperScope scope;
  CollectiveScope collective(comm, "MPI_File_open");
  Comm* own = nullptr;
  if (int error = make_own_comm(comm, &own); error != 0) return error;
  File* file = make_file(own, filename, amode, info);
  RealInfo hints(file->info);
  if (int error = lower_call::file_open(own->real.bits, file->path.c_str(), real_amode(amode), hints.bits(), &file->real.bits); error != 0) {
    destroy_file(file);
    return error;
  }
  file_slots.put(file);
  *fh = file;
  return 0;
}

/// The last barrier makes sure that every member has entered before the first one forgets the file's counter.
int file_close(File** fh) {
  File* file = *fh;
  if (!usable(file)) return mpi::ERR_FILE;
  WrapperScope scope;
  {
    CollectiveScope collective(file->comm, "MPI_File_close");
    if (int error = lower_call::file_close(&file->real.bits); error != 0) return error;
    if (file->is_deleted_on_close() && file->comm->rank == 0) lower_call::file_delete(file->path.c_str(), real_predefined(mpi::INFO_NULL));
    if (int error = file->comm->size == 1 ? 0 : lower_call::barrier(file->comm->real.bits); error != 0) return error;
  }
  file_slots.remove(file);
  destroy_file(file);
  *fh = file_null;
  return 0;
}

int file_delete(const char* filename, Info* info) {
  if (filename == nullptr) return mpi::ERR_BAD_FILE;
  WrapperScope scope;
  RealInfo hints(info);
  return lower_call::file_delete(filename, hints.bits());
}

int file_set_view(File* fh, std::int64_t disp, Datatype* etype, Datatype* filetype, const char* datarep, Info* info) {
  if (!usable(fh)) return mpi::ERR_FILE;
  if (!usable(etype) || !usable(filetype)) return mpi::ERR_TYPE;
  if (datarep == nullptr) return mpi::ERR_ARG;
  bool current = disp == mpi::DISPLACEMENT_CURRENT || disp == romio_displacement_current;
  if (current != fh->is_sequential() && (current || disp < 0)) return mpi::ERR_ARG;
  WrapperScope scope;
  CollectiveScope collective(fh->comm, "MPI_File_set_view");
  if (current)
    if (int error = current_displacement(*fh, &disp); error != 0) return error;
  RealInfo hints(info);
  if (int error = lower_call::file_set_view(fh->real.bits, disp, etype->real.bits, filetype->real.bits, real_datarep(datarep), hints.bits()); error != 0)
    return error;
  set_view(fh->view, disp, etype, filetype, datarep);
  fh->view_is_set = true;
  fh->shared_is_used = false;  // both pointers are at 0 now
  retain_hints(*fh, info);
  return 0;
}

/// Derived types are given out like those of MPI_Type_get_contents: to be freed by the caller.
int file_get_view(File* fh, std::int64_t* disp, Datatype** etype, Datatype** filetype, char* datarep) {
  if (!usable(fh)) return mpi::ERR_FILE;
  WrapperScope scope;
  retain(fh->view.etype);
  retain(fh->view.filetype);
  *disp = fh->view.displacement;
  *etype = fh->view.etype;
  *filetype = fh->view.filetype;
  copy_text(fh->view.datarep, datarep);
  return 0;
}

int file_set_size(File* fh, std::int64_t size) {
  return collectively(fh, "MPI_File_set_size", [&](std::uint64_t real) { return lower_call::file_set_size(real, size); });
}

int file_preallocate(File* fh, std::int64_t size) {
  return collectively(fh, "MPI_File_preallocate",
                      [&](std::uint64_t real) { return gate().lower_mpi == 1 ? lower_call::file_preallocate(real, size) : preallocate_in_step(*fh, size); });
}

int file_sync(File* fh) {
  return collectively(fh, "MPI_File_sync", [&](std::uint64_t real) { return lower_call::file_sync(real); });
}

int file_set_atomicity(File* fh, int flag) {
  return collectively(fh, "MPI_File_set_atomicity", [&](std::uint64_t real) {
    int error = lower_call::file_set_atomicity(real, flag);
    if (error == 0) fh->atomic = flag != 0;
    return error;
  });
}

int file_get_atomicity(File* fh, int* flag) {
  if (!usable(fh)) return mpi::ERR_FILE;
  *flag = fh->atomic ? 1 : 0;
  return 0;
}

int file_set_info(File* fh, Info* info) {
  return collectively(fh, "MPI_File_set_info", [&](std::uint64_t real) {
    RealInfo hints(info);
    int error = lower_call::file_set_info(real, hints.bits());
    if (error == 0) retain_hints(*fh, info);
    return error;
  });
}

/// The hints that the real MPI uses: after a restart under another one they are that one's.
int file_get_info(File* fh, Info** info_used) {
  return locally(fh, [&](std::uint64_t real) {
    std::uint64_t info = 0;
    int error = lower_call::file_get_info(real, &info);
    if (error == 0) *info_used = take_real_info(info);
    return error;
  });
}

int file_get_amode(File* fh, int* amode) {
  if (!usable(fh)) return mpi::ERR_FILE;
  *amode = fh->amode;
  return 0;
}

int file_get_group(File* fh, Group** group) {
  if (!usable(fh)) return mpi::ERR_FILE;
  return comm_group(fh->comm, group);
}

int file_get_size(File* fh, std::int64_t* size) {
  return locally(fh, [&](std::uint64_t real) { return lower_call::file_get_size(real, size); });
}

int file_get_type_extent(File* fh, Datatype* datatype, std::int64_t* extent) {
  if (!usable(datatype)) return mpi::ERR_TYPE;
  return locally(fh, [&](std::uint64_t real) { return lower_call::file_get_type_extent(real, datatype->real.bits, extent); });
}

int file_get_byte_offset(File* fh, std::int64_t offset, std::int64_t* disp) {
  return locally_by_position(fh, [&](std::uint64_t real) { return lower_call::file_get_byte_offset(real, offset, disp); });
}

int file_get_position(File* fh, std::int64_t* offset) {
  return locally_by_position(fh, [&](std::uint64_t real) { return lower_call::file_get_position(real, offset); });
}

int file_seek(File* fh, std::int64_t offset, int whence) {
  return locally_by_position(fh, [&](std::uint64_t real) { return lower_call::file_seek(real, offset, whence); });
}

int file_get_position_shared(File* fh, std::int64_t* offset) {
  return locally_by_position(fh, [&](std::uint64_t real) { return lower_call::file_get_position_shared(real, offset); });
}

int file_seek_shared(File* fh, std::int64_t offset, int whence) {
  if (usable(fh) && fh->is_sequential()) return mpi::ERR_UNSUPPORTED_OPERATION;
  return collectively(fh, "MPI_File_seek_shared", [&](std::uint64_t real) {
    fh->shared_is_used = true;
    return lower_call::file_seek_shared(real, offset, whence);
  });
}

int file_create_errhandler(AnyFunction function, Errhandler** errhandler) { return comm_create_errhandler(function, errhandler); }

/// MPI_FILE_NULL is a valid argument here and in the next one (MPI 4.1 §14.7).
int file_set_errhandler(File* file, Errhandler* errhandler) { return file != nullptr ? replace_handler(&file->errhandler, errhandler) : mpi::ERR_FILE; }

int file_get_errhandler(File* file, Errhandler** errhandler) {
  if (file == nullptr) return mpi::ERR_FILE;
  retain(file->errhandler);
  *errhandler = file->errhandler;
  return 0;
}

int file_call_errhandler(File* fh, int errorcode) {
  if (fh == nullptr) return mpi::ERR_FILE;
  upper::raise(fh, errorcode, "MPI_File_call_errhandler");
  return 0;
}

/// As both MPIs do: without conversion functions a name is accepted, but MPI_File_set_view knows the predefined ones only.
int register_datarep(const char* datarep, AnyFunction read_conversion_fn, AnyFunction write_conversion_fn, AnyFunction dtype_file_extent_fn, void*) {
  if (datarep == nullptr || std::strlen(datarep) >= 128 || dtype_file_extent_fn == nullptr) return mpi::ERR_ARG;
  WrapperScope scope;
  if (is_known_datarep(datarep)) return mpi::ERR_DUP_DATAREP;
  if (read_conversion_fn != nullptr || write_conversion_fn != nullptr) return mpi::ERR_CONVERSION;
  registered_datareps().emplace_back(datarep);
  return 0;
}

}  // namespace mana::api
