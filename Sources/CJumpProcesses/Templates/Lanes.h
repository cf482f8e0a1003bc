// One path in each lane of the vector registers.
//
// All lanes read the same slots, so a propensity is two aligned loads and a fused multiply-add: no
// gather, no dependency graph. Lanes keep their own clocks, and a lane whose path is done takes the
// next one, so that paths of different length cost nothing until the last few.

#pragma once

#include "LanesEvent.h"

static apus_outcome overrun_outcome(const struct lanes *job, apus_outcome outcome) {
  stop_at(job, job->overrun, &outcome);
  outcome.status = APUS_PATHS_EVENT_LIMIT;
  return outcome;
}

INLINE apus_outcome run_lanes(struct lanes *job, const int reactions) {
  apus_outcome outcome = {.status = APUS_PATHS_DONE, .whole = job->paths, .begun = job->paths};
  outcome.points = job->record->points;
  const int slots = job->network->slots;
  const int64_t look = rounds_between_looks(job);
  for (int64_t round = 0; job->live > 0; round++) {
    vd sums[GROUPS][APUS_LANES_REACTION_LIMIT], total[GROUPS];
    vl chosen[GROUPS];
    unsigned passed[GROUPS], any = 0;
    if (job->network->instructions > 0) {
      run_lane_program(
          job->network->program, job->network->instructions, job->slots, slots, GROUPS);
      if (__builtin_expect(!are_rates(job), 0)) {
        name_fault(job, &outcome);
        return outcome;
      }
    }
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
      if (job->overrun >= 0) return overrun_outcome(job, outcome);
      outcome.events -= __builtin_popcount(fresh[0]) + __builtin_popcount(fresh[1]);
    }
    if (job->changes) {
      add_from_tables(job, chosen, reactions);
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
    if (__builtin_expect((round & look) == look, 0)) {
      job->overrun = endless_lane(job, round);
      if (job->overrun >= 0) return overrun_outcome(job, outcome);
      if (job->record->is_stopped && job->record->is_stopped(job->record->context)) {
        stop_at(job, first_lane(job), &outcome);
        outcome.status = APUS_PATHS_STOPPED;
        return outcome;
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
      if (factors > 1 || !job->is_computed[factor[0]]) continue;
      job->checked_reaction[job->checked_count] = j;
      job->checked[job->checked_count++] = factor[0];
    }
    if (factors == 1) job->single = count;
    if (factors == 2) job->pairs = count;
  }
  // Lanes without a path and rounding at the end of the sums may choose what is no reaction.
  for (int32_t j = count; j < APUS_LANES_REACTION_LIMIT; j++) job->order[j] = network->reactions;
}

static bool mark_computed(struct lanes *job) {
  const apus_network *network = job->network;
  job->is_computed = calloc((size_t)network->slots, sizeof *job->is_computed);
  if (!job->is_computed) return false;
  for (int i = 0; i < network->instructions; i++) {
    job->is_computed[network->program[i].target] = true;
  }
  return true;
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
  // More costs about what adding them one by one does; for others than AVX-512 an estimate.
  int blocks = LANES == 8 && reactions > 16 ? reactions / 16 : 1;
  if (job->moving_count * blocks > 8 * LANES) return true;
  size_t bytes = sizeof(double) * (size_t)job->moving_count * (size_t)reactions;
  job->changes = aligned_alloc(64, (bytes + 64) / 64 * 64);
  if (!job->changes) return false;
  memset(job->changes, 0, bytes);
  for (int32_t i = 0; i < job->moving_count; i++) {
    for (int32_t place = 0; place < network->reactions; place++) {
      int32_t j = job->order[place];
      for (int32_t q = network->change_begin[j]; q < network->change_begin[j + 1]; q++) {
        if (network->change_slot[q] != job->moving[i]) continue;
        job->changes[(int64_t)i * reactions + place] += network->change_by[q];
      }
    }
  }
  return true;
}

static apus_outcome paths_in_lanes(
    const apus_network *network, const apus_record *record, int64_t paths, const uint64_t *seeds,
    double *samples) {
  apus_outcome outcome = {.status = APUS_PATHS_NO_MEMORY};
  struct lanes job = {
      .network = network, .record = record, .seeds = seeds, .samples = samples, .paths = paths,
      .overrun = -1};
  int reactions = 8;
  while (reactions < network->reactions) reactions *= 2;
  job.slots = aligned_alloc(64, (sizeof(vd) * (size_t)network->slots * GROUPS + 63) / 64 * 64);
  if (job.slots && mark_computed(&job)) sort_reactions(&job);
  if (job.slots && job.is_computed && arrange_changes(&job, reactions)) {
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
  free(job.is_computed);
  return outcome;
}
