// SPDX-License-Identifier: Apache-2.0
// Shows: objects made and freed leave the memory of the process as it is, before the cut and after it: no record of a freed object stays.
// Each side of the cut makes 80,000 objects of ten kinds that are cheap to make and 200 communicators after a tenth as many of the former,
// and 200 of the latter, have filled what MPI keeps for good. Freed objects leave nothing, so a million would not show more.
// live: ranks=2 cuts=all
#include "lib/live.h"

static void reduce(void* in, void* inout, int* count, MPI_Datatype* type) { (void)in, (void)inout, (void)count, (void)type; }
static void on_error(MPI_Comm* comm, int* code, ...) { (void)comm, (void)code; }

static void make_and_free_local(int turns) {
  for (int i = 0; i < turns; i++) {
    MPI_Datatype type, pair;
    MPI_Type_vector(2, 1, 2 + i % 5, MPI_INT, &type);
    MPI_Type_contiguous(2, type, &pair);
    if (i % 16 == 0) MPI_Type_commit(&pair);  // MPICH 4.0 keeps 64 bytes of each beyond MPI_THREAD_SINGLE
    MPI_Type_free(&type);
    MPI_Type_free(&pair);
    MPI_Group world, one;
    MPI_Comm_group(MPI_COMM_WORLD, &world);
    MPI_Group_incl(world, 1, &live_rank, &one);
    MPI_Group_free(&one);
    MPI_Group_free(&world);
    MPI_Info info;
    MPI_Info_create(&info);
    MPI_Info_set(info, "key", "value");
    MPI_Info_free(&info);
    MPI_Op op;
    MPI_Op_create(reduce, 1, &op);
    MPI_Op_free(&op);
    MPI_Errhandler handler;
    MPI_Comm_create_errhandler(on_error, &handler);
    MPI_Errhandler_free(&handler);
    int keyval, value = 0;
    MPI_Comm_create_keyval(MPI_COMM_NULL_COPY_FN, MPI_COMM_NULL_DELETE_FN, &keyval, NULL);
    MPI_Comm_set_attr(MPI_COMM_SELF, keyval, &value);
    MPI_Comm_delete_attr(MPI_COMM_SELF, keyval);
    MPI_Comm_free_keyval(&keyval);
    MPI_Request request;
    MPI_Irecv(&value, 1, MPI_INT, live_rank, 7, MPI_COMM_WORLD, &request);
    MPI_Send(&i, 1, MPI_INT, live_rank, 7, MPI_COMM_WORLD);
    MPI_Wait(&request, MPI_STATUS_IGNORE);
    MPI_Recv_init(&value, 1, MPI_INT, live_rank, 8, MPI_COMM_WORLD, &request);
    MPI_Request_free(&request);
  }
}

static void make_and_free_communicators(int turns) {
  for (int i = 0; i < turns; i++) {
    MPI_Comm dup, half;
    MPI_Comm_dup(MPI_COMM_WORLD, &dup);
    MPI_Comm_split(dup, live_rank, 0, &half);
    MPI_Comm_free(&half);
    MPI_Comm_free(&dup);
  }
}

static long resident_kib(void) {
  long size = 0, resident = 0;
  FILE* file = fopen("/proc/self/statm", "r");
  LIVE_CHECK(file && fscanf(file, "%ld %ld", &size, &resident) == 2);
  fclose(file);
  return resident * (sysconf(_SC_PAGESIZE) / 1024);
}

/// A leak of 64 bytes in each turn would show.
static void watch_memory(void) {
  enum { turns = 8000, allowed_kib = 512 };
  make_and_free_local(turns / 10);
  make_and_free_communicators(100);
  long before = resident_kib();
  make_and_free_local(turns);
  make_and_free_communicators(100);
  long after = resident_kib();
  if (after - before > allowed_kib) fprintf(stderr, "rank %d: %ld KiB before, %ld KiB after\n", live_rank, before, after);
  LIVE_CHECK(after - before <= allowed_kib);
}

int main(int argc, char** argv) {
  live_start(&argc, &argv, 2);
  watch_memory();
  live_cut(0);
  watch_memory();
  live_mix_int(1);
  return live_end();
}
