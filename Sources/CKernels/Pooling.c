// Pooling: forward by rows of the output, backward by pictures, whose windows may overlap.

#include "Pooling.h"

#include <string.h>

#include "KernelTable.h"

static int64_t output_extent(int64_t input, int64_t pads, int64_t window, int64_t stride) {
  int64_t room = input + pads - window;
  return room < 0 ? 0 : room / stride + 1;
}

int64_t apus_pooling_output_height(const apus_pooling_shape *s) {
  return output_extent(
      s->height, s->pad_top + s->pad_bottom, s->window_height, s->stride_height);
}

int64_t apus_pooling_output_width(const apus_pooling_shape *s) {
  return output_extent(s->width, s->pad_left + s->pad_right, s->window_width, s->stride_width);
}

static struct pooling pooling_of(const apus_pooling_shape *shape) {
  return (struct pooling){
      .shape = *shape,
      .output_height = apus_pooling_output_height(shape),
      .output_width = apus_pooling_output_width(shape)};
}

static double cost_of(const struct pooling *job) {
  const apus_pooling_shape *s = &job->shape;
  double outputs = (double)job->output_height * (double)job->output_width;
  double window = (double)s->window_height * (double)s->window_width;
  return (double)s->batch * outputs * window * (double)s->channels;
}

/// Defines a body for `apus_parallel_ranges` that calls one entry of the table.
#define DEFINE_BODY(name)                                                  \
  static void name##_range(const void *context, struct range range) {      \
    kernels()->name((const struct pooling *)context, range);            \
  }

DEFINE_BODY(max_pooling)
DEFINE_BODY(max_pooling_bfloat16)
DEFINE_BODY(max_pooling_gradient)
DEFINE_BODY(average_pooling)
DEFINE_BODY(average_pooling_gradient)

void apus_max_pooling(const apus_pooling_shape *shape, const float *x, float *y, int threads) {
  struct pooling job = pooling_of(shape);
  job.x = x, job.result = y;
  int64_t rows = shape->batch * job.output_height;
  apus_parallel_ranges(threads, rows, cost_of(&job), max_pooling_range, &job);
}

void apus_max_pooling_bfloat16(
    const apus_pooling_shape *shape, const uint16_t *x, uint16_t *y, int threads) {
  struct pooling job = pooling_of(shape);
  job.narrow = x, job.narrow_result = y;
  int64_t rows = shape->batch * job.output_height;
  apus_parallel_ranges(threads, rows, cost_of(&job), max_pooling_bfloat16_range, &job);
}

void apus_max_pooling_gradient(
    const apus_pooling_shape *shape, const float *x, const float *dy, float *dx, int threads) {
  struct pooling job = pooling_of(shape);
  job.x = x, job.dy = dy, job.result = dx;
  apus_parallel_ranges(threads, shape->batch, cost_of(&job), max_pooling_gradient_range, &job);
}

void apus_average_pooling(
    const apus_pooling_shape *shape, bool counts_padding, const float *x, float *y, int threads) {
  struct pooling job = pooling_of(shape);
  job.x = x, job.result = y, job.counts_padding = counts_padding;
  int64_t rows = shape->batch * job.output_height;
  apus_parallel_ranges(threads, rows, cost_of(&job), average_pooling_range, &job);
}

void apus_average_pooling_gradient(
    const apus_pooling_shape *shape, bool counts_padding, const float *dy, float *dx, int threads) {
  struct pooling job = pooling_of(shape);
  job.dy = dy, job.result = dx, job.counts_padding = counts_padding;
  apus_parallel_ranges(
      threads, shape->batch, cost_of(&job), average_pooling_gradient_range, &job);
}
