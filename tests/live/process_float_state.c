// SPDX-License-Identifier: Apache-2.0
// Shows: rounding mode, MXCSR flags and AVX registers of an interrupted loop are kept.
// live: ranks=2 cuts=all
#include "lib/live.h"

#include <fenv.h>
#include <immintrin.h>

__attribute__((target("avx2"))) static void spin(uint64_t* out) {
  __m256i a = _mm256_set_epi64x(1, 2, 3, 4), b = _mm256_set_epi64x(5, 6, 7, live_rank);
  for (int turn = 0; turn < 400; turn++) {
    for (int i = 0; i < 500000; i++) {  // the request comes while this loop runs on
      a = _mm256_add_epi64(_mm256_xor_si256(a, b), _mm256_slli_epi64(a, 1));
      b = _mm256_permute4x64_epi64(b, 0x39);
    }
  }
  _mm256_storeu_si256((__m256i*)out, a);
}

int main(int argc, char** argv) {
  live_start(&argc, &argv, 2);
  if (!__builtin_cpu_supports("avx2")) return live_end();
  const char* directory = getenv("LIVE_CUT_DIR");
  if (directory) {
    char at[4096];
    snprintf(at, sizeof at, "%s/at.0.%d", directory, live_rank);
    close(open(at, O_CREAT | O_WRONLY, 0644));
  }
  fesetround(FE_UPWARD);
  _mm_setcsr(_mm_getcsr() | 0x8000);  // flush to zero
  uint64_t lanes[4];
  spin(lanes);
  live_cut(0);
  LIVE_CHECK(fegetround() == FE_UPWARD && (_mm_getcsr() & 0x8000));
  volatile double one = 1, three = 3;
  double up = one / three;
  fesetround(FE_TONEAREST);
  LIVE_CHECK(up > one / three);
  live_mix(lanes, sizeof lanes);
  live_mix(&up, sizeof up);
  return live_end();
}
