// Hot loops of jump processes: exact paths of reaction networks and products with generators.
//
// Nothing here knows a model: a network is data. Every propensity is a constant times at most three
// *slots*; slot 0 holds 1, others hold a species or a number that moves with it, such as `x − 1`.

#pragma once

#include <stdbool.h>
#include <stdint.h>

/// A reaction network in slots.
typedef struct {
  int32_t slots, reactions;
  /// What each slot holds at time zero; `initial[0]` is 1.
  const double *initial;
  /// The propensity of reaction `j` is `rate[j] · x[factor[3j]] · x[factor[3j + 1]] · x[factor[3j +
  /// 2]]`; factors that are not needed are slot 0 and come last.
  const double *rate;
  const int32_t *factor;
  /// Firing `j` adds `change_by[q]` to `change_slot[q]` for `change_begin[j] ≤ q < change_begin[j +
  /// 1]`.
  const int32_t *change_begin, *change_slot;
  const double *change_by;
  /// The reactions whose propensity moves when `j` fires, in the same way.
  const int32_t *dependent_begin, *dependent;
} apus_network;

/// When and what a path writes down.
typedef struct {
  int32_t points, outputs;
  /// Rising times of the points.
  const double *times;
  /// The slot of each output.
  const int32_t *slot;
  /// The most reactions that a path may fire.
  int64_t event_limit;
} apus_record;

typedef enum { APUS_PATHS_DONE = 0, APUS_PATHS_EVENT_LIMIT = 1, APUS_PATHS_NO_MEMORY = 2 }
    apus_paths_status;

/// What became of a group of paths.
typedef struct {
  apus_paths_status status;
  /// Reactions fired, over all paths.
  int64_t events;
  /// Of the path that passed the limit: its number in the group and how far it came.
  int64_t path;
  double time;
} apus_outcome;

typedef enum {
  APUS_METHOD_DIRECT,
  APUS_METHOD_NEXT_REACTION,
  APUS_METHOD_SUM_TREE,
  APUS_METHOD_COMPOSITION_REJECTION
} apus_method;

/// The most reactions that ``apus_paths_in_lanes`` takes.
enum { APUS_LANES_REACTION_LIMIT = 128 };

/// Simulates `paths` paths, one in each lane of the vector registers.
///
/// `seeds` holds four words for each path, the state of its generator xoshiro256+, not all zero.
/// `samples` is `[path][point][output]`. The same seeds give the same paths however many there are.
apus_outcome apus_paths_in_lanes(
    const apus_network *network, const apus_record *record, int64_t paths, const uint64_t *seeds,
    double *samples);

/// Simulates `paths` paths one after another.
apus_outcome apus_paths_in_turn(
    const apus_network *network, const apus_record *record, apus_method method, int64_t paths,
    const uint64_t *seeds, double *samples);

/// A run of states that flows into another one: `y[target + i] += rate[i] · x[source + i]`.
typedef struct {
  int64_t target, source, rate;
  int64_t count;
} apus_flow;

/// The step matrix of a chain on rows of states: `y = stay · x + flows`.
typedef struct {
  int64_t rows;
  /// Row `i` is the states `row_begin[i] ..< row_begin[i + 1]`; its inflows are
  /// `flow_begin[i] ..< flow_begin[i + 1]`.
  const int64_t *row_begin, *flow_begin;
  const apus_flow *flows;
  const double *stay, *rates;
} apus_chain;

/// `y = P x`, and `sum += weight · y` where `weight` is not 0.
void apus_chain_step(
    const apus_chain *chain, const double *x, double *y, double weight, double *sum);

/// `into[i] += scale · table[i] · from[i]` for `count` states of two rows of a grid.
typedef struct {
  int64_t target, source, table, count;
  double scale;
} apus_stencil_run;

/// The jumps of a network on a whole grid: rates are products of a number and an entry of a table.
typedef struct {
  int64_t rows, row_length;
  /// Row `i` has the inflows `run_begin[i] ..< run_begin[i + 1]`.
  const int64_t *run_begin;
  const apus_stencil_run *runs;
  const double *exits, *tables;
} apus_stencil;

/// `y = identity · x + scale · x W`, and `sum += weight · y` where `weight` is not 0.
void apus_stencil_apply(
    const apus_stencil *stencil, const double *x, double *y, double identity, double scale,
    double weight, double *sum);

/// The instruction set in use: portable, avx2 or avx512.
const char *apus_jump_isa_name(void);
/// How many instruction sets this processor has, `portable` first.
int apus_jump_isa_count(void);
/// Uses the instruction set of this number in the calling thread; the best again for −1.
bool apus_jump_isa_select(int index);
