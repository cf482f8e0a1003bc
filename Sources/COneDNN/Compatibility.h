// What differs between oneDNN 2 and 3, behind one set of names.

#pragma once

#include <oneapi/dnnl/dnnl.h>
#include <stdbool.h>

#include "COneDNN.h"

#if DNNL_VERSION_MAJOR >= 3
typedef dnnl_memory_desc_t apus_layout;
typedef const_dnnl_memory_desc_t apus_const_layout;
#else
typedef dnnl_memory_desc_t *apus_layout;
typedef const dnnl_memory_desc_t *apus_const_layout;
#endif

/// What happens to a product's sums before they are stored.
typedef struct apus_epilogue {
  bool accumulates;
  bool has_clamp;
  float clamp_low, clamp_high;
} apus_epilogue;

/// The arrays of a product: `first` and `second` are oneDNN's source and destination (or their
/// gradients), `filter` its weights, `bias` may be null.
typedef struct apus_layouts {
  apus_const_layout first, filter, bias, second;
} apus_layouts;

/// The geometry of a convolution in oneDNN's terms: height, then width; 0 is no dilation.
typedef struct apus_geometry {
  dnnl_dims_t strides, dilations, padding_before, padding_after;
} apus_geometry;

/// Makes the layout of an array with the given strides, or, where `strides` is null, of one that
/// oneDNN may arrange as it likes. Gives null on failure.
apus_layout apus_layout_create(
    int axes, const dnnl_dims_t extents, dnnl_data_type_t type, const dnnl_dim_t *strides);

void apus_layout_destroy(apus_layout layout);

/// Makes attributes: the caller owns the scratchpad, and the epilogue's post-operations.
dnnl_status_t apus_attributes_create(
    dnnl_primitive_attr_t *attributes, const apus_epilogue *epilogue);

dnnl_status_t apus_describe_matmul(
    dnnl_primitive_desc_t *description, dnnl_engine_t engine, const apus_layouts *layouts,
    const_dnnl_primitive_attr_t attributes);

dnnl_status_t apus_describe_convolution(
    dnnl_primitive_desc_t *description, dnnl_engine_t engine, apus_dnn_convolution_kind kind,
    const apus_layouts *layouts, const apus_geometry *geometry,
    const_dnnl_primitive_attr_t attributes);
