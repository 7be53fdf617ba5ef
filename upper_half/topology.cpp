// SPDX-License-Identifier: Apache-2.0
// Arithmetic of virtual topologies and the queries that need nothing else, MPI 4.1 §8.5.
#include "upper_half/topology.hpp"

#include <algorithm>
#include <tuple>

#include "common/mpi_constants.hpp"
#include "gen/upper_api.hpp"
#include "upper_half/comm.hpp"
#include "upper_half/thread.hpp"

namespace mana::upper {
namespace {

/// The coordinate within a dimension, wrapped if that is periodic; -1: outside.
std::int64_t wrap(const Topology& cart, int dimension, std::int64_t coordinate) {
  int extent = cart.dims[dimension];
  if (coordinate >= 0 && coordinate < extent) return coordinate;
  if (cart.periods[dimension] == 0) return -1;
  std::int64_t rest = coordinate % extent;
  return rest < 0 ? rest + extent : rest;
}

/// Searches falling factor lists of `nodes` for the one with the least spread, the largest last factor, the least
/// sum and the largest first ones: what MPICH finds.
struct Balance {
  int best_spread = -1, best_sum = 0;
  Vector<int> current, best;

  void search(int nodes, int left, int largest) {
    if (left == 1) {
      if (nodes > largest) return;
      int first = current.empty() ? nodes : current[0], spread = first - nodes, sum = nodes;
      for (int d : current) sum += d;
      if (best_spread >= 0) {
        auto mine = std::tuple(spread, -nodes, sum), rival = std::tuple(best_spread, -best.back(), best_sum);
        if (mine > rival || (mine == rival && !std::lexicographical_compare(best.begin(), best.end(), current.begin(), current.end()))) return;
      }
      best_spread = spread;
      best_sum = sum;
      best = current;
      best.push_back(nodes);
      return;
    }
    for (std::int64_t d = 1; d * d <= nodes; ++d) {
      if (nodes % d != 0) continue;
      try_factor(static_cast<int>(d), nodes, left, largest);
      if (d * d != nodes) try_factor(static_cast<int>(nodes / d), nodes, left, largest);
    }
  }

  void try_factor(int d, int nodes, int left, int largest) {
    if (d > largest) return;
    double room = 1;  // the factors that follow are at most d
    for (int i = 0; i < left; ++i) room *= d;
    if (room < nodes) return;
    current.push_back(d);
    search(nodes / d, left - 1, d);
    current.pop_back();
  }
};

}  // namespace

int cart_rank_of(const Topology& cart, const int* coords) {
  std::int64_t rank = 0;
  for (std::size_t i = 0; i < cart.dims.size(); ++i) {
    std::int64_t c = wrap(cart, static_cast<int>(i), coords[i]);
    if (c < 0) return -1;
    rank = rank * cart.dims[i] + c;
  }
  return static_cast<int>(rank);
}

void cart_coords_of(const Topology& cart, int rank, int* coords, int count) {
  int nodes = cart_size(cart);
  for (int i = 0; i < static_cast<int>(cart.dims.size()) && i < count; ++i) {
    nodes /= cart.dims[i];
    coords[i] = rank / nodes;
    rank %= nodes;
  }
}

int cart_size(const Topology& cart) {
  int nodes = 1;
  for (int d : cart.dims) nodes *= d;
  return nodes;
}

int cart_neighbor(const Topology& cart, int rank, int dimension, std::int64_t steps) {
  Vector<int> coords(cart.dims.size());
  cart_coords_of(cart, rank, coords.data(), static_cast<int>(coords.size()));
  std::int64_t c = wrap(cart, dimension, coords[dimension] + steps);
  if (c < 0) return mpi::PROC_NULL;
  coords[dimension] = static_cast<int>(c);
  return cart_rank_of(cart, coords.data());
}

int balance_dims(int nodes, int count, int* dims) {
  int fixed = 1, open = 0;
  for (int i = 0; i < count; ++i) {
    if (dims[i] < 0) return mpi::ERR_DIMS;
    if (dims[i] == 0)
      ++open;
    else
      fixed *= dims[i];
  }
  if (nodes < 1 || nodes % fixed != 0) return mpi::ERR_DIMS;
  if (open == 0) return nodes == fixed ? 0 : mpi::ERR_DIMS;
  Balance balance;
  balance.search(nodes / fixed, open, nodes / fixed);
  for (int i = 0, next = 0; i < count; ++i)
    if (dims[i] == 0) dims[i] = balance.best[next++];
  return 0;
}

const int* weights_of(const Vector<int>& weights) { return weights.empty() ? mpi::WEIGHTS_EMPTY : weights.data(); }

namespace {

int degree(const Comm& comm, const Topology* t, bool incoming) {
  if (t == nullptr) return 0;
  if (t->kind == mpi::CART) return 2 * static_cast<int>(t->dims.size());
  if (t->kind == mpi::GRAPH) return t->index[comm.rank] - (comm.rank == 0 ? 0 : t->index[comm.rank - 1]);
  return static_cast<int>((incoming ? t->sources : t->destinations).size());
}

}  // namespace

int in_degree(const Comm& comm) { return degree(comm, comm.topology, true); }
int out_degree(const Comm& comm) { return degree(comm, comm.topology, false); }
int real_degree(const Comm& comm) {
  const Topology* t = comm.topology != nullptr ? comm.topology : comm.leftover;
  return std::max(degree(comm, t, true), degree(comm, t, false));
}

}  // namespace mana::upper

namespace mana::api {
namespace {

/// Error class when `comm` has no topology of that kind.
int check(const Comm* comm, int kind) {
  if (!usable(comm)) return mpi::ERR_COMM;
  return comm->topology == nullptr || comm->topology->kind != kind ? mpi::ERR_TOPOLOGY : 0;
}

void copy_some(const Vector<int>& from, int limit, int* to) { std::copy_n(from.begin(), std::min<std::size_t>(from.size(), std::max(limit, 0)), to); }

}  // namespace

int topo_test(Comm* comm, int* status) {
  if (!usable(comm)) return mpi::ERR_COMM;
  *status = comm->topology == nullptr ? mpi::UNDEFINED : comm->topology->kind;
  return 0;
}

int cartdim_get(Comm* comm, int* ndims) {
  if (int error = check(comm, mpi::CART); error != 0) return error;
  *ndims = static_cast<int>(comm->topology->dims.size());
  return 0;
}

int cart_get(Comm* comm, int maxdims, int* dims, int* periods, int* coords) {
  if (int error = check(comm, mpi::CART); error != 0) return error;
  if (maxdims < static_cast<int>(comm->topology->dims.size())) return mpi::ERR_ARG;
  copy_some(comm->topology->dims, maxdims, dims);
  copy_some(comm->topology->periods, maxdims, periods);
  cart_coords_of(*comm->topology, comm->rank, coords, maxdims);
  return 0;
}

int cart_rank(Comm* comm, const int* coords, int* rank) {
  if (int error = check(comm, mpi::CART); error != 0) return error;
  int found = cart_rank_of(*comm->topology, coords);
  if (found < 0) return mpi::ERR_ARG;
  *rank = found;
  return 0;
}

int cart_coords(Comm* comm, int rank, int maxdims, int* coords) {
  if (int error = check(comm, mpi::CART); error != 0) return error;
  if (rank < 0 || rank >= comm->size) return mpi::ERR_RANK;
  if (maxdims < static_cast<int>(comm->topology->dims.size())) return mpi::ERR_ARG;
  cart_coords_of(*comm->topology, rank, coords, maxdims);
  return 0;
}

int cart_shift(Comm* comm, int direction, int disp, int* rank_source, int* rank_dest) {
  if (int error = check(comm, mpi::CART); error != 0) return error;
  if (direction < 0 || direction >= static_cast<int>(comm->topology->dims.size())) return mpi::ERR_ARG;
  WrapperScope scope;
  *rank_source = cart_neighbor(*comm->topology, comm->rank, direction, -static_cast<std::int64_t>(disp));
  *rank_dest = cart_neighbor(*comm->topology, comm->rank, direction, disp);
  return 0;
}

/// We never reorder: a process keeps its rank.
int cart_map(Comm* comm, int ndims, const int* dims, const int* periods, int* newrank) {
  if (!usable(comm)) return mpi::ERR_COMM;
  std::int64_t nodes = 1;
  for (int i = 0; i < ndims; ++i) {
    if (dims[i] < 1) return mpi::ERR_DIMS;
    nodes *= dims[i];
    if (nodes > comm->size) return mpi::ERR_TOPOLOGY;
  }
  *newrank = comm->rank < nodes ? comm->rank : mpi::UNDEFINED;
  return 0;
}

int dims_create(int nnodes, int ndims, int* dims) {
  if (ndims < 0) return mpi::ERR_DIMS;
  if (ndims == 0) return 0;
  WrapperScope scope;
  return balance_dims(nnodes, ndims, dims);
}

int graphdims_get(Comm* comm, int* nnodes, int* nedges) {
  if (int error = check(comm, mpi::GRAPH); error != 0) return error;
  *nnodes = static_cast<int>(comm->topology->index.size());
  *nedges = static_cast<int>(comm->topology->edges.size());
  return 0;
}

int graph_get(Comm* comm, int maxindex, int maxedges, int* index, int* edges) {
  if (int error = check(comm, mpi::GRAPH); error != 0) return error;
  copy_some(comm->topology->index, maxindex, index);
  copy_some(comm->topology->edges, maxedges, edges);
  return 0;
}

int graph_map(Comm* comm, int nnodes, const int*, const int*, int* newrank) {
  if (!usable(comm)) return mpi::ERR_COMM;
  if (nnodes > comm->size) return mpi::ERR_TOPOLOGY;
  *newrank = comm->rank < nnodes ? comm->rank : mpi::UNDEFINED;
  return 0;
}

int graph_neighbors_count(Comm* comm, int rank, int* nneighbors) {
  if (int error = check(comm, mpi::GRAPH); error != 0) return error;
  if (rank < 0 || rank >= comm->size) return mpi::ERR_RANK;
  const Vector<int>& index = comm->topology->index;
  *nneighbors = index[rank] - (rank == 0 ? 0 : index[rank - 1]);
  return 0;
}

int graph_neighbors(Comm* comm, int rank, int maxneighbors, int* neighbors) {
  int count = 0;
  if (int error = graph_neighbors_count(comm, rank, &count); error != 0) return error;
  int first = rank == 0 ? 0 : comm->topology->index[rank - 1];
  std::copy_n(comm->topology->edges.begin() + first, std::min(count, std::max(maxneighbors, 0)), neighbors);
  return 0;
}

int dist_graph_neighbors_count(Comm* comm, int* indegree, int* outdegree, int* weighted) {
  if (int error = check(comm, mpi::DIST_GRAPH); error != 0) return error;
  *indegree = in_degree(*comm);
  *outdegree = out_degree(*comm);
  *weighted = comm->topology->weighted ? 1 : 0;
  return 0;
}

int dist_graph_neighbors(Comm* comm, int maxindegree, int* sources, int* sourceweights, int maxoutdegree, int* destinations, int* destweights) {
  if (int error = check(comm, mpi::DIST_GRAPH); error != 0) return error;
  const Topology& t = *comm->topology;
  copy_some(t.sources, maxindegree, sources);
  copy_some(t.destinations, maxoutdegree, destinations);
  if (!t.weighted) return 0;
  auto real_array = [](const int* weights) { return weights != mpi::UNWEIGHTED && weights != mpi::WEIGHTS_EMPTY && weights != nullptr; };
  if (real_array(sourceweights)) copy_some(t.source_weights, maxindegree, sourceweights);
  if (real_array(destweights)) copy_some(t.destination_weights, maxoutdegree, destweights);
  return 0;
}

}  // namespace mana::api
