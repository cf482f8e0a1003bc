// Hot loops of jump processes: exact paths of reaction networks and products with generators.
//
// Nothing here knows a model: a network is data. Every propensity is a constant times at most three
// *slots*; slot 0 holds 1, others hold a species, a number that moves with it, such as `x − 1`, or
// what a program computes from the others: that is how general rate laws get in.

#pragma once

#include <stdbool.h>
#include <stdint.h>

/// What an instruction computes; truth is 1, falsehood 0.
typedef enum {
  APUS_ADD,
  APUS_SUBTRACT,
  APUS_NEGATE,
  APUS_MULTIPLY,
  APUS_DIVIDE,
  APUS_POWER,
  APUS_EXP,
  APUS_LN,
  APUS_LOG10,
  APUS_SQRT,
  APUS_ABS,
  APUS_FLOOR,
  APUS_CEIL,
  APUS_FACTORIAL,
  APUS_SIN,
  APUS_COS,
  APUS_TAN,
  APUS_ARCSIN,
  APUS_ARCCOS,
  APUS_ARCTAN,
  APUS_SINH,
  APUS_COSH,
  APUS_TANH,
  APUS_MIN,
  APUS_MAX,
  APUS_LESS,
  APUS_LESS_OR_EQUAL,
  APUS_EQUAL,
  APUS_UNEQUAL,
  APUS_AND,
  APUS_OR,
  APUS_NOT,
  /// `first ≠ 0 ? second : third`.
  APUS_SELECT
} apus_function;

/// `x[target] = function(x[first], x[second], x[third])`, as many as the function takes.
typedef struct {
  int32_t function, target, first, second, third;
} apus_instruction;

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
  /// Computes the slots that are neither amounts nor constants, in its order.
  int32_t instructions;
  const apus_instruction *program;
  /// The instructions whose value moves when `j` fires, in the same way and in their order.
  const int32_t *update_begin, *update;
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
  /// Takes the slots of a path whose propensity is no rate.
  double *fault_slots;
  /// Asked every 65,536 reactions of a path or so; where it says so paths stop.
  bool (*is_stopped)(void *context);
  void *context;
} apus_record;

typedef enum {
  APUS_PATHS_DONE = 0,
  APUS_PATHS_EVENT_LIMIT = 1,
  APUS_PATHS_NO_MEMORY = 2,
  /// A propensity is negative, infinite or not a number.
  APUS_PATHS_PROPENSITY = 3,
  /// Someone asked to stop.
  APUS_PATHS_STOPPED = 4
} apus_paths_status;

/// What became of a group of paths.
typedef struct {
  apus_paths_status status;
  /// Reactions fired, over all paths.
  int64_t events;
  /// Of the path that ended too early: its number in the group and how far it came.
  int64_t path;
  double time;
  /// Of a propensity that is no rate: whose it is, and what it is.
  int32_t reaction;
  double propensity;
  /// The first so many paths are whole; so many have begun, and each has so many points at least.
  int64_t whole, begun;
  int32_t points;
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

/// The next words of a path's generator, of which the upper 53 bits make a uniform number.
void apus_path_words(uint64_t state[4], uint64_t *words, int64_t count);

/// Runs the program on `x` and writes every propensity to `w`.
void apus_propensities(const apus_network *network, double *x, double *w);

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

/// `into[i] += scale · table[i] · from[i]` for `count` states of two rows of a grid; −1 is the table of
/// ones. Of a row the runs with tables are first.
typedef struct {
  int64_t target, source, table, count;
  double scale;
} apus_stencil_run;

/// The jumps of a network on a whole grid: rates are products of a number and an entry of a table.
typedef struct {
  int64_t rows, row_length;
  /// How many rows apart what flows into a row is at most, at least 1.
  int64_t reach;
  /// Row `i` has the inflows `run_begin[i] ..< run_begin[i + 1]`.
  const int64_t *run_begin;
  const apus_stencil_run *runs;
  const double *exits, *tables;
} apus_stencil;

/// `y = identity · x + scale · x W`, `x = identity · y + scale · y W` and so on, so many products, and
/// `sum += weight ·` what came out where a product's weight is not 0.
///
/// The last result is in `y` after an odd number of products, in `x` after an even one.
void apus_stencil_apply(
    const apus_stencil *stencil, double *x, double *y, double identity, double scale,
    int32_t products, const double *weights, double *sum);

/// The instruction set in use: portable, avx2 or avx512.
const char *apus_jump_isa_name(void);
/// How many instruction sets this processor has, `portable` first.
int apus_jump_isa_count(void);
/// Uses the instruction set of this number in the calling thread; the best again for −1.
bool apus_jump_isa_select(int index);
