// SPDX-License-Identifier: Apache-2.0
// The predefined objects, made when the library is loaded: some functions may be called before MPI_Init. Sizes and
// alignments are those of the x86-64 psABI and of gfortran without -fdefault-* flags; both MPIs agree on them.
#include "upper_half/predefined.hpp"

#include "gen/mpi_constants.hpp"
#include "upper_half/comm.hpp"
#include "upper_half/datatype.hpp"
#include "upper_half/errhandler.hpp"
#include "upper_half/file.hpp"
#include "upper_half/info.hpp"
#include "upper_half/op.hpp"
#include "upper_half/predefined_types.hpp"
#include "upper_half/window.hpp"

namespace mana::upper {
namespace {

/// Never destroyed: MPI calls may come from the application's last static destructor.
template <class T>
union Forever {
  constexpr Forever() : nothing(0) {}
  ~Forever() {}
  char nothing;
  T value;
};

Forever<Comm> world_storage, self_storage, null_storage;
Forever<File> file_storage;
Forever<Win> null_window_storage;

template <class T>
T* predefine(std::uint32_t vid) {
  auto* object = create<T>();
  object->vid = vid;
  predefined_objects[vid] = object;
  return object;
}

Comm* predefine_comm(Forever<Comm>& storage, std::uint32_t vid, const char* name) {
  auto* comm = new (&storage.value) Comm;
  comm->vid = vid;
  comm->name = name;
  predefined_objects[vid] = comm;
  return comm;
}

void predefine_file() {
  auto* file = new (&file_storage.value) File;
  file->vid = mpi::FILE_NULL;
  file->errhandler = predefined_errhandler(mpi::ERRORS_RETURN);
  predefined_objects[mpi::FILE_NULL] = file;
}

void predefine_null_window() {
  auto* win = new (&null_window_storage.value) Win;
  win->vid = mpi::WIN_NULL;
  win->name = "MPI_WIN_NULL";
  predefined_objects[mpi::WIN_NULL] = win;
}

void predefine_datatypes() {
  for (const PredefinedType& row : predefined_types) {
    auto* type = predefine<Datatype>(row.vid);
    type->size = row.size;
    type->extent = row.extent;
    type->true_extent = row.true_extent;
    type->elements = row.elements;
    type->committed = row.vid != mpi::DATATYPE_NULL;
    type->name = row.name;
  }
}

[[gnu::constructor(102)]] void make_predefined_objects() {
  for (std::uint32_t vid : {mpi::ERRHANDLER_NULL, mpi::ERRORS_ARE_FATAL, mpi::ERRORS_ABORT, mpi::ERRORS_RETURN, mpi::ERRORS_THROW_EXCEPTIONS})
    predefine<Errhandler>(vid);
  predefine_comm(null_storage, mpi::COMM_NULL, "MPI_COMM_NULL");
  predefine_comm(world_storage, mpi::COMM_WORLD, "MPI_COMM_WORLD");
  predefine_comm(self_storage, mpi::COMM_SELF, "MPI_COMM_SELF");
  predefine_null_window();
  predefine<Group>(mpi::GROUP_NULL)->rank = mpi::UNDEFINED;
  predefine<Group>(mpi::GROUP_EMPTY)->rank = mpi::UNDEFINED;
  predefine<Info>(mpi::INFO_NULL);
  predefine<Info>(mpi::INFO_ENV);
  predefine_file();
  predefine<Object>(mpi::SESSION_NULL);
  for (std::uint32_t vid : {mpi::OP_NULL, mpi::SUM, mpi::MIN, mpi::MAX, mpi::PROD, mpi::BAND, mpi::BOR, mpi::BXOR, mpi::LAND, mpi::LOR, mpi::LXOR, mpi::MINLOC,
                            mpi::MAXLOC, mpi::REPLACE, mpi::NO_OP})
    predefine<Op>(vid);
  static_cast<Op*>(predefined_objects[mpi::REPLACE])->commutative = false;
  predefine_datatypes();
}

}  // namespace

Comm* const comm_world = &world_storage.value;
Comm* const comm_self = &self_storage.value;
Comm* const comm_null = &null_storage.value;
File* const file_null = &file_storage.value;
Win* const win_null = &null_window_storage.value;

Datatype* predefined_datatype(std::uint32_t vid) { return static_cast<Datatype*>(predefined_objects[vid]); }
Errhandler* predefined_errhandler(std::uint32_t vid) { return static_cast<Errhandler*>(predefined_objects[vid]); }

}  // namespace mana::upper
