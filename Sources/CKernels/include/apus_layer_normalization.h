// Layer normalization over the last axis of `x: [rows, columns]`.
//
// `y = (x − mean) · rstd · gamma + beta`, with the mean and biased variance of each row and
// `rstd = 1 / √(variance + epsilon)`; `gamma` and `beta` are `[columns]`, null for ones and zeros.
//
// Reference: Ba, Kiros, Hinton (2016), "Layer normalization", arXiv:1607.06450.

#pragma once

#include "apus_types.h"

#pragma clang assume_nonnull begin

/// The forward pass; does not depend on the thread count. `y` may be `x`.
///
/// - Parameters mean, rstd: `[rows]`, results for the backward pass, null where not wanted.
void apus_layer_normalization(
    const float *x, int64_t rows, int64_t columns, const float *_Nullable gamma,
    const float *_Nullable beta, float epsilon, float *y, float *_Nullable mean,
    float *_Nullable rstd, int threads);

/// The scratch of `apus_layer_normalization_backward`.
size_t apus_layer_normalization_backward_scratch_bytes(
    int64_t rows, int64_t columns, int threads);

/// Gradients; null for those not wanted.
///
/// With `x̂ = (x − mean)·rstd` and `g = dy·gamma`: `dx = rstd · (g − mean(g) − x̂·mean(g·x̂))`,
/// `dgamma = Σ dy·x̂`, `dbeta = Σ dy` over the rows. `dx` may be `dy`.
void apus_layer_normalization_backward(
    const float *x, const float *dy, int64_t rows, int64_t columns,
    const float *_Nullable gamma, const float *mean, const float *rstd, float *_Nullable dx,
    float *_Nullable dgamma, float *_Nullable dbeta, void *_Nullable scratch, int threads);

#pragma clang assume_nonnull end
