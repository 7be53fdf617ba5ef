# SPDX-License-Identifier: Apache-2.0
# Processes that come and go: pipelines in substitutions, a coprocess, programs. $1: how many rounds. Tells all that it has computed.
# A process that executes one program after another.
export second='sleep 0.1; exec python3 -c "import sys; print(\"OUT\", sys.argv[1])" "$0"'
changing() {
  sleep 0.1
  exec bash -c 'sleep 0.1; exec bash -c "$second" "$0"' "$sum"
}
sum=0
coproc twice { while read -r a; do echo $((2 * a)); done; }
for ((i = 1; i <= $1; ++i)); do
  x=$(
    echo $i | sed 's/1/12/g' | tr 1 3
    [ "${PIPESTATUS[*]}" = "0 0 0" ] || echo "ended with ${PIPESTATUS[*]}"
  )
  echo "$i" >&"${twice[1]}"
  read -r y <&"${twice[0]}"
  echo "OUT $i $x $y $?"
  sum=$(((sum * 31 + x + y) % 1000003))
  if ((i % 10 == 0)); then changing & job=$!; fi
  if ((i % 10 == 5 && i > 10)); then wait $job || exit 1; fi
done
wait $job
echo "OUT end $sum"
