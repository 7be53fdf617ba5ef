! SPDX-License-Identifier: Apache-2.0
! Shows: data representations registered from Fortran are remembered across the cut; conversion functions are refused.
! live: ranks=2 cuts=all
subroutine extent(datatype, bytes, extra_state, ierr)
  use mpi
  implicit none
  integer :: datatype, ierr
  integer(MPI_ADDRESS_KIND) :: bytes, extra_state, lower
  call MPI_Type_get_extent(datatype, lower, bytes, ierr)
end subroutine

subroutine convert(userbuf, datatype, count, filebuf, position, extra_state, ierr)
  use mpi
  implicit none
  integer :: userbuf(*), datatype, count, filebuf(*), ierr
  integer(MPI_OFFSET_KIND) :: position
  integer(MPI_ADDRESS_KIND) :: extra_state
  ierr = MPI_SUCCESS
end subroutine

subroutine register(name, conversion, kind)
  use mpi
  implicit none
  external :: conversion, extent
  character(*) :: name
  integer :: kind, code, ierr
  integer(MPI_ADDRESS_KIND) :: extra_state
  extra_state = 0
  call MPI_Register_datarep(name, conversion, conversion, extent, extra_state, code)
  call MPI_Error_class(code, kind, ierr)
end subroutine

! MPICH's module does not declare MPI_CONVERSION_FN_NULL.
subroutine register_null(name, kind)
  implicit none
  external :: mpi_conversion_fn_null
  character(*) :: name
  integer :: kind
  call register(name, mpi_conversion_fn_null, kind)
end subroutine

program fortran_datarep
  use mpi
  implicit none
  include 'lib/live_declare.inc'
  external :: convert
  integer :: kind

  call live_start(2)
  call register_null('own  ', kind)  ! Open MPI says that it can't, and remembers the name

  call live_cut(0)

  call register_null('own', kind)
  call live_check(kind == MPI_ERR_DUP_DATAREP, 'remembered')
  call register('converted', convert, kind)
  call live_check(kind == MPI_ERR_CONVERSION, 'conversion')
  call live_mix(live_rank)
  call live_end()
contains
  include 'lib/live.inc'
end program
