// SPDX-License-Identifier: Apache-2.0
// The program that a rank without MPI starts as; all of it is in lower_half/start.cpp.
#include "lower_half/start.hpp"

int main(int argc, char** argv) { mana_lower_main(argc, argv); }
