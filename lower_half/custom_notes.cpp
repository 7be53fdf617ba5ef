// SPDX-License-Identifier: Apache-2.0
// Small messages between the upper halves of two ranks about synchronous sends (upper_half/synchronous.hpp), on a
// communicator that no message of the application travels on. Compiled against each real mpi.h.
#include <cstdlib>
#include <cstring>

#include "common/gate.hpp"
#include "common/mpi_constants.hpp"
#include "common/p2p_args.hpp"
#include "lower_half/native.hpp"

namespace mana::lower {
namespace {

constexpr int question_tag = 0;

/// A note on its way: nobody waits for it, and none is left unreceived at a cut.
struct Note {
  MPI_Request request;
  Question question;
  Note* next;
};
Note* on_their_way = nullptr;

void release_sent_notes() {
  for (Note** link = &on_their_way; *link != nullptr;) {
    Note* note = *link;
    int sent = 0;
    PMPI_Test(&note->request, &sent, MPI_STATUS_IGNORE);
    if (!sent) {
      link = &note->next;
      continue;
    }
    *link = note->next;
    std::free(note);
  }
}

}  // namespace
}  // namespace mana::lower

using namespace mana;
using namespace mana::lower;

extern "C" std::int64_t lower_custom_note_send(void* arguments) {
  auto& a = *static_cast<NoteArguments*>(arguments);
  release_sent_notes();
  auto* note = static_cast<Note*>(std::malloc(sizeof(Note)));
  if (note == nullptr) return mpi::ERR_NO_MEM;
  note->question = a.question;
  int bytes = a.tag == question_tag ? static_cast<int>(sizeof(Question)) : 0;
  int code = PMPI_Isend(&note->question, bytes, MPI_BYTE, a.world_rank, a.tag, notes_comm(), &note->request);
  if (code != MPI_SUCCESS) {
    std::free(note);
    return standard_error(code);
  }
  note->next = on_their_way;
  on_their_way = note;
  return 0;
}

extern "C" std::int64_t lower_custom_note_take(void* arguments) {
  auto& a = *static_cast<NoteArguments*>(arguments);
  release_sent_notes();
  int found = 0;
  MPI_Status status;
  int code = PMPI_Iprobe(MPI_ANY_SOURCE, question_tag, notes_comm(), &found, &status);
  a.found = found != 0;
  if (code != MPI_SUCCESS || !found) return code == MPI_SUCCESS ? 0 : standard_error(code);
  code = PMPI_Recv(&a.question, sizeof(Question), MPI_BYTE, status.MPI_SOURCE, question_tag, notes_comm(), MPI_STATUS_IGNORE);
  return code == MPI_SUCCESS ? 0 : standard_error(code);
}

/// The request becomes an active receive of the acknowledgement.
extern "C" std::int64_t lower_custom_await_acknowledgement(void* arguments) {
  auto& a = *static_cast<AcknowledgementArguments*>(arguments);
  MPI_Request request;
  int code = PMPI_Irecv(nullptr, 0, MPI_BYTE, a.world_rank, a.tag, notes_comm(), &request);
  if (code != MPI_SUCCESS) return standard_error(code);
  RequestCell& cell = cell_of(a.request);
  cell.real = bits(request);
  cell.counts = Counts::receive;
  cell.state = RequestState::active;
  return 0;
}
