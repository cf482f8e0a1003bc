// Fused depthwise convolutions: dividing the pictures among threads, merging what parts summed.

#include "FusedDepthwise.h"

#include <string.h>

#include "KernelTable.h"

bool apus_fused_depthwise_takes(const apus_depthwise_shape *shape) {
  return depthwise_is_3x3(shape) && apus_depthwise_output_height(shape) > 0 &&
         apus_depthwise_output_width(shape) > 0;
}

// Scratch of a part: its sums, its gradient of the filter, its kept rows.

struct workspace {
  const apus_fused_depthwise *convolution;
  char *parts;
  size_t sum_bytes, filter_bytes, part_bytes;
};

static size_t aligned(size_t bytes) { return (bytes + 63) / 64 * 64; }

static struct workspace lay_out(const apus_fused_depthwise *convolution, void *scratch) {
  const apus_depthwise_shape *s = &convolution->shape;
  int64_t lanes = padded_lanes(s->channels);
  int64_t columns = kept_width(s) + kept_gradient_width(apus_depthwise_output_width(s));
  struct workspace space = {convolution, scratch, part_sums_bytes(s->channels), 0, 0};
  space.filter_bytes = aligned((size_t)(9 * lanes) * sizeof(double));
  size_t sums = (size_t)(9 * lanes) * sizeof(float);  // of a block, for the filter's gradient
  size_t rows = (size_t)(KEPT_ROWS * columns * lanes) * sizeof(float);
  space.part_bytes = space.sum_bytes + space.filter_bytes + aligned(sums) + aligned(rows);
  return space;
}

size_t apus_fused_depthwise_scratch_bytes(const apus_fused_depthwise *convolution, int threads) {
  size_t parts = threads > 1 ? (size_t)threads : 1;
  return parts * lay_out(convolution, NULL).part_bytes;
}

static struct part_sums sums_of(const struct workspace *space, int part) {
  return part_sums_at(
      space->parts + (size_t)part * space->part_bytes, space->convolution->shape.channels);
}

static double *filter_of(const struct workspace *space, int part) {
  char *start = space->parts + (size_t)part * space->part_bytes;
  return (double *)(void *)(start + space->sum_bytes);
}

static float *rows_of(const struct workspace *space, int part) {
  return (float *)(void *)((char *)filter_of(space, part) + space->filter_bytes);
}

static int parts_for(const apus_fused_depthwise *convolution, int threads) {
  const apus_depthwise_shape *s = &convolution->shape;
  double cost = 4.0 * (double)s->batch * (double)(s->height * s->width * s->channels);
  return apus_part_count(threads, s->batch, cost);
}

// Forward.

struct forward_job {
  struct fused_depthwise_forward forward;
  const struct workspace *space;
};

static void forward_part(void *context, int part, int parts) {
  const struct forward_job *job = context;
  struct part_sums sums = sums_of(job->space, part);
  memset(sums.first_total, 0, job->space->sum_bytes);
  struct range pictures = apus_range(job->forward.convolution->shape.batch, part, parts);
  kernels()->fused_depthwise_forward(
      &job->forward, pictures, sums, rows_of(job->space, part));
}

void apus_fused_depthwise_forward(
    const apus_fused_depthwise *convolution, const float *x, const float *scale,
    const float *shift, const float *filter, float *y, float *mean, float *variance, void *scratch,
    int threads) {
  const apus_depthwise_shape *s = &convolution->shape;
  if (s->batch <= 0 || s->channels <= 0) return;
  struct workspace space = lay_out(convolution, scratch);
  int64_t height = apus_depthwise_output_height(s), width = apus_depthwise_output_width(s);
  struct forward_job job = {
      {convolution, height, width, x, scale, shift, filter, y, mean != NULL,
       streams_past_caches(y, s->batch * height * width, s->channels)},
      &space};
  int parts = parts_for(convolution, threads);
  apus_parallel(parts, forward_part, &job);
  for (int64_t c = 0; mean && variance && c < s->channels; c++) {
    struct moments moments = {0};
    for (int part = 0; part < parts; part++) {
      struct range pictures = apus_range(s->batch, part, parts);
      double more = (double)((pictures.end - pictures.begin) * height * width);
      merge_part(&moments, sums_of(&space, part), c, more);
    }
    mean[c] = (float)moments.mean;
    variance[c] = variance_of(&moments);
  }
}

// Backward.

struct backward_job {
  struct fused_depthwise_backward backward;
  const struct workspace *space;
};

static void backward_part(void *context, int part, int parts) {
  const struct backward_job *job = context;
  struct part_sums sums = sums_of(job->space, part);
  memset(sums.first_total, 0, job->space->sum_bytes);
  memset(filter_of(job->space, part), 0, job->space->filter_bytes);
  struct range pictures = apus_range(job->backward.convolution->shape.batch, part, parts);
  kernels()->fused_depthwise_backward(
      &job->backward, pictures, sums, filter_of(job->space, part), rows_of(job->space, part));
}

void apus_fused_depthwise_backward(
    const apus_fused_depthwise *convolution, const apus_fused_gradient *operands, float *dfilter,
    float *dx, float *sum, float *product_sum, void *scratch, int threads) {
  const apus_depthwise_shape *s = &convolution->shape;
  if (s->batch <= 0 || s->channels <= 0) return;
  struct workspace space = lay_out(convolution, scratch);
  int64_t height = apus_depthwise_output_height(s), width = apus_depthwise_output_width(s);
  bool streams = streams_past_caches(dx, s->batch * s->height * s->width, s->channels);
  struct backward_job job = {{convolution, height, width, operands, dx, streams}, &space};
  int parts = parts_for(convolution, threads);
  apus_parallel(parts, backward_part, &job);
  int64_t lanes = padded_lanes(s->channels);
  for (int64_t k = 0; k < 9; k++) {
    for (int64_t c = 0; c < s->channels; c++) {
      double total = 0;
      for (int part = 0; part < parts; part++) total += filter_of(&space, part)[k * lanes + c];
      dfilter[k * s->channels + c] = (float)total;
    }
  }
  for (int64_t c = 0; sum && product_sum && c < s->channels; c++) {
    double first = 0, second = 0;
    for (int part = 0; part < parts; part++) {
      first += sums_of(&space, part).first_total[c];
      second += sums_of(&space, part).second_total[c];
    }
    sum[c] = (float)first;
    product_sum[c] = (float)second;
  }
}
