// SPDX-License-Identifier: Apache-2.0
// The drain's own counting, apart from the steps in checkpoint.hpp.
#pragma once

#include "upper_half/request.hpp"

namespace mana::upper {

/// Active requests of the rank that pass `wanted`, in the order in which they were posted.
Vector<Request*> active_requests(bool (*wanted)(const Request*));

}  // namespace mana::upper
