// SPDX-License-Identifier: Apache-2.0
// Error classes, codes and strings, MPI 4.1 §9.4 and §9.5. Internal codes: the standard ABI's classes, then what the
// application adds, from MPI_ERR_LASTCODE + 1 on.
#include <algorithm>
#include <cstdio>

#include "common/mpi_constants.hpp"
#include "gen/upper_api.hpp"
#include "upper_half/errhandler.hpp"
#include "upper_half/text.hpp"
#include "upper_half/thread.hpp"

namespace mana::upper {
namespace {

struct ClassText {
  const char* name;
  const char* text;
};

/// By value of the class.
constexpr ClassText class_texts[] = {
    {"MPI_SUCCESS", "No MPI error"},
    {"MPI_ERR_BUFFER", "Invalid buffer pointer"},
    {"MPI_ERR_COUNT", "Invalid count"},
    {"MPI_ERR_TYPE", "Invalid datatype"},
    {"MPI_ERR_TAG", "Invalid tag"},
    {"MPI_ERR_COMM", "Invalid communicator"},
    {"MPI_ERR_RANK", "Invalid rank"},
    {"MPI_ERR_REQUEST", "Invalid MPI_Request"},
    {"MPI_ERR_ROOT", "Invalid root"},
    {"MPI_ERR_GROUP", "Invalid group"},
    {"MPI_ERR_OP", "Invalid MPI_Op"},
    {"MPI_ERR_TOPOLOGY", "Invalid topology"},
    {"MPI_ERR_DIMS", "Invalid dimension argument"},
    {"MPI_ERR_ARG", "Invalid argument"},
    {"MPI_ERR_UNKNOWN", "Unknown error"},
    {"MPI_ERR_TRUNCATE", "Message truncated"},
    {"MPI_ERR_OTHER", "Other MPI error"},
    {"MPI_ERR_INTERN", "Internal MPI error"},
    {"MPI_ERR_PENDING", "Pending request (no error)"},
    {"MPI_ERR_IN_STATUS", "See the MPI_ERROR field in MPI_Status for the error code"},
    {"MPI_ERR_ACCESS", "Access denied to file"},
    {"MPI_ERR_AMODE", "Invalid amode value in MPI_File_open"},
    {"MPI_ERR_ASSERT", "Invalid assert argument"},
    {"MPI_ERR_BAD_FILE", "Invalid file name"},
    {"MPI_ERR_BASE", "Invalid base address"},
    {"MPI_ERR_CONVERSION", "An error occurred in a user-defined data conversion function"},
    {"MPI_ERR_DISP", "Invalid displacement argument"},
    {"MPI_ERR_DUP_DATAREP", "The requested datarep name has already been specified to MPI_REGISTER_DATAREP"},
    {"MPI_ERR_FILE_EXISTS", "File exists"},
    {"MPI_ERR_FILE_IN_USE", "File in use by some process"},
    {"MPI_ERR_FILE", "Invalid MPI_File"},
    {"MPI_ERR_INFO_KEY", "Invalid key for MPI_Info"},
    {"MPI_ERR_INFO_NOKEY", "MPI_Info key is not defined"},
    {"MPI_ERR_INFO_VALUE", "Invalid MPI_Info value"},
    {"MPI_ERR_INFO", "Invalid MPI_Info"},
    {"MPI_ERR_IO", "Other I/O error"},
    {"MPI_ERR_KEYVAL", "Invalid keyval"},
    {"MPI_ERR_LOCKTYPE", "Invalid lock type"},
    {"MPI_ERR_NAME", "Invalid service name in MPI_Lookup_name"},
    {"MPI_ERR_NO_MEM", "Alloc_mem could not allocate memory"},
    {"MPI_ERR_NOT_SAME", "Inconsistent arguments to collective routine"},
    {"MPI_ERR_NO_SPACE", "Not enough space for file"},
    {"MPI_ERR_NO_SUCH_FILE", "File does not exist"},
    {"MPI_ERR_PORT", "Invalid port name"},
    {"MPI_ERR_QUOTA", "Quota exceeded for files"},
    {"MPI_ERR_READ_ONLY", "Read-only file or filesystem"},
    {"MPI_ERR_RMA_ATTACH", "Memory cannot be attached"},
    {"MPI_ERR_RMA_CONFLICT", "Conflicting accesses to window"},
    {"MPI_ERR_RMA_RANGE", "Target memory is not part of the window"},
    {"MPI_ERR_RMA_SHARED", "Memory cannot be shared"},
    {"MPI_ERR_RMA_SYNC", "Wrong synchronization of RMA calls"},
    {"MPI_ERR_SERVICE", "Invalid service name (see MPI_Publish_name)"},
    {"MPI_ERR_SIZE", "Invalid size argument in RMA call"},
    {"MPI_ERR_SPAWN", "Error in spawn call"},
    {"MPI_ERR_UNSUPPORTED_DATAREP", "Unsupported datarep passed to MPI_File_set_view"},
    {"MPI_ERR_UNSUPPORTED_OPERATION", "Unsupported file operation"},
    {"MPI_ERR_WIN", "Invalid MPI_Win"},
    {"MPI_ERR_RMA_FLAVOR", "Passed window has the wrong flavor for the called function"},
    {"MPI_ERR_PROC_ABORTED", "A peer process has aborted"},
    {"MPI_ERR_VALUE_TOO_LARGE", "Value is too large to store"},
    {"MPI_ERR_SESSION", "Invalid session"},
    {"MPI_ERR_ERRHANDLER", "Invalid error handler"},
    {"MPI_ERR_ABI", "ABI not supported"},
};
constexpr int class_count = static_cast<int>(std::size(class_texts));
static_assert(class_count == mpi::ERR_ABI + 1);

/// What the application added, at code - (MPI_ERR_LASTCODE + 1). Removed ones stay as holes.
struct AddedError {
  int error_class;  // itself for a class; -1: removed
  Text text;
};

Vector<AddedError>& added() {
  static Vector<AddedError>* list = create<Vector<AddedError>>();
  return *list;
}

AddedError* added_error(int code) {
  int index = code - (mpi::ERR_LASTCODE + 1);
  return index >= 0 && index < static_cast<int>(added().size()) && added()[index].error_class >= 0 ? &added()[index] : nullptr;
}

bool is_known(int code) { return (code >= 0 && code < class_count) || added_error(code) != nullptr; }

int remove_added(int code, bool wants_class) {
  WrapperScope scope;
  AddedError* error = added_error(code);
  if (error == nullptr || (error->error_class == code) != wants_class || !error->text.empty()) return mpi::ERR_ARG;
  if (wants_class)
    for (const AddedError& other : added())
      if (other.error_class == code && &other != error) return mpi::ERR_ARG;
  error->error_class = -1;
  while (!added().empty() && added().back().error_class < 0) added().pop_back();
  return 0;
}

}  // namespace

int class_of_error(int code) {
  if (code >= 0 && code < class_count) return code;
  const AddedError* error = added_error(code);
  return error != nullptr ? error->error_class : mpi::ERR_UNKNOWN;
}

const char* text_of_error(int code) {
  if (code >= 0 && code < class_count) return class_texts[code].text;
  const AddedError* error = added_error(code);
  return error != nullptr ? error->text.c_str() : class_texts[mpi::ERR_UNKNOWN].text;
}

const char* name_of_error(int code) { return class_texts[code >= 0 && code < class_count ? code : mpi::ERR_UNKNOWN].name; }

int last_used_code() { return mpi::ERR_LASTCODE + static_cast<int>(added().size()); }

}  // namespace mana::upper

namespace mana::api {

int error_class(int errorcode, int* errorclass) {
  if (!is_known(errorcode)) return mpi::ERR_ARG;
  *errorclass = class_of_error(errorcode);
  return 0;
}

/// Predefined classes read as those of the application's MPI: Open MPI's begin with the class's name.
int error_string(int errorcode, char* string, int* resultlen) {
  if (!is_known(errorcode)) return mpi::ERR_ARG;
  WrapperScope scope;
  const char* text = text_of_error(errorcode);
  if (abi().abi == 2 && errorcode < class_count) {
    char line[256];
    int length = std::snprintf(line, sizeof line, "%s: %s", name_of_error(errorcode), text);
    *resultlen = copy_text(line, std::min<std::size_t>(length, sizeof line - 1), string);
  } else {
    *resultlen = copy_text(text, std::strlen(text), string);
  }
  return 0;
}

int add_error_class(int* errorclass) {
  WrapperScope scope;
  added().push_back({0, Text()});
  *errorclass = last_used_code();
  added().back().error_class = *errorclass;
  return 0;
}

int add_error_code(int errorclass, int* errorcode) {
  if (!is_known(errorclass) || class_of_error(errorclass) != errorclass) return mpi::ERR_ARG;
  WrapperScope scope;
  added().push_back({errorclass, Text()});
  *errorcode = last_used_code();
  return 0;
}

int add_error_string(int errorcode, const char* string) {
  WrapperScope scope;
  AddedError* error = added_error(errorcode);
  if (error == nullptr) return mpi::ERR_ARG;
  error->text.assign(string, strnlen(string, 511));
  return 0;
}

int remove_error_class(int errorclass) { return remove_added(errorclass, true); }
int remove_error_code(int errorcode) { return remove_added(errorcode, false); }

int remove_error_string(int errorcode) {
  WrapperScope scope;
  AddedError* error = added_error(errorcode);
  if (error == nullptr || error->text.empty()) return mpi::ERR_ARG;
  error->text.clear();
  return 0;
}

}  // namespace mana::api
