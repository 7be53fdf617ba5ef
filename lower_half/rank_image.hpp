// SPDX-License-Identifier: Apache-2.0
// This rank, described and written as an image.
#pragma once

#include <string>

#include "common/image.hpp"

namespace mana::lower {

/// All upper threads are parked. Agent thread.
Result<ImageFacts> write_rank_image(const std::string& path, int rank, int size);

}  // namespace mana::lower
