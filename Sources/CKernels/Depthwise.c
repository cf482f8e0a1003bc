// Depthwise convolution: choosing the loops and dividing rows of pictures among threads.

#include <math.h>
#include <string.h>

#include "KernelTable.h"

static int64_t output_extent(
    int64_t input, int64_t pads, int64_t filter, int64_t dilation, int64_t stride) {
  int64_t room = input + pads - ((filter - 1) * dilation + 1);
  return room < 0 ? 0 : room / stride + 1;
}

int64_t apus_depthwise_output_height(const apus_depthwise_shape *s) {
  return output_extent(
      s->height, s->pad_top + s->pad_bottom, s->filter_height, s->dilation_height,
      s->stride_height);
}

int64_t apus_depthwise_output_width(const apus_depthwise_shape *s) {
  return output_extent(
      s->width, s->pad_left + s->pad_right, s->filter_width, s->dilation_width, s->stride_width);
}

static struct depthwise depthwise_of(const apus_depthwise_shape *shape) {
  return (struct depthwise){
      .shape = *shape,
      .output_height = apus_depthwise_output_height(shape),
      .output_width = apus_depthwise_output_width(shape),
      .low = -INFINITY,
      .high = INFINITY};
}

/// The work of any of the three products, in additions of a float.
static double cost_of(const struct depthwise *job) {
  const apus_depthwise_shape *s = &job->shape;
  double outputs = (double)job->output_height * (double)job->output_width * (double)s->batch;
  double taps = (double)s->filter_height * (double)s->filter_width;
  return outputs * taps * (double)(s->channels * s->multiplier);
}

struct depthwise_job {
  const struct depthwise *depthwise;
  void (*loops)(const struct depthwise *depthwise, struct range rows);
  int64_t rows;
};

static void depthwise_part(void *context, int part, int parts) {
  const struct depthwise_job *job = context;
  job->loops(job->depthwise, apus_range(job->rows, part, parts));
}

static void run(
    const struct depthwise *depthwise,
    void (*loops)(const struct depthwise *depthwise, struct range rows), int64_t rows,
    int threads) {
  if (rows <= 0) return;
  struct depthwise_job job = {depthwise, loops, rows};
  apus_parallel(apus_part_count(threads, rows, cost_of(depthwise)), depthwise_part, &job);
}

void apus_depthwise_forward(
    const apus_depthwise_shape *shape, const float *input, const float *filter, const float *bias,
    float low, float high, float *output, int threads) {
  struct depthwise job = depthwise_of(shape);
  job.input = input, job.filter = filter, job.bias = bias;
  job.low = low, job.high = high, job.result = output;
  bool fast = depthwise_is_3x3(shape);
  run(&job, fast ? kernels()->depthwise_3x3_forward : kernels()->depthwise_forward,
      shape->batch * job.output_height, threads);
}

/// At stride 1 the gradient of the input is the output gradient, padded the other way round,
/// convolved with the reversed filter.
static struct depthwise reversed(
    const struct depthwise *job, const float *gradient, const float *filter, float *result) {
  struct depthwise turned = *job;
  apus_depthwise_shape *shape = &turned.shape;
  shape->height = job->output_height, shape->width = job->output_width;
  turned.output_height = job->shape.height, turned.output_width = job->shape.width;
  shape->pad_top = 2 - shape->pad_top, shape->pad_bottom = 2 - shape->pad_bottom;
  shape->pad_left = 2 - shape->pad_left, shape->pad_right = 2 - shape->pad_right;
  turned.input = gradient, turned.filter = filter, turned.result = result;
  turned.flips = true;
  return turned;
}

void apus_depthwise_input_gradient(
    const apus_depthwise_shape *shape, const float *output_gradient, const float *filter,
    float *input_gradient, int threads) {
  struct depthwise job = depthwise_of(shape);
  int64_t rows = shape->batch * shape->height;
  if (job.output_height == 0 || job.output_width == 0) {
    int64_t bytes = rows * shape->width * shape->channels * (int64_t)sizeof(float);
    if (bytes > 0) memset(input_gradient, 0, (size_t)bytes);
    return;
  }
  job.gradient = output_gradient, job.filter = filter, job.result = input_gradient;
  if (!depthwise_is_3x3(shape)) {
    run(&job, kernels()->depthwise_input_gradient, rows, threads);
  } else if (shape->stride_height == 1) {
    struct depthwise turned = reversed(&job, output_gradient, filter, input_gradient);
    run(&turned, kernels()->depthwise_3x3_forward, rows, threads);
  } else {
    run(&job, kernels()->depthwise_3x3_input_gradient, rows, threads);
  }
}

// The gradient of the filter: a sum over all rows, a partial one in float64 for each part.

struct filter_job {
  const struct depthwise *depthwise;
  int64_t rows, weights;
  double *sums;
};

static void filter_part(void *context, int part, int parts) {
  const struct filter_job *job = context;
  bool fast = depthwise_is_3x3(&job->depthwise->shape);
  double *sums = job->sums + part * job->weights;
  memset(sums, 0, (size_t)job->weights * sizeof *sums);
  (fast ? kernels()->depthwise_3x3_filter_gradient : kernels()->depthwise_filter_gradient)(
      job->depthwise, apus_range(job->rows, part, parts), sums);
}

static int64_t weight_count(const apus_depthwise_shape *s) {
  return s->filter_height * s->filter_width * s->channels * s->multiplier;
}

size_t apus_depthwise_filter_gradient_scratch_bytes(
    const apus_depthwise_shape *shape, int threads) {
  return (size_t)(threads > 1 ? threads : 1) * (size_t)weight_count(shape) * sizeof(double);
}

void apus_depthwise_filter_gradient(
    const apus_depthwise_shape *shape, const float *input, const float *output_gradient,
    float *filter_gradient, void *scratch, int threads) {
  struct depthwise job = depthwise_of(shape);
  job.input = input, job.gradient = output_gradient;
  int64_t rows = shape->batch * job.output_height, weights = weight_count(shape);
  int parts = apus_part_count(threads, rows, cost_of(&job));
  struct filter_job filter = {&job, rows, weights, scratch};
  if (weights > 0) apus_parallel(parts, filter_part, &filter);
  for (int64_t k = 0; k < weights; k++) {
    double sum = 0;
    for (int part = 0; part < parts; part++) sum += filter.sums[part * weights + k];
    filter_gradient[k] = (float)sum;
  }
}
