#include "Compatibility.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/// Whether random trials caught an implementation crashing, writing past its scratchpad or being
/// wrong: the `jit…1x1` family with strides (2.6.3, 3.2) and as bfloat16 input gradient (2.6.3),
/// and depthwise sums without AVX (2.6.3, 3.2).
///
/// Little is lost: without strides a 1×1 convolution is better done as a matrix product.
static bool is_unsound(const_dnnl_primitive_desc_t description) {
  const char *name = NULL;
  dnnl_primitive_desc_query(description, dnnl_query_impl_info_str, 0, (void *)&name);
  if (!name) return false;
  return (strstr(name, "jit") && strstr(name, "1x1")) || strcmp(name, "jit_dw:sse41") == 0;
}

#if DNNL_VERSION_MAJOR >= 3

apus_layout apus_layout_create(
    int axes, const dnnl_dims_t extents, dnnl_data_type_t type, const dnnl_dim_t *strides) {
  apus_layout layout = NULL;
  dnnl_status_t status =
      strides ? dnnl_memory_desc_create_with_strides(&layout, axes, extents, type, strides)
              : dnnl_memory_desc_create_with_tag(
                    &layout, axes, extents, type, dnnl_format_tag_any);
  return status == dnnl_success ? layout : NULL;
}

void apus_layout_destroy(apus_layout layout) {
  if (layout) dnnl_memory_desc_destroy(layout);
}

static dnnl_status_t append(dnnl_post_ops_t operations, const apus_epilogue *epilogue) {
  if (epilogue->accumulates) {
    dnnl_status_t status =
        dnnl_post_ops_append_sum(operations, 1.0f, 0, dnnl_data_type_undef);
    if (status != dnnl_success) return status;
  }
  if (!epilogue->has_clamp) return dnnl_success;
  bool rectifies = epilogue->clamp_low == 0 && isinf(epilogue->clamp_high);
  return dnnl_post_ops_append_eltwise(
      operations, rectifies ? dnnl_eltwise_relu : dnnl_eltwise_clip, epilogue->clamp_low,
      rectifies ? 0 : epilogue->clamp_high);
}

dnnl_status_t apus_describe_matmul(
    dnnl_primitive_desc_t *description, dnnl_engine_t engine, const apus_layouts *layouts,
    const_dnnl_primitive_attr_t attributes) {
  return dnnl_matmul_primitive_desc_create(
      description, engine, layouts->first, layouts->filter, layouts->bias, layouts->second,
      attributes);
}

static dnnl_status_t describe_first_convolution(
    dnnl_primitive_desc_t *description, dnnl_engine_t engine, apus_dnn_convolution_kind kind,
    const apus_layouts *l, const apus_geometry *g, const_dnnl_primitive_attr_t attributes) {
  switch (kind) {
  case APUS_DNN_FORWARD:
    return dnnl_convolution_forward_primitive_desc_create(
        description, engine, dnnl_forward_training, dnnl_convolution_direct, l->first, l->filter,
        l->bias, l->second, g->strides, g->dilations, g->padding_before, g->padding_after,
        attributes);
  case APUS_DNN_INPUT_GRADIENT:
    return dnnl_convolution_backward_data_primitive_desc_create(
        description, engine, dnnl_convolution_direct, l->first, l->filter, l->second, g->strides,
        g->dilations, g->padding_before, g->padding_after, NULL, attributes);
  case APUS_DNN_FILTER_GRADIENT:
    return dnnl_convolution_backward_weights_primitive_desc_create(
        description, engine, dnnl_convolution_direct, l->first, l->filter, NULL, l->second,
        g->strides, g->dilations, g->padding_before, g->padding_after, NULL, attributes);
  }
  return dnnl_invalid_arguments;
}

dnnl_status_t apus_describe_convolution(
    dnnl_primitive_desc_t *description, dnnl_engine_t engine, apus_dnn_convolution_kind kind,
    const apus_layouts *layouts, const apus_geometry *geometry,
    const_dnnl_primitive_attr_t attributes) {
  dnnl_status_t status =
      describe_first_convolution(description, engine, kind, layouts, geometry, attributes);
  while (status == dnnl_success && is_unsound(*description)) {
    status = dnnl_primitive_desc_next_impl(*description);
  }
  if (status == dnnl_success || !*description) return status;
  dnnl_primitive_desc_destroy(*description);
  *description = NULL;
  return dnnl_unimplemented;
}

#else

apus_layout apus_layout_create(
    int axes, const dnnl_dims_t extents, dnnl_data_type_t type, const dnnl_dim_t *strides) {
  apus_layout layout = calloc(1, sizeof *layout);
  if (!layout) return NULL;
  dnnl_status_t status =
      strides ? dnnl_memory_desc_init_by_strides(layout, axes, extents, type, strides)
              : dnnl_memory_desc_init_by_tag(layout, axes, extents, type, dnnl_format_tag_any);
  if (status == dnnl_success) return layout;
  free(layout);
  return NULL;
}

void apus_layout_destroy(apus_layout layout) { free(layout); }

static dnnl_status_t append(dnnl_post_ops_t operations, const apus_epilogue *epilogue) {
  if (epilogue->accumulates) {
    dnnl_status_t status = dnnl_post_ops_append_sum(operations, 1.0f);
    if (status != dnnl_success) return status;
  }
  if (!epilogue->has_clamp) return dnnl_success;
  bool rectifies = epilogue->clamp_low == 0 && isinf(epilogue->clamp_high);
  return dnnl_post_ops_append_eltwise(
      operations, 1.0f, rectifies ? dnnl_eltwise_relu : dnnl_eltwise_clip, epilogue->clamp_low,
      rectifies ? 0 : epilogue->clamp_high);
}

dnnl_status_t apus_describe_matmul(
    dnnl_primitive_desc_t *description, dnnl_engine_t engine, const apus_layouts *layouts,
    const_dnnl_primitive_attr_t attributes) {
  dnnl_matmul_desc_t operation;
  dnnl_status_t status = dnnl_matmul_desc_init(
      &operation, layouts->first, layouts->filter, layouts->bias, layouts->second);
  if (status != dnnl_success) return status;
  return dnnl_primitive_desc_create(description, &operation, attributes, engine, NULL);
}

/// The first sound implementation of an operation; null and a failure where there is none.
static dnnl_status_t describe_sound(
    dnnl_primitive_desc_t *description, const_dnnl_op_desc_t operation,
    const_dnnl_primitive_attr_t attributes, dnnl_engine_t engine) {
  dnnl_primitive_desc_iterator_t candidates = NULL;
  dnnl_status_t status =
      dnnl_primitive_desc_iterator_create(&candidates, operation, attributes, engine, NULL);
  *description = NULL;
  while (status == dnnl_success) {
    *description = dnnl_primitive_desc_iterator_fetch(candidates);
    if (!*description || !is_unsound(*description)) break;
    dnnl_primitive_desc_destroy(*description);
    *description = NULL;
    status = dnnl_primitive_desc_iterator_next(candidates);
  }
  if (candidates) dnnl_primitive_desc_iterator_destroy(candidates);
  return *description ? dnnl_success : dnnl_unimplemented;
}

dnnl_status_t apus_describe_convolution(
    dnnl_primitive_desc_t *description, dnnl_engine_t engine, apus_dnn_convolution_kind kind,
    const apus_layouts *l, const apus_geometry *g, const_dnnl_primitive_attr_t attributes) {
  dnnl_convolution_desc_t operation;
  dnnl_status_t status = dnnl_invalid_arguments;
  switch (kind) {
  case APUS_DNN_FORWARD:
    status = dnnl_dilated_convolution_forward_desc_init(
        &operation, dnnl_forward_training, dnnl_convolution_direct, l->first, l->filter, l->bias,
        l->second, g->strides, g->dilations, g->padding_before, g->padding_after);
    break;
  case APUS_DNN_INPUT_GRADIENT:
    status = dnnl_dilated_convolution_backward_data_desc_init(
        &operation, dnnl_convolution_direct, l->first, l->filter, l->second, g->strides,
        g->dilations, g->padding_before, g->padding_after);
    break;
  case APUS_DNN_FILTER_GRADIENT:
    status = dnnl_dilated_convolution_backward_weights_desc_init(
        &operation, dnnl_convolution_direct, l->first, l->filter, NULL, l->second, g->strides,
        g->dilations, g->padding_before, g->padding_after);
    break;
  }
  if (status != dnnl_success) return status;
  return describe_sound(description, &operation, attributes, engine);
}

#endif

dnnl_status_t apus_attributes_create(
    dnnl_primitive_attr_t *attributes, const apus_epilogue *epilogue) {
  dnnl_post_ops_t operations = NULL;
  dnnl_status_t status = dnnl_primitive_attr_create(attributes);
  if (status != dnnl_success) return status;
  status = dnnl_primitive_attr_set_scratchpad_mode(*attributes, dnnl_scratchpad_mode_user);
  if (status == dnnl_success) status = dnnl_post_ops_create(&operations);
  if (status == dnnl_success) status = append(operations, epilogue);
  if (status == dnnl_success) status = dnnl_primitive_attr_set_post_ops(*attributes, operations);
  if (operations) dnnl_post_ops_destroy(operations);
  if (status != dnnl_success) {
    dnnl_primitive_attr_destroy(*attributes);
    *attributes = NULL;
  }
  return status;
}
