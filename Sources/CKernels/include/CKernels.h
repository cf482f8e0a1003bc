// Hot loops of Apus in C: plain functions on row-major arrays, pictures in NHWC.
//
// Rules that hold for every function here:
// - Arrays are contiguous and aligned to their elements only. Output may alias input where the
//   comment says so, and nowhere else.
// - Nothing allocates, prints or aborts. Working memory is passed in: `scratch` has at least the
//   bytes that the `..._scratch_bytes` function of the same name returns for the same arguments,
//   aligned to 64, and is not kept between calls. Where that is 0, null will do.
// - `threads` is how many threads of the OpenMP team may work; small jobs run on fewer. The same
//   operands and thread count give the same bits; functions whose result does not depend on the
//   thread count say so.
// - Sizes are not negative; where a size is 0 there is nothing to do, and nothing is read.
// - Worker threads, the caller's included, flush subnormal floats to zero.
// - `float` is float32; `uint16_t` holds bfloat16, the upper half of a float32.

#pragma once

#include "apus_batch_normalization.h"
#include "apus_clipped_depthwise.h"
#include "apus_convert.h"
#include "apus_copy.h"
#include "apus_depthwise.h"
#include "apus_elementwise.h"
#include "apus_fused_depthwise.h"
#include "apus_fused_product.h"
#include "apus_gather.h"
#include "apus_instruction_sets.h"
#include "apus_layer_normalization.h"
#include "apus_lstm.h"
#include "apus_pooling.h"
#include "apus_reduction.h"
#include "apus_separable.h"
#include "apus_softmax.h"
#include "apus_threads.h"
#include "apus_types.h"
#include "apus_word_vectors.h"
