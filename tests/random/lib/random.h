// SPDX-License-Identifier: Apache-2.0
// What the parts of random_calls share: draws, checks, errors. An *actor* is a thread with a plan, communicators and
// operations of its own; a program that is not threaded has one.
#ifndef MANA_TESTS_RANDOM_H
#define MANA_TESTS_RANDOM_H

#include <mpi.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../../live/lib/persistent_collectives_names.h"
#include "numbers.h"

enum { most_ranks = 64 };

static int world_rank, world_size, actors;
/// A bold program does all that MPI allows; one that is not leaves out what Open MPI 4.1 or MPICH 4.0 do wrong by themselves: to free a
/// communicator that is in use, to start persistent collectives and those with MPI_PROC_NULL, the second start of a buffered send, partitioned
/// messages, the status of a receive from MPI_PROC_NULL.
static int bold;
static _Thread_local int actor;
static _Thread_local uint64_t round_now;

/// A stream of numbers; ranks that start one with the same plan draw the same.
struct draws {
  uint64_t plan, drawn;
};

static int draw(struct draws* d, int below) { return (int)(number(d->plan, ++d->drawn) % (uint64_t)below); }

/// The i-th number that a process contributes to the operation of this plan.
static long value(uint64_t plan, int process, int i) { return (long)(number(plan + (uint64_t)process * 1000003u, (uint64_t)i) % 100003u); }

static void fail(const char* what, long found, long expected) {
  fprintf(stderr, "random_calls: rank %d, actor %d, round %llu: wrong: %s (%ld, not %ld)\n", world_rank, actor, (unsigned long long)round_now,
          what, found, expected);
  fflush(stderr);
  usleep(50000);  // Hydra drops what it has not yet forwarded when a rank aborts
  MPI_Abort(MPI_COMM_WORLD, 3);
}

static void expect(const char* what, long found, long expected) {
  if (found != expected) fail(what, found, expected);
}

/// Numbers of elements: none, a few, some, enough for a rendezvous.
static int draw_length(struct draws* d) {
  switch (draw(d, 8)) {
    case 0: return 0;
    case 1: case 2: case 3: return 1 + draw(d, 4);
    case 4: case 5: case 6: return 1 + draw(d, 300);
    default: return 1 + draw(d, 12000);
  }
}

/// With RANDOM_TRACE in the environment every step is told; to find the one that goes wrong.
static void trace(const char* what, int a, int b, int c) {
  static int wanted = -1;
  if (wanted < 0) wanted = getenv("RANDOM_TRACE") != NULL;
  if (wanted) fprintf(stderr, "%d.%d round %llu: %s %d %d %d\n", world_rank, actor, (unsigned long long)round_now, what, a, b, c);
}

static void pause_ns(long ns) {
  struct timespec t = {0, ns};
  nanosleep(&t, NULL);
}

#endif
