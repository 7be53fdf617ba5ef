# SPDX-License-Identifier: Apache-2.0
# Sourced by demo.sh and test.sh: the Debian packages, and the build into build/prefix. Changes into the repository.

cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1

build_packages=(meson ninja-build g++ gfortran pkg-config catch2 libboost-context-dev libasio-dev nlohmann-json3-dev
  libxxhash-dev libcli11-dev libfmt-dev python3 python3-jinja2 mpich libmpich-dev openmpi-bin libopenmpi-dev
  libfabric-dev)
test_packages=(python3-numpy libopenblas0-pthread libjemalloc2 libtcmalloc-minimal4 libmimalloc2.0 r-base-core gdb lammps hpcc python3-h5py-mpi python3-mpi4py python3-petsc4py
  quantum-espresso cp2k slurm-wlm munge spin clang-format clang-tidy)

# The launchers are told that more ranks than cores, and root, are meant.
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_mpi_yield_when_idle=1

die() {
  echo "$(basename "$0"): $*" >&2
  exit 1
}

# need_packages PACKAGE...: installs the missing ones with root or sudo; without either, names them and stops.
need_packages() {
  local package missing=() as_root=()
  command -v dpkg-query >/dev/null || die "needs Debian 12 (no dpkg-query here); packages: $*"
  for package in "$@"; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing+=("$package")
  done
  [ ${#missing[@]} -eq 0 ] && return 0
  if [ "$(id -u)" != 0 ]; then
    sudo -n true 2>/dev/null || die "these Debian packages are missing, and there is neither root nor sudo: ${missing[*]}"
    as_root=(sudo)
  fi
  echo "installing: ${missing[*]}"
  "${as_root[@]}" apt-get update -qq || die "apt-get update failed"
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" \
    >/dev/null || die "could not install: ${missing[*]}"
}

# build_all: configures once, compiles, installs into build/prefix; says only what went wrong.
build_all() {
  local log=build/setup.log
  mkdir -p build
  if [ ! -e build/build.ninja ]; then
    meson setup build --prefix="$PWD/build/prefix" >"$log" 2>&1 || { tail -30 "$log" >&2; die "meson setup failed"; }
  fi
  ninja -C build >"$log" 2>&1 || { grep -E -B2 -A8 'FAILED|error' "$log" | tail -60 >&2; die "the build failed"; }
  meson install -C build --no-rebuild >"$log" 2>&1 || { tail -30 "$log" >&2; die "meson install failed"; }
}
