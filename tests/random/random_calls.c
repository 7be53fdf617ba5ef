// SPDX-License-Identifier: Apache-2.0
// Random correct MPI programs: the seed is the program.
//
//     random_calls ROUNDS SEED [THREADS [bold]]
//
// In every round each actor (thread) does what its plan says: communicators are made from others in every way and freed, possibly while operations on
// them go on; collectives of all kinds are called, started, or started again; messages are sent and received in every mode; several of
// the pending operations are completed in one of MPI's ways; some processes compute or sleep while others wait; windows are
// written to. All processes draw the same plan, so each knows what it must get, and checks every element.
// A bold program also does what the MPIs do wrong when they run alone.
// With more than one thread the actors call MPI at the same time (MPI_THREAD_MULTIPLE), each on its own communicators, which are made
// before: Open MPI 4.1 hangs at times when threads make communicators at the same time.
#include <pthread.h>
#include <stdatomic.h>

#include "lib/collectives.h"
#include "lib/messages.h"

static uint64_t rounds, seed, sums[16];
static MPI_Comm roots[16], storms[16];
static int threads = 1;

/// What still needs the communicator of a place is finished before that is freed. All processes hold the same.
static void release_place(int place, uint64_t plan) {
  for (int i = 0; i < slots; i++)
    if (needs_communicator(&operations[i]) && operations[i].team.comm == teams[place].comm) finish_until_over(&operations[i], plan);
  free_team(place);
}

static void remake_place(uint64_t plan) {
  struct draws d = {plan, 0};
  int to = 1 + draw(&d, places - 1), from = draw(&d, places);
  if (from == to || !teams[from].here) from = own_copy;
  release_place(to, plan);
  make_team(from, to, plan >> 3);
}

static void finish_some(uint64_t plan) {
  struct operation* list[slots];
  int count = 0;
  for (int i = 0; i < slots; i++)
    if (operations[i].active && number(plan, (uint64_t)i) % 4 == 0) list[count++] = &operations[i];
  finish(list, count, plan >> 9);
}

/// Somebody computes, somebody sleeps; the others come early to what follows.
static void take_time(uint64_t plan) {
  uint64_t mine = number(plan, (uint64_t)(world_rank + 64 * actor)), x = mine;
  if (mine % 3 == 0) pause_ns((long)(mine / 3 % 3000000));
  if (mine % 3 == 1)
    for (int i = 0; i < (int)(mine / 3 % 300000); i++) x = number(x, 1);
  if (x == 1) checksum++;  // nobody may leave the loop out
}

static int somebody_here(uint64_t plan) {
  int place = (int)(plan % places);
  return teams[place].here ? place : own_copy;
}

/// Open MPI 4.1 names the shared memory of a window by node and communicator id, which it gives to disjoint communicators alike: two of them
/// must not make windows at the same time.
static int may_make_windows(const struct team* t) {
  for (int i = 0; i < t->mine.count; i++)
    if (t->mine.process[i] == 0) return 1;
  return 0;
}

static void put_and_get(const struct team* t, uint64_t plan) {
  enum { cells = 47 };  // MPICH 4.0 mislays memory of Win_allocate that is no multiple of 64 bytes
  if (t->comm == MPI_COMM_NULL || t->kind == inter || actors > 1 || (bold ? !may_make_windows(t) : t->mine.count < world_size)) return;
  long *memory, values[cells], seen[cells], one = 1, before;
  MPI_Win win;
  int count = t->mine.count, right = (t->place + 1) % count, left = (t->place + count - 1) % count;
  MPI_Win_allocate((cells + 1) * sizeof(long), sizeof(long), MPI_INFO_NULL, t->comm, &memory, &win);
  memory[cells] = 0;
  for (int i = 0; i < cells; i++) values[i] = value(plan, world_rank, i);
  MPI_Win_fence(0, win);
  MPI_Put(values, cells, MPI_LONG, right, 0, cells, MPI_LONG, win);
  MPI_Win_fence(0, win);
  for (int i = 0; i < cells; i++) expect("what was put", memory[i], value(plan, t->mine.process[left], i));
  MPI_Win_fence(MPI_MODE_NOSUCCEED, win);
  MPI_Win_lock_all(0, win);
  if (plan % 2) take_time(plan);
  MPI_Fetch_and_op(&one, &before, MPI_LONG, (int)(plan % (uint64_t)count), cells, MPI_SUM, win);
  MPI_Get(seen, cells, MPI_LONG, right, 0, cells, MPI_LONG, win);
  MPI_Win_flush_all(win);
  for (int i = 0; i < cells; i++) expect("what was got", seen[i], values[i]);
  MPI_Win_unlock_all(win);
  MPI_Barrier(t->comm);
  MPI_Win_lock(MPI_LOCK_SHARED, t->place, 0, win);
  expect("a counter", memory[cells], (int)(plan % (uint64_t)count) == t->place ? count : 0);
  MPI_Win_unlock(t->place, win);
  MPI_Win_free(&win);
}

static void do_round(uint64_t plan) {
  int slot = (int)(plan / 16 % slots), place = somebody_here(plan / 512);
  uint64_t own = plan / 4096;
  trace("round: kind, slot, team", (int)(plan % 16), slot, place);
  switch (plan % 16) {
    case 0: case 1:
      if (threads == 1) remake_place(own);
      break;
    case 2: case 3: case 4: case 5: do_collective(&teams[place], slot, own); break;
    case 6: case 7: case 8: case 9: do_message(&teams[place], slot, own); break;
    case 10: case 11: finish_some(own); break;
    case 12: do_storm(storms[actor], own); break;
    case 13: put_and_get(&teams[place], own); break;
    default: take_time(own);
  }
}

/// One actor after the other, in the same order in all processes.
static void make_teams_in_turn(void) {
  static atomic_int turn;
  while (turn != actor) pause_ns(100000);
  for (uint64_t i = 0; i < 2 * places; i++) remake_place(number(seed + (uint64_t)actor, 1u << 20 | i));
  turn = actor + 1;
  while (turn != threads) pause_ns(100000);
}

static void* act(void* number_of_actor) {
  actor = (int)(intptr_t)number_of_actor;
  put_team(own_copy, roots[actor], intra);
  if (threads > 1) make_teams_in_turn();
  for (round_now = 0; round_now < rounds; round_now++) {
    do_round(number(seed + 7919u * (uint64_t)actor, round_now));
    if (world_rank == 0 && actor == 0 && round_now % 1000 == 0) fprintf(stderr, "round %llu\n", (unsigned long long)round_now);
  }
  for (int i = 0; i < slots; i++) empty_slot(i, seed);
  for (int i = 0; i < places; i++) free_team(i);
  sums[actor] = checksum;
  return NULL;
}

static void read_arguments(int argc, char** argv) {
  if (argc >= 4) threads = atoi(argv[3]);
  bold = argc == 5 && strcmp(argv[4], "bold") == 0;
  if (argc < 3 || argc > 5 || (argc == 5 && !bold) || threads < 1 || threads > 16) {
    fprintf(stderr, "usage: random_calls ROUNDS SEED [THREADS up to 16 [bold]]\n");
    exit(2);
  }
  rounds = strtoull(argv[1], NULL, 10), seed = strtoull(argv[2], NULL, 10);
}

int main(int argc, char** argv) {
  enum { buffer_bytes = 8 << 20 };
  int provided, wanted;
  pthread_t others[16];
  read_arguments(argc, argv);
  wanted = threads > 1 ? MPI_THREAD_MULTIPLE : MPI_THREAD_SINGLE;
  MPI_Init_thread(&argc, &argv, wanted, &provided);
  MPI_Comm_rank(MPI_COMM_WORLD, &world_rank);
  MPI_Comm_size(MPI_COMM_WORLD, &world_size);
  if (world_size > most_ranks || provided < wanted) MPI_Abort(MPI_COMM_WORLD, 2);
  void* buffer = malloc(buffer_bytes);
  MPI_Buffer_attach(buffer, buffer_bytes);
  make_reductions();
  actors = threads;
  for (int i = 0; i < threads; i++) {
    MPI_Comm_dup(MPI_COMM_WORLD, &roots[i]);
    MPI_Comm_dup(MPI_COMM_WORLD, &storms[i]);
  }
  MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);  // MPICH looks there when MPI_Wait finds a truncated message
  for (int i = 1; i < threads; i++) pthread_create(&others[i], NULL, act, (void*)(intptr_t)i);
  act(NULL);
  for (int i = 1; i < threads; i++) pthread_join(others[i], NULL);
  for (int i = 0; i < threads; i++) MPI_Comm_free(&storms[i]);
  int size_then;
  MPI_Buffer_detach(&buffer, &size_then);
  free(buffer);
  free_reductions();
  uint64_t sum = 0;
  for (int i = 0; i < threads; i++) sum = sum * 31 + sums[i];
  printf("PASS %d %016llx\n", world_rank, (unsigned long long)sum);
  fflush(stdout);
  MPI_Finalize();
  return 0;
}
