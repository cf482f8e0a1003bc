// One path in each lane of the vector registers.
//
// All lanes read the same slots, so a propensity is two aligned loads and a fused multiply-add: no
// gather, no dependency graph. Lanes keep their own clocks, and a lane whose path is done takes the
// next one, so that paths of different length cost nothing until the last few.

#pragma once

#include "Vector.h"

enum { GROUPS = 2, WIDTH = GROUPS * LANES };

/// The paths under way.
struct lanes {
  const apus_network *network;
  const apus_record *record;
  const uint64_t *seeds;
  double *samples;
  int64_t paths, next_path;
  /// `[group][slot]`: what each slot holds in each lane.
  vd *slots;
  /// `[slot][reaction]`: what a firing adds; null where changes are added one by one.
  double *changes;
  /// Reactions sorted by their number of factors: `single` of one, then `pairs` of two, then rest.
  int32_t order[APUS_LANES_REACTION_LIMIT], factor[3][APUS_LANES_REACTION_LIMIT];
  double rate[APUS_LANES_REACTION_LIMIT];
  int32_t single, pairs;
  int32_t *moving, moving_count;
  struct streams streams[GROUPS];
  vd time[GROUPS], next_time[GROUPS];
  vl active[GROUPS];
  int64_t path[WIDTH], begun[WIDTH];
  int32_t point[WIDTH];
  int32_t live;
};

/// Puts the next path into a lane, or none.
static void start_path(struct lanes *job, int group, int lane, int64_t round) {
  const apus_network *network = job->network;
  int place = group * LANES + lane;
  bool exists = job->next_path < job->paths;
  for (int slot = 0; slot < network->slots; slot++) {
    ((double *)&job->slots[group * network->slots + slot])[lane] = network->initial[slot];
  }
  ((double *)&job->time[group])[lane] = 0;
  ((int64_t *)&job->active[group])[lane] = exists ? -1 : 0;
  if (!exists) return;
  int64_t path = job->path[place] = job->next_path++;
  job->begun[place] = round;
  job->point[place] = 0;
  job->live++;
  ((double *)&job->next_time[group])[lane] = job->record->times[0];
  vu *words[4] = {
      &job->streams[group].s0, &job->streams[group].s1, &job->streams[group].s2,
      &job->streams[group].s3};
  for (int w = 0; w < 4; w++) ((uint64_t *)words[w])[lane] = job->seeds[4 * path + w];
}

/// Writes the points that a lane's next event passes; true where the path is done.
static bool write_points(struct lanes *job, int group, int lane) {
  const apus_record *record = job->record;
  int place = group * LANES + lane;
  double time = ((double *)&job->time[group])[lane];
  int32_t point = job->point[place];
  while (point < record->points && !(record->times[point] > time)) {
    double *row =
        job->samples + (job->path[place] * record->points + point) * (int64_t)record->outputs;
    for (int output = 0; output < record->outputs; output++) {
      int64_t slot = (int64_t)group * job->network->slots + record->slot[output];
      row[output] = ((double *)&job->slots[slot])[lane];
    }
    point++;
  }
  job->point[place] = point;
  if (point >= record->points) return true;
  ((double *)&job->next_time[group])[lane] = record->times[point];
  return false;
}

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

/// Adds what the chosen reactions change, slot by slot: a table permuted by the reactions' numbers.
INLINE void permute_changes(struct lanes *job, const vl *chosen, const int reactions) {
#if APUS_LANES == 8
  const int slots = job->network->slots;
  for (int i = 0; i < job->moving_count; i++) {
    int slot = job->moving[i];
    const double *table = job->changes + (int64_t)slot * reactions;
#pragma clang loop unroll(full)
    for (int group = 0; group < GROUPS; group++) {
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
      job->slots[group * slots + slot] += (vd)change;
    }
  }
#endif
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

/// Writes points and starts paths in the lanes that passed a point.
///
/// `fresh` has a bit for each lane with a new path, whose clock has not begun.
__attribute__((noinline)) static void pass_points(
    struct lanes *job, const unsigned *passed, unsigned *fresh, int64_t round) {
  for (int group = 0; group < GROUPS; group++) {
    for (unsigned rest = passed[group]; rest; rest &= rest - 1) {
      int lane = __builtin_ctz(rest);
      if (!write_points(job, group, lane)) continue;
      job->live--;
      start_path(job, group, lane, round + 1);
      fresh[group] |= 1u << lane;
    }
  }
}

/// A path that has fired more reactions than it may; null where there is none.
static const int64_t *endless_path(struct lanes *job, int64_t round) {
  for (int place = 0; place < WIDTH; place++) {
    bool active = job->active[place / LANES][place % LANES] != 0;
    if (active && round - job->begun[place] > job->record->event_limit) return &job->path[place];
  }
  return NULL;
}

INLINE apus_outcome run_lanes(struct lanes *job, const int reactions) {
  apus_outcome outcome = {APUS_PATHS_DONE, 0, 0, 0};
  const int slots = job->network->slots;
  for (int64_t round = 0; job->live > 0; round++) {
    vd sums[GROUPS][APUS_LANES_REACTION_LIMIT], total[GROUPS];
    vl chosen[GROUPS];
    unsigned passed[GROUPS], any = 0;
    outcome.events += job->live;
    sum_propensities(job, sums, total, reactions);
#pragma clang loop unroll(full)
    for (int g = 0; g < GROUPS; g++) {
      vd uniform = one_to_two(next_words(&job->streams[g])) - 1;
      vd wait = negative_log(2 - one_to_two(next_words(&job->streams[g])));
      vd reached = job->time[g] + wait / total[g];
      // Nothing can happen any more where the total is 0; 0/0 is no time.
      job->time[g] = total[g] > 0 ? reached : (vd)INFINITY;
      chosen[g] = pick(sums[g], uniform * total[g], reactions);
      passed[g] = lane_bits(~(job->time[g] < job->next_time[g]) & job->active[g]);
      any |= passed[g];
    }
    unsigned fresh[GROUPS] = {0};
    if (__builtin_expect(any != 0, 0)) {
      pass_points(job, passed, fresh, round);
      outcome.events -= __builtin_popcount(fresh[0]) + __builtin_popcount(fresh[1]);
    }
    if (job->changes) {
      permute_changes(job, chosen, reactions);
    } else {
      add_changes(job, chosen);
    }
    if (__builtin_expect((fresh[0] | fresh[1]) != 0, 0)) {
      for (int place = 0; place < WIDTH; place++) {
        int group = place / LANES, lane = place % LANES;
        if (!(fresh[group] >> lane & 1)) continue;
        for (int slot = 0; slot < slots; slot++) {
          ((double *)&job->slots[group * slots + slot])[lane] = job->network->initial[slot];
        }
      }
    }
    if (__builtin_expect((round & 0xFFFF) == 0xFFFF, 0)) {
      const int64_t *path = endless_path(job, round);
      if (path) {
        int place = (int)(path - job->path);
        double time = job->time[place / LANES][place % LANES];
        return (apus_outcome){APUS_PATHS_EVENT_LIMIT, outcome.events, *path, time};
      }
    }
  }
  return outcome;
}

static apus_outcome run_up_to_8(struct lanes *job) { return run_lanes(job, 8); }
static apus_outcome run_up_to_16(struct lanes *job) { return run_lanes(job, 16); }
static apus_outcome run_up_to_32(struct lanes *job) { return run_lanes(job, 32); }
static apus_outcome run_up_to_64(struct lanes *job) { return run_lanes(job, 64); }
static apus_outcome run_up_to_128(struct lanes *job) { return run_lanes(job, 128); }

/// Sorts the reactions by their number of factors, for the loops over them are three.
static void sort_reactions(struct lanes *job) {
  const apus_network *network = job->network;
  int32_t count = 0;
  for (int factors = 1; factors <= 3; factors++) {
    for (int32_t j = 0; j < network->reactions; j++) {
      const int32_t *factor = network->factor + 3 * j;
      if ((factor[2] ? 3 : factor[1] ? 2 : 1) != factors) continue;
      job->order[count] = j;
      job->rate[count] = network->rate[j];
      for (int i = 0; i < 3; i++) job->factor[i][count] = factor[i];
      count++;
    }
    if (factors == 1) job->single = count;
    if (factors == 2) job->pairs = count;
  }
  // Lanes without a path and rounding at the end of the sums may choose what is no reaction.
  for (int32_t j = count; j < APUS_LANES_REACTION_LIMIT; j++) job->order[j] = network->reactions;
}

/// Lists the slots that move and fills the tables of changes where permuting them is cheaper.
static bool arrange_changes(struct lanes *job, int reactions) {
  const apus_network *network = job->network;
  job->moving = calloc((size_t)network->slots, sizeof *job->moving);
  if (!job->moving) return false;
  int32_t total = network->change_begin[network->reactions];
  for (int slot = 0; slot < network->slots; slot++) {
    bool moves = false;
    for (int32_t q = 0; q < total; q++) moves |= network->change_slot[q] == slot;
    if (moves) job->moving[job->moving_count++] = slot;
  }
#if APUS_LANES == 8
  int blocks = reactions <= 16 ? 1 : reactions / 16;
  if (job->moving_count * blocks > 64) return true;  // about what adding them one by one costs
  size_t bytes = sizeof(double) * (size_t)network->slots * (size_t)reactions;
  job->changes = aligned_alloc(64, (bytes + 63) / 64 * 64);
  if (!job->changes) return false;
  memset(job->changes, 0, bytes);
  for (int32_t place = 0; place < network->reactions; place++) {
    int32_t j = job->order[place];
    for (int32_t q = network->change_begin[j]; q < network->change_begin[j + 1]; q++) {
      job->changes[(int64_t)network->change_slot[q] * reactions + place] += network->change_by[q];
    }
  }
#endif
  return true;
}

static apus_outcome paths_in_lanes(
    const apus_network *network, const apus_record *record, int64_t paths, const uint64_t *seeds,
    double *samples) {
  apus_outcome outcome = {APUS_PATHS_NO_MEMORY, 0, 0, 0};
  struct lanes job = {
      .network = network, .record = record, .seeds = seeds, .samples = samples, .paths = paths};
  int reactions = 8;
  while (reactions < network->reactions) reactions *= 2;
  sort_reactions(&job);
  job.slots = aligned_alloc(64, sizeof(vd) * (size_t)network->slots * GROUPS + 64);
  if (job.slots && arrange_changes(&job, reactions)) {
    // A lane without a path moves too and is not looked at; its generator must not be all zero.
    memset(job.streams, 1, sizeof job.streams);
    for (int place = 0; place < WIDTH; place++) {
      start_path(&job, place / LANES, place % LANES, 0);
    }
    outcome = reactions == 8   ? run_up_to_8(&job)
              : reactions == 16 ? run_up_to_16(&job)
              : reactions == 32 ? run_up_to_32(&job)
              : reactions == 64 ? run_up_to_64(&job)
                                : run_up_to_128(&job);
  }
  free(job.slots);
  free(job.changes);
  free(job.moving);
  return outcome;
}
