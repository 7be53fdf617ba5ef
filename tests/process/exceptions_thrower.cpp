// SPDX-License-Identifier: Apache-2.0
// The library of exceptions.cpp: throws, lets exceptions of its caller's function pass, and counts in thread-local storage.
#include <stdexcept>
#include <string>

static thread_local int calls;

extern "C" int count_here() { return ++calls; }
extern "C" void throw_sum(int n, int (*of)(int)) { throw std::runtime_error("sum " + std::to_string(of(n))); }
