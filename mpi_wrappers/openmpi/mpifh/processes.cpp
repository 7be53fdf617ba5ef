// SPDX-License-Identifier: Apache-2.0
// Start, process creation (MPI 4.1 §11.8) and the few entry points whose Fortran arguments differ from C's.
#include "mpi_wrappers/openmpi/mpifh/fortran.hpp"

using namespace mana::fortran;

namespace {

bool blank(const char* text, int length) {
  for (int i = 0; i < length; ++i)
    if (text[i] != ' ') return false;
  return true;
}

/// C's null-terminated array of strings, one for each element of a CHARACTER array. `stride`: characters from one element to
/// the next. Lives until the end of the call.
class TextList {
 public:
  TextList(const char* texts, int length, std::int64_t stride, std::int64_t count)
      : texts_(static_cast<char**>(mana_allocate(static_cast<std::size_t>(count + 1) * sizeof(char*)))), count_(count) {
    for (std::int64_t i = 0; i < count; ++i) {
      FortranText text(texts + i * stride, length);
      std::size_t bytes = std::strlen(text.text()) + 1;
      texts_[i] = static_cast<char*>(mana_allocate(bytes));
      std::memcpy(texts_[i], text.text(), bytes);
    }
    texts_[count] = nullptr;
  }
  ~TextList() {
    for (std::int64_t i = 0; i < count_; ++i) mana_release(texts_[i]);
    mana_release(texts_);
  }
  TextList(const TextList&) = delete;
  char** data() { return texts_; }

 private:
  char** texts_;
  std::int64_t count_;
};

/// A blank element ends the arguments of a command.
std::int64_t arguments(const char* argv, int length, std::int64_t stride) {
  std::int64_t count = 0;
  while (!blank(argv + count * stride, length)) ++count;
  return count;
}

int* errcodes_in(int* errcodes) { return errcodes == reinterpret_cast<int*>(mpi_fortran_errcodes_ignore_) ? nullptr : errcodes; }

}  // namespace

extern "C" {

int PMPI_Init(int*, char***);
int PMPI_Init_thread(int*, char***, int, int*);
int PMPI_Pcontrol(int, ...);
int PMPI_Buffer_detach(void*, int*);
int PMPI_Comm_spawn(const char*, char**, int, void*, int, void*, void**, int*);
int PMPI_Comm_spawn_multiple(int, char**, char***, const int*, void* const*, int, void*, void**, int*);

MANA_EXPORT void ompi_init_f(int* ierror) { finish(ierror, PMPI_Init(nullptr, nullptr)); }
MANA_FORTRAN_NAMES(ompi_init_f, mpi_init, MPI_INIT, MPI_Init)

MANA_EXPORT void ompi_init_thread_f(int* required, int* provided, int* ierror) { finish(ierror, PMPI_Init_thread(nullptr, nullptr, *required, provided)); }
MANA_FORTRAN_NAMES(ompi_init_thread_f, mpi_init_thread, MPI_INIT_THREAD, MPI_Init_thread)

MANA_EXPORT void ompi_pcontrol_f(int* level) { PMPI_Pcontrol(*level); }
MANA_FORTRAN_NAMES(ompi_pcontrol_f, mpi_pcontrol, MPI_PCONTROL, MPI_Pcontrol)

/// The address of the buffer is not given back to Fortran (MPI 4.1 §3.6.1); mpi_f08 calls the C function for it.
MANA_EXPORT void ompi_buffer_detach_f(void*, int* size, int* ierror) {
  void* buffer = nullptr;
  finish(ierror, PMPI_Buffer_detach(&buffer, size));
}
MANA_FORTRAN_NAMES(ompi_buffer_detach_f, mpi_buffer_detach, MPI_BUFFER_DETACH, MPI_Buffer_detach)

/// Keeps the compiler from moving accesses to a buffer over the call.
MANA_EXPORT void ompi_f_sync_reg_f(void*) {}
MANA_FORTRAN_NAMES(ompi_f_sync_reg_f, mpi_f_sync_reg, MPI_F_SYNC_REG, MPI_F_sync_reg)

MANA_EXPORT void ompi_comm_spawn_f(char* command, char* argv, int* maxprocs, int* info, int* root, int* comm, int* intercomm, int* errcodes, int* ierror,
                                   int command_length, int argv_length) {
  FortranText c_command(command, command_length);
  bool none = argv == mpi_fortran_argv_null_;
  TextList c_argv(argv, argv_length, argv_length, none ? 0 : arguments(argv, argv_length, argv_length));
  void* made = nullptr;
  int code = PMPI_Comm_spawn(c_command.text(), none ? nullptr : c_argv.data(), *maxprocs, info_in(*info), *root, comm_in(*comm), &made, errcodes_in(errcodes));
  if (code == 0 && made != nullptr) *intercomm = comm_out(made);
  finish(ierror, code);
}
MANA_FORTRAN_NAMES(ompi_comm_spawn_f, mpi_comm_spawn, MPI_COMM_SPAWN, MPI_Comm_spawn)

/// argv is CHARACTER(*)(count, *): the arguments of one command are `count` elements apart.
MANA_EXPORT void ompi_comm_spawn_multiple_f(int* count, char* commands, char* argv, int* maxprocs, int* infos, int* root, int* comm, int* intercomm,
                                            int* errcodes, int* ierror, int command_length, int argv_length) {
  int n = *count;
  TextList c_commands(commands, command_length, command_length, n);
  CallArray<char**> argvs(n);
  CallArray<TextList*> lists(n);
  bool none = argv == mpi_fortran_argvs_null_;
  for (int i = 0; i < n && !none; ++i) {
    const char* first = argv + static_cast<std::int64_t>(i) * argv_length;
    std::int64_t stride = static_cast<std::int64_t>(n) * argv_length;
    lists[i] = new (mana_allocate(sizeof(TextList))) TextList(first, argv_length, stride, arguments(first, argv_length, stride));
    argvs[i] = lists[i]->data();
  }
  HandleArray<info_in, info_out> c_infos(infos, n);
  void* made = nullptr;
  int code = PMPI_Comm_spawn_multiple(n, c_commands.data(), none ? nullptr : argvs.data(), maxprocs, c_infos.data(), *root, comm_in(*comm), &made,
                                      errcodes_in(errcodes));
  for (int i = 0; i < n && !none; ++i) {
    lists[i]->~TextList();
    mana_release(lists[i]);
  }
  if (code == 0 && made != nullptr) *intercomm = comm_out(made);
  finish(ierror, code);
}
MANA_FORTRAN_NAMES(ompi_comm_spawn_multiple_f, mpi_comm_spawn_multiple, MPI_COMM_SPAWN_MULTIPLE, MPI_Comm_spawn_multiple)

// The forms of TYPE(C_PTR) arguments: the same, under other names (MPI 4.1 §9.2, §12.2).
void ompi_alloc_mem_f(std::int64_t* size, int* info, void* baseptr, int* ierror);
void ompi_win_allocate_f(std::int64_t* size, int* disp_unit, int* info, int* comm, void* baseptr, int* win, int* ierror);
void ompi_win_allocate_shared_f(std::int64_t* size, int* disp_unit, int* info, int* comm, void* baseptr, int* win, int* ierror);
void ompi_win_shared_query_f(int* win, int* rank, std::int64_t* size, int* disp_unit, void* baseptr, int* ierror);

MANA_EXPORT void ompi_alloc_mem_cptr_f(std::int64_t* size, int* info, void* baseptr, int* ierror) { ompi_alloc_mem_f(size, info, baseptr, ierror); }
MANA_FORTRAN_NAMES(ompi_alloc_mem_cptr_f, mpi_alloc_mem_cptr, MPI_ALLOC_MEM_CPTR, MPI_Alloc_mem_cptr)
MANA_EXPORT void ompi_win_allocate_cptr_f(std::int64_t* size, int* disp_unit, int* info, int* comm, void* baseptr, int* win, int* ierror) {
  ompi_win_allocate_f(size, disp_unit, info, comm, baseptr, win, ierror);
}
MANA_FORTRAN_NAMES(ompi_win_allocate_cptr_f, mpi_win_allocate_cptr, MPI_WIN_ALLOCATE_CPTR, MPI_Win_allocate_cptr)
MANA_EXPORT void ompi_win_allocate_shared_cptr_f(std::int64_t* size, int* disp_unit, int* info, int* comm, void* baseptr, int* win, int* ierror) {
  ompi_win_allocate_shared_f(size, disp_unit, info, comm, baseptr, win, ierror);
}
MANA_FORTRAN_NAMES(ompi_win_allocate_shared_cptr_f, mpi_win_allocate_shared_cptr, MPI_WIN_ALLOCATE_SHARED_CPTR, MPI_Win_allocate_shared_cptr)
MANA_EXPORT void ompi_win_shared_query_cptr_f(int* win, int* rank, std::int64_t* size, int* disp_unit, void* baseptr, int* ierror) {
  ompi_win_shared_query_f(win, rank, size, disp_unit, baseptr, ierror);
}
MANA_FORTRAN_NAMES(ompi_win_shared_query_cptr_f, mpi_win_shared_query_cptr, MPI_WIN_SHARED_QUERY_CPTR, MPI_Win_shared_query_cptr)

}  // extern "C"
