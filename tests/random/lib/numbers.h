// SPDX-License-Identifier: Apache-2.0
// What the random jobs draw and tell: numbers that every rank draws alike, and the checksum of a thread.
#ifndef MANA_TESTS_RANDOM_NUMBERS_H
#define MANA_TESTS_RANDOM_NUMBERS_H

#include <stddef.h>
#include <stdint.h>

static _Thread_local uint64_t checksum = 1469598103934665603u;

/// FNV-1a.
static inline void mix(const void* bytes, size_t length) {
  const unsigned char* p = bytes;
  for (size_t i = 0; i < length; i++) checksum = (checksum ^ p[i]) * 1099511628211u;
}

/// The b-th number of the sequence a.
static inline uint64_t number(uint64_t a, uint64_t b) {
  uint64_t z = a * 0x9e3779b97f4a7c15u + b * 0xbf58476d1ce4e5b9u + 0x94d049bb133111ebu;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

#endif
