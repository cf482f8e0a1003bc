// The gradients of depthwise convolution with 3×3 filters; see `Depthwise3x3.h`.
//
// At stride 1 the gradient of the input is itself a forward pass, so only stride 2 is here.

#pragma once

#include "Depthwise3x3.h"

/// Rows of output gradients that reach one row of the input, with the filter's row of each.
struct reaching_rows {
  const float *at[2];
  const vf *w[2];
  int count;
};

/// One gradient at stride 2, column by column of the filter, for the ends of a row.
INLINE vf input_gradient_pixel_2(
    const struct reaching_rows *rows, int64_t shifted, int64_t width, int64_t channels, int64_t n) {
  vf sum = splat(0);
  for (int j = (int)(shifted & 1); j < 3; j += 2) {
    int64_t output = (shifted - j) / 2;
    if (shifted < j || output >= width) continue;
    for (int k = 0; k < rows->count; k++) {
      sum = fused(rows->w[k][j], load_up_to(rows->at[k] + output * channels, n), sum);
    }
  }
  return sum;
}

/// One row of input gradients at stride 2.
///
/// Input column `2o − left` gets from the outputs `o` and `o − 1`, column `2o + 1 − left` from `o`.
INLINE void input_gradient_row_2(
    const struct depthwise *job, const struct reaching_rows *rows, float *result, int64_t n,
    int count) {
  int64_t channels = job->shape.channels, width = job->shape.width, left = job->shape.pad_left;
  int64_t column = 0, first = 2 - left;  // from `first` on, two columns for each output from 1 on
  for (; column < first && column < width; column++) {
    vf sum = input_gradient_pixel_2(rows, column + left, job->output_width, channels, n);
    store_up_to(result + column * channels, sum, n);
  }
  if (job->output_width > 1 && column + 1 < width) {
    vf before[2], here[2];
    for (int k = 0; k < count; k++) before[k] = load_up_to(rows->at[k], n);
    for (int64_t o = 1; o < job->output_width && column + 1 < width; o++, column += 2) {
      vf even = splat(0), odd = splat(0);
      for (int k = 0; k < count; k++) {
        here[k] = load_up_to(rows->at[k] + o * channels, n);
        even = fused(rows->w[k][0], here[k], fused(rows->w[k][2], before[k], even));
        odd = fused(rows->w[k][1], here[k], odd);
        before[k] = here[k];
      }
      __builtin_prefetch(rows->at[0] + (o + job->output_width) * channels);
      __builtin_prefetch(result + (column + width) * channels, 1);
      __builtin_prefetch(result + (column + width + 1) * channels, 1);
      store_up_to(result + column * channels, even, n);
      store_up_to(result + (column + 1) * channels, odd, n);
    }
  }
  for (; column < width; column++) {
    vf sum = input_gradient_pixel_2(rows, column + left, job->output_width, channels, n);
    store_up_to(result + column * channels, sum, n);
  }
}

/// The output rows that reach row `r` (of the whole batch) of the input, and the filter's rows.
INLINE struct reaching_rows rows_reaching(
    const struct depthwise *job, int64_t r, int64_t *filter_rows) {
  const apus_depthwise_shape *s = &job->shape;
  int64_t picture = r / s->height, shifted = r % s->height + s->pad_top;
  struct reaching_rows rows = {.count = 0};
  for (int64_t i = shifted & 1; i < 3 && i <= shifted; i += 2) {
    int64_t y = (shifted - i) / 2;
    if (y >= job->output_height) continue;
    int64_t row = picture * job->output_height + y;
    rows.at[rows.count] = job->gradient + row * job->output_width * s->channels;
    filter_rows[rows.count++] = i;
  }
  return rows;
}

INLINE void input_gradient_channels(
    const struct depthwise *job, struct reaching_rows rows, const int64_t *filter_rows,
    float *result, int count) {
  int64_t channels = job->shape.channels;
  FOR_VECTORS(channels, c, n, {
    vf w[2][3];
    struct reaching_rows here = rows;
    for (int k = 0; k < count; k++) {
      for (int j = 0; j < 3; j++) {
        w[k][j] = load_up_to(job->filter + (3 * filter_rows[k] + j) * channels + c, n);
      }
      here.at[k] = rows.at[k] + c;
      here.w[k] = w[k];
    }
    input_gradient_row_2(job, &here, result + c, n, count);
  });
}

static void depthwise_3x3_input_gradient(const struct depthwise *job, struct range range) {
  for (int64_t r = range.begin; r < range.end; r++) {
    int64_t filter_rows[2];
    struct reaching_rows rows = rows_reaching(job, r, filter_rows);
    float *result = job->result + r * job->shape.width * job->shape.channels;
    if (rows.count == 2) {
      input_gradient_channels(job, rows, filter_rows, result, 2);
    } else if (rows.count == 1) {
      input_gradient_channels(job, rows, filter_rows, result, 1);
    } else {
      memset(result, 0, (size_t)(job->shape.width * job->shape.channels) * sizeof *result);
    }
  }
}

/// `sums[3i + j] += x[i] · d[j]` over the rows in use.
INLINE void add_products(vf *sums, const vf *x, const vf *d, bool top, bool bottom) {
  for (int j = 0; j < 3; j++) {
    if (top) sums[j] = fused(x[0], d[j], sums[j]);
    sums[3 + j] = fused(x[1], d[j], sums[3 + j]);
    if (bottom) sums[6 + j] = fused(x[2], d[j], sums[6 + j]);
  }
}

/// How many floats further on the next block of rows is; it is fetched while this one is computed.
struct ahead {
  int64_t input, gradient;
};

/// One row of output gradients at stride 1: input column `k` meets the outputs `k + left − j`.
INLINE void filter_row_1(
    const struct depthwise *job, const struct rows3 *rows, const float *gradient, vf *sums,
    const struct ahead *ahead, int64_t n, bool top, bool bottom) {
  int64_t channels = job->shape.channels, width = job->shape.width, left = job->shape.pad_left;
  int64_t outputs = job->output_width, both = outputs - left < width ? outputs - left : width;
  vf x[3], d[3] = {splat(0), splat(0), splat(0)};
  if (left >= 1 && left - 1 < outputs) d[1] = load_up_to(gradient + (left - 1) * channels, n);
  if (left >= 2 && left - 2 < outputs) d[2] = load_up_to(gradient + (left - 2) * channels, n);
  int64_t column = 0;
  for (; column < both; column++) {
    load_column(x, rows, column, n, top, bottom);
    __builtin_prefetch(rows->at[1] + column * channels + ahead->input, 0, 2);
    __builtin_prefetch(gradient + (column + left) * channels + ahead->gradient, 0, 2);
    d[0] = load_up_to(gradient + (column + left) * channels, n);
    add_products(sums, x, d, top, bottom);
    d[2] = d[1], d[1] = d[0];
  }
  d[0] = splat(0);
  for (; column < width; column++) {
    load_column(x, rows, column, n, top, bottom);
    add_products(sums, x, d, top, bottom);
    d[2] = d[1], d[1] = d[0];
  }
}

/// `sums[3i + j] += x[i] · d` for one column `j` of the filter.
INLINE void add_products_of_column(
    vf *sums, int j, const vf *x, vf d, bool top, bool bottom) {
  if (top) sums[j] = fused(x[0], d, sums[j]);
  sums[3 + j] = fused(x[1], d, sums[3 + j]);
  if (bottom) sums[6 + j] = fused(x[2], d, sums[6 + j]);
}

/// One row of output gradients at stride 2.
INLINE void filter_row_2(
    const struct depthwise *job, const struct rows3 *rows, const float *gradient, vf *sums,
    const struct ahead *ahead, int64_t n, bool top, bool bottom) {
  int64_t channels = job->shape.channels, width = job->shape.width, left = job->shape.pad_left;
  int64_t first = (left + 1) / 2, end = (width - 1 + left) / 2;
  for (int64_t o = 0; o < job->output_width; o++) {
    vf d = load_up_to(gradient + o * channels, n), x[3];
    int64_t column = 2 * o - left;
    bool inside = o >= first && o < end;
    const float *next = rows->at[1] + column * channels + ahead->input;
    __builtin_prefetch(next, 0, 2);
    __builtin_prefetch(next + channels, 0, 2);
    __builtin_prefetch(next + width * channels, 0, 2);
    __builtin_prefetch(next + (width + 1) * channels, 0, 2);
    __builtin_prefetch(gradient + o * channels + ahead->gradient, 0, 2);
#pragma clang loop unroll(full)
    for (int j = 0; j < 3; j++) {
      if (!inside && (column + j < 0 || column + j >= width)) continue;
      load_column(x, rows, column + j, n, top, bottom);
      add_products_of_column(sums, j, x, d, top, bottom);
    }
  }
}

INLINE void filter_row(
    const struct depthwise *job, const struct rows3 *rows, const float *gradient, vf *sums,
    const struct ahead *ahead, int64_t n, bool top, bool bottom) {
  if (job->shape.stride_width == 1) {
    filter_row_1(job, rows, gradient, sums, ahead, n, top, bottom);
  } else {
    filter_row_2(job, rows, gradient, sums, ahead, n, top, bottom);
  }
}

enum { FILTER_BLOCK = 32 };  // rows whose products are summed in registers

/// Adds the products of a block of `count` output rows to `totals: [9, channels]`.
INLINE void filter_gradient_block(
    const struct depthwise *job, const struct rows3 *block, const float *gradient, int64_t count,
    double *totals, const struct ahead *ahead, int64_t c, int64_t n) {
  int64_t channels = job->shape.channels;
  vf sums[9];
  for (int k = 0; k < 9; k++) sums[k] = splat(0);
  for (int64_t r = 0; r < count; r++) {
    struct rows3 rows = block[r];
    shift_rows(&rows, c);
    const float *d = gradient + r * job->output_width * channels + c;
    if (rows.inside[0] && rows.inside[2]) {
      filter_row(job, &rows, d, sums, ahead, n, true, true);
    } else if (rows.inside[0]) {
      filter_row(job, &rows, d, sums, ahead, n, true, false);
    } else {
      filter_row(job, &rows, d, sums, ahead, n, false, true);
    }
  }
  for (int k = 0; k < 9; k++) add_to_doubles(totals + k * channels + c, sums[k], n);
}

/// Blocks of at least four rows, about 32 KiB of input and gradient that all channels share.
static void depthwise_3x3_filter_gradient(
    const struct depthwise *job, struct range range, double *totals) {
  const apus_depthwise_shape *s = &job->shape;
  int64_t row = (s->width * s->stride_height + job->output_width) * s->channels * 4;
  int64_t size = (32 << 10) / row;
  size = size < 4 ? 4 : size > FILTER_BLOCK ? FILTER_BLOCK : size;
  const struct ahead ahead = {
      size * s->stride_height * s->width * s->channels, size * job->output_width * s->channels};
  for (int64_t begin = range.begin; begin < range.end; begin += size) {
    int64_t count = range.end - begin < size ? range.end - begin : size;
    const float *gradient = job->gradient + begin * job->output_width * s->channels;
    struct rows3 block[FILTER_BLOCK];
    for (int64_t r = 0; r < count; r++) block[r] = rows_under(job, begin + r);
    FOR_VECTORS(s->channels, c, n, {
      filter_gradient_block(job, block, gradient, count, totals, &ahead, c, n);
    });
  }
}
