#include "Primitive.h"

typedef struct roles {
  int first, filter, second;
  apus_slot first_slot, filter_slot, second_slot;
  dnnl_query_t filter_query;
} roles;

static roles roles_of(apus_dnn_convolution_kind kind) {
  switch (kind) {
  case APUS_DNN_INPUT_GRADIENT:
    return (roles){DNNL_ARG_DIFF_SRC, DNNL_ARG_WEIGHTS, DNNL_ARG_DIFF_DST,     APUS_SLOT_RESULT,
                   APUS_SLOT_B,       APUS_SLOT_A,      dnnl_query_weights_md};
  case APUS_DNN_FILTER_GRADIENT:
    return (roles){DNNL_ARG_SRC,     DNNL_ARG_DIFF_WEIGHTS, DNNL_ARG_DIFF_DST,
                   APUS_SLOT_A,      APUS_SLOT_RESULT,      APUS_SLOT_B,
                   dnnl_query_diff_weights_md};
  case APUS_DNN_FORWARD:
  default:
    return (roles){DNNL_ARG_SRC, DNNL_ARG_WEIGHTS, DNNL_ARG_DST,         APUS_SLOT_A,
                   APUS_SLOT_B,  APUS_SLOT_RESULT, dnnl_query_weights_md};
  }
}

void apus_assemble(
    apus_dnn_primitive *building, const_dnnl_primitive_desc_t description,
    apus_dnn_convolution_kind kind, const apus_layouts *layouts, const char *route) {
  if (building->status != APUS_DNN_SUCCESS) return;
  roles r = roles_of(kind);
  apus_const_layout chosen = dnnl_primitive_desc_query_md(description, r.filter_query, 0);
  bool reorders = !dnnl_memory_desc_equal(chosen, layouts->filter);
  int first = apus_add_array(building, layouts->first, r.first_slot);
  int second = apus_add_array(building, layouts->second, r.second_slot);
  int bias = layouts->bias ? apus_add_array(building, layouts->bias, APUS_SLOT_BIAS) : -1;
  int plain = apus_add_array(building, layouts->filter, r.filter_slot);
  int filter = reorders ? apus_add_array(building, chosen, APUS_SLOT_SCRATCH) : plain;
  bool produces_filter = kind == APUS_DNN_FILTER_GRADIENT;
  if (reorders && !produces_filter) {
    apus_add_reorder(building, layouts->filter, plain, chosen, filter);
  }
  apus_argument arguments[] = {
      {r.first, first}, {r.second, second}, {r.filter, filter}, {DNNL_ARG_BIAS, bias}};
  apus_add_stage(building, description, arguments, 4);
  if (reorders && produces_filter) {
    apus_add_reorder(building, chosen, filter, layouts->filter, plain);
  }
  apus_note_implementation(building, description, route);
}
