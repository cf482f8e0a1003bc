// The operations of elementwise programs on one tile.
//
// A source advances by `step` floats a vector: `W` through a tile, 0 for one value repeated in `W`
// lanes. Tiles are read and written in whole vectors.

#pragma once

#include "../Elementwise.h"
#include "Functions.h"

struct source {
  const float *values;
  int64_t step;
};

typedef void tile_operation(
    float *dst, struct source a, struct source b, struct source c, int64_t count);

/// Defines the operation `name`, whose result for vectors `a`, `b`, `c` is `expression`.
#define TILE_OPERATION(name, expression)                                             \
  static void name(                                                                  \
      float *dst, struct source sa, struct source sb, struct source sc, int64_t n) { \
    const float *pa = sa.values, *pb = sb.values, *pc = sc.values;                   \
    for (int64_t i = 0; i < n; i += W) {                                             \
      vf a = load(pa), b = load(pb), c = load(pc);                                   \
      (void)a, (void)b, (void)c;                                                     \
      store(dst + i, expression);                                                    \
      pa += sa.step, pb += sb.step, pc += sc.step;                                   \
    }                                                                                \
  }

INLINE vf truth(vi mask) { return (vf)(mask & 0x3F800000); }  // the bits of 1

INLINE vf minimum_with_nan(vf a, vf b) { return a != a ? a : smaller(a, b); }

INLINE vf maximum_with_nan(vf a, vf b) { return a != a ? a : larger(a, b); }

INLINE vf sign_of(vf a) { return a > 0 ? splat(1) : a < 0 ? splat(-1) : a; }

TILE_OPERATION(tile_copy, a)
TILE_OPERATION(tile_add, a + b)
TILE_OPERATION(tile_subtract, a - b)
TILE_OPERATION(tile_multiply, a * b)
TILE_OPERATION(tile_divide, a / b)
TILE_OPERATION(tile_minimum, minimum_with_nan(a, b))
TILE_OPERATION(tile_maximum, maximum_with_nan(a, b))
TILE_OPERATION(tile_negate, -a)
TILE_OPERATION(tile_absolute, absolute(a))
TILE_OPERATION(tile_exponential, exponential(a))
TILE_OPERATION(tile_logarithm, logarithm(a))
TILE_OPERATION(tile_log1p, logarithm_plus_1(a))
TILE_OPERATION(tile_expm1, exponential_minus_1(a))
TILE_OPERATION(tile_square_root, __builtin_elementwise_sqrt(a))
TILE_OPERATION(tile_reciprocal_square_root, 1 / __builtin_elementwise_sqrt(a))
TILE_OPERATION(tile_tanh, hyperbolic_tangent(a))
TILE_OPERATION(tile_sigmoid, logistic(a))
TILE_OPERATION(tile_error_function, error_function(a))
TILE_OPERATION(tile_reciprocal, 1 / a)
TILE_OPERATION(tile_sign, sign_of(a))
TILE_OPERATION(tile_floor, __builtin_elementwise_floor(a))
TILE_OPERATION(tile_ceiling, __builtin_elementwise_ceil(a))
TILE_OPERATION(tile_round, __builtin_elementwise_roundeven(a))
TILE_OPERATION(tile_square, a *a)
TILE_OPERATION(tile_softplus, softplus(a))
TILE_OPERATION(tile_equal, truth(a == b))
TILE_OPERATION(tile_not_equal, truth(a != b))
TILE_OPERATION(tile_less, truth(a < b))
TILE_OPERATION(tile_less_equal, truth(a <= b))
TILE_OPERATION(tile_greater, truth(a > b))
TILE_OPERATION(tile_greater_equal, truth(a >= b))
TILE_OPERATION(tile_and, truth((a != 0) & (b != 0)))
TILE_OPERATION(tile_or, truth((a != 0) | (b != 0)))
TILE_OPERATION(tile_not, truth(a == 0))
TILE_OPERATION(tile_select, c != 0 ? a : b)
TILE_OPERATION(tile_multiply_add, fused(a, b, c))

/// Defines an operation that calls the C library for each lane.
#define LANE_OPERATION(name, expression)                                             \
  static void name(                                                                  \
      float *dst, struct source sa, struct source sb, struct source sc, int64_t n) { \
    (void)sc;                                                                        \
    for (int64_t i = 0; i < n; i++) {                                                \
      float a = sa.values[sa.step ? i : 0], b = sb.values[sb.step ? i : 0];          \
      (void)b;                                                                       \
      dst[i] = expression;                                                           \
    }                                                                                \
  }

LANE_OPERATION(tile_power, powf(a, b))
LANE_OPERATION(tile_sine, sinf(a))
LANE_OPERATION(tile_cosine, cosf(a))

static tile_operation *const tile_operations[] = {
    [APUS_OP_COPY] = tile_copy,
    [APUS_OP_ADD] = tile_add,
    [APUS_OP_SUBTRACT] = tile_subtract,
    [APUS_OP_MULTIPLY] = tile_multiply,
    [APUS_OP_DIVIDE] = tile_divide,
    [APUS_OP_MINIMUM] = tile_minimum,
    [APUS_OP_MAXIMUM] = tile_maximum,
    [APUS_OP_POWER] = tile_power,
    [APUS_OP_NEGATE] = tile_negate,
    [APUS_OP_ABSOLUTE] = tile_absolute,
    [APUS_OP_EXPONENTIAL] = tile_exponential,
    [APUS_OP_LOGARITHM] = tile_logarithm,
    [APUS_OP_LOG1P] = tile_log1p,
    [APUS_OP_EXPM1] = tile_expm1,
    [APUS_OP_SQUARE_ROOT] = tile_square_root,
    [APUS_OP_RECIPROCAL_SQUARE_ROOT] = tile_reciprocal_square_root,
    [APUS_OP_TANH] = tile_tanh,
    [APUS_OP_SIGMOID] = tile_sigmoid,
    [APUS_OP_ERROR_FUNCTION] = tile_error_function,
    [APUS_OP_RECIPROCAL] = tile_reciprocal,
    [APUS_OP_SIGN] = tile_sign,
    [APUS_OP_FLOOR] = tile_floor,
    [APUS_OP_CEILING] = tile_ceiling,
    [APUS_OP_ROUND] = tile_round,
    [APUS_OP_SQUARE] = tile_square,
    [APUS_OP_SOFTPLUS] = tile_softplus,
    [APUS_OP_SINE] = tile_sine,
    [APUS_OP_COSINE] = tile_cosine,
    [APUS_OP_EQUAL] = tile_equal,
    [APUS_OP_NOT_EQUAL] = tile_not_equal,
    [APUS_OP_LESS] = tile_less,
    [APUS_OP_LESS_EQUAL] = tile_less_equal,
    [APUS_OP_GREATER] = tile_greater,
    [APUS_OP_GREATER_EQUAL] = tile_greater_equal,
    [APUS_OP_AND] = tile_and,
    [APUS_OP_OR] = tile_or,
    [APUS_OP_NOT] = tile_not,
    [APUS_OP_SELECT] = tile_select,
    [APUS_OP_MULTIPLY_ADD] = tile_multiply_add,
};
