// All kernels for one instruction set: `APUS_WIDTH` floats a vector, `APUS_NAME`, `APUS_TABLE`.

#include "SystemHeaders.h"
#include "BatchNormalization.h"
#include "ClippedDepthwise.h"
#include "Convert.h"
#include "Depthwise.h"
#include "Depthwise3x3.h"
#include "Depthwise3x3Gradients.h"
#include "Elementwise.h"
#include "Gather.h"
#include "LayerNormalization.h"
#include "LSTM.h"
#include "Pooling.h"
#include "PoolingBFloat16.h"
#include "Reduction.h"
#include "Softmax.h"
#include "Transpose.h"
#include "FusedDepthwise.h"
#include "FusedProduct.h"
#include "WordProducts.h"
#include "WordVectors.h"

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
    .product = &product_loops,
    .fused_depthwise_forward = fused_depthwise_forward,
    .fused_depthwise_backward = fused_depthwise_backward,
    .clipped_depthwise = clipped_depthwise,
    .clipped_depthwise_bfloat16 = clipped_depthwise_bfloat16,
    .transpose_floats = transpose_floats,
    .reduce_run = reduce_run,
    .reduce_short = reduce_short,
    .reduce_rows = reduce_rows,
    .argument_of_extreme = argument_of_extreme,
    .softmax = softmax,
    .log_softmax = log_softmax,
    .softmax_gradient = softmax_gradient,
    .log_softmax_gradient = log_softmax_gradient,
    .cross_entropy = cross_entropy,
    .cross_entropy_gradient = cross_entropy_gradient,
    .convert = convert,
    .convert_bytes = convert_bytes,
    .add_run = add_run,
    .max_pooling = max_pooling,
    .max_pooling_bfloat16 = max_pooling_bfloat16,
    .max_pooling_gradient = max_pooling_gradient,
    .average_pooling = average_pooling,
    .average_pooling_gradient = average_pooling_gradient,
    .layer_normalization = layer_normalization,
    .layer_normalization_gradient = layer_normalization_gradient,
    .lstm = &lstm,
    .train_words = train_words,
    .word_products = word_products,
};
