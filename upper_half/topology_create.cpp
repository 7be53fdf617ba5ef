// SPDX-License-Identifier: Apache-2.0
// Communicators with a topology, MPI 4.1 §8.5. The real MPI gets the same topology, for its neighbourhood collectives;
// always without reordering, so that a restart gives every process its rank again.
#include "gen/lower_calls.hpp"
#include "gen/upper_api.hpp"
#include "upper_half/collectives.hpp"
#include "upper_half/comm.hpp"
#include "upper_half/rebuild.hpp"
#include "upper_half/thread.hpp"
#include "upper_half/topology.hpp"

namespace mana::api {
namespace {

Topology* make_topology(int kind) {
  auto* t = create<Topology>();
  t->kind = kind;
  return t;
}

int finish(int error, std::uint64_t real, Comm* parent, Topology* topology, Comm** out) {
  if (error == 0) error = adopt_comm(real, out);
  if (error != 0 || *out == comm_null) {
    drop(topology);
    return error;
  }
  (*out)->topology = topology;
  inherit(*out, parent);
  return 0;
}

int check_intra(const Comm* comm) { return !usable(comm) || comm->inter != 0 ? mpi::ERR_COMM : 0; }

/// The real MPI tells each process its neighbours, in the order of neighbourhood collectives.
int ask_neighbors(std::uint64_t real, Topology* t) {
  int in = 0, out = 0, weighted = 0;
  if (int error = lower_call::dist_graph_neighbors_count(real, &in, &out, &weighted); error != 0) return error;
  t->weighted = weighted != 0;
  t->sources.resize(in);
  t->destinations.resize(out);
  if (t->weighted) {
    t->source_weights.resize(in);
    t->destination_weights.resize(out);
  }
  int nothing = 0;
  auto weights = [&](Vector<int>& list) { return t->weighted ? (list.empty() ? &nothing : list.data()) : mpi::UNWEIGHTED; };
  return lower_call::dist_graph_neighbors(real, in, t->sources.empty() ? &nothing : t->sources.data(), weights(t->source_weights), out,
                                          t->destinations.empty() ? &nothing : t->destinations.data(), weights(t->destination_weights));
}

int finish_dist_graph(int error, std::uint64_t real, Comm* parent, Comm** out) {
  if (error != 0) return error;
  return_errors(real);
  Topology* t = make_topology(mpi::DIST_GRAPH);
  error = ask_neighbors(real, t);
  return finish(error, real, parent, t, out);
}

}  // namespace

int cart_create(Comm* comm_old, int ndims, const int* dims, const int* periods, int reorder, Comm** comm_cart) {
  if (int error = check_intra(comm_old); error != 0) return error;
  *comm_cart = comm_null;
  if (ndims < 0) return mpi::ERR_DIMS;
  std::int64_t nodes = 1;
  for (int i = 0; i < ndims; ++i) {
    if (dims[i] < 1) return mpi::ERR_DIMS;
    nodes *= dims[i];
    if (nodes > comm_old->size) return mpi::ERR_TOPOLOGY;
  }
  CollectiveScope collective(comm_old, "MPI_Cart_create");
  Topology* t = make_topology(mpi::CART);
  t->dims.assign(dims, dims + ndims);
  for (int i = 0; i < ndims; ++i) t->periods.push_back(periods[i] != 0 ? 1 : 0);
  std::uint64_t real = 0;
  int error = lower_call::cart_create(comm_old->real.bits, ndims, dims, t->periods.data(), 0, &real);
  return finish(error, real, comm_old, t, comm_cart);
}

int cart_sub(Comm* comm, const int* remain_dims, Comm** newcomm) {
  if (!usable(comm)) return mpi::ERR_COMM;
  if (comm->topology == nullptr || comm->topology->kind != mpi::CART) return mpi::ERR_TOPOLOGY;
  CollectiveScope collective(comm, "MPI_Cart_sub");
  Topology* t = make_topology(mpi::CART);
  for (std::size_t i = 0; i < comm->topology->dims.size(); ++i) {
    if (remain_dims[i] == 0) continue;
    t->dims.push_back(comm->topology->dims[i]);
    t->periods.push_back(comm->topology->periods[i]);
  }
  std::uint64_t real = 0;
  int error = lower_call::cart_sub(comm->real.bits, remain_dims, &real);
  return finish(error, real, comm, t, newcomm);
}

int graph_create(Comm* comm_old, int nnodes, const int* index, const int* edges, int reorder, Comm** comm_graph) {
  if (int error = check_intra(comm_old); error != 0) return error;
  if (nnodes < 0 || nnodes > comm_old->size) return mpi::ERR_ARG;
  CollectiveScope collective(comm_old, "MPI_Graph_create");
  Topology* t = make_topology(mpi::GRAPH);
  t->index.assign(index, index + nnodes);
  if (nnodes > 0) t->edges.assign(edges, edges + index[nnodes - 1]);
  std::uint64_t real = 0;
  int error = lower_call::graph_create(comm_old->real.bits, nnodes, index, edges, 0, &real);
  return finish(error, real, comm_old, t, comm_graph);
}

int dist_graph_create(Comm* comm_old, int n, const int* sources, const int* degrees, const int* destinations, const int* weights, Info* info, int reorder,
                      Comm** comm_dist_graph) {
  if (int error = check_intra(comm_old); error != 0) return error;
  CollectiveScope collective(comm_old, "MPI_Dist_graph_create");
  std::uint64_t real = 0;
  int error = lower_call::dist_graph_create(comm_old->real.bits, n, sources, degrees, destinations, weights, real_predefined(mpi::INFO_NULL), 0, &real);
  return finish_dist_graph(error, real, comm_old, comm_dist_graph);
}

int dist_graph_create_adjacent(Comm* comm_old, int indegree, const int* sources, const int* sourceweights, int outdegree, const int* destinations,
                               const int* destweights, Info* info, int reorder, Comm** comm_dist_graph) {
  if (int error = check_intra(comm_old); error != 0) return error;
  CollectiveScope collective(comm_old, "MPI_Dist_graph_create_adjacent");
  std::uint64_t real = 0;
  int error = lower_call::dist_graph_create_adjacent(comm_old->real.bits, indegree, sources, sourceweights, outdegree, destinations, destweights,
                                                     real_predefined(mpi::INFO_NULL), 0, &real);
  return finish_dist_graph(error, real, comm_old, comm_dist_graph);
}

}  // namespace mana::api
