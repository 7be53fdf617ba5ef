! SPDX-License-Identifier: Apache-2.0
! How long does a message take that a Fortran program sends? An 8-byte ping-pong between two ranks, by the mpi module.
program fortran_latency
  use mpi
  use iso_c_binding
  implicit none
  interface
    integer(c_int) function sched_setaffinity(pid, size, mask) bind(c)
      import
      integer(c_int), value :: pid
      integer(c_size_t), value :: size
      integer(c_long) :: mask(*)
    end function
  end interface
  integer, parameter :: batches = 25, turns = 5000
  integer(c_long) :: mask(16)
  integer :: rank, ierror, batch, turn
  integer(8) :: before, after, rate
  real(8) :: value, nanoseconds(batches)
  call MPI_Init(ierror)
  call MPI_Comm_rank(MPI_COMM_WORLD, rank, ierror)
  mask = 0
  mask(1) = ishft(1, rank)
  if (sched_setaffinity(0, 128_c_size_t, mask) /= 0) print *, 'bench: sched_setaffinity'
  value = 1
  call system_clock(count_rate=rate)
  do batch = 0, batches
    call system_clock(before)
    do turn = 1, turns
      if (rank == 0) then
        call MPI_Send(value, 1, MPI_DOUBLE_PRECISION, 1, 1, MPI_COMM_WORLD, ierror)
        call MPI_Recv(value, 1, MPI_DOUBLE_PRECISION, 1, 1, MPI_COMM_WORLD, MPI_STATUS_IGNORE, ierror)
      else
        call MPI_Recv(value, 1, MPI_DOUBLE_PRECISION, 0, 1, MPI_COMM_WORLD, MPI_STATUS_IGNORE, ierror)
        call MPI_Send(value, 1, MPI_DOUBLE_PRECISION, 0, 1, MPI_COMM_WORLD, ierror)
      end if
    end do
    call system_clock(after)
    if (batch > 0) nanoseconds(batch) = 1d9 * dble(after - before) / dble(rate) / (2 * turns)
  end do
  if (rank == 0) print '(a,f0.6,a)', 'BENCH fortran_pingpong_8 ', median(nanoseconds), ' ns'
  call MPI_Finalize(ierror)
contains
  real(8) function median(values)
    real(8), intent(inout) :: values(:)
    integer :: i, least
    do i = 1, size(values)
      least = i - 1 + minloc(values(i:), 1)
      values([i, least]) = values([least, i])
    end do
    median = values(size(values) / 2 + 1)
  end function
end program
