// What an instruction set provides: every hot loop over a range of work, one table of pointers each.
//
// The public functions divide work among threads and call these through `apus_kernels`.

#pragma once

#include "BatchNormalization.h"
#include "CKernels.h"
#include "Depthwise.h"
#include "Elementwise.h"

struct kernel_table {
  const char *name;

  /// The tiles `first ..< last` of an elementwise program.
  void (*elementwise)(const struct elementwise_plan *plan, int64_t first, int64_t last);

  /// Batch normalization over a range of rows.
  void (*channel_moments)(
      const float *x, int64_t channels, struct range rows, struct channel_sums moments);
  void (*channel_affine)(const struct channel_affine *affine, struct range rows);
  void (*normalization_sums)(
      const struct normalization_gradient *gradient, struct range rows, struct channel_sums sums);
  void (*normalization_step)(
      const struct normalization_gradient *gradient, const struct normalization_step *step,
      struct range rows);

  /// Depthwise convolution over rows of the output, or of the input for its gradient.
  void (*depthwise_forward)(const struct depthwise *job, struct range rows);
  void (*depthwise_input_gradient)(const struct depthwise *job, struct range rows);
  void (*depthwise_filter_gradient)(
      const struct depthwise *job, struct range rows, double *totals);
  void (*depthwise_3x3_forward)(const struct depthwise *job, struct range rows);
  void (*depthwise_3x3_input_gradient)(const struct depthwise *job, struct range rows);
  void (*depthwise_3x3_filter_gradient)(
      const struct depthwise *job, struct range rows, double *totals);
};

extern const struct kernel_table apus_kernels_portable;
#if defined(__x86_64__)
extern const struct kernel_table apus_kernels_avx2;
extern const struct kernel_table apus_kernels_avx512;
#endif

/// The table in use.
extern const struct kernel_table *apus_kernels;
