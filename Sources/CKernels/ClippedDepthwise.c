// Clipped depthwise convolution: dividing rows of pictures among threads.

#include "KernelTable.h"

/// Outputs from 64 MiB up leave the caches before they are read again.
enum { STREAMED_NUMBERS = 16 << 20 };

bool apus_clipped_depthwise_accepts(const apus_clipped_depthwise *job) {
  bool known = job->type == APUS_FLOAT32 || job->type == APUS_BFLOAT16;
  return known && depthwise_is_3x3(&job->shape) && apus_depthwise_output_height(&job->shape) > 0 &&
         apus_depthwise_output_width(&job->shape) > 0;
}

static void clipped_depthwise_range(const void *context, struct range rows) {
  const struct clipped_depthwise *call = context;
  if (call->job.type == APUS_FLOAT32) {
    kernels()->clipped_depthwise(call, rows);
  } else {
    kernels()->clipped_depthwise_bfloat16(call, rows);
  }
}

void apus_clipped_depthwise_forward(
    const apus_clipped_depthwise *job, const void *input, const void *filter, const float *bias,
    void *output, int threads) {
  struct clipped_depthwise call = {
      *job, apus_depthwise_output_height(&job->shape), apus_depthwise_output_width(&job->shape),
      input, filter, bias, output, job->shape.channels, 0, false};
  int64_t rows = job->shape.batch * call.output_height;
  int64_t numbers = rows * call.output_width * job->shape.channels;
  call.streams = numbers >= STREAMED_NUMBERS && job->shape.channels % 16 == 0 &&
                 (uintptr_t)output % 64 == 0;
  double cost = 9 * (double)rows * (double)call.output_width * (double)job->shape.channels;
  apus_parallel_ranges(threads, rows, cost, clipped_depthwise_range, &call);
}
