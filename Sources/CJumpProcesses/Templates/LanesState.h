// The paths under way in the lanes: how they begin, write down where they are, and end.

#pragma once

#include "LanesProgram.h"

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
  /// `[moving slot][reaction]`: what a firing adds; null where changes are added one by one.
  double *changes;
  /// Reactions sorted by their number of factors: `single` of one, then `pairs` of two, then rest.
  int32_t order[APUS_LANES_REACTION_LIMIT], factor[3][APUS_LANES_REACTION_LIMIT];
  double rate[APUS_LANES_REACTION_LIMIT];
  int32_t single, pairs;
  /// The slots that the program computes for propensities, and the reactions they are of.
  int32_t checked[APUS_LANES_REACTION_LIMIT], checked_reaction[APUS_LANES_REACTION_LIMIT];
  int32_t checked_count;
  /// `[slot]`: whether the program computes it.
  bool *is_computed;
  int32_t *moving, moving_count;
  struct streams streams[GROUPS];
  vd time[GROUPS], next_time[GROUPS];
  vl active[GROUPS];
  int64_t path[WIDTH], begun[WIDTH];
  int32_t point[WIDTH];
  int32_t live;
  /// A lane whose path has fired more reactions than it may; −1 where none was found.
  int32_t overrun;
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

/// Whether the path of a lane has fired more reactions than it may.
static bool has_overrun(const struct lanes *job, int place, int64_t round) {
  return round - job->begun[place] > job->record->event_limit;
}

/// Writes points and starts paths in the lanes that passed a point, up to one that has overrun.
///
/// `fresh` has a bit for each lane with a new path, whose clock has not begun.
__attribute__((noinline)) static void pass_points(
    struct lanes *job, const unsigned *passed, unsigned *fresh, int64_t round) {
  for (int group = 0; group < GROUPS; group++) {
    for (unsigned rest = passed[group]; rest; rest &= rest - 1) {
      int lane = __builtin_ctz(rest);
      if (!write_points(job, group, lane)) continue;
      if (has_overrun(job, group * LANES + lane, round)) {
        job->overrun = group * LANES + lane;
        return;
      }
      job->live--;
      start_path(job, group, lane, round + 1);
      fresh[group] |= 1u << lane;
    }
  }
}

/// The lane of a path under way that has overrun; −1 where there is none.
static int32_t endless_lane(const struct lanes *job, int64_t round) {
  for (int32_t place = 0; place < WIDTH; place++) {
    bool active = job->active[place / LANES][place % LANES] != 0;
    if (active && has_overrun(job, place, round)) return place;
  }
  return -1;
}

/// How many rounds go by, less one, between two looks at what ends paths: all bits below one, and
/// no more than a path may fire.
static int64_t rounds_between_looks(const struct lanes *job) {
  int64_t mask = 0xFFFF;
  while (mask > job->record->event_limit) mask >>= 1;
  return mask;
}

/// The lane of the first path under way.
static int first_lane(const struct lanes *job) {
  int first = -1;
  for (int place = 0; place < WIDTH; place++) {
    if (job->active[place / LANES][place % LANES] == 0) continue;
    if (first < 0 || job->path[place] < job->path[first]) first = place;
  }
  return first < 0 ? 0 : first;
}

/// Whether every propensity that the program gave to a path under way is a rate.
INLINE bool are_rates(const struct lanes *job) {
  vl wrong = (vl)(int64_t)0;
  for (int i = 0; i < job->checked_count; i++) {
    for (int g = 0; g < GROUPS; g++) {
      vd w = job->slots[(int64_t)g * job->network->slots + job->checked[i]];
      wrong |= ~((w >= 0) & (w < (vd)INFINITY)) & job->active[g];
    }
  }
  return !is_any(wrong);
}

/// How far the paths under way have come; `place` is of the one that ends the others.
static void stop_at(const struct lanes *job, int place, apus_outcome *outcome) {
  outcome->path = job->path[place];
  outcome->time = job->time[place / LANES][place % LANES];
  outcome->whole = outcome->begun = job->next_path;
  outcome->points = job->record->points;
  for (int other = 0; other < WIDTH; other++) {
    if (job->active[other / LANES][other % LANES] == 0) continue;
    if (job->path[other] < outcome->whole) outcome->whole = job->path[other];
    if (job->point[other] < outcome->points) outcome->points = job->point[other];
  }
}

/// Names the first propensity that is no rate, in the order of the paths.
static void name_fault(const struct lanes *job, apus_outcome *outcome) {
  int64_t first = INT64_MAX;
  for (int place = 0; place < WIDTH; place++) {
    int group = place / LANES, lane = place % LANES;
    if (job->active[group][lane] == 0 || job->path[place] >= first) continue;
    const vd *x = job->slots + (int64_t)group * job->network->slots;
    for (int i = 0; i < job->checked_count; i++) {
      double w = x[job->checked[i]][lane];
      if (w >= 0 && w < INFINITY) continue;
      first = job->path[place];
      stop_at(job, place, outcome);
      outcome->status = APUS_PATHS_PROPENSITY;
      outcome->reaction = job->checked_reaction[i];
      outcome->propensity = w;
      for (int s = 0; s < job->network->slots; s++) job->record->fault_slots[s] = x[s][lane];
      break;
    }
  }
}
