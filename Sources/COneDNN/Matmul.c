#include "Routes.h"

static const char *name_of(apus_route route) {
  switch (route) {
  case APUS_ROUTE_MATMUL: return "matmul";
  case APUS_ROUTE_PACKED_MATMUL: return "packed matmul";
  case APUS_ROUTE_INNER_FORWARD: return "inner product";
  case APUS_ROUTE_INNER_INPUT: return "inner product's input gradient";
  case APUS_ROUTE_INNER_FILTER: return "inner product's weight gradient";
  }
  return "unknown";
}

/// The same product with as few batches and transpositions as possible.
static apus_dnn_matmul simplified(const apus_dnn_matmul *description) {
  apus_dnn_matmul m = *description;
  if (m.rows == 1 || m.inner == 1) m.transpose_a = false;
  if (m.columns == 1 || m.inner == 1) m.transpose_b = false;
  if (m.batch_b == 1 && !m.transpose_a && m.batch_a <= INT32_MAX / m.rows) {
    m.rows *= m.batch_a;
    m.batch_a = 1;
  }
  return m;
}

static int check(const apus_dnn_matmul *m) {
  int64_t batch = m->batch_a > m->batch_b ? m->batch_a : m->batch_b;
  int64_t sizes[3][3] = {
      {m->batch_a, m->rows, m->inner},
      {m->batch_b, m->inner, m->columns},
      {batch, m->rows, m->columns},
  };
  for (int i = 0; i < 3; i++) {
    if (!apus_extents_fit(3, sizes[i])) return APUS_DNN_INVALID;
  }
  if (m->batch_a != m->batch_b && m->batch_a != 1 && m->batch_b != 1) return APUS_DNN_INVALID;
  if (m->has_clamp && !(m->clamp_low <= m->clamp_high)) return APUS_DNN_INVALID;
  return APUS_DNN_SUCCESS;
}

/// The layouts of `[rows, columns]` matrices, batched where `axes` is 3.
static apus_layout matrix(
    int axes, int64_t batch, int64_t rows, int64_t columns, bool transposed,
    dnnl_data_type_t type) {
  dnnl_dims_t extents = {batch, rows, columns};
  dnnl_dims_t strides = {rows * columns, transposed ? 1 : columns, transposed ? rows : 1};
  int skipped = 3 - axes;
  return apus_layout_create(axes, extents + skipped, type, strides + skipped);
}

static void build_matmul(
    apus_dnn_primitive *building, apus_route route, const apus_dnn_matmul *m,
    const_dnnl_primitive_attr_t attributes) {
  int axes = m->batch_a == 1 && m->batch_b == 1 ? 2 : 3;
  int64_t batch = m->batch_a > m->batch_b ? m->batch_a : m->batch_b;
  dnnl_data_type_t type = apus_data_type(m->operand_type);
  apus_layout a = matrix(axes, m->batch_a, m->rows, m->inner, m->transpose_a, type);
  apus_layout b = matrix(axes, m->batch_b, m->inner, m->columns, m->transpose_b, type);
  apus_layout bias = m->has_bias ? matrix(axes, 1, 1, m->columns, false, dnnl_f32) : NULL;
  apus_layout result =
      matrix(axes, batch, m->rows, m->columns, false, apus_data_type(m->result_type));
  dnnl_dims_t extents = {m->batch_b, m->inner, m->columns};
  bool packs = route == APUS_ROUTE_PACKED_MATMUL;
  apus_layout free_b =
      packs ? apus_layout_create(axes, extents + (3 - axes), type, NULL) : NULL;
  dnnl_primitive_desc_t description = NULL;
  if (a && b && result && (bias || !m->has_bias) && (free_b || !packs)) {
    apus_layouts wanted = {a, packs ? free_b : b, bias, result};
    apus_check(
        building, apus_describe_matmul(&description, apus_engine(), &wanted, attributes));
    apus_layouts plain = {a, b, bias, result};
    apus_assemble(building, description, APUS_DNN_FORWARD, &plain, name_of(route));
  } else {
    building->status = APUS_DNN_UNSUPPORTED;
  }
  if (description) dnnl_primitive_desc_destroy(description);
  apus_layout_destroy(free_b);
  apus_layout_destroy(result);
  apus_layout_destroy(bias);
  apus_layout_destroy(b);
  apus_layout_destroy(a);
}

/// A layout of `[rows, columns]` with the strides of each axis.
static apus_layout strided(
    int64_t rows, int64_t row_stride, int64_t columns, int64_t column_stride,
    dnnl_data_type_t type) {
  dnnl_dims_t extents = {rows, columns}, strides = {row_stride, column_stride};
  return apus_layout_create(2, extents, type, strides);
}

/// oneDNN's inner product: source `[points, in]`, weights `[out, in]`, destination
/// `[points, out]`; each of the three products is one of its kinds.
static void build_inner_product(
    apus_dnn_primitive *building, apus_route route, const apus_dnn_matmul *m,
    const_dnnl_primitive_attr_t attributes) {
  dnnl_data_type_t operand = apus_data_type(m->operand_type);
  dnnl_data_type_t produced = apus_data_type(m->result_type);
  apus_dnn_convolution_kind kind = APUS_DNN_FORWARD;
  apus_layout first = NULL, filter = NULL, free_filter = NULL, second = NULL;
  dnnl_dims_t weights = {m->columns, m->inner};
  int64_t along = m->transpose_b ? 1 : m->columns, across = m->transpose_b ? m->inner : 1;
  if (route == APUS_ROUTE_INNER_FORWARD) {
    first = strided(m->rows, m->inner, m->inner, 1, operand);
    filter = strided(m->columns, across, m->inner, along, operand);
    second = strided(m->rows, m->columns, m->columns, 1, produced);
  } else if (route == APUS_ROUTE_INNER_INPUT) {
    kind = APUS_DNN_INPUT_GRADIENT;
    first = strided(m->rows, m->columns, m->columns, 1, produced);
    filter = strided(m->inner, along, m->columns, across, operand);
    second = strided(m->rows, m->inner, m->inner, 1, operand);
    weights[0] = m->inner;
    weights[1] = m->columns;
  } else {
    kind = APUS_DNN_FILTER_GRADIENT;
    first = strided(m->inner, m->rows, m->rows, 1, operand);
    filter = strided(m->columns, 1, m->rows, m->columns, produced);
    second = strided(m->inner, m->columns, m->columns, 1, operand);
    weights[1] = m->rows;
  }
  bool produces_filter = kind == APUS_DNN_FILTER_GRADIENT;
  free_filter = apus_layout_create(2, weights, produces_filter ? produced : operand, NULL);
  apus_layout bias = NULL;
  if (m->has_bias) {
    dnnl_dims_t extents = {m->columns}, strides = {1};
    bias = apus_layout_create(1, extents, dnnl_f32, strides);
  }
  dnnl_primitive_desc_t description = NULL;
  if (first && filter && free_filter && second && (bias || !m->has_bias)) {
    apus_layouts wanted = {first, free_filter, bias, second};
    apus_check(
        building,
        apus_describe_inner_product(&description, apus_engine(), kind, &wanted, attributes));
    apus_layouts plain = {first, filter, bias, second};
    apus_assemble(building, description, kind, &plain, name_of(route));
  } else {
    building->status = APUS_DNN_UNSUPPORTED;
  }
  if (description) dnnl_primitive_desc_destroy(description);
  apus_layout_destroy(bias);
  apus_layout_destroy(free_filter);
  apus_layout_destroy(second);
  apus_layout_destroy(filter);
  apus_layout_destroy(first);
}

/// Whether the inner product of this kind is the wanted product.
static bool inner_product_fits(apus_route route, const apus_dnn_matmul *m) {
  if (m->batch_a != 1 || m->batch_b != 1) return false;
  if (route == APUS_ROUTE_INNER_FORWARD) return !m->transpose_a;
  if (m->has_bias || m->has_clamp || m->accumulates) return false;
  if (route == APUS_ROUTE_INNER_INPUT) return !m->transpose_a;
  return m->transpose_a && !m->transpose_b;
}

int apus_matmul_create_by(
    apus_route route, apus_dnn_primitive **primitive, const apus_dnn_matmul *description) {
  *primitive = NULL;
  int status = check(description);
  if (status != APUS_DNN_SUCCESS) return status;
  apus_dnn_matmul m = simplified(description);
  bool is_matmul = route == APUS_ROUTE_MATMUL || route == APUS_ROUTE_PACKED_MATMUL;
  if (!is_matmul && !inner_product_fits(route, &m)) return APUS_DNN_UNSUPPORTED;
  apus_dnn_primitive *building = apus_primitive_begin();
  if (!building) return APUS_DNN_NO_MEMORY;
  apus_epilogue epilogue = {m.accumulates, m.has_clamp, m.clamp_low, m.clamp_high};
  dnnl_primitive_attr_t attributes = NULL;
  apus_check(building, apus_attributes_create(&attributes, &epilogue));
  if (building->status == APUS_DNN_SUCCESS) {
    if (is_matmul) {
      build_matmul(building, route, &m, attributes);
    } else {
      build_inner_product(building, route, &m, attributes);
    }
  }
  if (attributes) dnnl_primitive_attr_destroy(attributes);
  return apus_primitive_end(building, primitive);
}

int apus_dnn_matmul_create(apus_dnn_primitive **primitive, const apus_dnn_matmul *description) {
  return apus_matmul_create_by(APUS_ROUTE_MATMUL, primitive, description);
}
