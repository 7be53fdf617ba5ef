// SPDX-License-Identifier: Apache-2.0
// A 2-D wave equation on a grid of ranks: drops fall into a pond with a reflecting shore and two islands.
//
// An ordinary MPI program that knows nothing of checkpoints: a Cartesian communicator, halo exchange (columns by a
// derived type), an Allreduce of the energy every few steps, a progress line, field dumps and a final checksum.
//
//     wave2d [-n POINTS] [-s STEPS] [-o DIRECTORY] [-d DUMPS]
#include <math.h>
#include <mpi.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct options {
  int points, steps, dumps;
  const char* directory;
};

struct domain {
  MPI_Comm grid;
  MPI_Datatype column;
  int rank, ranks, dims[2], place[2];
  int up, down, left, right;
  int rows, columns, first_row, first_column;  // own points, without the halo
  double *before, *now, *next, *speed;
};

static size_t at(const struct domain* d, int row, int column) {  // row and column count from -1 (halo)
  return (size_t)(row + 1) * (size_t)(d->columns + 2) + (size_t)(column + 1);
}

static struct options read_options(int argc, char** argv) {
  struct options o = {.points = 800, .steps = 3000, .dumps = 4, .directory = "."};
  for (int c; (c = getopt(argc, argv, "n:s:o:d:")) != -1;) {
    if (c == 'n') o.points = atoi(optarg);
    else if (c == 's') o.steps = atoi(optarg);
    else if (c == 'd') o.dumps = atoi(optarg);
    else if (c == 'o') o.directory = optarg;
    else {
      fprintf(stderr, "usage: wave2d [-n POINTS] [-s STEPS] [-o DIRECTORY] [-d DUMPS]\n");
      MPI_Abort(MPI_COMM_WORLD, 2);
    }
  }
  return o;
}

static void divide(struct domain* d, int points) {
  int periods[2] = {0, 0};
  d->dims[0] = d->dims[1] = 0;
  MPI_Comm_size(MPI_COMM_WORLD, &d->ranks);
  MPI_Dims_create(d->ranks, 2, d->dims);
  MPI_Cart_create(MPI_COMM_WORLD, 2, d->dims, periods, 1, &d->grid);
  MPI_Comm_rank(d->grid, &d->rank);
  MPI_Cart_coords(d->grid, d->rank, 2, d->place);
  MPI_Cart_shift(d->grid, 0, 1, &d->up, &d->down);
  MPI_Cart_shift(d->grid, 1, 1, &d->left, &d->right);
  d->first_row = points * d->place[0] / d->dims[0];
  d->rows = points * (d->place[0] + 1) / d->dims[0] - d->first_row;
  d->first_column = points * d->place[1] / d->dims[1];
  d->columns = points * (d->place[1] + 1) / d->dims[1] - d->first_column;
  MPI_Type_vector(d->rows, 1, d->columns + 2, MPI_DOUBLE, &d->column);
  MPI_Type_commit(&d->column);
}

static double* new_field(const struct domain* d) {
  double* field = calloc((size_t)(d->rows + 2) * (size_t)(d->columns + 2), sizeof(double));
  if (!field) {
    fprintf(stderr, "wave2d: out of memory\n");
    MPI_Abort(MPI_COMM_WORLD, 1);
  }
  return field;
}

static double disc(double x, double y, double center_x, double center_y, double radius) {
  return radius - sqrt((x - center_x) * (x - center_x) + (y - center_y) * (y - center_y));
}

/// The pond's depth gives the speed; the two islands have none.
static void fill_pond(struct domain* d, int points) {
  d->before = new_field(d);
  d->now = new_field(d);
  d->next = new_field(d);
  d->speed = new_field(d);
  for (int r = 0; r < d->rows; r++)
    for (int c = 0; c < d->columns; c++) {
      double y = (d->first_row + r + 0.5) / points, x = (d->first_column + c + 0.5) / points;
      int island = disc(x, y, 0.68, 0.35, 0.09) > 0 || disc(x, y, 0.3, 0.72, 0.06) > 0;
      d->speed[at(d, r, c)] = island ? 0 : 0.25 * (0.5 + 0.5 * x);
    }
}

static void drop(struct domain* d, int points, double x0, double y0) {
  for (int r = 0; r < d->rows; r++)
    for (int c = 0; c < d->columns; c++) {
      double y = (d->first_row + r + 0.5) / points - y0, x = (d->first_column + c + 0.5) / points - x0;
      double height = exp(-(x * x + y * y) * 900.0);
      if (d->speed[at(d, r, c)] > 0 && height > 1e-12) {
        d->now[at(d, r, c)] += height;
        d->before[at(d, r, c)] += height;
      }
    }
}

static void exchange_halo(struct domain* d) {
  MPI_Request requests[8];
  double* u = d->now;
  MPI_Irecv(&u[at(d, -1, 0)], d->columns, MPI_DOUBLE, d->up, 0, d->grid, &requests[0]);
  MPI_Irecv(&u[at(d, d->rows, 0)], d->columns, MPI_DOUBLE, d->down, 1, d->grid, &requests[1]);
  MPI_Irecv(&u[at(d, 0, -1)], 1, d->column, d->left, 2, d->grid, &requests[2]);
  MPI_Irecv(&u[at(d, 0, d->columns)], 1, d->column, d->right, 3, d->grid, &requests[3]);
  MPI_Isend(&u[at(d, d->rows - 1, 0)], d->columns, MPI_DOUBLE, d->down, 0, d->grid, &requests[4]);
  MPI_Isend(&u[at(d, 0, 0)], d->columns, MPI_DOUBLE, d->up, 1, d->grid, &requests[5]);
  MPI_Isend(&u[at(d, 0, d->columns - 1)], 1, d->column, d->right, 2, d->grid, &requests[6]);
  MPI_Isend(&u[at(d, 0, 0)], 1, d->column, d->left, 3, d->grid, &requests[7]);
  MPI_Waitall(8, requests, MPI_STATUSES_IGNORE);
}

static void advance(struct domain* d) {
  int stride = d->columns + 2;
  for (int r = 0; r < d->rows; r++) {
    const double *u = &d->now[at(d, r, 0)], *old = &d->before[at(d, r, 0)], *speed = &d->speed[at(d, r, 0)];
    double* new = &d->next[at(d, r, 0)];
    for (int c = 0; c < d->columns; c++) {
      double bend = u[c - 1] + u[c + 1] + u[c - stride] + u[c + stride] - 4 * u[c];
      new[c] = speed[c] > 0 ? u[c] + 0.9997 * (u[c] - old[c]) + speed[c] * bend : 0;
    }
  }
  double* free_field = d->before;
  d->before = d->now;
  d->now = d->next;
  d->next = free_field;
}

/// How far the surface moved in the last step, over all ranks.
static double residual(const struct domain* d) {
  double own = 0, all = 0;
  for (int r = 0; r < d->rows; r++)
    for (int c = 0; c < d->columns; c++) {
      double change = fabs(d->now[at(d, r, c)] - d->before[at(d, r, c)]);
      own = change > own ? change : own;
    }
  MPI_Allreduce(&own, &all, 1, MPI_DOUBLE, MPI_MAX, d->grid);
  return all;
}

/// The whole field on rank 0 of the grid, row by row; NULL elsewhere. Freed by the caller.
static double* collect(const struct domain* d, int points) {
  double* whole = NULL;
  MPI_Request request;
  int sizes[2] = {d->rows + 2, d->columns + 2}, own[2] = {d->rows, d->columns}, starts[2] = {1, 1};
  MPI_Datatype inner;
  MPI_Type_create_subarray(2, sizes, own, starts, MPI_ORDER_C, MPI_DOUBLE, &inner);
  MPI_Type_commit(&inner);
  MPI_Isend(d->now, 1, inner, 0, 9, d->grid, &request);
  if (d->rank == 0) {
    whole = malloc(sizeof(double) * (size_t)points * (size_t)points);
    for (int r = 0; r < d->ranks; r++) {
      int place[2], whole_sizes[2] = {points, points}, part[2], first[2];
      MPI_Cart_coords(d->grid, r, 2, place);
      for (int k = 0; k < 2; k++) {
        first[k] = points * place[k] / d->dims[k];
        part[k] = points * (place[k] + 1) / d->dims[k] - first[k];
      }
      MPI_Datatype tile;
      MPI_Type_create_subarray(2, whole_sizes, part, first, MPI_ORDER_C, MPI_DOUBLE, &tile);
      MPI_Type_commit(&tile);
      MPI_Recv(whole, 1, tile, r, 9, d->grid, MPI_STATUS_IGNORE);
      MPI_Type_free(&tile);
    }
  }
  MPI_Wait(&request, MPI_STATUS_IGNORE);
  MPI_Type_free(&inner);
  return whole;
}

/// Writes a field as raw doubles: DIRECTORY/field-STEP.raw, read by picture.py.
static void dump(const struct domain* d, const struct options* o, int step) {
  double* whole = collect(d, o->points);
  if (!whole) return;
  char name[4096];
  snprintf(name, sizeof name, "%s/field-%06d.raw", o->directory, step);
  FILE* file = fopen(name, "wb");
  size_t count = (size_t)o->points * (size_t)o->points;
  if (!file || fwrite(whole, sizeof(double), count, file) != count || fclose(file) != 0) {
    perror(name);
    MPI_Abort(MPI_COMM_WORLD, 1);
  }
  free(whole);
}

static void print_checksum(const struct domain* d, int points) {
  double* whole = collect(d, points);
  if (!whole) return;
  uint64_t sum = 1469598103934665603u;
  const unsigned char* bytes = (const unsigned char*)whole;
  for (size_t i = 0; i < sizeof(double) * (size_t)points * (size_t)points; i++) sum = (sum ^ bytes[i]) * 1099511628211u;
  printf("checksum %016llx\n", (unsigned long long)sum);
  fflush(stdout);
  free(whole);
}

static void print_progress(const struct domain* d, const struct options* o, int step, double moved) {
  if (d->rank != 0) return;
  enum { width = 40 };
  int done = width * step / o->steps;
  printf("step %5d of %d [%.*s%*s] residual %.9e\n", step, o->steps, done, "########################################",
         width - done, "", moved);
  fflush(stdout);
}

int main(int argc, char** argv) {
  MPI_Init(&argc, &argv);
  struct options o = read_options(argc, argv);
  struct domain d;
  divide(&d, o.points);
  fill_pond(&d, o.points);
  const double drops[5][2] = {{0.2, 0.2}, {0.8, 0.75}, {0.5, 0.5}, {0.12, 0.85}, {0.9, 0.1}};
  for (int step = 0; step < o.steps; step++) {
    if (step % (o.steps / 5 + 1) == 0) {
      const double* where = drops[step / (o.steps / 5 + 1)];
      drop(&d, o.points, where[0], where[1]);
    }
    exchange_halo(&d);
    advance(&d);
    if ((step + 1) % 20 == 0) {
      double moved = residual(&d);
      if ((step + 1) % 100 == 0) print_progress(&d, &o, step + 1, moved);
    }
    if (o.dumps > 0 && (step + 1) % (o.steps / o.dumps) == 0) dump(&d, &o, step + 1);
  }
  print_checksum(&d, o.points);
  MPI_Type_free(&d.column);
  MPI_Comm_free(&d.grid);
  MPI_Finalize();
  return 0;
}
