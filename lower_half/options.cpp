// SPDX-License-Identifier: Apache-2.0
// The internal command line: lower-<mpi> --launch|--restart [--name value]… [-- application argv0 arguments…].
#include "lower_half/options.hpp"

#include <cstdlib>
#include <functional>
#include <map>
#include <sstream>

#include "lower_half/complain.hpp"

namespace mana::lower {

Options& options() {
  static Options the_options;
  return the_options;
}

Options parse_options(int argc, char** argv) {
  Options o;
  const std::map<std::string, std::function<void(const std::string&)>> setters = {
      {"--ckptdir", [&](auto& v) { o.checkpoint_directory = v; }},
      {"--abi", [&](auto& v) { o.abi = v; }},
      {"--upper",
       [&](auto& v) {
         std::stringstream parts(v);
         for (std::string part; std::getline(parts, part, '\n');) o.upper.push_back(part);
       }},
      {"--image", [&](auto& v) { o.image = v; }},
      {"--interval", [&](auto& v) { o.interval_s = std::atof(v.c_str()); }},
      {"--keep", [&](auto& v) { o.keep = std::atoi(v.c_str()); }},
      {"--signal", [&](auto& v) { o.signal = std::atoi(v.c_str()); }},
      {"--children", [&](auto& v) { o.wait_for_children = v == "wait", o.refuse_children = v == "refuse", o.follow_children = v == "follow"; }},
      {"--member-of", [&](auto& v) { o.member_of = std::atoi(v.c_str()); }},
      {"--inherited", [&](auto& v) { o.inherited = v; }},
      {"--ids", [&](auto& v) { o.ids = v; }},
      {"--token", [&](auto& v) { o.token = v; }},
      {"--files", [&](auto& v) { o.truncate_files = v == "truncate"; }},
      {"--timeout", [&](auto& v) { o.checkpoint_timeout_s = std::atof(v.c_str()); }},
  };
  int i = 1;
  for (; i < argc; ++i) {
    std::string name = argv[i];
    if (name == "--") break;
    if (name == "--launch" || name == "--restart") {
      o.restart = name == "--restart";
    } else if (name == "--portable") {
      o.portable = true;
    } else if (name == "--verbose") {
      o.verbose = true;
    } else if (auto setter = setters.find(name); setter != setters.end() && i + 1 < argc) {
      setter->second(argv[++i]);
    } else {
      complain("{} is not an option of this internal program; start jobs with mana_launch or mana_restart", name);
    }
  }
  if (i + 2 < argc) {
    o.application = argv[i + 1];
    o.arguments.assign(argv + i + 2, argv + argc);
  }
  if (o.restart ? o.image.empty() : o.application.empty()) complain("this is an internal program; start jobs with mana_launch or mana_restart");
  return o;
}

}  // namespace mana::lower
