#include "Primitive.h"

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

/// The layout of a `[rows, columns]` matrix, batched where `axes` is 3.
static apus_layout matrix(
    int axes, int64_t batch, int64_t rows, int64_t columns, bool transposed,
    dnnl_data_type_t type) {
  dnnl_dims_t extents = {batch, rows, columns};
  dnnl_dims_t strides = {rows * columns, transposed ? 1 : columns, transposed ? rows : 1};
  int skipped = 3 - axes;
  return apus_layout_create(axes, extents + skipped, type, strides + skipped);
}

static void build(
    apus_dnn_primitive *building, const apus_dnn_matmul *m,
    const_dnnl_primitive_attr_t attributes) {
  int axes = m->batch_a == 1 && m->batch_b == 1 ? 2 : 3;
  int64_t batch = m->batch_a > m->batch_b ? m->batch_a : m->batch_b;
  dnnl_data_type_t type = apus_data_type(m->operand_type);
  apus_layout a = matrix(axes, m->batch_a, m->rows, m->inner, m->transpose_a, type);
  apus_layout b = matrix(axes, m->batch_b, m->inner, m->columns, m->transpose_b, type);
  dnnl_dims_t extents = {m->inner, m->columns};
  bool arranges = m->arranges_b && axes == 2;
  apus_layout free_b = arranges ? apus_layout_create(2, extents, type, NULL) : NULL;
  apus_layout bias = m->has_bias ? matrix(axes, 1, 1, m->columns, false, dnnl_f32) : NULL;
  apus_layout result =
      matrix(axes, batch, m->rows, m->columns, false, apus_data_type(m->result_type));
  dnnl_primitive_desc_t description = NULL;
  if (a && b && result && (bias || !m->has_bias) && (free_b || !arranges)) {
    apus_layouts layouts = {a, b, bias, result};
    apus_layouts wanted = {a, arranges ? free_b : b, bias, result};
    apus_check(
        building, apus_describe_matmul(&description, apus_engine(), &wanted, attributes));
    apus_assemble(building, description, APUS_DNN_FORWARD, &layouts, "matmul");
  } else {
    building->status = APUS_DNN_UNSUPPORTED;
  }
  if (description) dnnl_primitive_desc_destroy(description);
  apus_layout_destroy(result);
  apus_layout_destroy(bias);
  if (free_b) apus_layout_destroy(free_b);
  apus_layout_destroy(b);
  apus_layout_destroy(a);
}

int apus_dnn_matmul_create(apus_dnn_primitive **primitive, const apus_dnn_matmul *description) {
  *primitive = NULL;
  int status = check(description);
  if (status != APUS_DNN_SUCCESS) return status;
  apus_dnn_matmul m = simplified(description);
  apus_dnn_primitive *building = apus_primitive_begin();
  if (!building) return APUS_DNN_NO_MEMORY;
  apus_epilogue epilogue = {m.accumulates, m.has_clamp, m.clamp_low, m.clamp_high};
  dnnl_primitive_attr_t attributes = NULL;
  apus_check(building, apus_attributes_create(&attributes, &epilogue));
  if (building->status == APUS_DNN_SUCCESS) build(building, &m, attributes);
  if (attributes) dnnl_primitive_attr_destroy(attributes);
  return apus_primitive_end(building, primitive);
}
