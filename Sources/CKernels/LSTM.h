// Operands of the loops of the LSTM; `Templates/LSTM.h` has the loops.
//
// A panel is the gates of `W/2` units side by side, so `2·W` columns: `W/2` of i, of f, of g, of o.
// Weights are packed into panels once a call. A word is four bytes along a product's inner axis: a
// float32, or two bfloat16. Each thread takes a range of the batch through all steps.

#pragma once

#include "CKernels.h"
#include "Threads.h"

/// What one thread's rows of one direction need in the forward pass.
struct lstm_forward_job {
  const apus_lstm_shape *shape;
  const apus_lstm_forward_operands *operands;
  int64_t direction;
  /// `[panel][word of x, word of h][2·W]` and `[panel][2·W]`.
  float *packed, *packed_bias;
  /// A thread's: words of `x_t` and `h` of each row, of this step and the next.
  float *inputs[2];
  /// A thread's: the state of each row, units padded to whole panels.
  float *hidden, *cell;
};

/// What one thread's rows of one direction need in the backward pass.
struct lstm_backward_job {
  const apus_lstm_shape *shape;
  const apus_lstm_backward_operands *operands;
  int64_t direction;
  /// The transposed weights, `[panel of 2·W units, then of inputs][word of gates][2·W]`.
  float *packed;
  /// A thread's: gradients of the state of each row.
  float *hidden, *cell;
  /// A thread's: `x_t` and `h` of each row and step of a block of steps.
  float *inputs;
  /// A thread's: gradients of the gates for a block of steps, `[panel][step, row][2·W]`.
  float *gates;
  /// A thread's, where words are pairs: gradients of one step's gates, `[panel][row][W]` words.
  float *gate_rows;
  /// A thread's: sums over its rows, `[panel][inputs + units][2·W]` and `[panel][2·W]`.
  float *weight_sums;
  double *bias_sums;
  /// The steps of a block, which are summed into the weights' gradients in one product.
  int64_t block_steps;
};

/// The sums of all threads' rows for one direction, and where their total goes.
struct lstm_collection {
  const apus_lstm_shape *shape;
  const float *weight_sums;
  const double *bias_sums;
  /// The distance from one thread's sums to the next one's.
  int64_t weight_stride, bias_stride;
  int parts;
  float *kernel, *recurrent, *bias;
};

/// The loops for one kind of operands.
struct lstm_kernels {
  /// Packs panels `begin ..< end`.
  void (*pack_forward)(const struct lstm_forward_job *job, struct range panels);
  void (*pack_backward)(const struct lstm_backward_job *job, struct range panels);
  /// How many panels there are to pack.
  int64_t (*forward_panels)(const apus_lstm_shape *shape);
  int64_t (*backward_panels)(const apus_lstm_shape *shape);
  void (*forward)(const struct lstm_forward_job *job, struct range rows);
  void (*backward)(const struct lstm_backward_job *job, struct range rows);
  /// Adds up rows `begin ..< end` of the weights' gradients, those of the recurrent ones behind.
  void (*collect)(const struct lstm_collection *job, struct range rows);
};

#if defined(__x86_64__)
/// The loops for bfloat16 operands on processors with AVX512-BF16.
extern const struct lstm_kernels apus_lstm_bfloat16;
/// The same on processors with AMX beside it.
extern const struct lstm_kernels apus_lstm_amx;
#endif
