! SPDX-License-Identifier: Apache-2.0
! Shows: a program with `use mpi`: derived types, split communicator, names, info, logicals and topology live over the cut.
! live: ranks=4 cuts=all
program fortran_module
  use mpi
  implicit none
  include 'lib/live_declare.inc'
  integer :: ierr, half, vector, pair, resized, info, i, length, types(2), lengths(2), cart, coords(2), source, dest, nkeys, provided, version, sub
  integer :: group, pairs(3, 1), some, size_of
  integer(MPI_ADDRESS_KIND) :: places(2), lb, extent, origin
  integer :: matrix(4, 4), row(4), got(2)
  double precision :: value
  character(MPI_MAX_OBJECT_NAME) :: name
  character(MPI_MAX_LIBRARY_VERSION_STRING) :: library
  character(20) :: text
  character(4) :: short
  logical :: flag, periods(2)
  type particle
    sequence
    double precision :: mass
    integer :: kind, charge
  end type
  type(particle) :: sent(3), received(3)

  call live_start(4)
  call MPI_Query_thread(provided, ierr)
  call live_check(provided >= MPI_THREAD_SINGLE .and. provided <= MPI_THREAD_MULTIPLE, 'thread level')
  call MPI_Get_library_version(library, length, ierr)
  call live_check(length > 5 .and. library(length + 1:) == ' ', 'library version')
  call MPI_Get_version(version, i, ierr)
  call live_check(version >= 3, 'version')

  call MPI_Comm_split(MPI_COMM_WORLD, mod(live_rank, 2), live_rank, half, ierr)
  call MPI_Comm_set_name(half, '  every second rank   ', ierr)
  call MPI_Type_vector(4, 1, 4, MPI_INTEGER, vector, ierr)
  call MPI_Type_create_resized(vector, 0_MPI_ADDRESS_KIND, 4_MPI_ADDRESS_KIND, resized, ierr)
  call MPI_Type_commit(resized, ierr)
  call MPI_Get_address(sent(1)%mass, origin, ierr)
  call MPI_Get_address(sent(1)%kind, places(2), ierr)
  places = (/ 0_MPI_ADDRESS_KIND, MPI_Aint_diff(places(2), origin) /)
  lengths = (/ 1, 2 /)
  types = (/ MPI_DOUBLE_PRECISION, MPI_INTEGER /)
  call MPI_Type_create_struct(2, lengths, places, types, pair, ierr)
  call MPI_Type_commit(pair, ierr)
  call MPI_Type_set_name(pair, 'particle', ierr)
  call MPI_Info_create(info, ierr)
  call MPI_Info_set(info, 'key', '  a value  ', ierr)
  call MPI_Info_set(info, ' other ', 'x', ierr)
  call MPI_Cart_create(MPI_COMM_WORLD, 2, (/ 2, 2 /), (/ .true., .false. /), .false., cart, ierr)
  call MPI_Comm_group(MPI_COMM_WORLD, group, ierr)
  pairs(:, 1) = (/ 0, 3, 3 /)
  call MPI_Group_range_incl(group, 1, pairs, some, ierr)

  call live_cut(0)

  call MPI_Comm_get_name(half, name, length, ierr)
  call live_check(length == 17 .and. name == 'every second rank', 'name of the communicator')
  call MPI_Type_get_name(pair, name, length, ierr)
  call live_check(length == 8 .and. name == 'particle', 'name of the datatype')
  call MPI_Type_get_extent(pair, lb, extent, ierr)
  call MPI_Type_size(pair, size_of, ierr)
  call live_check(lb == 0 .and. extent == 16 .and. size_of == 16, 'extent of the structure')
  call MPI_Info_get_nkeys(info, nkeys, ierr)
  call MPI_Info_get(info, 'key', 20, text, flag, ierr)
  call live_check(nkeys == 2 .and. flag .and. text == 'a value', 'info value')
  call MPI_Info_get(info, 'other', 4, short, flag, ierr)
  call live_check(flag .and. short == 'x   ', 'short info value')
  call MPI_Info_get_valuelen(info, 'key', length, flag, ierr)
  call live_check(flag .and. length == 7, 'length of the info value')
  text = 'unchanged'
  call MPI_Info_get(info, 'nothing', 20, text, flag, ierr)
  call live_check(.not. flag .and. text == 'unchanged', 'missing info key')
  call MPI_Info_free(info, ierr)
  call live_check(info == MPI_INFO_NULL, 'info freed')

  do i = 1, 4
    matrix(:, i) = (/ 10 * i + 1, 10 * i + 2, 10 * i + 3, 10 * i + 4 /) + 100 * live_rank
  end do
  call MPI_Sendrecv(matrix(2, 1), 1, resized, mod(live_rank + 1, 4), 3, row, 4, MPI_INTEGER, mod(live_rank + 3, 4), 3, &
    MPI_COMM_WORLD, MPI_STATUS_IGNORE, ierr)
  call live_check(all(row == (/ 12, 22, 32, 42 /) + 100 * mod(live_rank + 3, 4)), 'row')
  sent%mass = live_rank + (/ 0.25d0, 0.5d0, 0.75d0 /)
  sent%kind = (/ 1, 2, 3 /)
  sent%charge = -live_rank
  call MPI_Sendrecv(sent, 3, pair, mod(live_rank + 1, 4), 4, received, 3, pair, mod(live_rank + 3, 4), 4, MPI_COMM_WORLD, MPI_STATUS_IGNORE, ierr)
  call live_check(all(received%kind == (/ 1, 2, 3 /)) .and. received(2)%mass == mod(live_rank + 3, 4) + 0.5d0, 'structures')
  call live_check(all(received%charge == -mod(live_rank + 3, 4)), 'charges')

  value = live_rank + 0.5d0
  call MPI_Allreduce(MPI_IN_PLACE, value, 1, MPI_DOUBLE_PRECISION, MPI_SUM, half, ierr)
  call live_check(value == 3 + 2 * mod(live_rank, 2), 'sum over half of the ranks')
  call live_mix(int(value * 2))
  got = (/ live_rank, 9 /)
  call MPI_Gather(live_rank, 1, MPI_INTEGER, row, 1, MPI_INTEGER, 2, MPI_COMM_WORLD, ierr)
  if (live_rank == 2) call live_check(all(row == (/ 0, 1, 2, 3 /)), 'gathered')

  call MPI_Cart_get(cart, 2, row, periods, coords, ierr)
  call live_check(periods(1) .and. .not. periods(2) .and. all(coords == (/ live_rank / 2, mod(live_rank, 2) /)), 'cartesian')
  call MPI_Cart_shift(cart, 1, 1, source, dest, ierr)
  if (mod(live_rank, 2) == 0) call live_check(source == MPI_PROC_NULL .and. dest == live_rank + 1, 'shift')
  call MPI_Cart_sub(cart, (/ .true., .false. /), sub, ierr)
  call MPI_Comm_size(sub, i, ierr)
  call live_check(i == 2, 'sub grid')
  call MPI_Comm_compare(half, MPI_COMM_WORLD, i, ierr)
  call live_check(i == MPI_UNEQUAL, 'compare')
  call MPI_Group_size(some, i, ierr)
  call MPI_Group_translate_ranks(some, 2, (/ 0, 1 /), group, got, ierr)
  call live_check(i == 2 .and. all(got == (/ 0, 3 /)), 'group')
  call MPI_Sizeof(value, i, ierr)
  call live_check(i == 8, 'sizeof')
  call MPI_Sizeof(row, i, ierr)
  call live_check(i == 4, 'sizeof of an array')

  call MPI_Comm_free(half, ierr)
  call live_check(half == MPI_COMM_NULL .and. ierr == MPI_SUCCESS, 'communicator freed')
  call MPI_Comm_free(sub, ierr)
  call MPI_Comm_free(cart, ierr)
  call MPI_Type_free(vector, ierr)
  call MPI_Type_free(resized, ierr)
  call MPI_Type_free(pair, ierr)
  call live_check(pair == MPI_DATATYPE_NULL, 'datatype freed')
  call MPI_Group_free(some, ierr)
  call MPI_Group_free(group, ierr)
  call live_end()
contains
  include 'lib/live.inc'
end program
