// SPDX-License-Identifier: Apache-2.0
// Shows: strings, containers, streams, locale and static objects of C++ live on.
// live: ranks=2 cuts=all
#include "lib/live.h"

#include <fstream>
#include <functional>
#include <iostream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

static std::map<std::string, std::vector<double>> table = {{"zero", {}}};

struct Shape {
  virtual ~Shape() = default;
  virtual double area() const = 0;
};
struct Square : Shape {
  double side = 3;
  double area() const override { return side * side; }
};

static std::string& lazily_made() {
  static std::string text("made once");
  return text;
}

int main(int argc, char** argv) {
  live_start(&argc, &argv, 2);
  for (int i = 0; i < 100; i++) table["row " + std::to_string(i % 7)].push_back(i * 0.5);
  std::function<double(double)> twice = [k = 2.0](double x) { return k * x; };
  Shape* shape = new Square;
  std::ostringstream text;
  text << "half written ";
  lazily_made() += "!";
  std::ostringstream line;  // printed in one piece: launchers mix the ranks' output in the middle of lines
  line << "OUT stream before";
  live_cut(0);
  text << std::hex << 255 << ' ' << table["row 3"].size() << ' ' << twice(shape->area()) << ' ' << lazily_made();
  LIVE_CHECK(text.str() == "half written ff e 18 made once!");
  line << " and after\n";
  if (live_rank == 0) std::cout << line.str() << std::flush;
  for (const auto& [name, row] : table) {
    live_mix(name.data(), name.size());
    live_mix(row.data(), row.size() * sizeof(double));
  }
  delete shape;
  return live_end();
}
