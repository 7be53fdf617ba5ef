// SPDX-License-Identifier: Apache-2.0
// A fresh directory that goes with its object.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>

struct Directory {
  std::string path;
  Directory() {
    char name[] = "/tmp/mana-test-XXXXXX";
    path = mkdtemp(name);
  }
  ~Directory() { std::filesystem::remove_all(path); }
};
