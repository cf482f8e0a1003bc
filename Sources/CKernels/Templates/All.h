// All kernels for one instruction set: `APUS_WIDTH` floats a vector, `APUS_NAME`, `APUS_TABLE`.

#include "SystemHeaders.h"
#include "BatchNormalization.h"
#include "Depthwise.h"
#include "Depthwise3x3.h"
#include "Depthwise3x3Gradients.h"
#include "Elementwise.h"

const struct kernel_table APUS_TABLE = {
    .name = APUS_NAME,
    .elementwise = elementwise,
    .channel_moments = channel_moments,
    .channel_affine = channel_affine,
    .normalization_sums = normalization_sums,
    .normalization_step = normalization_step,
    .depthwise_forward = depthwise_forward,
    .depthwise_input_gradient = depthwise_input_gradient,
    .depthwise_filter_gradient = depthwise_filter_gradient,
    .depthwise_3x3_forward = depthwise_3x3_forward,
    .depthwise_3x3_input_gradient = depthwise_3x3_input_gradient,
    .depthwise_3x3_filter_gradient = depthwise_3x3_filter_gradient,
};
