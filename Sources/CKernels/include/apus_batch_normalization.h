// Batch normalization over all axes but the last, fused with an activation that clamps.
//
// `x` is `[rows, channels]`, parameters and statistics are `[channels]`.
// `z = (x − mean) · rstd · gamma + beta` with `rstd = 1 / √(variance + epsilon)`, computed as
// `x · scale + shift`, and `y = clamp(z, low, high)`: (−infinity, infinity) is no activation,
// (0, infinity) ReLU, (0, 6) ReLU6. The derivative of the clamp is 1 where `low < z < high`, else
// 0. NaN passes through. The variance is biased (divided by `rows`), and summed so that a mean far
// from zero costs no accuracy: per block around the block's mean, blocks merged in fixed order.
//
// `gamma` may be null for ones, `beta` for zeros.
//
// References: Ioffe, Szegedy (2015), "Batch normalization", ICML 32. Chan, Golub, LeVeque (1983),
// "Algorithms for computing the sample variance", The American Statistician 37.

#pragma once

#include "apus_types.h"

#pragma clang assume_nonnull begin

/// The scratch every function of this family gets.
size_t apus_batch_normalization_scratch_bytes(int64_t rows, int64_t channels, int threads);

/// `y = clamp(x · scale + shift, low, high)`, as float32, as bfloat16 or both.
///
/// - Parameters y, y_bfloat16: `[rows, channels]`; null for the one not wanted. `y` may be `x`.
void apus_batch_normalization_apply(
    const float *x, int64_t rows, int64_t channels, const float *scale, const float *shift,
    float low, float high, float *_Nullable y, uint16_t *_Nullable y_bfloat16, int threads);

/// Training forward: statistics of the batch, then normalization with them.
///
/// - Parameters y, y_bfloat16: as for `apply`; both null for the statistics alone.
/// - Parameters mean, variance: results, for the backward pass and the running statistics; NaN where there are no rows.
void apus_batch_normalization_train(
    const float *x, int64_t rows, int64_t channels, const float *_Nullable gamma,
    const float *_Nullable beta, float epsilon, float low, float high, float *_Nullable y,
    uint16_t *_Nullable y_bfloat16, float *mean, float *variance, void *scratch, int threads);

/// Inference: normalization with given statistics.
void apus_batch_normalization_infer(
    const float *x, int64_t rows, int64_t channels, const float *_Nullable gamma,
    const float *_Nullable beta, const float *mean, const float *variance, float epsilon, float low,
    float high, float *_Nullable y, uint16_t *_Nullable y_bfloat16, void *scratch, int threads);

/// Gradients of the training forward pass, through the statistics too.
///
/// With `x̂ = (x − mean)·rstd` and `dz = low < z < high ? dy : 0`, a mask that is made again:
/// `dbeta = Σ dz`, `dgamma = Σ dz·x̂`, `dx = gamma·rstd·(dz − dbeta/rows − x̂·dgamma/rows)`. The
/// pointer of a gradient not wanted is null.
///
/// - Parameter beta: only read where a bound is finite.
/// - Parameters mean, variance: those `apus_batch_normalization_train` gave for this `x`.
/// - Parameter dx: may be `dy`.
void apus_batch_normalization_backward(
    const float *x, const float *dy, int64_t rows, int64_t channels,
    const float *_Nullable gamma, const float *_Nullable beta, const float *mean,
    const float *variance, float epsilon, float low, float high, float *_Nullable dx,
    float *_Nullable dgamma, float *_Nullable dbeta, void *scratch, int threads);

#pragma clang assume_nonnull end
