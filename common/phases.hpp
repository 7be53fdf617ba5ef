// SPDX-License-Identifier: Apache-2.0
// The phases of a rank. Log lines, errors, fault points and `mana status` use these names.
#pragma once

#include <cstdint>

namespace mana {

enum class Phase : std::uint32_t {
  /// The lower half reads its options, sets up the gate page and the real MPI. No upper half exists yet; the launcher
  /// can still be told anything by an exit code.
  starting,

  /// The upper half runs. No checkpoint is pending; `Gate::pending` is 0 and the agent sleeps.
  running,

  /// A checkpoint has been asked for and the ranks look for a consistent cut: collectives count against targets,
  /// ranks behind go on, ranks beyond park in front of their next collective. The program may run on at any time.
  agreeing,

  /// The cut is reached. Compute threads are stopped by signal, the MPI thread stands at its checkpoint line and
  /// receives what is still in flight, until job-wide as much was received as was sent.
  draining,

  /// Nothing is in flight; every upper thread jumps into its lower-half host and parks there.
  parking,

  /// The lower half writes the upper half's memory into the image. Nothing of the upper half runs.
  writing,

  /// Rank 0's coordinator waits for all images, writes the manifest and renames it into place: from here on the
  /// generation counts.
  committing,

  /// Parked threads are let go, postponed signals are delivered, the program goes on.
  resuming,

  /// After a start by mana_restart: the image is mapped, threads get new hosts, files are reopened.
  restoring,

  /// The upper half remakes its MPI objects in the fresh real MPI, in an order that all ranks agree on.
  rebuilding,

  /// The rank leaves: MPI_Finalize, exit, or a checkpoint with --kill.
  ending,
};

inline const char* name_of(Phase phase) {
  switch (phase) {
    case Phase::starting: return "starting";
    case Phase::running: return "running";
    case Phase::agreeing: return "agreeing";
    case Phase::draining: return "draining";
    case Phase::parking: return "parking";
    case Phase::writing: return "writing";
    case Phase::committing: return "committing";
    case Phase::resuming: return "resuming";
    case Phase::restoring: return "restoring";
    case Phase::rebuilding: return "rebuilding";
    case Phase::ending: return "ending";
  }
  return "unknown";
}

}  // namespace mana
