// SPDX-License-Identifier: Apache-2.0
// What both ABIs' shells know of the upper half.
#pragma once

#include <cstddef>
#include <cstdint>

#include "common/mpi_constants.hpp"
#include "upper_half/objects.hpp"
#include "upper_half/predefined.hpp"

namespace mana::shell {

using upper::AnyFunction;
using upper::Comm;
using upper::Datatype;
using upper::Errhandler;
using upper::File;
using upper::Group;
using upper::Info;
using upper::Message;
using upper::Object;
using upper::Op;
using upper::Request;
using upper::Session;
using upper::Status;
using upper::Win;

}  // namespace mana::shell
