#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Builds everything and runs the test suites; the last line counts all results.
#
#     ./test.sh [SUITE...]      lint unit gen model mpi ckpt process security debugger elsewhere random fault apps slurm bench; all of them without an argument
#     ./test.sh soak [OPTION...]  10,000 checkpoints of random programs; goes on where it was interrupted: --budget SECONDS, --checkpoints N
#
# RANDOM_CHECKPOINTS (500), LIVE_OPTIONS (such as --full) and BENCH_PAIRS (3) change how much is run.
. "$(dirname "$0")/tests/setup.sh"

soak_options=()
if [ "${1:-}" = soak ]; then
  soak_options=("${@:2}")
  set -- soak
fi
all_suites=(lint unit gen model mpi ckpt process security debugger elsewhere random fault apps slurm bench)
suites=("$@")
[ ${#suites[@]} -eq 0 ] && suites=("${all_suites[@]}")
for suite in "${suites[@]}"; do
  [[ " ${all_suites[*]} soak " == *" $suite "* ]] || die "no suite $suite; there are: ${all_suites[*]}"
done

passed=0 failed=0 skipped=0 failed_suites=()

# count LOG CODE SUITE: adds the closing line `N passed, N failed, N skipped` of a suite; without one it has failed.
count() {
  local line
  line=$(grep -aE '^[0-9]+ passed, [0-9]+ failed, [0-9]+ skipped$' "$1" | tail -1)
  if [ -n "$line" ]; then
    read -r p _ f _ s _ <<<"$line"
    passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
    [ "$2" -ne 0 ] && [ "$f" -eq 0 ] && failed=$((failed + 1))
  else
    failed=$((failed + 1))
  fi
  [ "$2" -ne 0 ] && failed_suites+=("$3")
}

# run_suite SUITE COMMAND...
run_suite() {
  local suite=$1 log=build/test-$1.log code start=$SECONDS
  shift
  echo "== $suite"
  "$@" 2>&1 | tee "$log"
  code=${PIPESTATUS[0]}
  count "$log" "$code" "$suite"
  echo "== $suite: $([ "$code" -eq 0 ] && echo good || echo FAILED), $((SECONDS - start)) s"
}

# The tests that Meson knows, with its summary turned into our closing line.
meson_suite() {
  local log=build/meson-$1.log code ok bad skip
  meson test -C build --no-rebuild --suite "$1" --print-errorlogs >"$log" 2>&1
  code=$?
  cat "$log"
  number() { awk -v key="$1:" '$1 == key { n += $2 } END { print n + 0 }' "$log"; }
  if grep -q 'No suitable tests defined' "$log"; then
    echo "0 passed, 0 failed, 1 skipped"
    return 0
  fi
  ok=$(($(number Ok) + $(awk '/^Expected Fail:/ { print $3 }' "$log" | head -1)))
  bad=$(($(number Fail) + $(number Timeout) + $(awk '/^Unexpected Pass:/ { print $3 }' "$log" | head -1)))
  skip=$(number Skipped)
  echo "$ok passed, $bad failed, $skip skipped"
  return "$code"
}

need_packages "${build_packages[@]}" "${test_packages[@]}"
build_start=$SECONDS
build_all
echo "== built in $((SECONDS - build_start)) s"

for suite in "${suites[@]}"; do
  case $suite in
    lint | unit | gen) run_suite "$suite" meson_suite "$suite" ;;
    mpi | ckpt) run_suite "$suite" tests/runner/live.py --suite "$suite" --jobs 1 ${LIVE_OPTIONS:-} ;;
    model) run_suite model tests/model/model.py ;;
    process)
      run_suite process tests/runner/process.py
      run_suite family tests/runner/family.py
      ;;
    security) run_suite security tests/runner/security.py ;;
    elsewhere) run_suite elsewhere tests/runner/elsewhere.py ;;
    debugger) run_suite debugger tests/runner/debugger.py ;;
    random)
      # The same programs every time, so that a new failure is a new defect; the moments differ. RANDOM_SEED draws others, as the soak does.
      checkpoints=${RANDOM_CHECKPOINTS:-500}
      random=(tests/runner/random_moments.py --seed "${RANDOM_SEED:-2026}")
      run_suite random "${random[@]}" --checkpoints $((checkpoints * 2 / 5))
      run_suite random-windows "${random[@]}" --job random_windows --checkpoints $((checkpoints / 5))
      run_suite random-calls "${random[@]}" --job random_calls --checkpoints $((checkpoints * 2 / 5))
      ;;
    soak)
      run_suite soak-faults tests/runner/faults.py --matrix
      run_suite soak tests/runner/random_moments.py --job all --checkpoints 10000 --state build/soak.json --work build/tests/soak-runs "${soak_options[@]}"
      ;;
    fault) run_suite fault tests/runner/faults.py ;;
    apps) run_suite apps tests/apps/apps.py ;;
    slurm) run_suite slurm tests/slurm/slurm_test.py ;;
    bench)
      run_suite bench benchmarks/compare.py --pairs "${BENCH_PAIRS:-3}"
      run_suite bench-clock benchmarks/clock.py --pairs "${BENCH_PAIRS:-3}"
      ;;
  esac
done

[ ${#failed_suites[@]} -gt 0 ] && echo "failed suites: ${failed_suites[*]}"
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
