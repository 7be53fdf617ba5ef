// SPDX-License-Identifier: Apache-2.0
// A job with something in flight at every moment, for checkpoints that arrive whenever they like.
//
//     random_job ROUNDS SEED
//
// Each round does, in an order that the seed decides, some of: a halo exchange with a derived type, collectives on
// overlapping communicators, wildcard receives of a variable number of messages, messages left in flight until a later
// round, matched probes, a communicator and a type made and freed, file accesses, pure computing, nonblocking collectives that
// are completed in a later round. All ranks draw the same plan.
// The result is an integer checksum per rank that depends on every received byte and on nothing else.
#include <mpi.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../live/lib/add_by_copy.h"
#include "lib/numbers.h"

enum { cells = 64, most_bytes = 200000, late_slots = 4, collective_slots = 7, most_longs = 3000 };

struct late_message {
  int active, bytes;
  MPI_Request request;
  char* out;
};

struct late_collective {
  int active;
  MPI_Request request;
  int counts[64], places[64];
  long in[most_longs], out[64 * most_longs];
};

static int rank, size;
static MPI_Comm ring, halves, odd_even, reversed;
static MPI_File world_file, half_file;
static MPI_Datatype column;
static double field[cells][cells];
static struct late_message late[late_slots];
static struct late_collective collective[collective_slots];
static MPI_Comm comms[4];
static MPI_Op user_op;

static void check(int good, const char* what, uint64_t round) {
  if (good) return;
  fprintf(stderr, "random_job: rank %d, round %llu: wrong: %s\n", rank, (unsigned long long)round, what);
  fflush(stderr);
  usleep(50000);
  MPI_Abort(MPI_COMM_WORLD, 3);
}

static void exchange_halo(uint64_t round) {
  int place, count;
  MPI_Comm_rank(ring, &place);
  MPI_Comm_size(ring, &count);
  int right = (place + 1) % count, left = (place + count - 1) % count;
  MPI_Request requests[4];
  for (int i = 0; i < cells; i++) field[i][1] += (double)(number(round, (uint64_t)(i + 100 * rank)) % 1000);
  MPI_Irecv(&field[0][0], 1, column, left, 1, ring, &requests[0]);
  MPI_Irecv(&field[0][cells - 1], 1, column, right, 2, ring, &requests[1]);
  MPI_Isend(&field[0][cells - 2], 1, column, right, 1, ring, &requests[2]);
  MPI_Isend(&field[0][1], 1, column, left, 2, ring, &requests[3]);
  MPI_Waitall(4, requests, MPI_STATUSES_IGNORE);
  for (int i = 0; i < cells; i++)
    for (int j = 1; j < cells - 1; j++) field[i][j] = (double)((int64_t)(field[i][j - 1] + field[i][j + 1]) % 100003);
  mix(&field[round % cells][0], sizeof field[0]);
}

static void collectives(MPI_Comm comm, uint64_t round) {
  int place, count;
  long mine = (long)(number(round, (uint64_t)rank) % 100000), all = 0, table[64] = {0};
  MPI_Comm_rank(comm, &place);
  MPI_Comm_size(comm, &count);
  MPI_Allreduce(&mine, &all, 1, MPI_LONG, MPI_SUM, comm);
  mix(&all, sizeof all);
  MPI_Bcast(&mine, 1, MPI_LONG, (int)(round % (uint64_t)count), comm);
  MPI_Allgather(&all, 1, MPI_LONG, table, 1, MPI_LONG, comm);
  MPI_Scan(&mine, &all, 1, MPI_LONG, MPI_MAX, comm);
  if (round % 3 == 0) MPI_Barrier(comm);
  mix(&mine, sizeof mine);
  mix(table, sizeof table);
  mix(&all, sizeof all);
}

static int bytes_of(uint64_t round, int from, int i) {
  uint64_t n = number(round, (uint64_t)(1000 * from + i));
  return n % 16 == 0 ? (int)(n % most_bytes) : (int)(n % 900);
}

/// Every rank sends some messages to the chosen one, which takes them with wildcards and sorts them by their sender.
static void wildcards(uint64_t round) {
  int root = (int)(round % (uint64_t)size), each = 1 + (int)(number(round, 1) % 5);
  if (rank != root) {
    for (int i = 0; i < each; i++) {
      int bytes = bytes_of(round, rank, i);
      char* out = malloc((size_t)bytes + 1);
      memset(out, (int)(number(round, (uint64_t)(i + rank)) & 255), (size_t)bytes + 1);
      MPI_Send(out, bytes, MPI_BYTE, root, 100 + i, MPI_COMM_WORLD);
      free(out);
    }
    return;
  }
  int next[64] = {0};
  uint64_t from_each[64] = {0};
  char* in = malloc(most_bytes);
  for (int m = 0; m < each * (size - 1); m++) {
    MPI_Status status;
    int count = 0;
    if (m % 3 == 1) {
      MPI_Message message;
      MPI_Mprobe(MPI_ANY_SOURCE, MPI_ANY_TAG, MPI_COMM_WORLD, &message, &status);
      MPI_Mrecv(in, most_bytes, MPI_BYTE, &message, &status);
    } else {
      MPI_Recv(in, most_bytes, MPI_BYTE, MPI_ANY_SOURCE, MPI_ANY_TAG, MPI_COMM_WORLD, &status);
    }
    int from = status.MPI_SOURCE;
    MPI_Get_count(&status, MPI_BYTE, &count);
    check(status.MPI_TAG == 100 + next[from], "order of wildcard messages", round);
    check(count == bytes_of(round, from, next[from]), "length of a wildcard message", round);
    for (int i = 0; i < count; i++) from_each[from] = (from_each[from] ^ (unsigned char)in[i]) * 1099511628211u;
    next[from]++;
  }
  mix(from_each, sizeof from_each);
  free(in);
  MPI_Barrier(MPI_COMM_SELF);
}

/// A message is sent now and received in a later round: in flight for the whole time between.
static void late_messages(uint64_t round) {
  int place, count, slot = (int)(round % late_slots);
  MPI_Comm_rank(odd_even, &place);
  MPI_Comm_size(odd_even, &count);
  struct late_message* m = &late[slot];
  if (m->active) {
    char* in = malloc(most_bytes);
    MPI_Recv(in, most_bytes, MPI_BYTE, (place + count - 1) % count, 200 + slot, odd_even, MPI_STATUS_IGNORE);
    mix(in, (size_t)m->bytes);
    MPI_Wait(&m->request, MPI_STATUS_IGNORE);
    free(in);
    free(m->out);
  }
  m->active = 1;
  m->bytes = bytes_of(round, 77, slot);
  m->out = malloc((size_t)m->bytes + 1);
  for (int i = 0; i < m->bytes; i++) m->out[i] = (char)(number(round, (uint64_t)place) >> (i % 57));
  MPI_Isend(m->out, m->bytes, MPI_BYTE, (place + 1) % count, 200 + slot, odd_even, &m->request);
}

static void finish_late_messages(void) {
  int place, count;
  MPI_Comm_rank(odd_even, &place);
  MPI_Comm_size(odd_even, &count);
  char* in = malloc(most_bytes);
  for (int slot = 0; slot < late_slots; slot++) {
    if (!late[slot].active) continue;
    MPI_Recv(in, most_bytes, MPI_BYTE, (place + count - 1) % count, 200 + slot, odd_even, MPI_STATUS_IGNORE);
    mix(in, (size_t)late[slot].bytes);
    MPI_Wait(&late[slot].request, MPI_STATUS_IGNORE);
    free(late[slot].out);
  }
  free(in);
}

static void finish_collective(struct late_collective* c, uint64_t round) {
  int flag = 0;
  if (!c->active) return;
  if (round % 2) MPI_Wait(&c->request, MPI_STATUS_IGNORE);
  while (round % 2 == 0 && !flag) MPI_Test(&c->request, &flag, MPI_STATUS_IGNORE);
  mix(c->out, sizeof(long) * 500);
  c->active = 0;
}

/// A collective is started now and completed when its slot is used again.
static void late_collectives(uint64_t round) {
  uint64_t plan = number(round, 99);
  struct late_collective* c = &collective[plan % collective_slots];
  int which = (int)(plan / 64 % 4), members, place, n = (int)(plan / 1024 % most_longs) + 1;
  MPI_Comm comm = comms[which];
  finish_collective(c, round);
  MPI_Comm_size(comm, &members);
  MPI_Comm_rank(comm, &place);
  memset(c->out, 0, sizeof(long) * 500);
  for (int i = 0; i < n; i++) c->in[i] = (long)(number(round, (uint64_t)(1000 * rank + i)) % 10000);
  for (int i = 0; i < members; i++) c->counts[i] = n - i % n, c->places[i] = i * n;
  switch (plan / 7 % 6) {
    case 0: MPI_Ibarrier(comm, &c->request); break;
    case 1: MPI_Iallreduce(c->in, c->out, n, MPI_LONG, MPI_SUM, comm, &c->request); break;
    case 2: memcpy(c->out, c->in, sizeof(long) * (size_t)n), MPI_Ibcast(c->out, n, MPI_LONG, members - 1, comm, &c->request); break;
    case 3: MPI_Ialltoall(c->in, n / members, MPI_LONG, c->out, n / members, MPI_LONG, comm, &c->request); break;
    case 4: MPI_Iallgatherv(c->in, c->counts[place], MPI_LONG, c->out, c->counts, c->places, MPI_LONG, comm, &c->request); break;
    default: MPI_Iallreduce(c->in, c->out, n, MPI_LONG, user_op, comm, &c->request); break;
  }
  c->active = 1;
}

static void finish_collectives(void) {
  for (int i = 0; i < collective_slots; i++) finish_collective(&collective[i], (uint64_t)i);
  MPI_Op_free(&user_op);
}

static void make_and_free(uint64_t round) {
  MPI_Comm part;
  MPI_Datatype pair;
  MPI_Comm_split(MPI_COMM_WORLD, (int)(number(round, (uint64_t)rank) % 2), rank, &part);
  MPI_Type_contiguous(2, MPI_LONG, &pair);
  MPI_Type_commit(&pair);
  long two[2] = {(long)round, rank};
  MPI_Bcast(two, 1, pair, 0, part);
  mix(two, sizeof two);
  MPI_Type_free(&pair);
  MPI_Comm_free(&part);
}

/// Accesses to a file of everybody and to one of every pair, blocking, split and nonblocking; each reads what it wrote.
static void files(uint64_t round, uint64_t kind) {
  enum { ints = 300 };
  int out[ints], in[ints] = {0}, place, members;
  MPI_File file = kind % 2 ? half_file : world_file;
  MPI_Comm comm = kind % 2 ? halves : MPI_COMM_WORLD;
  MPI_Comm_rank(comm, &place);
  MPI_Comm_size(comm, &members);
  MPI_Offset mine = (MPI_Offset)place * (MPI_Offset)sizeof out;
  MPI_Request request;
  for (int i = 0; i < ints; i++) out[i] = (int)number(round + (uint64_t)rank, (uint64_t)i);
  switch (kind / 2 % 5) {
    case 0:
      MPI_File_write_at_all(file, mine, out, ints, MPI_INT, MPI_STATUS_IGNORE);
      MPI_Barrier(comm);  // another rank may write for this one, and later
      MPI_File_read_at_all(file, mine, in, ints, MPI_INT, MPI_STATUS_IGNORE);
      break;
    case 1:
      MPI_File_seek(file, mine, MPI_SEEK_SET);
      MPI_File_write(file, out, ints / 2, MPI_INT, MPI_STATUS_IGNORE);
      MPI_File_write_all(file, out + ints / 2, ints - ints / 2, MPI_INT, MPI_STATUS_IGNORE);
      MPI_Barrier(comm);
      MPI_File_read_at(file, mine, in, ints, MPI_INT, MPI_STATUS_IGNORE);
      break;
    case 2:
      MPI_File_iwrite_at_all(file, mine, out, ints, MPI_INT, &request);
      collectives(odd_even, round);
      MPI_Wait(&request, MPI_STATUS_IGNORE);
      MPI_Barrier(comm);
      MPI_File_iread_at(file, mine, in, ints, MPI_INT, &request);
      MPI_Wait(&request, MPI_STATUS_IGNORE);
      break;
    case 3:
      MPI_File_write_at_all_begin(file, mine, out, ints, MPI_INT);
      collectives(ring, round);
      MPI_File_write_at_all_end(file, out, MPI_STATUS_IGNORE);
      MPI_Barrier(comm);
      MPI_File_read_at(file, mine, in, ints, MPI_INT, MPI_STATUS_IGNORE);
      break;
    default:
      MPI_Barrier(comm);
      MPI_File_seek_shared(file, 0, MPI_SEEK_SET);
      MPI_File_write_ordered(file, out, ints, MPI_INT, MPI_STATUS_IGNORE);
      MPI_Barrier(comm);
      MPI_File_seek_shared(file, 0, MPI_SEEK_SET);
      MPI_File_read_ordered(file, in, ints, MPI_INT, MPI_STATUS_IGNORE);
  }
  check(memcmp(in, out, sizeof in) == 0, "what a file gives back", round);
  mix(in, sizeof in);
}

/// A file that lives for one access, opened by every second rank together.
static void brief_file(uint64_t round) {
  char name[64];
  snprintf(name, sizeof name, "brief.%d", rank % 2);
  MPI_File file;
  uint64_t out = number(round, (uint64_t)rank), in = 0;
  int amode = MPI_MODE_CREATE | MPI_MODE_RDWR | MPI_MODE_DELETE_ON_CLOSE;
  check(MPI_File_open(odd_even, name, amode, MPI_INFO_NULL, &file) == MPI_SUCCESS, "opening a file", round);
  MPI_File_write_at(file, 8 * rank, &out, 1, MPI_UINT64_T, MPI_STATUS_IGNORE);
  MPI_File_read_at(file, 8 * rank, &in, 1, MPI_UINT64_T, MPI_STATUS_IGNORE);
  MPI_File_close(&file);
  mix(&in, sizeof in);
}

static MPI_File opened(MPI_Comm comm, const char* name) {
  MPI_File file;
  int code = MPI_File_open(comm, name, MPI_MODE_CREATE | MPI_MODE_RDWR, MPI_INFO_NULL, &file);
  check(code == MPI_SUCCESS, "opening a file", 0);
  return file;
}

static void compute(uint64_t round) {
  uint64_t x = round;
  for (int i = 0; i < 200000; i++) x = number(x, (uint64_t)i);
  mix(&x, sizeof x);
}

int main(int argc, char** argv) {
  MPI_Init(&argc, &argv);
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  if (argc != 3 || size < 2 || size > 64) {
    fprintf(stderr, "usage: random_job ROUNDS SEED, with 2 to 64 ranks\n");
    MPI_Abort(MPI_COMM_WORLD, 2);
  }
  uint64_t rounds = strtoull(argv[1], NULL, 10), seed = strtoull(argv[2], NULL, 10);
  int dims[1] = {size}, periods[1] = {1};
  MPI_Cart_create(MPI_COMM_WORLD, 1, dims, periods, 0, &ring);
  MPI_Comm_split(MPI_COMM_WORLD, rank / 2, rank, &halves);
  MPI_Comm_split(MPI_COMM_WORLD, rank % 2, rank, &odd_even);
  MPI_Comm_split(MPI_COMM_WORLD, 0, -rank, &reversed);
  MPI_Type_vector(cells, 1, cells, MPI_DOUBLE, &column);
  MPI_Type_commit(&column);
  char name[64];
  snprintf(name, sizeof name, "half.%d", rank / 2);
  world_file = opened(MPI_COMM_WORLD, "world");
  half_file = opened(halves, name);
  comms[0] = MPI_COMM_WORLD, comms[1] = halves, comms[2] = odd_even, comms[3] = reversed;
  MPI_Op_create(add_by_copy, 1, &user_op);
  for (uint64_t round = 0; round < rounds; round++) {
    uint64_t plan = number(seed, round);
    switch (plan % 12) {
      case 0: case 1: exchange_halo(round); break;
      case 2: collectives(comms[plan / 10 % 4], round); break;
      case 3: collectives(halves, round), collectives(odd_even, round); break;
      case 4: wildcards(round), collectives(reversed, round); break;
      case 5: late_messages(round); break;
      case 6: make_and_free(round); break;
      case 7: files(round, plan / 12); break;
      case 8: plan / 12 % 4 ? files(round, plan / 48) : brief_file(round); break;
      case 9: case 10: late_collectives(round); break;
      default: compute(round); break;
    }
    if (rank == 0 && round % 1000 == 0) fprintf(stderr, "round %llu\n", (unsigned long long)round);
  }
  finish_late_messages();
  finish_collectives();
  printf("PASS %d %016llx\n", rank, (unsigned long long)checksum);
  fflush(stdout);
  MPI_File_close(&half_file);
  MPI_File_close(&world_file);
  MPI_Type_free(&column);
  MPI_Finalize();
  return 0;
}
