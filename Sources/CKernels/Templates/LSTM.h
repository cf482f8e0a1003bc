// The LSTM for one instruction set and kind of operands.

#pragma once

#include "LSTMForward.h"
#include "LSTMBackward.h"

#if defined(APUS_AMX)
const struct lstm_kernels apus_lstm_amx = {
#elif defined(APUS_BFLOAT16_PAIRS)
const struct lstm_kernels apus_lstm_bfloat16 = {
#else
static const struct lstm_kernels lstm = {
#endif
    .pack_forward = lstm_pack_forward,
    .pack_backward = lstm_pack_backward,
    .forward_panels = lstm_forward_panels,
    .backward_panels = lstm_backward_panels,
    .forward = lstm_forward,
    .backward = lstm_backward,
    .collect = lstm_collect,
};
