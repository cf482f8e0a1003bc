// The direct method with the whole state in registers, for networks of at most 16 reactions and 16
// slots without a program: nothing is searched or read back from memory, so an event takes the time
// of one chain of operations. AVX-512 alone has the permutations that it needs.

#include "Path.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define REGISTERS __attribute__((target("avx512f,avx512dq,avx512vl,avx512bw,popcnt")))
#define INLINE static inline __attribute__((always_inline)) REGISTERS

enum { HALF = 8, LIMIT = 2 * HALF };

/// The network with reactions and slots in halves of eight; what is not there has rate 0.
struct registers {
  double rate[2][HALF];
  int64_t factor[3][2][HALF];
  double change[LIMIT][2][HALF];
  /// Whether some reaction has a third factor.
  bool has_third;
};

bool fits_registers(const apus_network *n) {
  return n->instructions == 0 && n->reactions <= LIMIT && n->slots <= LIMIT &&
         strcmp(apus_jump_isa_name(), "avx512") == 0;
}

struct registers *make_registers(const apus_network *n) {
  struct registers *g = aligned_alloc(64, (sizeof *g + 63) / 64 * 64);
  if (!g) return NULL;
  memset(g, 0, sizeof *g);
  for (int32_t j = 0; j < n->reactions; j++) {
    g->rate[j / HALF][j % HALF] = n->rate[j];
    for (int f = 0; f < 3; f++) g->factor[f][j / HALF][j % HALF] = n->factor[3 * j + f];
    if (n->factor[3 * j + 2] != 0) g->has_third = true;
    for (int32_t q = n->change_begin[j]; q < n->change_begin[j + 1]; q++) {
      int32_t slot = n->change_slot[q];
      g->change[j][slot / HALF][slot % HALF] = n->change_by[q];
    }
  }
  return g;
}

void free_registers(struct registers *g) { free(g); }

/// The sums of the first one, two, … of eight numbers.
INLINE __m512d sums(__m512d v) {
  const __m512i one = _mm512_setr_epi64(0, 0, 1, 2, 3, 4, 5, 6);
  const __m512i two = _mm512_setr_epi64(0, 0, 0, 1, 2, 3, 4, 5);
  v = _mm512_add_pd(v, _mm512_maskz_permutexvar_pd(0xFE, one, v));
  v = _mm512_add_pd(v, _mm512_maskz_permutexvar_pd(0xFC, two, v));
  return _mm512_add_pd(v, _mm512_maskz_shuffle_f64x2(0xF0, v, v, 0x40));
}

/// The last of eight numbers, everywhere.
INLINE __m512d last(__m512d v) { return _mm512_permutexvar_pd(_mm512_set1_epi64(HALF - 1), v); }

/// The propensities of one half of the reactions.
INLINE __m512d half(const struct registers *g, int h, __m512d low, __m512d high, bool has_third) {
  __m512d rate = _mm512_load_pd(g->rate[h]);
  __m512i first = _mm512_load_si512(g->factor[0][h]), second = _mm512_load_si512(g->factor[1][h]);
  __m512d b = _mm512_permutex2var_pd(low, second, high);
  if (has_third) {
    __m512i third = _mm512_load_si512(g->factor[2][h]);
    b = _mm512_mul_pd(b, _mm512_permutex2var_pd(low, third, high));
  }
  return _mm512_mul_pd(_mm512_mul_pd(rate, _mm512_permutex2var_pd(low, first, high)), b);
}

/// The reaction nearest to `j` that can happen: rounding may point at one that cannot.
static int32_t possible(uint32_t positive, int32_t j) {
  while (j >= 0 && !(positive >> j & 1)) j--;
  return j >= 0 ? j : __builtin_ctz(positive);
}

INLINE apus_paths_status run(
    struct path *p, const struct registers *g, const bool has_high, const bool has_third) {
  double x[LIMIT] __attribute__((aligned(64))) = {0};
  memcpy(x, p->x, sizeof(double) * (size_t)p->network->slots);
  __m512d low = _mm512_load_pd(x), high = _mm512_load_pd(x + HALF);
  const __m512d zero = _mm512_setzero_pd();
  while (!must_stop(p)) {
    __m512d a = half(g, 0, low, high, has_third), b = zero;
    uint32_t positive = _mm512_cmp_pd_mask(a, zero, _CMP_GT_OQ);
    __m512d sums_a = sums(a), sums_b = zero, all = last(sums_a);
    if (has_high) {
      b = half(g, 1, low, high, has_third);
      positive |= (uint32_t)_mm512_cmp_pd_mask(b, zero, _CMP_GT_OQ) << HALF;
      sums_b = _mm512_add_pd(sums(b), all);
      all = last(sums_b);
    }
    double total = _mm512_cvtsd_f64(all);
    double next = positive ? p->time + waiting(p) / total : INFINITY;
    if (next >= p->next_time) {
      _mm512_store_pd(x, low);
      _mm512_store_pd(x + HALF, high);
      memcpy(p->x, x, sizeof(double) * (size_t)p->network->slots);
    }
    if (advance(p, next)) return APUS_PATHS_DONE;
    __m512d place = _mm512_mul_pd(all, _mm512_set1_pd(uniform(p)));
    uint32_t passed = _mm512_cmp_pd_mask(sums_a, place, _CMP_LE_OQ);
    if (has_high) passed |= (uint32_t)_mm512_cmp_pd_mask(sums_b, place, _CMP_LE_OQ) << HALF;
    int32_t j = __builtin_popcount(passed);
    if (__builtin_expect(!(positive >> j & 1), 0)) j = possible(positive, j);
    low = _mm512_add_pd(low, _mm512_load_pd(g->change[j][0]));
    high = _mm512_add_pd(high, _mm512_load_pd(g->change[j][1]));
    p->events++;
  }
  return stopped(p);
}

REGISTERS apus_paths_status run_registers(struct path *p, const struct registers *g) {
  bool has_high = p->network->reactions > HALF;
  if (has_high) return g->has_third ? run(p, g, true, true) : run(p, g, true, false);
  return g->has_third ? run(p, g, false, true) : run(p, g, false, false);
}

#else

bool fits_registers(const apus_network *n) {
  (void)n;
  return false;
}

struct registers *make_registers(const apus_network *n) {
  (void)n;
  return NULL;
}

void free_registers(struct registers *g) { free(g); }

apus_paths_status run_registers(struct path *p, const struct registers *g) {
  (void)p, (void)g;
  return APUS_PATHS_NO_MEMORY;
}

#endif
