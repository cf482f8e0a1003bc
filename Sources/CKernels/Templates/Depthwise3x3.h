// Depthwise convolution with 3×3 filters at stride 1 or 2: the loops that matter.
//
// A block of rows small enough for the L2 cache is done for one vector of channels after the other,
// the nine weights (or the nine sums) staying in registers. Along a row at stride 1 each input pixel
// is loaded once: it adds to the three outputs it reaches, two of which wait in registers for their
// other columns. Rows outside the picture are left out; columns outside are the ends of the loops.

#pragma once

#include "../Depthwise.h"
#include "Vector.h"

/// Rows of a block: about 128 KiB of input and output together.
INLINE int64_t depthwise_block(const struct depthwise *job) {
  int64_t row = (job->shape.width * job->shape.stride_height + job->output_width) *
                job->shape.channels * (int64_t)sizeof(float);
  int64_t rows = row > 0 ? (128 << 10) / row : 1;
  return rows < 1 ? 1 : rows > 64 ? 64 : rows;
}

/// Up to three rows of pixels under the filter; a row outside the picture is a zero that is never left.
struct rows3 {
  const float *at[3];
  int64_t step[3];
  bool inside[3];
};

static const float zeros[16] __attribute__((aligned(64)));

/// The rows `first`, `first + 1` and `first + 2` of a picture.
INLINE struct rows3 rows_from(
    const float *picture, int64_t first, int64_t height, int64_t width, int64_t channels) {
  struct rows3 rows;
  for (int i = 0; i < 3; i++) {
    rows.inside[i] = first + i >= 0 && first + i < height;
    rows.at[i] = rows.inside[i] ? picture + (first + i) * width * channels : zeros;
    rows.step[i] = rows.inside[i] ? channels : 0;
  }
  return rows;
}

/// Where a row of results goes, and what is done to it.
struct row_result {
  float *at;
  int64_t channels, width;
  vf bias, low, high;
};

INLINE void put(const struct row_result *result, int64_t column, vf sum, int64_t n) {
  vf bounded = clamp(sum, result->low, result->high);
  store_up_to(result->at + column * result->channels, bounded, n);
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

INLINE void forward_row(
    const struct depthwise *job, const struct rows3 *rows, const vf *w,
    const struct row_result *result, int64_t n, bool top, bool bottom) {
  if (job->shape.stride_width == 1) {
    forward_row_1(rows, job->shape.width, job->shape.pad_left, w, result, n, top, bottom);
  } else {
    forward_row_2(rows, job->shape.width, job->shape.pad_left, w, result, n, top, bottom);
  }
}

/// The rows of a block for the channels from `c` on.
INLINE void forward_block(
    const struct depthwise *job, struct range block, int64_t c, int64_t n) {
  const apus_depthwise_shape *s = &job->shape;
  int64_t channels = s->channels;
  vf w[9];
  for (int k = 0; k < 9; k++) {
    w[k] = load_up_to(job->filter + (job->flips ? 8 - k : k) * channels + c, n);
  }
  vf bias = job->bias ? load_up_to(job->bias + c, n) : splat(0);
  for (int64_t r = block.begin; r < block.end; r++) {
    int64_t picture = r / job->output_height, y = r % job->output_height;
    const float *input = job->input + picture * s->height * s->width * channels + c;
    struct rows3 rows =
        rows_from(input, y * s->stride_height - s->pad_top, s->height, s->width, channels);
    struct row_result result = {
        job->result + r * job->output_width * channels + c, channels, job->output_width, bias,
        splat(job->low), splat(job->high)};
    if (rows.inside[0] && rows.inside[2]) {
      forward_row(job, &rows, w, &result, n, true, true);
    } else if (rows.inside[0]) {
      forward_row(job, &rows, w, &result, n, true, false);
    } else {
      forward_row(job, &rows, w, &result, n, false, true);
    }
  }
}

static void depthwise_3x3_forward(const struct depthwise *job, struct range rows) {
  int64_t size = depthwise_block(job);
  for (int64_t begin = rows.begin; begin < rows.end; begin += size) {
    struct range block = {begin, rows.end - begin < size ? rows.end : begin + size};
    FOR_VECTORS(job->shape.channels, c, n, { forward_block(job, block, c, n); });
  }
}
