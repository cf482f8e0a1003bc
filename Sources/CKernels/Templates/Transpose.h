// Transposing a matrix of 4-byte elements, `W × W` at a time in registers.

#pragma once

#include "Vector.h"

/// Transposes a tile: interleaving its two halves rotates the bits of (row, column) by one, so
/// after log₂ W rounds row and column have changed places.
INLINE void transpose_tile(
    float *dst, int64_t dst_stride, const float *src, int64_t src_stride) {
  vf now[W], next[W];
#pragma clang loop unroll(full)
  for (int k = 0; k < W; k++) now[k] = load(src + k * src_stride);
#pragma clang loop unroll(full)
  for (int round = 1; round < W; round *= 2) {
#pragma clang loop unroll(full)
    for (int k = 0; k < W / 2; k++) {
      next[2 * k] = interleave_low(now[k], now[k + W / 2]);
      next[2 * k + 1] = interleave_high(now[k], now[k + W / 2]);
    }
#pragma clang loop unroll(full)
    for (int k = 0; k < W; k++) now[k] = next[k];
  }
#pragma clang loop unroll(full)
  for (int k = 0; k < W; k++) store(dst + k * dst_stride, now[k]);
}

/// `dst[r · dst_stride + c] = src[c · src_stride + r]` for `rows × columns` results.
static void transpose_floats(
    float *dst, int64_t dst_stride, const float *src, int64_t src_stride, int64_t rows,
    int64_t columns) {
  int64_t whole_rows = rows / W * W, whole_columns = columns / W * W;
  for (int64_t r = 0; r < whole_rows; r += W) {
    for (int64_t c = 0; c < whole_columns; c += W) {
      transpose_tile(dst + r * dst_stride + c, dst_stride, src + c * src_stride + r, src_stride);
    }
  }
  for (int64_t r = 0; r < rows; r++) {
    int64_t c = r < whole_rows ? whole_columns : 0;
    // Through memory, not as floats: these may be integers that a register of floats would change.
    for (; c < columns; c++) {
      memcpy(dst + r * dst_stride + c, src + c * src_stride + r, sizeof *dst);
    }
  }
}
