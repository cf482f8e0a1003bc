// Operands of the loops of fused products over a range of rows; `Templates/FusedProduct*.h` has
// the loops, `FusedProduct.c` divides the work and merges the parts.

#pragma once

#include "CKernels.h"
#include "ClippedDepthwise.h"
#include "PartSums.h"
#include "PastCaches.h"
#include "Threads.h"

/// What one part of a product computes.
struct product_share {
  struct range rows;
  /// Columns of `y` and of the filter's gradient, then those of the input's gradient; they begin
  /// at panels.
  struct range columns, inner;
};

struct fused_forward {
  const apus_fused_product *product;
  const float *x, *scale, *shift, *filter;
  /// The filter in panels, `[columns / width][inner][width]`, zeros behind the last column; null
  /// where a part packs each panel when it needs it.
  const void *panels;
  float *y;
  /// What is added to each column before `y` is clamped; null where neither is done, and with bfloat16 operands.
  const float *bias;
  float low, high;
  bool sums;
  /// Whether the result is written past the caches.
  bool streams;
};

/// Floats that are read next.
struct read_next {
  const float *at;
  int64_t count;
};

struct fused_backward {
  const apus_fused_product *product;
  const apus_fused_gradient *operands;
  /// The transposed filter in panels, `[inner / width][columns][width]`; null as above.
  const void *panels;
  float *dx;
  bool streams;
};

/// Rows of a block of the forward and of the backward pass.
int64_t fused_forward_rows(const apus_fused_product *product);
int64_t fused_backward_rows(const apus_fused_product *product);

/// The loops for one instruction set and type of operands.
struct product_loops {
  /// Columns of a panel; operands are stored in panels of so many.
  int64_t panel_width;
  /// The floats that the blocks of one part take, a packed panel among them.
  size_t (*block_floats)(const apus_fused_product *product);
  /// Packs some panels of the filter, or of its transpose.
  void (*pack)(
      const float *filter, int64_t inner, int64_t columns, bool transposes, struct range panels,
      void *packed);
  void (*forward)(
      const struct fused_forward *job, struct product_share share, struct part_sums sums,
      float *blocks);
  /// Some output rows of a depthwise convolution, laid out in `block`, times the filter; meanwhile it asks for what is
  /// `ahead`. Null for bfloat16.
  void (*separable)(
      const struct fused_forward *job, const struct clipped_depthwise *depthwise,
      struct range lines, struct read_next ahead, float *block);
  /// Adds to nothing: `dfilter` is set, `[inner, columns]`.
  void (*backward)(
      const struct fused_backward *job, struct product_share share, struct part_sums sums,
      float *dfilter, float *blocks);
};

#if defined(__x86_64__)
/// By AVX512-BF16, for processors that have it.
extern const struct product_loops apus_product_bfloat16;
/// By AMX, for processors that have it beside AVX512-BF16.
extern const struct product_loops apus_product_amx;
#endif
