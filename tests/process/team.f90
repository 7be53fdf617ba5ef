! SPDX-License-Identifier: Apache-2.0
! Shows: a Fortran program with an OpenMP team, thread-private and allocatable arrays, an open unit.
! process: cuts=1
! state: Programs | gfortran with OpenMP: the team, thread-private memory, open units | kept
program team
  use omp_lib
  implicit none
  integer, parameter :: n = 200000
  real(8), allocatable :: a(:)
  integer :: i, seen, unit_number
  integer, save :: mine = 0
  real(8) :: total
  !$omp threadprivate(mine)
  call omp_set_num_threads(3)
  call omp_set_dynamic(.false.)
  allocate(a(n))
  !$omp parallel do
  do i = 1, n
    a(i) = sqrt(real(i, 8))
  end do
  !$omp parallel
  mine = omp_get_thread_num() + 1
  !$omp end parallel
  open(newunit=unit_number, file='team.txt', status='replace', action='readwrite')
  write(unit_number, *) 17
  call cut_here()
  seen = 0
  !$omp parallel reduction(+:seen)
  seen = seen + mine
  !$omp end parallel
  total = 0
  !$omp parallel do reduction(+:total)
  do i = 1, n
    total = total + a(i)
  end do
  write(unit_number, *) 18
  rewind(unit_number)
  read(unit_number, *) i
  print '(a,i0,1x,i0,1x,f0.3)', 'OUT ', seen, i, total
  print '(a)', 'PASS'
contains
  subroutine cut_here()
    character(len=4096) :: directory
    integer :: status, u
    logical :: there
    call get_environment_variable('CUT_DIR', directory, status=status)
    if (status /= 0) return
    do
      inquire(file=trim(directory)//'/go.0', exist=there)
      if (there) return
      inquire(file=trim(directory)//'/at.0', exist=there)
      if (.not. there) then
        open(newunit=u, file=trim(directory)//'/at.0', status='replace')
        close(u)
      end if
      call execute_quietly()
    end do
  end subroutine
  subroutine execute_quietly()
    interface
      integer(c_int) function usleep(t) bind(c)
        use iso_c_binding
        integer(c_int), value :: t
      end function
    end interface
    integer :: ignored
    ignored = usleep(5000)
  end subroutine
end program
