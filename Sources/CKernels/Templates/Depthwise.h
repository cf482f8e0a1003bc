// Depthwise convolution with any filter, stride, dilation, padding and multiplier.
//
// Vectors run along the output's channels; where an input channel has several outputs, lanes are
// gathered one by one.

#pragma once

#include "../Depthwise.h"
#include "Vector.h"

/// Input pixels for the `n` output channels from `c` on: lane `k` is channel `(c + k) /
/// multiplier`.
INLINE vf load_repeated(const float *pixel, int64_t c, int64_t multiplier, int64_t n) {
  if (multiplier == 1) return load_up_to(pixel + c, n);
  vf v = splat(0);
  for (int64_t k = 0; k < n; k++) v[k] = pixel[(c + k) / multiplier];
  return v;
}

/// Lane `k` is element `k · step`.
INLINE vf load_strided(const float *p, int64_t step, int64_t n) {
  if (step == 1) return load_up_to(p, n);
  vf v = splat(0);
  for (int64_t k = 0; k < n; k++) v[k] = p[k * step];
  return v;
}

/// The output row `r` (of the whole batch) of the forward pass.
static void forward_row_of_any(const struct depthwise *job, int64_t r) {
  const apus_depthwise_shape *s = &job->shape;
  int64_t outputs = s->channels * s->multiplier;
  int64_t top = r % job->output_height * s->stride_height - s->pad_top;
  const float *picture =
      job->input + r / job->output_height * s->height * s->width * s->channels;
  for (int64_t x = 0; x < job->output_width; x++) {
    int64_t left = x * s->stride_width - s->pad_left;
    float *result = job->result + (r * job->output_width + x) * outputs;
    FOR_VECTORS(outputs, c, n, {
      vf sum = job->bias ? load_up_to(job->bias + c, n) : splat(0);
      for (int64_t i = 0; i < s->filter_height; i++) {
        int64_t row = top + i * s->dilation_height;
        if (row < 0 || row >= s->height) continue;
        for (int64_t j = 0; j < s->filter_width; j++) {
          int64_t column = left + j * s->dilation_width;
          if (column < 0 || column >= s->width) continue;
          const float *pixel = picture + (row * s->width + column) * s->channels;
          const float *weights = job->filter + (i * s->filter_width + j) * outputs;
          vf value = load_repeated(pixel, c, s->multiplier, n);
          sum = fused(load_up_to(weights + c, n), value, sum);
        }
      }
      store_up_to(result + c, clamp(sum, splat(job->low), splat(job->high)), n);
    });
  }
}

static void depthwise_forward(const struct depthwise *job, struct range rows) {
  for (int64_t r = rows.begin; r < rows.end; r++) forward_row_of_any(job, r);
}

/// The output position that reads `shifted − tap · dilation`, or −1 where none does.
INLINE int64_t reader(
    int64_t shifted, int64_t tap, int64_t dilation, int64_t stride, int64_t outputs) {
  int64_t place = shifted - tap * dilation;
  if (place < 0 || place % stride != 0 || place / stride >= outputs) return -1;
  return place / stride;
}

/// The gradients of one input pixel: those of all outputs that read it, times their weights.
static void input_gradient_of_any(
    const struct depthwise *job, const float *gradient, int64_t shifted_row,
    int64_t shifted_column, float *result) {
  const apus_depthwise_shape *s = &job->shape;
  int64_t m = s->multiplier, outputs = s->channels * m;
  FOR_VECTORS(s->channels, c, n, {
    vf sum = splat(0);
    for (int64_t i = 0; i < s->filter_height; i++) {
      int64_t y = reader(
          shifted_row, i, s->dilation_height, s->stride_height, job->output_height);
      for (int64_t j = 0; y >= 0 && j < s->filter_width; j++) {
        int64_t x = reader(
            shifted_column, j, s->dilation_width, s->stride_width, job->output_width);
        if (x < 0) continue;
        const float *d = gradient + (y * job->output_width + x) * outputs + c * m;
        const float *weights = job->filter + (i * s->filter_width + j) * outputs + c * m;
        for (int64_t k = 0; k < m; k++) {
          sum = fused(load_strided(weights + k, m, n), load_strided(d + k, m, n), sum);
        }
      }
    }
    store_up_to(result + c, sum, n);
  });
}

static void depthwise_input_gradient(const struct depthwise *job, struct range rows) {
  const apus_depthwise_shape *s = &job->shape;
  int64_t picture = job->output_height * job->output_width * s->channels * s->multiplier;
  for (int64_t r = rows.begin; r < rows.end; r++) {
    const float *gradient = job->gradient + r / s->height * picture;
    for (int64_t x = 0; x < s->width; x++) {
      input_gradient_of_any(
          job, gradient, r % s->height + s->pad_top, x + s->pad_left,
          job->result + (r * s->width + x) * s->channels);
    }
  }
}

/// Adds the products of output row `r` with input row `row`, under row `i` of the filter, to
/// `totals`.
static void filter_gradient_of_any(
    const struct depthwise *job, int64_t r, int64_t row, int64_t i, double *totals) {
  const apus_depthwise_shape *s = &job->shape;
  int64_t outputs = s->channels * s->multiplier;
  const float *gradient = job->gradient + r * job->output_width * outputs;
  const float *input = job->input + (r / job->output_height * s->height + row) * s->width *
                                        s->channels;
  for (int64_t j = 0; j < s->filter_width; j++) {
    FOR_VECTORS(outputs, c, n, {
      vf sum = splat(0);
      for (int64_t x = 0; x < job->output_width; x++) {
        int64_t column = x * s->stride_width - s->pad_left + j * s->dilation_width;
        if (column < 0 || column >= s->width) continue;
        vf value = load_repeated(input + column * s->channels, c, s->multiplier, n);
        sum = fused(load_up_to(gradient + x * outputs + c, n), value, sum);
      }
      double *total = totals + (i * s->filter_width + j) * outputs + c;
      for (int64_t lane = 0; lane < n; lane++) total[lane] += (double)sum[lane];
    });
  }
}

static void depthwise_filter_gradient(
    const struct depthwise *job, struct range rows, double *totals) {
  const apus_depthwise_shape *s = &job->shape;
  for (int64_t r = rows.begin; r < rows.end; r++) {
    int64_t top = r % job->output_height * s->stride_height - s->pad_top;
    for (int64_t i = 0; i < s->filter_height; i++) {
      int64_t row = top + i * s->dilation_height;
      if (row >= 0 && row < s->height) filter_gradient_of_any(job, r, row, i, totals);
    }
  }
}
