// A long short-term memory (LSTM) over whole sequences, one or two directions at once.
//
// For each step `t` of a direction, with `σ` the logistic function and gates in Keras' order:
// `[i f g o] = x_t·kernel + h·recurrent + bias`, `i, f, o ← σ`, `g ← tanh`, `c ← f·c + i·g`,
// `h ← o·tanh(c)`. A reversed direction takes the last step first. Steps at or beyond a sequence's
// length keep `h` and `c` and give zeros, so a reversed direction begins at the last valid one.
//
// Reference: Hochreiter, Schmidhuber (1997), "Long short-term memory", Neural Computation 9(8);
// forget gates by Gers, Schmidhuber, Cummins (2000), Neural Computation 12(10).

#pragma once

#include "apus_types.h"

#pragma clang assume_nonnull begin

/// The most directions of one call.
#define APUS_LSTM_DIRECTIONS 2

/// The sizes of a call; all but `batch` and `steps` are at least 1.
typedef struct apus_lstm_shape {
  int64_t batch, steps, inputs, units;
  int64_t directions;
  /// Whether a direction takes the last step first.
  bool reversed[APUS_LSTM_DIRECTIONS];
  /// The type of `x`, `kernel` and `recurrent`: `APUS_FLOAT32`, or `APUS_BFLOAT16`, whose products
  /// round the hidden states and gradients they take to bfloat16 and are summed in float32.
  apus_type operand_type;
} apus_lstm_shape;

/// The weights of one direction.
typedef struct apus_lstm_weights {
  /// `[inputs, 4·units]` and `[units, 4·units]`, gates in the order i, f, g, o.
  const void *kernel, *recurrent;
  /// `[4·units]`; not read by the backward pass.
  const float *_Nullable bias;
} apus_lstm_weights;

/// Operands of the forward pass.
typedef struct apus_lstm_forward_operands {
  /// `[batch, steps, inputs]`.
  const void *x;
  apus_lstm_weights weights[APUS_LSTM_DIRECTIONS];
  /// `[directions, batch, units]`.
  const float *initial_hidden, *initial_cell;
  /// `[batch]`, null where all steps are valid; any numbers.
  const int32_t *_Nullable lengths;
  /// `[batch, steps, directions·units]`.
  float *hidden;
  /// `[directions, batch, units]`.
  float *final_hidden, *final_cell;
  /// `[directions, steps, batch, units]`, for the backward pass; null where not wanted.
  float *_Nullable cells;
  /// `[directions, steps, batch, 4·units]`, for the backward pass; null where not wanted.
  float *_Nullable gates;
} apus_lstm_forward_operands;

/// Operands of the backward pass: those of the forward pass, its results and their gradients.
typedef struct apus_lstm_backward_operands {
  const void *x;
  apus_lstm_weights weights[APUS_LSTM_DIRECTIONS];
  const float *initial_hidden, *initial_cell;
  const int32_t *_Nullable lengths;
  const float *hidden, *cells, *gates;
  const float *hidden_gradient, *final_hidden_gradient, *final_cell_gradient;
  /// Results, each shaped as what it is the gradient of; the weights' for each direction.
  float *x_gradient;
  float *_Nonnull kernel_gradient[APUS_LSTM_DIRECTIONS];
  float *_Nonnull recurrent_gradient[APUS_LSTM_DIRECTIONS];
  float *_Nonnull bias_gradient[APUS_LSTM_DIRECTIONS];
  float *initial_hidden_gradient, *initial_cell_gradient;
} apus_lstm_backward_operands;

/// Whether this processor and the instruction set in use take operands of a type.
bool apus_lstm_takes(apus_type operand_type);

/// The 64-byte aligned scratch of `apus_lstm_forward`.
size_t apus_lstm_forward_scratch_bytes(const apus_lstm_shape *shape, int threads);

/// The forward pass; does not depend on the thread count, but for roundings of bfloat16 products with AMX,
/// whose tiles take 16 rows.
void apus_lstm_forward(
    const apus_lstm_shape *shape, const apus_lstm_forward_operands *operands, void *scratch,
    int threads);

/// The 64-byte aligned scratch of `apus_lstm_backward`.
size_t apus_lstm_backward_scratch_bytes(const apus_lstm_shape *shape, int threads);

/// The gradients; those of the weights are sums over each thread's rows of the batch.
void apus_lstm_backward(
    const apus_lstm_shape *shape, const apus_lstm_backward_operands *operands, void *scratch,
    int threads);

#pragma clang assume_nonnull end
