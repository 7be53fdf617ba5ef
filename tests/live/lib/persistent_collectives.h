// SPDX-License-Identifier: Apache-2.0
// Live programs with persistent collectives.
#ifndef MANA_TESTS_PERSISTENT_COLLECTIVES_H
#define MANA_TESTS_PERSISTENT_COLLECTIVES_H

#include "live.h"
#include "persistent_collectives_names.h"

#endif
