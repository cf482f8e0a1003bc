// The products of a few rows with a few targets, and both rank updates: the heart of word vectors.
//
// `T`, the number of targets, is a constant of each instance; rows may be any number. Products are
// laid out `[row · T + target]`.

#pragma once

#include "../WordVectors.h"
#include "Functions.h"

#define UNROLLED _Pragma("clang loop unroll(full)")

enum {
  /// The most targets of one block.
  WORD_TARGETS = 8,
  /// The most rows of one block.
  WORD_ROWS = 2 * APUS_WORD_WINDOW,
  /// Room for all products, and for the last vector to be written whole.
  WORD_PRODUCTS = WORD_ROWS * WORD_TARGETS + 16,
};

/// `index` with its bits, as many as lanes have, in reverse.
INLINE int reversed_lane(int index) {
  int result = 0;
  UNROLLED for (int bit = 1; bit < W; bit *= 2) {
    result = 2 * result + ((index & bit) != 0);
  }
  return result;
}

/// Lane `i` is the sum of the lanes of `a[i]`; those from `count` on are 0.
///
/// Each step folds two vectors into one that has their halves' sums in turn.
INLINE vf sums_of_vectors(const vf *a, int count) {
  vf x[W];
  UNROLLED for (int k = 0; k < W; k++) x[reversed_lane(k)] = k < count ? a[k] : splat(0);
  UNROLLED for (int size = W; size > 1; size /= 2) {
    UNROLLED for (int k = 0; k < size / 2; k++) {
      vf p = x[2 * k], q = x[2 * k + 1];
      x[k] = interleave_low(p, q) + interleave_high(p, q);
    }
  }
  return x[0];
}

/// The products of `R` rows with `T` targets; writes up to `W − 1` floats more.
INLINE void row_products(
    const float *const *rows, const float *const *targets, int64_t width, int R, int T,
    float *products) {
  vf sums[16];
  UNROLLED for (int k = 0; k < 16; k++) sums[k] = splat(0);
  for (int64_t c = 0; c < width; c += W) {
    vf t[WORD_TARGETS];
    UNROLLED for (int j = 0; j < T; j++) t[j] = load(targets[j] + c);
    UNROLLED for (int r = 0; r < R; r++) {
      vf x = load(rows[r] + c);
      UNROLLED for (int j = 0; j < T; j++) sums[r * T + j] = fused(x, t[j], sums[r * T + j]);
    }
  }
  UNROLLED for (int k = 0; k < R * T; k += W) {
    store(products + k, sums_of_vectors(sums + k, R * T - k < W ? R * T - k : W));
  }
}

/// How many rows meet `T` targets at a time: as many as sums fill a vector.
#define ROWS_AT_ONCE(T) (W / (T) > 1 ? W / (T) : 1)

INLINE void block_products(
    const float *const *rows, int64_t count, const float *const *targets, int64_t width, int T,
    float *products) {
  enum { most = 8 };
  const int R = ROWS_AT_ONCE(T) < most ? ROWS_AT_ONCE(T) : most;
  int64_t r = 0;
  for (; r + R <= count; r += R) row_products(rows + r, targets, width, R, T, products + r * T);
  for (; r < count; r++) row_products(rows + r, targets, width, 1, T, products + r * T);
}

/// `to[r] += Σ_t g[r, t] · targets[t]` and `targets[t] += Σ_r g[r, t] · from[r]`, from the values
/// before; `to` may be `from`.
INLINE void block_update(
    const float *const *from, float *const *to, int64_t count, float *const *targets,
    int64_t width, int T, const float *g) {
  for (int64_t c = 0; c < width; c += W) {
    vf t[WORD_TARGETS], change[WORD_TARGETS];
    UNROLLED for (int j = 0; j < T; j++) {
      t[j] = load(targets[j] + c);
      change[j] = splat(0);
    }
    for (int64_t r = 0; r < count; r++) {
      vf x = load(from[r] + c), even = load(to[r] + c), odd = splat(0);
      UNROLLED for (int j = 0; j < T; j++) {
        vf scale = splat(g[r * T + j]);
        change[j] = fused(scale, x, change[j]);
        if (j & 1) {
          odd = fused(scale, t[j], odd);
        } else {
          even = fused(scale, t[j], even);
        }
      }
      store(to[r] + c, even + odd);
    }
    UNROLLED for (int j = 0; j < T; j++) {
      store(targets[j] + c, load(targets[j] + c) + change[j]);
    }
  }
}

/// Rows that meet targets, each pair with its label (1 or 0) and its learning rate.
struct word_block {
  const float *const *from;
  float *const *to;
  int64_t count;
  float *const *targets;
  int64_t width;
  const float *labels, *rates;  // [row · T + target]
  /// The inverse of the learning rate that counts as one whole pair; loss is not summed where 0.
  float loss_scale;
  double *loss;
};

/// Adds `Σ rate · (softplus(x) − label · x)`, the cross-entropy of the pairs.
INLINE void add_loss(const struct word_block *block, const float *products, int64_t pairs) {
  for (int64_t p = 0; p < pairs; p += W) {
    vf x = load(products + p);
    vf loss = load(block->rates + p) * (softplus(x) - load(block->labels + p) * x);
    float lanes[W];
    store(lanes, loss);
    for (int64_t k = 0; k < W && p + k < pairs; k++) {
      *block->loss += (double)(lanes[k] * block->loss_scale);
    }
  }
}

/// A step of logistic regression for all pairs of a block.
INLINE void block_step(const struct word_block *block, int T) {
  float products[WORD_PRODUCTS];
  int64_t pairs = block->count * T;
  block_products(
      block->from, block->count, (const float *const *)block->targets, block->width, T, products);
  if (block->loss_scale > 0) add_loss(block, products, pairs);
  for (int64_t p = 0; p < pairs; p += W) {
    vf error = load(block->labels + p) - logistic(load(products + p));
    store(products + p, load(block->rates + p) * error);
  }
  block_update(
      block->from, block->to, block->count, block->targets, block->width, T, products);
}

#define DEFINE_STEP(T) \
  static void block_step_##T(const struct word_block *block) { block_step(block, T); }

DEFINE_STEP(1)
DEFINE_STEP(2)
DEFINE_STEP(3)
DEFINE_STEP(4)
DEFINE_STEP(5)
DEFINE_STEP(6)
DEFINE_STEP(7)
DEFINE_STEP(8)

static void (*const block_steps[WORD_TARGETS + 1])(const struct word_block *) = {
    NULL,         block_step_1, block_step_2, block_step_3, block_step_4,
    block_step_5, block_step_6, block_step_7, block_step_8,
};
