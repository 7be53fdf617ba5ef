// SPDX-License-Identifier: Apache-2.0
// The steps of a checkpoint and a restart that other files of the upper half provide.
#pragma once

namespace mana::upper {

/// Receives everything that is in flight until `Gate::drained` is set (also set when the round is given up). MPI thread
/// only, from checkpoint_line(), all signals blocked; possibly in a signal handler: arena memory only.
void drain();

/// After a restart: remakes communicators, datatypes, operations in the fresh lower half. Collective over all ranks.
void rebuild_objects();

/// After rebuild_objects(): re-posts receives, remakes persistent requests.
void rebuild_requests();

/// Installs the handler of the stop signal for this process.
void install_stop_signal();

}  // namespace mana::upper
