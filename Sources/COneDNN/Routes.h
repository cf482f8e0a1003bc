// The ways a product can be computed; `Matmul.c` and `Convolution.c` choose among them.

#pragma once

#include "Primitive.h"

typedef enum apus_route {
  /// oneDNN's matrix product with plain operands.
  APUS_ROUTE_MATMUL,
  /// The same with `b` first copied into the layout oneDNN likes best.
  APUS_ROUTE_PACKED_MATMUL,
  /// oneDNN's fully connected layer: forward, gradient of its input, gradient of its weights.
  APUS_ROUTE_INNER_FORWARD,
  APUS_ROUTE_INNER_INPUT,
  APUS_ROUTE_INNER_FILTER,
} apus_route;

/// Makes a matrix product by one route.
int apus_matmul_create_by(
    apus_route route, apus_dnn_primitive **primitive, const apus_dnn_matmul *description);

/// Makes a convolution by oneDNN's convolution primitive.
int apus_convolution_create_direct(
    apus_dnn_primitive **primitive, const apus_dnn_convolution *description);

/// The matrix product that equals a 1×1 convolution with stride 1, no padding and one group.
apus_dnn_matmul apus_pointwise_matmul(const apus_dnn_convolution *description);

/// Finishes a primitive whose filter oneDNN may have arranged: adds its arrays, the reorder
/// between the plain filter and oneDNN's, and the main stage.
///
/// `layouts` are the plain ones; `kind` says which array is the result.
void apus_assemble(
    apus_dnn_primitive *building, const_dnnl_primitive_desc_t description,
    apus_dnn_convolution_kind kind, const apus_layouts *layouts, const char *route);
