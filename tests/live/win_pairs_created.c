// SPDX-License-Identifier: Apache-2.0
// Shows: win_pairs on windows of MPI_Win_create, over Open MPI, too, whose own such windows (4.1.4) mix up the values of those pairs.
// live: ranks=3 cuts=all,all apps=mpich
#define CREATED_WINDOWS
#include "win_pairs.c"
