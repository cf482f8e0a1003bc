// Depthwise convolution with 3×3 filters at stride 1 or 2: the loops that matter.
//
// A row of outputs is done for one vector of channels after the other, its nine weights in
// registers and the three rows it reads in the L1 cache. Along a row at stride 1 each input pixel
// is loaded once: it adds to the three outputs it reaches, two of which wait in registers for
// their other columns. Rows outside the picture are left out; columns outside are the ends of the
// loops.
//
// Steps from pixel to pixel are too long for the processor to see a stream in them, so the loops
// ask for the next rows themselves, at the places they read now. The first and last rows ask for
// memory beside the array: a prefetch does not fault.

#pragma once

#include "../Depthwise.h"
#include "Vector.h"

/// Up to three rows of pixels under the filter; a row outside the picture is a zero that is never
/// left.
struct rows3 {
  const float *at[3];
  int64_t step[3];
  bool inside[3];
  /// The row after them, to be fetched early.
  const float *next;
};

static const float zeros[16] __attribute__((aligned(64)));

/// The rows that output row `r` (of the whole batch) reads.
INLINE struct rows3 rows_under(const struct depthwise *job, int64_t r) {
  const apus_depthwise_shape *s = &job->shape;
  int64_t first = r % job->output_height * s->stride_height - s->pad_top;
  const float *picture = job->input + r / job->output_height * s->height * s->width * s->channels;
  struct rows3 rows;
  for (int i = 0; i < 3; i++) {
    rows.inside[i] = first + i >= 0 && first + i < s->height;
    rows.at[i] = rows.inside[i] ? picture + (first + i) * s->width * s->channels : zeros;
    rows.step[i] = rows.inside[i] ? s->channels : 0;
  }
  rows.next = picture + (first + 3) * s->width * s->channels;
  return rows;
}

/// Goes on to the channels from `c` on; a row of zeros has the same for all.
INLINE void shift_rows(struct rows3 *rows, int64_t c) {
  for (int i = 0; i < 3; i++) rows->at[i] += rows->inside[i] ? c : 0;
  rows->next += c;
}

/// Where a row of results goes, and what is done to it.
struct row_result {
  float *at;
  int64_t channels, width;
  vf bias, low, high;
};

INLINE void put(const struct row_result *result, int64_t column, vf sum, int64_t n) {
  float *at = result->at + column * result->channels;
  __builtin_prefetch(at + result->width * result->channels, 1);
  store_up_to(at, clamp(sum, result->low, result->high), n);
}

/// `sum + Σ w[3i + column]·x[i]` over the rows in use.
INLINE vf add_column(vf sum, const vf *w, int column, const vf *x, bool top, bool bottom) {
  if (top) sum = fused(w[column], x[0], sum);
  sum = fused(w[3 + column], x[1], sum);
  return bottom ? fused(w[6 + column], x[2], sum) : sum;
}

INLINE void load_column(
    vf *x, const struct rows3 *rows, int64_t column, int64_t n, bool top, bool bottom) {
  if (top) x[0] = load_up_to(rows->at[0] + column * rows->step[0], n);
  x[1] = load_up_to(rows->at[1] + column * rows->step[1], n);
  if (bottom) x[2] = load_up_to(rows->at[2] + column * rows->step[2], n);
}

/// One row of outputs at stride 1. Output `o` reads the columns `o − left … o − left + 2`.
INLINE void forward_row_1(
    const struct rows3 *rows, int64_t width, int64_t left, const vf *w,
    const struct row_result *result, int64_t n, bool top, bool bottom) {
  vf before = result->bias, here = result->bias, x[3];  // sums of two outputs begun
  int64_t column = 0, output = left - 2;
  for (; column < width && output < 0; column++, output++) {
    load_column(x, rows, column, n, top, bottom);
    before = add_column(here, w, 1, x, top, bottom);
    here = add_column(result->bias, w, 0, x, top, bottom);
  }
  for (; column < width; column++, output++) {
    load_column(x, rows, column, n, top, bottom);
    __builtin_prefetch(rows->next + column * result->channels);
    put(result, output, add_column(before, w, 2, x, top, bottom), n);
    before = add_column(here, w, 1, x, top, bottom);
    here = add_column(result->bias, w, 0, x, top, bottom);
  }
  if (output >= 0 && output < result->width) put(result, output, before, n);
  if (output + 1 >= 0 && output + 1 < result->width) put(result, output + 1, here, n);
}

/// One output at stride 2 whose columns are partly outside.
INLINE void forward_pixel_2(
    const struct rows3 *rows, int64_t width, int64_t left, int64_t output, const vf *w,
    const struct row_result *result, int64_t n, bool top, bool bottom) {
  vf sum = result->bias, x[3];
  for (int j = 0; j < 3; j++) {
    int64_t column = 2 * output - left + j;
    if (column < 0 || column >= width) continue;
    load_column(x, rows, column, n, top, bottom);
    sum = add_column(sum, w, j, x, top, bottom);
  }
  put(result, output, sum, n);
}

/// One row of outputs at stride 2.
INLINE void forward_row_2(
    const struct rows3 *rows, int64_t width, int64_t left, const vf *w,
    const struct row_result *result, int64_t n, bool top, bool bottom) {
  int64_t first = (left + 1) / 2, end = (width - 1 + left) / 2, output = 0;
  if (end > result->width) end = result->width;
  for (; output < first && output < result->width; output++) {
    forward_pixel_2(rows, width, left, output, w, result, n, top, bottom);
  }
  if (output < end) {
    vf x0[3], x1[3], x2[3];
    load_column(x0, rows, 2 * output - left, n, top, bottom);
    for (; output < end; output++) {
      const float *next = rows->next + (2 * output - left) * result->channels;
      __builtin_prefetch(next);
      __builtin_prefetch(next + result->channels);
      __builtin_prefetch(next + width * result->channels);
      __builtin_prefetch(next + (width + 1) * result->channels);
      load_column(x1, rows, 2 * output - left + 1, n, top, bottom);
      load_column(x2, rows, 2 * output - left + 2, n, top, bottom);
      vf sum = add_column(result->bias, w, 0, x0, top, bottom);
      sum = add_column(sum, w, 1, x1, top, bottom);
      put(result, output, add_column(sum, w, 2, x2, top, bottom), n);
      for (int i = 0; i < 3; i++) x0[i] = x2[i];
    }
  }
  for (; output < result->width; output++) {
    forward_pixel_2(rows, width, left, output, w, result, n, top, bottom);
  }
}

/// One row of outputs for the `n` channels from `c` on.
INLINE void forward_row(
    const struct depthwise *job, struct rows3 rows, float *result, int64_t c, int64_t n, bool top,
    bool bottom) {
  const apus_depthwise_shape *s = &job->shape;
  vf w[9];
  for (int k = 0; k < 9; k++) {
    w[k] = load_up_to(job->filter + (job->flips ? 8 - k : k) * s->channels + c, n);
  }
  shift_rows(&rows, c);
  struct row_result place = {
      result + c, s->channels, job->output_width,
      job->bias ? load_up_to(job->bias + c, n) : splat(0), splat(job->low), splat(job->high)};
  if (s->stride_width == 1) {
    forward_row_1(&rows, s->width, s->pad_left, w, &place, n, top, bottom);
  } else {
    forward_row_2(&rows, s->width, s->pad_left, w, &place, n, top, bottom);
  }
}

INLINE void forward_channels(
    const struct depthwise *job, struct rows3 rows, float *result, bool top, bool bottom) {
  FOR_VECTORS(job->shape.channels, c, n, {
    forward_row(job, rows, result, c, n, top, bottom);
  });
}

static void depthwise_3x3_forward(const struct depthwise *job, struct range range) {
  const apus_depthwise_shape *s = &job->shape;
  for (int64_t r = range.begin; r < range.end; r++) {
    struct rows3 rows = rows_under(job, r);
    float *result = job->result + r * job->output_width * s->channels;
    if (rows.inside[0] && rows.inside[2]) {
      forward_channels(job, rows, result, true, true);
    } else if (rows.inside[0]) {
      forward_channels(job, rows, result, true, false);
    } else {
      forward_channels(job, rows, result, false, true);
    }
  }
}
