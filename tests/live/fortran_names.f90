! SPDX-License-Identifier: Apache-2.0
! Shows: every mangling of a Fortran name is there, with and without the profiling prefix: for other compilers than gfortran.
! live: ranks=2 cuts=all
program fortran_names
  use mpi
  implicit none
  include 'lib/live_declare.inc'
  interface
    subroutine plain(comm, size, ierr) bind(c, name='mpi_comm_size')
      integer :: comm, size, ierr
    end subroutine
    subroutine one(comm, size, ierr) bind(c, name='mpi_comm_size_')
      integer :: comm, size, ierr
    end subroutine
    subroutine two(comm, size, ierr) bind(c, name='mpi_comm_size__')
      integer :: comm, size, ierr
    end subroutine
    subroutine upper(comm, size, ierr) bind(c, name='MPI_COMM_SIZE')
      integer :: comm, size, ierr
    end subroutine
    subroutine profiled_plain(comm, size, ierr) bind(c, name='pmpi_comm_size')
      integer :: comm, size, ierr
    end subroutine
    subroutine profiled_two(comm, size, ierr) bind(c, name='pmpi_comm_size__')
      integer :: comm, size, ierr
    end subroutine
    subroutine profiled_upper(comm, size, ierr) bind(c, name='PMPI_COMM_SIZE')
      integer :: comm, size, ierr
    end subroutine
  end interface
  integer :: sizes(8), ierr, half

  call live_start(2)
  call MPI_Comm_split(MPI_COMM_WORLD, live_rank, 0, half, ierr)
  call live_cut(0)
  sizes = 0
  call plain(MPI_COMM_WORLD, sizes(1), ierr)
  call one(half, sizes(2), ierr)
  call two(MPI_COMM_WORLD, sizes(3), ierr)
  call upper(half, sizes(4), ierr)
  call profiled_plain(MPI_COMM_WORLD, sizes(5), ierr)
  call PMPI_Comm_size(half, sizes(6), ierr)
  call profiled_two(MPI_COMM_WORLD, sizes(7), ierr)
  call profiled_upper(half, sizes(8), ierr)
  call live_check(all(sizes == (/ live_size, 1, live_size, 1, live_size, 1, live_size, 1 /)), 'sizes')
  call live_mix(sum(sizes))
  call live_end()
contains
  include 'lib/live.inc'
end program
