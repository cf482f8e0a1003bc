// One path under way, and what every method does with it.

#pragma once

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../Program.h"

/// Waiting times and uniform numbers are drawn so many at a time, for the logarithms are vectors.
enum { DRAWS = 16 };

/// A reaction whose propensity moves, with all that it is computed from in one place.
struct dependent {
  int32_t reaction, factor[3];
  double rate;
};

/// What a firing adds to a slot.
struct change {
  int64_t slot;
  double by;
};

/// What a firing of reaction `j` changes and moves: `changes[change_begin[j] ..< change_begin[j + 1]]`
/// and the same of `dependents`.
struct moves {
  const int32_t *change_begin, *dependent_begin;
  struct change *changes;
  struct dependent *dependents;
};

struct path {
  const apus_network *network;
  const struct moves *moves;
  const apus_record *record;
  double *samples;
  uint64_t state[4];
  double *x, *w;
  double time, next_time;
  int32_t point;
  int64_t events;
  /// The number of reactions after which to look whether to stop.
  int64_t next_look;
  /// The reaction whose propensity is no rate.
  int32_t fault;
  int32_t waits_left, uniforms_left;
  double waits[DRAWS], uniforms[DRAWS];
};

// What the files of this folder share is theirs alone.
#pragma GCC visibility push(hidden)

/// False where there is not enough memory.
bool make_moves(struct moves *m, const apus_network *network);
void free_moves(struct moves *m);

/// Draws anew what is used up.
void refill_waits(struct path *p);
void refill_uniforms(struct path *p);

/// Uniform in `[0, 1)`.
static inline double uniform(struct path *p) {
  if (p->uniforms_left == 0) refill_uniforms(p);
  return p->uniforms[--p->uniforms_left];
}

/// Exponential of mean 1.
static inline double waiting(struct path *p) {
  if (p->waits_left == 0) refill_waits(p);
  return p->waits[--p->waits_left];
}

/// A comparison that is false for what is not a number.
static inline bool is_rate(double w) { return w >= 0 && w <= 0x1.fffffffffffffp1023; }

static inline double dependent_propensity(const struct dependent *d, const double *x) {
  return d->rate * x[d->factor[0]] * (x[d->factor[1]] * x[d->factor[2]]);
}

/// Changes the amounts and computes anew what depends on them.
static inline void fire(struct path *p, int32_t j) {
  const apus_network *n = p->network;
  const struct moves *m = p->moves;
  for (int32_t q = m->change_begin[j]; q < m->change_begin[j + 1]; q++) {
    p->x[m->changes[q].slot] += m->changes[q].by;
  }
  for (int32_t q = n->update_begin[j]; q < n->update_begin[j + 1]; q++) {
    run_instruction(n->program + n->update[q], p->x);
  }
  p->events++;
}

/// Moves the clock, writing the points it passes; true where the path is done.
static inline bool advance(struct path *p, double time) {
  if (time < p->next_time) {
    p->time = time;
    return false;
  }
  const apus_record *record = p->record;
  while (p->point < record->points && !(record->times[p->point] > time)) {
    double *row = p->samples + (int64_t)p->point * record->outputs;
    for (int output = 0; output < record->outputs; output++) row[output] = p->x[record->slot[output]];
    p->point++;
  }
  p->time = time;
  if (p->point >= record->points) return true;
  p->next_time = record->times[p->point];
  return false;
}

/// Looks whether a path fired too many reactions or someone asked to stop.
bool look_whether_to_stop(struct path *p);

static inline bool must_stop(struct path *p) {
  return __builtin_expect(p->events > p->next_look, 0) && look_whether_to_stop(p);
}

/// Why a path had to stop.
static inline apus_paths_status stopped(const struct path *p) {
  return p->events > p->record->event_limit ? APUS_PATHS_EVENT_LIMIT : APUS_PATHS_STOPPED;
}

/// Ends a path because of the propensity that `j` has now.
static inline apus_paths_status no_rate(struct path *p, int32_t j) {
  p->fault = j;
  return APUS_PATHS_PROPENSITY;
}

/// Computes every propensity; the first reaction whose is no rate, or −1.
static inline int32_t compute_propensities(struct path *p, double *w) {
  int32_t fault = -1;
  for (int32_t j = p->network->reactions - 1; j >= 0; j--) {
    w[j] = propensity(p->network, p->x, j);
    if (!is_rate(w[j])) fault = j;
  }
  return fault;
}

// The methods; each has what it needs beside the path.

struct search;
struct search *make_search(int32_t reactions);
void free_search(struct search *s);
apus_paths_status run_direct(struct path *p, struct search *s);

/// Whether the direct method may keep this network in registers on this machine.
bool fits_registers(const apus_network *network);
struct registers;
struct registers *make_registers(const apus_network *network);
void free_registers(struct registers *g);
apus_paths_status run_registers(struct path *p, const struct registers *g);

struct heap;
struct heap *make_heap(int32_t reactions);
void free_heap(struct heap *h);
apus_paths_status run_next_reaction(struct path *p, struct heap *h);

struct tree;
struct tree *make_tree(int32_t reactions);
void free_tree(struct tree *t);
apus_paths_status run_sum_tree(struct path *p, struct tree *t);

struct groups;
struct groups *make_groups(int32_t reactions);
void free_groups(struct groups *g);
apus_paths_status run_composition(struct path *p, struct groups *g);

#pragma GCC visibility pop
