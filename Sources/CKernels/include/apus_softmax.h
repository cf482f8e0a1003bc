// Softmax, its logarithm and the cross-entropy of logits, over the last axis of `[rows, columns]`.
//
// The largest logit of a row is subtracted first, so finite logits do not overflow. Results do not
// depend on the thread count.

#pragma once

#include "apus_types.h"

#pragma clang assume_nonnull begin

/// `y = exp(x) / Σ exp(x)`; `y` may be `x`.
void apus_softmax(const float *x, int64_t rows, int64_t columns, float *y, int threads);

/// `y = x − log Σ exp(x)`; `y` may be `x`.
void apus_log_softmax(const float *x, int64_t rows, int64_t columns, float *y, int threads);

/// `dx = y · (dy − Σ dy·y)`, where `y` is the softmax; `dx` may be `dy` or `y`.
void apus_softmax_gradient(
    const float *y, const float *dy, int64_t rows, int64_t columns, float *dx, int threads);

/// `dx = dy − exp(y) · Σ dy`, where `y` is the log-softmax; `dx` may be `dy` or `y`.
void apus_log_softmax_gradient(
    const float *y, const float *dy, int64_t rows, int64_t columns, float *dx, int threads);

/// Cross-entropy of each row, `loss = −Σ target · log softmax(logits)`, with integer labels.
///
/// `target = (1 − smoothing) · onehot(label) + smoothing / columns`. A label below 0 or not below
/// `columns` makes the loss of its row NaN.
///
/// - Parameter labels: `[rows]` of `label_type`, `APUS_INT32`, `APUS_INT64` or `APUS_UINT8`.
/// - Parameter loss: `[rows]`.
void apus_cross_entropy(
    const float *logits, const void *labels, apus_type label_type, int64_t rows, int64_t columns,
    float smoothing, float *loss, int threads);

/// `dlogits = (softmax(logits) − target) · dloss`, row by row; `dlogits` may be `logits`.
///
/// A label out of range makes the gradient of its row NaN.
///
/// - Parameter dloss: `[rows]`, or null for ones.
void apus_cross_entropy_gradient(
    const float *logits, const void *labels, apus_type label_type, const float *_Nullable dloss,
    int64_t rows, int64_t columns, float smoothing, float *dlogits, int threads);

/// The same with `labels: [rows, columns]` as numbers:
/// `target = (1 − smoothing) · label + smoothing / columns`.
///
/// Labels need not sum to 1: `loss = log Σ exp(x) · Σ target − Σ target · x`. A target of 0 adds
/// nothing, whatever its logit.
void apus_cross_entropy_dense(
    const float *logits, const float *labels, int64_t rows, int64_t columns, float smoothing,
    float *loss, int threads);

/// `dlogits = (softmax(logits) · Σ target − target) · dloss`; may be `logits` or `labels`.
void apus_cross_entropy_dense_gradient(
    const float *logits, const float *labels, const float *_Nullable dloss, int64_t rows,
    int64_t columns, float smoothing, float *dlogits, int threads);

#pragma clang assume_nonnull end
