// Gathering rows of a table by index, and adding rows to it: embeddings and their gradient.

#pragma once

#include "apus_types.h"

#pragma clang assume_nonnull begin

/// `out[k] = table[indices[k]]`, row by row.
///
/// - Parameter row_bytes: bytes of one row of `table` and of `out`.
/// - Parameter index_type: `APUS_INT32`, `APUS_INT64` or `APUS_UINT8`.
/// - Returns: −1, or the position of the first index that is not in `0 ..< table_rows`; then
///   nothing was written.
int64_t apus_gather_rows(
    const void *table, int64_t table_rows, int64_t row_bytes, const void *indices,
    apus_type index_type, int64_t count, void *out, int threads);

/// `table[indices[k]] += updates[k]`, row by row; `updates` is `[count, columns]`.
///
/// Rows are added in the order of `k`, so the result does not depend on the thread count.
///
/// - Returns: −1, or the position of the first index out of range; then nothing was written.
int64_t apus_scatter_add_rows(
    float *table, int64_t table_rows, int64_t columns, const void *indices, apus_type index_type,
    int64_t count, const float *updates, int threads);

#pragma clang assume_nonnull end
