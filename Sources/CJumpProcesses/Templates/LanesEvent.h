// One event in every lane: propensities, which reaction it is, and what it changes.

#pragma once

#include "LanesState.h"

/// The first reaction whose cumulative sum is above `r`, by a binary search with blends.
INLINE vl pick(const vd *sums, vd r, const int reactions) {
#if APUS_LANES == 8
  vd v[APUS_LANES_REACTION_LIMIT];
#pragma clang loop unroll(full)
  for (int i = 0; i < reactions; i++) v[i] = sums[i];
  vl chosen = (vl)(int64_t)0;
#pragma clang loop unroll(full)
  for (int half = reactions / 2; half > 0; half /= 2) {
    __mmask8 above = _mm512_cmp_pd_mask((__m512d)v[half - 1], (__m512d)r, _CMP_LE_OQ);
    chosen = (vl)_mm512_mask_add_epi64(
        (__m512i)chosen, above, (__m512i)chosen, _mm512_set1_epi64(half));
#pragma clang loop unroll(full)
    for (int i = 0; i < half - 1; i++) {
      v[i] = (vd)_mm512_mask_blend_pd(above, (__m512d)v[i], (__m512d)v[i + half]);
    }
  }
  return chosen;
#else
  vl chosen = (vl)(int64_t)0;
  for (int i = 0; i < reactions - 1; i++) chosen -= sums[i] <= r;
  return chosen;
#endif
}

/// Adds what the chosen reactions change, one change after another.
INLINE void add_changes(struct lanes *job, const vl *chosen) {
  const apus_network *network = job->network;
  for (int group = 0; group < GROUPS; group++) {
    for (int lane = 0; lane < LANES; lane++) {
      int32_t reaction = job->order[chosen[group][lane]];
      if (reaction >= network->reactions) continue;
      for (int q = network->change_begin[reaction]; q < network->change_begin[reaction + 1]; q++) {
        int64_t slot = (int64_t)group * network->slots + network->change_slot[q];
        ((double *)&job->slots[slot])[lane] += network->change_by[q];
      }
    }
  }
}

/// Adds what the chosen reactions change, slot by slot: of each slot's table the numbers of the reactions.
INLINE void add_from_tables(struct lanes *job, const vl *chosen, const int reactions) {
  const int slots = job->network->slots;
  for (int i = 0; i < job->moving_count; i++) {
    int slot = job->moving[i];
    const double *table = job->changes + (int64_t)i * reactions;
#pragma clang loop unroll(full)
    for (int group = 0; group < GROUPS; group++) {
#if APUS_LANES == 8
      __m512i j = (__m512i)chosen[group];
      __m512d change = reactions == 8
          ? _mm512_permutexvar_pd(j, _mm512_load_pd(table))
          : _mm512_permutex2var_pd(_mm512_load_pd(table), j, _mm512_load_pd(table + 8));
#pragma clang loop unroll(full)
      for (int block = 16; block < reactions; block += 16) {
        __m512d other = _mm512_permutex2var_pd(
            _mm512_load_pd(table + block), j, _mm512_load_pd(table + block + 8));
        change = _mm512_mask_mov_pd(
            change, _mm512_cmpge_epi64_mask(j, _mm512_set1_epi64(block)), other);
      }
#else
      // Whole vectors: a lane stored alone would make the next load of its vector wait.
      vd change;
#pragma clang loop unroll(full)
      for (int lane = 0; lane < LANES; lane++) change[lane] = table[chosen[group][lane]];
#endif
      job->slots[group * slots + slot] += (vd)change;
    }
  }
}

/// The cumulative sums of the propensities, padded with the total to `reactions`.
INLINE void sum_propensities(
    const struct lanes *job, vd sums[GROUPS][APUS_LANES_REACTION_LIMIT], vd total[GROUPS],
    const int reactions) {
  const int slots = job->network->slots, count = job->network->reactions;
  const int32_t *first = job->factor[0], *second = job->factor[1], *third = job->factor[2];
  const vd *x = job->slots;
#pragma clang loop unroll(full)
  for (int g = 0; g < GROUPS; g++) total[g] = (vd)0.0;
  int j = 0;
#define ADD_REACTION(SCALED)                       \
  _Pragma("clang loop unroll(full)")               \
  for (int g = 0; g < GROUPS; g++) {               \
    const vd *here = x + (int64_t)g * slots;       \
    total[g] = fused(SCALED, here[first[j]], total[g]); \
    sums[g][j] = total[g];                         \
  }
  for (; j < job->single; j++) {
    vd rate = (vd)job->rate[j];
    ADD_REACTION(rate)
  }
  for (; j < job->pairs; j++) {
    vd rate = (vd)job->rate[j];
    ADD_REACTION(rate * here[second[j]])
  }
  for (; j < count; j++) {
    vd rate = (vd)job->rate[j];
    ADD_REACTION(rate * here[second[j]] * here[third[j]])
  }
#undef ADD_REACTION
  for (; j < reactions; j++) {
#pragma clang loop unroll(full)
    for (int g = 0; g < GROUPS; g++) sums[g][j] = total[g];
  }
}
