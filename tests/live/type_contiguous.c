// SPDX-License-Identifier: Apache-2.0
// Shows: a contiguous type in flight and posted.
// live: ranks=2 cuts=all
#include "lib/type_in_flight.h"

int main(int argc, char** argv) {
  live_start(&argc, &argv, 2);
  MPI_Datatype type;
  MPI_Type_contiguous(7, MPI_DOUBLE, &type);
  MPI_Type_commit(&type);
  type_in_flight(type, 3, 3 * 7 * sizeof(double));
  MPI_Type_free(&type);
  return live_end();
}
