// SPDX-License-Identifier: Apache-2.0
// Virtual topologies (MPI 4.1 §8): a record that answers every query, shared by a communicator and its duplicates.
#pragma once

#include "upper_half/objects.hpp"

namespace mana::upper {

struct Topology {
  int references = 1;
  int kind = 0;  ///< mpi::CART, mpi::GRAPH, mpi::DIST_GRAPH
  bool weighted = false;
  Vector<int> dims, periods;            // Cartesian
  Vector<int> index, edges;             // graph
  Vector<int> sources, source_weights;  // distributed graph: of this process
  Vector<int> destinations, destination_weights;
};

inline Topology* share(Topology* topology) {
  if (topology != nullptr) ++topology->references;
  return topology;
}
inline void drop(Topology* topology) {
  if (topology != nullptr && --topology->references == 0) destroy(topology);
}

/// Row-major rank of Cartesian coordinates (MPI 4.1 §8.2); periodic dimensions wrap. -1 if out of range.
int cart_rank_of(const Topology& cart, const int* coords);
/// Coordinates of a rank; the first `count` of them are written.
void cart_coords_of(const Topology& cart, int rank, int* coords, int count);
int cart_size(const Topology& cart);
/// The neighbour `steps` further along a dimension, or mpi::PROC_NULL.
int cart_neighbor(const Topology& cart, int rank, int dimension, std::int64_t steps);
/// MPI_Dims_create, MPI 4.1 §8.5.2: the zero entries become as equal as possible, in falling order. Error class.
int balance_dims(int nodes, int count, int* dims);

/// Weights for a real call: an empty list is MPI_WEIGHTS_EMPTY.
const int* weights_of(const Vector<int>& weights);

/// Numbers of neighbours as neighbourhood collectives count them (MPI 4.1 §8.6).
int in_degree(const Comm& comm);
int out_degree(const Comm& comm);
/// Neighbours in whichever topology the real communicator may have, the larger number.
int real_degree(const Comm& comm);

}  // namespace mana::upper
