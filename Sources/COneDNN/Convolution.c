#include "Primitive.h"

int64_t apus_dnn_output_extent(
    int64_t extent, int64_t filter, int64_t stride, int64_t dilation, int64_t padding) {
  int64_t reach, last;
  if (extent < 1 || filter < 1 || stride < 1 || dilation < 1 || padding < 0) return 0;
  if (__builtin_mul_overflow(filter - 1, dilation, &reach)) return 0;
  if (__builtin_add_overflow(extent, padding, &last)) return 0;
  if (__builtin_sub_overflow(last - 1, reach, &last) || last < 0) return 0;
  return last / stride + 1;
}

static int64_t output_height(const apus_dnn_convolution *c) {
  if (c->padding_top < 0 || c->padding_bottom < 0 || c->padding_top > INT32_MAX ||
      c->padding_bottom > INT32_MAX)
    return 0;
  return apus_dnn_output_extent(
      c->height, c->filter_height, c->stride_height, c->dilation_height,
      c->padding_top + c->padding_bottom);
}

static int64_t output_width(const apus_dnn_convolution *c) {
  if (c->padding_left < 0 || c->padding_right < 0 || c->padding_left > INT32_MAX ||
      c->padding_right > INT32_MAX)
    return 0;
  return apus_dnn_output_extent(
      c->width, c->filter_width, c->stride_width, c->dilation_width,
      c->padding_left + c->padding_right);
}

static int check(const apus_dnn_convolution *c) {
  int64_t sizes[5][4] = {
      {c->batch, c->height, c->width, c->input_channels},
      {c->batch, output_height(c), output_width(c), c->output_channels},
      {c->filter_height, c->filter_width, c->input_channels, c->output_channels},
      {c->stride_height, c->stride_width, c->dilation_height, c->dilation_width},
      {c->groups, 1, 1, 1},
  };
  for (int i = 0; i < 5; i++) {
    // Steps are never multiplied, so each only has to fit by itself.
    for (int j = 0; j < 4; j++) {
      if (!apus_extents_fit(1, &sizes[i][j])) return APUS_DNN_INVALID;
    }
    if (i != 3 && !apus_extents_fit(4, sizes[i])) return APUS_DNN_INVALID;
  }
  if (c->input_channels % c->groups != 0 || c->output_channels % c->groups != 0) {
    return APUS_DNN_INVALID;
  }
  bool plain = !c->has_bias && !c->has_clamp;
  if (c->kind != APUS_DNN_FORWARD && !plain) return APUS_DNN_INVALID;
  if (c->has_clamp && !(c->clamp_low <= c->clamp_high)) return APUS_DNN_INVALID;
  return APUS_DNN_SUCCESS;
}

/// An activation `[batch, height, width, channels]`, in oneDNN's order of axes.
static apus_layout activation(
    int64_t batch, int64_t height, int64_t width, int64_t channels, dnnl_data_type_t type) {
  dnnl_dims_t extents = {batch, channels, height, width};
  dnnl_dims_t strides = {height * width * channels, 1, width * channels, channels};
  return apus_layout_create(4, extents, type, strides);
}

/// A filter `[height, width, inputs of a group, outputs]`, or any layout where not `plain`.
static apus_layout filter(const apus_dnn_convolution *c, dnnl_data_type_t type, bool plain) {
  int64_t inputs = c->input_channels / c->groups, outputs = c->output_channels / c->groups;
  int64_t row = inputs * c->output_channels;
  dnnl_dims_t extents = {c->groups, outputs, inputs, c->filter_height, c->filter_width};
  dnnl_dims_t strides = {outputs, 1, c->output_channels, c->filter_width * row, row};
  int skipped = c->groups == 1 ? 1 : 0;
  return apus_layout_create(
      5 - skipped, extents + skipped, type, plain ? strides + skipped : NULL);
}

static apus_geometry geometry(const apus_dnn_convolution *c) {
  return (apus_geometry){
      .strides = {c->stride_height, c->stride_width},
      .dilations = {c->dilation_height - 1, c->dilation_width - 1},
      .padding_before = {c->padding_top, c->padding_left},
      .padding_after = {c->padding_bottom, c->padding_right},
  };
}

static void build(
    apus_dnn_primitive *building, const apus_dnn_convolution *c,
    const_dnnl_primitive_attr_t attributes) {
  dnnl_data_type_t operand = apus_data_type(c->operand_type);
  dnnl_data_type_t produced = apus_data_type(c->result_type);
  bool gives_input = c->kind == APUS_DNN_INPUT_GRADIENT;
  bool gives_filter = c->kind == APUS_DNN_FILTER_GRADIENT;
  apus_layout first = activation(
      c->batch, c->height, c->width, c->input_channels, gives_input ? produced : operand);
  apus_layout second = activation(
      c->batch, output_height(c), output_width(c), c->output_channels,
      c->kind == APUS_DNN_FORWARD ? produced : operand);
  apus_layout plain_filter = filter(c, gives_filter ? produced : operand, true);
  apus_layout free_filter = filter(c, gives_filter ? produced : operand, false);
  apus_layout bias = NULL;
  if (c->has_bias) {
    dnnl_dims_t extents = {c->output_channels}, strides = {1};
    bias = apus_layout_create(1, extents, dnnl_f32, strides);
  }
  dnnl_primitive_desc_t description = NULL;
  if (first && second && plain_filter && free_filter && (bias || !c->has_bias)) {
    apus_geometry shape = geometry(c);
    apus_layouts wanted = {first, free_filter, bias, second};
    apus_check(
        building, apus_describe_convolution(
                      &description, apus_engine(), c->kind, &wanted, &shape, attributes));
    apus_layouts plain = {first, plain_filter, bias, second};
    apus_assemble(building, description, c->kind, &plain, "convolution");
  } else {
    building->status = APUS_DNN_UNSUPPORTED;
  }
  if (description) dnnl_primitive_desc_destroy(description);
  apus_layout_destroy(bias);
  apus_layout_destroy(free_filter);
  apus_layout_destroy(plain_filter);
  apus_layout_destroy(second);
  apus_layout_destroy(first);
}

/// Whether some output position sees nothing but padding along one axis.
static bool sees_only_padding(
    int64_t extent, int64_t outputs, int64_t filter, int64_t stride, int64_t dilation,
    int64_t padding) {
  for (int64_t i = 0; i < outputs; i++) {
    int64_t first = i * stride - padding, last = first + (filter - 1) * dilation;
    // Only a window that begins before the picture, or is thinner than its holes, can miss it.
    int64_t inside = first >= 0 ? first : first + (-first + dilation - 1) / dilation * dilation;
    if (inside >= extent || inside > last) return true;
  }
  return false;
}

/// Whether some place of the filter never meets the picture along one axis.
static bool has_idle_place(
    int64_t extent, int64_t outputs, int64_t filter, int64_t stride, int64_t dilation,
    int64_t padding) {
  for (int64_t place = 0; place < filter; place++) {
    int64_t offset = place * dilation - padding;
    int64_t output = offset >= 0 ? 0 : (-offset + stride - 1) / stride;
    if (output >= outputs || output * stride + offset >= extent) return true;
  }
  return false;
}

/// Whether scratch has to be zero: with strides, 2.6.3's and 3.2's bfloat16 filter gradient
/// multiplies what it finds there for places of the filter that never meet the picture.
static bool needs_clear_scratch(const apus_dnn_convolution *c) {
  return c->kind == APUS_DNN_FILTER_GRADIENT && c->operand_type == APUS_DNN_BFLOAT16 &&
         (has_idle_place(
              c->height, output_height(c), c->filter_height, c->stride_height,
              c->dilation_height, c->padding_top) ||
          has_idle_place(
              c->width, output_width(c), c->filter_width, c->stride_width, c->dilation_width,
              c->padding_left));
}

/// Whether oneDNN is known to crash or to be wrong here, found by random trials.
static bool is_broken(const apus_dnn_convolution *c) {
  // 2.6.3: where an output row or column lies in the padding, brgconv loses the bias and the sum,
  // and with a clamp after it reads a null address.
  return (c->accumulates || c->has_bias) &&
         (sees_only_padding(
              c->height, output_height(c), c->filter_height, c->stride_height,
              c->dilation_height, c->padding_top) ||
          sees_only_padding(
              c->width, output_width(c), c->filter_width, c->stride_width, c->dilation_width,
              c->padding_left));
}

static int create_direct(apus_dnn_primitive **primitive, const apus_dnn_convolution *c) {
  if (c->accumulates && c->kind != APUS_DNN_FORWARD) return APUS_DNN_UNSUPPORTED;
  if (is_broken(c)) return APUS_DNN_UNSUPPORTED;
  apus_dnn_primitive *building = apus_primitive_begin();
  if (!building) return APUS_DNN_NO_MEMORY;
  apus_epilogue epilogue = {c->accumulates, c->has_clamp, c->clamp_low, c->clamp_high};
  dnnl_primitive_attr_t attributes = NULL;
  apus_check(building, apus_attributes_create(&attributes, &epilogue));
  if (building->status == APUS_DNN_SUCCESS) build(building, c, attributes);
  building->clears_scratch = needs_clear_scratch(c);
  if (attributes) dnnl_primitive_attr_destroy(attributes);
  return apus_primitive_end(building, primitive);
}

/// Whether each output is a product of one input pixel and the filter.
static bool is_pointwise(const apus_dnn_convolution *c) {
  return c->filter_height == 1 && c->filter_width == 1 && c->stride_height == 1 &&
         c->stride_width == 1 && c->groups == 1 && c->padding_top == 0 &&
         c->padding_bottom == 0 && c->padding_left == 0 && c->padding_right == 0;
}

/// The matrix product that equals a pointwise convolution.
static apus_dnn_matmul pointwise_matmul(const apus_dnn_convolution *c) {
  int64_t points = c->batch * c->height * c->width;
  apus_dnn_matmul m = {
      .batch_a = 1, .batch_b = 1,
      .operand_type = c->operand_type, .result_type = c->result_type,
      .arranges_b = c->arranges_filter, .accumulates = c->accumulates, .has_bias = c->has_bias,
      .has_clamp = c->has_clamp,
      .clamp_low = c->clamp_low, .clamp_high = c->clamp_high,
  };
  switch (c->kind) {
  case APUS_DNN_FORWARD:
    m.rows = points, m.inner = c->input_channels, m.columns = c->output_channels;
    break;
  case APUS_DNN_INPUT_GRADIENT:
    m.rows = points, m.inner = c->output_channels, m.columns = c->input_channels;
    m.transpose_b = true;
    break;
  case APUS_DNN_FILTER_GRADIENT:
    m.rows = c->input_channels, m.inner = points, m.columns = c->output_channels;
    m.transpose_a = true;
    break;
  }
  return m;
}

int apus_dnn_convolution_create(
    apus_dnn_primitive **primitive, const apus_dnn_convolution *description) {
  *primitive = NULL;
  int status = check(description);
  if (status != APUS_DNN_SUCCESS) return status;
  // Plain matrix products win for all three kinds and both types (MobileNet's pointwise layers:
  // 23 / 23 / 24 ms against 24 / 24 / 26 as float32, 12 / 11 / 13 against 13 / 12 / 20 as
  // bfloat16), and need no copy of the filter.
  apus_dnn_primitive *product = NULL;
  if (is_pointwise(description)) {
    apus_dnn_matmul m = pointwise_matmul(description);
    status = apus_dnn_matmul_create(&product, &m);
    if (status == APUS_DNN_SUCCESS && !apus_is_reference(product)) {
      *primitive = product;
      return status;
    }
  }
  status = create_direct(primitive, description);
  if (status != APUS_DNN_SUCCESS && product) {
    *primitive = product;
    return APUS_DNN_SUCCESS;
  }
  apus_dnn_destroy(product);
  return status;
}
