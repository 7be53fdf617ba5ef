// SPDX-License-Identifier: Apache-2.0
// Questions to a status (MPI 4.1 §3.2.5, §8.4.3): a status here is a plain struct, and a datatype's record tells where
// its elements end; none needs the real MPI.
#include "gen/upper_api.hpp"
#include "upper_half/datatype.hpp"

namespace mana::api {

int get_count_c(const Status* status, Datatype* datatype, std::int64_t* count) {
  if (!usable(datatype)) return mpi::ERR_TYPE;
  std::int64_t size = datatype->size;
  if (size == 0)
    *count = status->count_bytes == 0 ? 0 : mpi::UNDEFINED;
  else
    *count = status->count_bytes % size == 0 ? status->count_bytes / size : mpi::UNDEFINED;
  return 0;
}

int get_count(const Status* status, Datatype* datatype, int* count) {
  std::int64_t elements = 0;
  if (int error = get_count_c(status, datatype, &elements); error != 0) return error;
  *count = elements > INT32_MAX ? mpi::UNDEFINED : static_cast<int>(elements);
  return 0;
}

int get_elements_x(const Status* status, Datatype* datatype, std::int64_t* count) {
  if (!usable(datatype)) return mpi::ERR_TYPE;
  std::int64_t elements = elements_in(*datatype, status->count_bytes);
  *count = elements < 0 ? mpi::UNDEFINED : elements;
  return 0;
}

int get_elements_c(const Status* status, Datatype* datatype, std::int64_t* count) { return get_elements_x(status, datatype, count); }

int get_elements(const Status* status, Datatype* datatype, int* count) {
  std::int64_t elements = 0;
  if (int error = get_elements_x(status, datatype, &elements); error != 0) return error;
  *count = elements > INT32_MAX ? mpi::UNDEFINED : static_cast<int>(elements);
  return 0;
}

int status_set_cancelled(Status* status, int flag) {
  status->cancelled = flag != 0 ? 1 : 0;
  return 0;
}

int status_set_elements(Status* status, Datatype* datatype, int count) { return status_set_elements_x(status, datatype, count); }

int status_set_elements_c(Status* status, Datatype* datatype, std::int64_t count) { return status_set_elements_x(status, datatype, count); }

int status_set_elements_x(Status* status, Datatype* datatype, std::int64_t count) {
  if (!usable(datatype)) return mpi::ERR_TYPE;
  status->count_bytes = bytes_of_elements(*datatype, count);
  return 0;
}

int test_cancelled(const Status* status, int* flag) {
  *flag = status->cancelled;
  return 0;
}

}  // namespace mana::api
