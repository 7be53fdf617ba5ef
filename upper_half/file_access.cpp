// SPDX-License-Identifier: Apache-2.0
// Access to the data of files (MPI 4.1 §14.4). Blocking calls run in the real MPI, collective ones counted on the file's
// own communicator; nonblocking ones are requests that the drain completes; a split collective is done at its begin.
#include "gen/lower_calls.hpp"
#include "gen/upper_api.hpp"
#include "upper_half/file.hpp"
#include "upper_half/real_types.hpp"

namespace mana::api {
namespace {

/// Which pointer a call goes by.
enum class Pointer { explicit_offset, individual, shared };

/// What is wrong with the file for a call by this pointer; notes the use of the shared one.
int check(File* fh, Pointer pointer) {
  if (!usable(fh)) return mpi::ERR_FILE;
  if (fh->is_writable()) fh->may_be_dirty = true;
  if (pointer == Pointer::shared)
    fh->shared_is_used = true;
  else if (fh->is_sequential())
    return mpi::ERR_UNSUPPORTED_OPERATION;
  return 0;
}

/// Only the count of a status is defined; the rest is the same over every MPI.
int with_count(int error, Status* status) {
  if (status != nullptr) *status = {mpi::ANY_SOURCE, mpi::ANY_TAG, 0, 0, status->count_bytes};
  return error;
}

/// A blocking call that depends on nobody.
template <Pointer pointer, class F>
int independently(File* fh, Status* status, F call) {
  if (int error = check(fh, pointer); error != 0) return error;
  FileCall scope;
  return with_count(call(fh->real.bits), status);
}

template <Pointer pointer, class F>
int collectively(File* fh, const char* name, Status* status, F call) {
  if (int error = check(fh, pointer); error != 0) return error;
  CollectiveScope scope(fh->comm, name);
  return with_count(call(fh->real.bits), status);
}

/// Does all of a split collective; its end hands out the status.
template <Pointer pointer, class F>
int begin(File* fh, const char* name, F call) {
  if (int error = check(fh, pointer); error != 0) return error;
  if (fh->split.active) return mpi::ERR_IO;
  CollectiveScope scope(fh->comm, name);
  int error = with_count(call(fh->real.bits, &fh->split.status), &fh->split.status);
  fh->split.active = error == 0;
  return error;
}

int end(File* fh, Status* status) {
  if (!usable(fh)) return mpi::ERR_FILE;
  if (!fh->split.active) return mpi::ERR_IO;
  fh->split.active = false;
  if (status != nullptr) *status = fh->split.status;
  return 0;
}

/// The start of a nonblocking operation. Inside its scope.
template <class F>
int start(File* fh, Request** request, F call) {
  count_operation();
  std::uint64_t real = 0;
  if (int error = call(fh->real.bits, &real); error != 0) {
    count_operation(-1);
    return error;
  }
  *request = new_request(RequestKind::file);
  activate_operation(*request, real);
  return 0;
}

template <Pointer pointer, class F>
int start_independently(File* fh, Request** request, F call) {
  if (int error = check(fh, pointer); error != 0) return error;
  FileCall scope;
  return start(fh, request, call);
}

template <Pointer pointer, class F>
int start_collectively(File* fh, const char* name, Request** request, F call) {
  if (int error = check(fh, pointer); error != 0) return error;
  CollectiveScope scope(fh->comm, name);
  return start(fh, request, call);
}

}  // namespace

int file_read(File* fh, void* buf, int count, Datatype* datatype, Status* status) {
  return independently<Pointer::individual>(fh, status,
                                            [&](std::uint64_t real) { return lower_call::file_read(real, buf, count, datatype->real.bits, status); });
}

int file_read_at(File* fh, std::int64_t offset, void* buf, int count, Datatype* datatype, Status* status) {
  return independently<Pointer::explicit_offset>(
      fh, status, [&](std::uint64_t real) { return lower_call::file_read_at(real, offset, buf, count, datatype->real.bits, status); });
}

int file_read_shared(File* fh, void* buf, int count, Datatype* datatype, Status* status) {
  return independently<Pointer::shared>(fh, status,
                                        [&](std::uint64_t real) { return lower_call::file_read_shared(real, buf, count, datatype->real.bits, status); });
}

int file_read_all(File* fh, void* buf, int count, Datatype* datatype, Status* status) {
  return collectively<Pointer::individual>(fh, "MPI_File_read_all", status,
                                           [&](std::uint64_t real) { return lower_call::file_read_all(real, buf, count, datatype->real.bits, status); });
}

int file_read_at_all(File* fh, std::int64_t offset, void* buf, int count, Datatype* datatype, Status* status) {
  return collectively<Pointer::explicit_offset>(fh, "MPI_File_read_at_all", status, [&](std::uint64_t real) {
    return lower_call::file_read_at_all(real, offset, buf, count, datatype->real.bits, status);
  });
}

int file_read_ordered(File* fh, void* buf, int count, Datatype* datatype, Status* status) {
  return collectively<Pointer::shared>(fh, "MPI_File_read_ordered", status,
                                       [&](std::uint64_t real) { return lower_call::file_read_ordered(real, buf, count, datatype->real.bits, status); });
}

int file_read_all_begin(File* fh, void* buf, int count, Datatype* datatype) {
  return begin<Pointer::individual>(fh, "MPI_File_read_all_begin", [&](std::uint64_t real, Status* status) {
    return lower_call::file_read_all(real, buf, count, datatype->real.bits, status);
  });
}

int file_read_all_end(File* fh, void*, Status* status) { return end(fh, status); }

int file_read_at_all_begin(File* fh, std::int64_t offset, void* buf, int count, Datatype* datatype) {
  return begin<Pointer::explicit_offset>(fh, "MPI_File_read_at_all_begin", [&](std::uint64_t real, Status* status) {
    return lower_call::file_read_at_all(real, offset, buf, count, datatype->real.bits, status);
  });
}

int file_read_at_all_end(File* fh, void*, Status* status) { return end(fh, status); }

int file_read_ordered_begin(File* fh, void* buf, int count, Datatype* datatype) {
  return begin<Pointer::shared>(fh, "MPI_File_read_ordered_begin", [&](std::uint64_t real, Status* status) {
    return lower_call::file_read_ordered(real, buf, count, datatype->real.bits, status);
  });
}

int file_read_ordered_end(File* fh, void*, Status* status) { return end(fh, status); }

int file_iread(File* fh, void* buf, int count, Datatype* datatype, Request** request) {
  return start_independently<Pointer::individual>(
      fh, request, [&](std::uint64_t file, std::uint64_t* real) { return lower_call::file_iread(file, buf, count, datatype->real.bits, real); });
}

int file_iread_at(File* fh, std::int64_t offset, void* buf, int count, Datatype* datatype, Request** request) {
  return start_independently<Pointer::explicit_offset>(
      fh, request, [&](std::uint64_t file, std::uint64_t* real) { return lower_call::file_iread_at(file, offset, buf, count, datatype->real.bits, real); });
}

int file_iread_shared(File* fh, void* buf, int count, Datatype* datatype, Request** request) {
  return start_independently<Pointer::shared>(
      fh, request, [&](std::uint64_t file, std::uint64_t* real) { return lower_call::file_iread_shared(file, buf, count, datatype->real.bits, real); });
}

int file_iread_all(File* fh, void* buf, int count, Datatype* datatype, Request** request) {
  return start_collectively<Pointer::individual>(fh, "MPI_File_iread_all", request, [&](std::uint64_t file, std::uint64_t* real) {
    return lower_call::file_iread_all(file, buf, count, datatype->real.bits, real);
  });
}

int file_iread_at_all(File* fh, std::int64_t offset, void* buf, int count, Datatype* datatype, Request** request) {
  return start_collectively<Pointer::explicit_offset>(fh, "MPI_File_iread_at_all", request, [&](std::uint64_t file, std::uint64_t* real) {
    return lower_call::file_iread_at_all(file, offset, buf, count, datatype->real.bits, real);
  });
}

int file_write(File* fh, const void* buf, int count, Datatype* datatype, Status* status) {
  return independently<Pointer::individual>(fh, status,
                                            [&](std::uint64_t real) { return lower_call::file_write(real, buf, count, datatype->real.bits, status); });
}

int file_write_at(File* fh, std::int64_t offset, const void* buf, int count, Datatype* datatype, Status* status) {
  return independently<Pointer::explicit_offset>(
      fh, status, [&](std::uint64_t real) { return lower_call::file_write_at(real, offset, buf, count, datatype->real.bits, status); });
}

int file_write_shared(File* fh, const void* buf, int count, Datatype* datatype, Status* status) {
  return independently<Pointer::shared>(fh, status,
                                        [&](std::uint64_t real) { return lower_call::file_write_shared(real, buf, count, datatype->real.bits, status); });
}

int file_write_all(File* fh, const void* buf, int count, Datatype* datatype, Status* status) {
  return collectively<Pointer::individual>(fh, "MPI_File_write_all", status,
                                           [&](std::uint64_t real) { return lower_call::file_write_all(real, buf, count, datatype->real.bits, status); });
}

int file_write_at_all(File* fh, std::int64_t offset, const void* buf, int count, Datatype* datatype, Status* status) {
  return collectively<Pointer::explicit_offset>(fh, "MPI_File_write_at_all", status, [&](std::uint64_t real) {
    return lower_call::file_write_at_all(real, offset, buf, count, datatype->real.bits, status);
  });
}

int file_write_ordered(File* fh, const void* buf, int count, Datatype* datatype, Status* status) {
  return collectively<Pointer::shared>(fh, "MPI_File_write_ordered", status,
                                       [&](std::uint64_t real) { return lower_call::file_write_ordered(real, buf, count, datatype->real.bits, status); });
}

int file_write_all_begin(File* fh, const void* buf, int count, Datatype* datatype) {
  return begin<Pointer::individual>(fh, "MPI_File_write_all_begin", [&](std::uint64_t real, Status* status) {
    return lower_call::file_write_all(real, buf, count, datatype->real.bits, status);
  });
}

int file_write_all_end(File* fh, const void*, Status* status) { return end(fh, status); }

int file_write_at_all_begin(File* fh, std::int64_t offset, const void* buf, int count, Datatype* datatype) {
  return begin<Pointer::explicit_offset>(fh, "MPI_File_write_at_all_begin", [&](std::uint64_t real, Status* status) {
    return lower_call::file_write_at_all(real, offset, buf, count, datatype->real.bits, status);
  });
}

int file_write_at_all_end(File* fh, const void*, Status* status) { return end(fh, status); }

int file_write_ordered_begin(File* fh, const void* buf, int count, Datatype* datatype) {
  return begin<Pointer::shared>(fh, "MPI_File_write_ordered_begin", [&](std::uint64_t real, Status* status) {
    return lower_call::file_write_ordered(real, buf, count, datatype->real.bits, status);
  });
}

int file_write_ordered_end(File* fh, const void*, Status* status) { return end(fh, status); }

int file_iwrite(File* fh, const void* buf, int count, Datatype* datatype, Request** request) {
  return start_independently<Pointer::individual>(
      fh, request, [&](std::uint64_t file, std::uint64_t* real) { return lower_call::file_iwrite(file, buf, count, datatype->real.bits, real); });
}

int file_iwrite_at(File* fh, std::int64_t offset, const void* buf, int count, Datatype* datatype, Request** request) {
  return start_independently<Pointer::explicit_offset>(
      fh, request, [&](std::uint64_t file, std::uint64_t* real) { return lower_call::file_iwrite_at(file, offset, buf, count, datatype->real.bits, real); });
}

int file_iwrite_shared(File* fh, const void* buf, int count, Datatype* datatype, Request** request) {
  return start_independently<Pointer::shared>(
      fh, request, [&](std::uint64_t file, std::uint64_t* real) { return lower_call::file_iwrite_shared(file, buf, count, datatype->real.bits, real); });
}

int file_iwrite_all(File* fh, const void* buf, int count, Datatype* datatype, Request** request) {
  return start_collectively<Pointer::individual>(fh, "MPI_File_iwrite_all", request, [&](std::uint64_t file, std::uint64_t* real) {
    return lower_call::file_iwrite_all(file, buf, count, datatype->real.bits, real);
  });
}

int file_iwrite_at_all(File* fh, std::int64_t offset, const void* buf, int count, Datatype* datatype, Request** request) {
  return start_collectively<Pointer::explicit_offset>(fh, "MPI_File_iwrite_at_all", request, [&](std::uint64_t file, std::uint64_t* real) {
    return lower_call::file_iwrite_at_all(file, offset, buf, count, datatype->real.bits, real);
  });
}

}  // namespace mana::api
