// Counter-based random numbers: element `i` is a pure function of key, stream and `i`.
//
// Block `b` of a stream is Philox4x32-10 with key `(seed low, seed high)` and counter
// `(b, step low, stream, step high)`, low and high being halves of 64 bits; element `i` uses word
// `i % 4` of block `i / 4`. The bits are the same with any number of threads and on any
// instruction set, those of the normal distribution and of dropout included.
//
// Reference: Salmon, Moraes, Dror, Shaw (2011), "Parallel random numbers: as easy as 1, 2, 3",
// SC '11.

#pragma once

#include "apus_types.h"

#pragma clang assume_nonnull begin

/// What selects a family of streams: the run's seed and the step.
typedef struct apus_random_key {
  uint64_t seed, step;
} apus_random_key;

/// 32 random bits an element; `count` is at most 2³⁴, as for all functions here.
void apus_random_bits(
    uint32_t *out, int64_t count, apus_random_key key, uint32_t stream, int threads);

/// `low + (high − low) · u` with `u = (bits >> 8) · 2⁻²⁴` in [0, 1).
void apus_random_uniform(
    float *out, int64_t count, float low, float high, apus_random_key key, uint32_t stream,
    int threads);

/// Normally distributed numbers.
///
/// Two come from each pair of uniform ones `(u, v)`, words (0, 1) or (2, 3) (Box, Muller 1958):
/// `mean + deviation · √(−2·log(1 − u)) · cos(2πv)`, then the same with the sine.
void apus_random_normal(
    float *out, int64_t count, float mean, float deviation, apus_random_key key,
    uint32_t stream, int threads);

/// `out[i] = u ≥ rate ? x[i] / (1 − rate) : 0` with the uniform `u` of element `i`; `out` may be
/// `x`.
///
/// The gradient is the same call with the gradient for `x`: the mask is never stored. An element
/// dropped is 0 even where `x` is NaN. The factor is `1 / (1 − rate)` in float32.
void apus_dropout(
    const float *x, float *out, int64_t count, float rate, apus_random_key key, uint32_t stream,
    int threads);

#pragma clang assume_nonnull end
