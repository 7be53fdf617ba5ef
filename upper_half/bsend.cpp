// SPDX-License-Identifier: Apache-2.0
// The buffered mode of sending, and the buffer attached for it.
#include "upper_half/bsend.hpp"

#include "gen/upper_api.hpp"
#include "upper_half/comm.hpp"
#include "upper_half/datatype.hpp"
#include "upper_half/p2p.hpp"

namespace mana::upper {
namespace {

struct {
  void* address = nullptr;
  std::int64_t bytes = 0;
} attached;

/// What a message takes from the attached buffer: no more than any ABI's MPI_BSEND_OVERHEAD says.
constexpr std::int64_t overhead = 96;

/// Messages that the receiver already has may still need some progress here before their room is free again.
bool room_for(std::int64_t bytes) {
  constexpr int patience = 1000;
  for (int attempt = 0; attempt < patience; ++attempt) {
    if (buffered_bytes() + bytes <= attached.bytes) return true;
    sweep_detached();
  }
  return buffered_bytes() + bytes <= attached.bytes;
}

}  // namespace

int start_buffered_send(const void* buffer, std::int64_t count, Datatype* type, int dest, int tag, Comm* comm) {
  if (dest == mpi::PROC_NULL) return 0;
  if (count < 0) return mpi::ERR_COUNT;
  if (!room_for(count * type->size + overhead)) return mpi::ERR_BUFFER;
  int error = 0;
  std::int64_t bytes = 0;
  void* packed = pack_to_memory(buffer, count, type, &bytes, &error);
  if (packed == nullptr) return error;
  Request* r = new_request(RequestKind::buffered_send);
  own(r, packed);
  describe(r, SendMode::standard, packed, bytes, nullptr, dest, tag, comm);
  error = start_send(r);
  r->cell.count = bytes + overhead;  // what it takes from the attached buffer
  if (error == 0)
    detach(r);
  else
    release_request(r);
  return error;
}

}  // namespace mana::upper

namespace mana::api {

int bsend(const void* buf, int count, Datatype* datatype, int dest, int tag, Comm* comm) {
  if (int error = check_handles(comm, datatype)) return error;
  WrapperScope scope;
  return start_buffered_send(buf, count, datatype, dest, tag, comm);
}

int ibsend(const void* buf, int count, Datatype* datatype, int dest, int tag, Comm* comm, Request** request) {
  if (int error = check_handles(comm, datatype)) return error;
  WrapperScope scope;
  if (int error = start_buffered_send(buf, count, datatype, dest, tag, comm)) return error;
  Request* r = new_request(RequestKind::buffered_send);
  complete_at_once(r, empty_status);
  *request = r;
  return 0;
}

int buffer_attach(void* buffer, int size) { return buffer_attach_c(buffer, size); }

int buffer_attach_c(void* buffer, std::int64_t size) {
  if (size < 0) return mpi::ERR_ARG;
  if (attached.address != nullptr) return mpi::ERR_BUFFER;
  attached.address = buffer;
  attached.bytes = size;
  return 0;
}

int buffer_detach_c(void* buffer_addr, std::int64_t* size) {
  WrapperScope scope(ThreadPlace::waiting);
  await_detached_sends();
  *static_cast<void**>(buffer_addr) = attached.address;
  *size = attached.bytes;
  attached = {};
  return 0;
}

int buffer_detach(void* buffer_addr, int* size) {
  std::int64_t bytes = 0;
  if (int error = buffer_detach_c(buffer_addr, &bytes); error != 0) return error;
  *size = static_cast<int>(bytes);
  return 0;
}

}  // namespace mana::api
