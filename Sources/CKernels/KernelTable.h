// What an instruction set provides: every hot loop over a range of work, one table of pointers
// each.
//
// The public functions divide work among threads and call these through `kernels()`.

#pragma once

#include "BatchNormalization.h"
#include "CKernels.h"
#include "ClippedDepthwise.h"
#include "Depthwise.h"
#include "Elementwise.h"
#include "FusedDepthwise.h"
#include "FusedProduct.h"
#include "LayerNormalization.h"
#include "LSTM.h"
#include "Pooling.h"
#include "Softmax.h"
#include "WordVectors.h"

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

  /// Fused products of float32 and, null where the set has none, of bfloat16 numbers.
  const struct product_loops *product, *product_bfloat16;

  /// Fused depthwise convolutions over a range of pictures.
  void (*fused_depthwise_forward)(
      const struct fused_depthwise_forward *job, struct range pictures, struct part_sums sums,
      float *rows);
  void (*fused_depthwise_backward)(
      const struct fused_depthwise_backward *job, struct range pictures, struct part_sums sums,
      double *dfilter, float *rows);

  /// Clipped depthwise convolution over rows of the output.
  void (*clipped_depthwise)(const struct clipped_depthwise *call, struct range rows);
  void (*clipped_depthwise_bfloat16)(const struct clipped_depthwise *call, struct range rows);

  /// `dst[r · dst_stride + c] = src[c · src_stride + r]`.
  void (*transpose_floats)(
      float *dst, int64_t dst_stride, const float *src, int64_t src_stride, int64_t rows,
      int64_t columns);

  /// Reductions of a contiguous run, of few rows, of any number of rows; see
  /// `Templates/Reduction.h`.
  double (*reduce_run)(apus_reduction kind, const float *x, int64_t count);
  void (*reduce_short)(
      apus_reduction kind, const float *x, int64_t rows, int64_t inner, float factor, float *y);
  void (*reduce_rows)(
      apus_reduction kind, const float *x, int64_t rows, int64_t inner, double *totals);
  void (*argument_of_extreme)(
      const float *x, int64_t extent, int64_t inner, bool smallest, int64_t *y);

  /// Rows of logits.
  void (*softmax)(const struct softmax *job, struct range rows);
  void (*log_softmax)(const struct softmax *job, struct range rows);
  void (*softmax_gradient)(const struct softmax *job, struct range rows);
  void (*log_softmax_gradient)(const struct softmax *job, struct range rows);
  void (*cross_entropy)(const struct cross_entropy *job, struct range rows);
  void (*cross_entropy_gradient)(const struct cross_entropy *job, struct range rows);

  /// Conversion of types.
  void (*convert)(
      void *dst, apus_type dst_type, const void *src, apus_type src_type, int64_t count);
  void (*convert_bytes)(
      float *dst, const uint8_t *src, int64_t count, float scale, float shift);

  /// `dst += src`.
  void (*add_run)(float *dst, const float *src, int64_t count);

  /// Pooling over rows of the output; its gradients over pictures.
  void (*max_pooling)(const struct pooling *job, struct range rows);
  void (*max_pooling_bfloat16)(const struct pooling *job, struct range rows);
  void (*max_pooling_gradient)(const struct pooling *job, struct range pictures);
  void (*average_pooling)(const struct pooling *job, struct range rows);
  void (*average_pooling_gradient)(const struct pooling *job, struct range pictures);

  /// Layer normalization over rows.
  void (*layer_normalization)(const struct layer_normalization *job, struct range rows);
  void (*layer_normalization_gradient)(
      const struct layer_normalization_gradient *job, struct range rows, struct layer_sums sums);

  /// The LSTM for float32 operands and, null where the set has none, for bfloat16 ones.
  const struct lstm_kernels *lstm, *lstm_bfloat16;

  /// Word vectors: a segment of text, and products of rows with up to eight queries.
  struct apus_word_loss (*train_words)(const struct word_job *job);
  void (*word_products)(
      const float *rows, int64_t count, int64_t width, const float *queries, int queries_count,
      float *products);
};

extern const struct kernel_table apus_kernels_portable;
#if defined(__x86_64__)
extern const struct kernel_table apus_kernels_avx2;
extern const struct kernel_table apus_kernels_avx512;
#endif

/// The best table, or the one `APUS_ISA` asked for.
extern const struct kernel_table *apus_default_kernels;

/// The table this thread was told to use; null for the default.
extern _Thread_local const struct kernel_table *apus_thread_kernels;

/// The table in use.
static inline const struct kernel_table *kernels(void) {
  return apus_thread_kernels ? apus_thread_kernels : apus_default_kernels;
}
