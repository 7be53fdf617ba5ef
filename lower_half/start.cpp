// SPDX-License-Identifier: Apache-2.0
// The disposable half of a rank. A launch: open the gate, load the program into the window, enter it. A restart: bring
// the real MPI up first, map the image, give every thread back its life. Neither path ever returns here.
#include "lower_half/start.hpp"

#include "lower_half/carriers.hpp"
#include "lower_half/descriptors.hpp"
#include "lower_half/elf_load.hpp"
#include "lower_half/family.hpp"
#include "lower_half/gate_page.hpp"
#include "lower_half/options.hpp"
#include "lower_half/request_signal.hpp"
#include "lower_half/restore.hpp"
#include "lower_half/scheduling.hpp"
#include "lower_half/title.hpp"

namespace mana::lower {
namespace {

[[noreturn]] void launch() {
  open_gate(0);
  start_carrier_factory();
  ProgramStart program = load_program(options());
  note_launch_descriptors();
  note_launch_affinity();
  keep_ids();
  install_request_signal(options().signal);
  name_main_thread();
  show_program_arguments();
  enter_upper(program.entry, program.stack);
}

}  // namespace
}  // namespace mana::lower

void mana_lower_main(int argc, char** argv) {
  using namespace mana::lower;
  options() = parse_options(argc, argv);
  if (options().restart) restart_from_image();
  launch();
}
