// Matrix products and convolutions by oneDNN, version 2 or 3, on plain row-major arrays.
//
// A primitive is created once per shape and executed many times. No function aborts or prints:
// each that can fail returns a status, 0 for success, and `apus_dnn_status_text` says what went
// wrong. A caller that gets a status other than 0 from a `create` uses another kernel.
//
// Creating is safe from any thread. One primitive is executed by one thread at a time; oneDNN then
// spreads the work over the OpenMP team of that thread. For a fixed number of threads the result
// has the same bits every time.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// A matrix product or convolution for fixed shapes, ready to run.
typedef struct apus_dnn_primitive apus_dnn_primitive;

/// How the numbers of an array are stored.
typedef enum apus_dnn_type {
  APUS_DNN_FLOAT32 = 0,
  APUS_DNN_BFLOAT16 = 1,
} apus_dnn_type;

/// Reasons of this shim beside oneDNN's own (positive) statuses.
enum {
  APUS_DNN_SUCCESS = 0,
  /// A size is zero, negative or too large, or settings contradict each other.
  APUS_DNN_INVALID = -1,
  /// oneDNN has no implementation for these types, shapes and settings.
  APUS_DNN_UNSUPPORTED = -2,
  /// No memory for the primitive's own few kilobytes.
  APUS_DNN_NO_MEMORY = -3,
  /// `execute` got no array where one is needed, or scratch that is not 64-byte aligned.
  APUS_DNN_BAD_POINTER = -4,
};

/// `result = clamp(op(a) · op(b) + bias + [result])`, for one matrix or a batch of them.
///
/// - `a`: `[batch_a, rows, inner]`, or `[batch_a, inner, rows]` where `transpose_a`.
/// - `b`: `[batch_b, inner, columns]`, or `[batch_b, columns, inner]` where `transpose_b`.
/// - `result`: `[max(batch_a, batch_b), rows, columns]`; a batch of 1 is used for every product.
/// - `bias`: `[columns]`, always float32.
///
/// Sums are accumulated in float32. `a` and `b` have the same type. Zero-initialized fields are
/// the defaults, except the sizes: all five must be at least 1.
typedef struct apus_dnn_matmul {
  int64_t batch_a, batch_b;
  /// `M`, `K` and `N` of the product.
  int64_t rows, inner, columns;
  bool transpose_a, transpose_b;
  /// Brings `b` into an order of oneDNN's own first: for many rows, and without batches.
  bool arranges_b;
  apus_dnn_type operand_type, result_type;
  /// Adds to what `result` holds instead of replacing it.
  bool accumulates;
  bool has_bias;
  /// Applies `min(max(x, clamp_low), clamp_high)` last; bounds may be infinite.
  bool has_clamp;
  float clamp_low, clamp_high;
} apus_dnn_matmul;

/// Which of a convolution's three products is computed, and what `execute` takes for it.
typedef enum apus_dnn_convolution_kind {
  /// `a` = input, `b` = filter, `result` = output.
  APUS_DNN_FORWARD = 0,
  /// `a` = gradient of the output, `b` = filter, `result` = gradient of the input.
  APUS_DNN_INPUT_GRADIENT = 1,
  /// `a` = input, `b` = gradient of the output, `result` = gradient of the filter.
  APUS_DNN_FILTER_GRADIENT = 2,
} apus_dnn_convolution_kind;

/// A two-dimensional convolution (cross-correlation, as everywhere in machine learning).
///
/// - input: `[batch, height, width, input_channels]`.
/// - filter: `[filter_height, filter_width, input_channels / groups, output_channels]`; the output
///   channels of group `g` are the `g`-th run of `output_channels / groups`. Depthwise is
///   `groups == input_channels`.
/// - output: `[batch, output height, output width, output_channels]`, see
///   `apus_dnn_output_extent`.
/// - bias: `[output_channels]`, always float32; forward only.
///
/// All sizes, strides and dilations are at least 1 (a dilation of 1 is the usual convolution),
/// paddings at least 0. The operands are both `operand_type`; sums are accumulated in float32.
typedef struct apus_dnn_convolution {
  apus_dnn_convolution_kind kind;
  int64_t batch, height, width, input_channels, output_channels, groups;
  int64_t filter_height, filter_width;
  int64_t stride_height, stride_width;
  int64_t dilation_height, dilation_width;
  int64_t padding_top, padding_bottom, padding_left, padding_right;
  apus_dnn_type operand_type, result_type;
  /// As `arranges_b` where the convolution is done as a matrix product.
  bool arranges_filter;
  /// Adds to what `result` holds; oneDNN has this for `forward` and for 1×1 products only.
  bool accumulates;
  /// Forward only, as the clamp below.
  bool has_bias;
  /// Applies `min(max(x, clamp_low), clamp_high)` last; bounds may be infinite.
  bool has_clamp;
  float clamp_low, clamp_high;
} apus_dnn_convolution;

/// The output's height or width: `(extent + padding − (filter − 1)·dilation − 1) / stride + 1`.
///
/// `padding` is the sum of both sides. Gives 0 where the filter does not fit.
int64_t apus_dnn_output_extent(
    int64_t extent, int64_t filter, int64_t stride, int64_t dilation, int64_t padding);

/// Makes a matrix product; on success `*primitive` is to be destroyed by the caller.
///
/// On failure `*primitive` is null.
int apus_dnn_matmul_create(apus_dnn_primitive **primitive, const apus_dnn_matmul *description);

/// Makes a convolution or one of its gradients; as `apus_dnn_matmul_create`.
int apus_dnn_convolution_create(
    apus_dnn_primitive **primitive, const apus_dnn_convolution *description);

/// Frees a primitive; null is allowed.
void apus_dnn_destroy(apus_dnn_primitive *primitive);

/// The bytes of scratch `apus_dnn_execute` needs, possibly 0; a multiple of 64.
///
/// Nothing in scratch is kept between executions, so primitives that do not run at the same time
/// may share it.
size_t apus_dnn_scratch_bytes(const apus_dnn_primitive *primitive);

/// oneDNN's name of the chosen implementation, such as `brgemm:avx512_core`; for reports.
///
/// A name that starts with `ref` is oneDNN's slow definition. Valid as long as the primitive.
const char *apus_dnn_implementation(const apus_dnn_primitive *primitive);

/// Computes `result` from `a` and `b`; returns when it is done.
///
/// `bias` is read only if the primitive has one, `scratch` (64-byte aligned) only if
/// `apus_dnn_scratch_bytes` is not 0; both may be null otherwise. `result` overlaps neither
/// operand. This shim allocates nothing here.
int apus_dnn_execute(
    apus_dnn_primitive *primitive, const void *a, const void *b, const float *bias, void *result,
    void *scratch);

/// An English sentence part for a status, such as `not supported by oneDNN`; never null.
const char *apus_dnn_status_text(int status);

/// The version of the oneDNN library that is loaded (not of the header compiled against).
void apus_dnn_version(int *major, int *minor, int *patch);

/// Sets how many OpenMP threads primitives created from now on use; 0 is OpenMP's default.
///
/// The count is kept in each primitive and applied on the thread that executes it, because
/// `omp_set_num_threads` itself only concerns the thread that calls it.
void apus_dnn_set_threads(int threads);

/// Whether the processor multiplies bfloat16 natively and oneDNN uses it.
///
/// Where this is false, bfloat16 primitives may still be created, but are slower than float32.
bool apus_dnn_supports_bf16(void);

#ifdef __cplusplus
}
#endif
