// SPDX-License-Identifier: Apache-2.0
// Questions to a status (MPI 4.1 §3.2.5, §8.4.3): a status here is a plain struct, so only the elements of derived types
// need the real MPI.
#include "gen/lower_calls.hpp"
#include "gen/upper_api.hpp"
#include "upper_half/datatype.hpp"

namespace mana::api {

int get_count(const Status* status, Datatype* datatype, int* count) {
  if (!usable(datatype)) return mpi::ERR_TYPE;
  std::int64_t size = datatype->size;
  if (size == 0)
    *count = status->count_bytes == 0 ? 0 : mpi::UNDEFINED;
  else
    *count = status->count_bytes % size == 0 && status->count_bytes / size <= INT32_MAX ? static_cast<int>(status->count_bytes / size)
                                                                                    : mpi::UNDEFINED;
  return 0;
}

int get_elements(const Status* status, Datatype* datatype, int* count) {
  if (!usable(datatype)) return mpi::ERR_TYPE;
  WrapperScope scope;
  return lower_call::get_elements(status, datatype->real.bits, count);
}

int get_elements_x(const Status* status, Datatype* datatype, std::int64_t* count) {
  if (!usable(datatype)) return mpi::ERR_TYPE;
  WrapperScope scope;
  return lower_call::get_elements_x(status, datatype->real.bits, count);
}

int status_set_cancelled(Status* status, int flag) {
  status->cancelled = flag != 0 ? 1 : 0;
  return 0;
}

int status_set_elements(Status* status, Datatype* datatype, int count) {
  return status_set_elements_x(status, datatype, count);
}

int status_set_elements_x(Status* status, Datatype* datatype, std::int64_t count) {
  if (!usable(datatype)) return mpi::ERR_TYPE;
  status->count_bytes = count * datatype->size;
  return 0;
}

int test_cancelled(const Status* status, int* flag) {
  *flag = status->cancelled;
  return 0;
}

}  // namespace mana::api
