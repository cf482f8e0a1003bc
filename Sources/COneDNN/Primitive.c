#include "Primitive.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// libgomp's; its header belongs to GCC and clang does not find it.
void omp_set_num_threads(int threads);

enum { ALIGNMENT = 64 };

apus_dnn_primitive *apus_primitive_begin(void) {
  apus_dnn_primitive *building = calloc(1, sizeof *building);
  if (!building) return NULL;
  building->threads = apus_apply_thread_setting();
  dnnl_engine_t engine = apus_engine();
  if (!engine) {
    building->status = APUS_DNN_UNSUPPORTED;
    return building;
  }
  apus_check(building, dnnl_stream_create(&building->stream, engine, dnnl_stream_default_flags));
  return building;
}

int apus_primitive_end(apus_dnn_primitive *building, apus_dnn_primitive **finished) {
  int status = building ? building->status : APUS_DNN_NO_MEMORY;
  *finished = NULL;
  if (status == APUS_DNN_SUCCESS) {
    *finished = building;
  } else {
    apus_dnn_destroy(building);
  }
  return status;
}

void apus_check(apus_dnn_primitive *building, dnnl_status_t status) {
  if (building->status != APUS_DNN_SUCCESS || status == dnnl_success) return;
  building->status = status == dnnl_unimplemented ? APUS_DNN_UNSUPPORTED : (int)status;
}

int apus_add_array(apus_dnn_primitive *building, apus_const_layout layout, apus_slot slot) {
  if (building->status != APUS_DNN_SUCCESS) return -1;
  int index = building->array_count;
  if (index >= APUS_MAX_ARRAYS || !layout) {
    building->status = APUS_DNN_UNSUPPORTED;
    return -1;
  }
  apus_array *array = &building->arrays[index];
  dnnl_status_t status =
      dnnl_memory_create(&array->memory, layout, apus_engine(), DNNL_MEMORY_NONE);
  apus_check(building, status);
  if (status != dnnl_success) return -1;
  building->array_count = index + 1;
  building->uses_slot[slot] = true;
  array->slot = slot;
  if (slot == APUS_SLOT_SCRATCH) {
    size_t bytes = dnnl_memory_desc_get_size(layout);
    array->offset = building->scratch_bytes;
    building->scratch_bytes += (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
  }
  return index;
}

void apus_add_stage(
    apus_dnn_primitive *building, const_dnnl_primitive_desc_t description,
    const apus_argument *arguments, int count) {
  if (building->status != APUS_DNN_SUCCESS) return;
  if (building->stage_count >= APUS_MAX_STAGES) {
    building->status = APUS_DNN_UNSUPPORTED;
    return;
  }
  apus_stage *stage = &building->stages[building->stage_count];
  apus_check(building, dnnl_primitive_create(&stage->primitive, description));
  if (building->status != APUS_DNN_SUCCESS) return;
  building->stage_count += 1;
  for (int i = 0; i < count; i++) {
    if (arguments[i].array < 0) continue;
    stage->arguments[stage->count++] = (dnnl_exec_arg_t){
        .arg = arguments[i].name, .memory = building->arrays[arguments[i].array].memory};
  }
  apus_const_layout scratchpad =
      dnnl_primitive_desc_query_md(description, dnnl_query_scratchpad_md, 0);
  if (!scratchpad || dnnl_memory_desc_get_size(scratchpad) == 0) return;
  int array = apus_add_array(building, scratchpad, APUS_SLOT_SCRATCH);
  if (array < 0) return;
  stage->arguments[stage->count++] = (dnnl_exec_arg_t){
      .arg = DNNL_ARG_SCRATCHPAD, .memory = building->arrays[array].memory};
}

void apus_add_reorder(
    apus_dnn_primitive *building, apus_const_layout from_layout, int from,
    apus_const_layout to_layout, int to) {
  if (building->status != APUS_DNN_SUCCESS) return;
  apus_epilogue none = {0};
  dnnl_primitive_attr_t attributes = NULL;
  dnnl_primitive_desc_t description = NULL;
  apus_check(building, apus_attributes_create(&attributes, &none));
  if (building->status == APUS_DNN_SUCCESS) {
    dnnl_engine_t engine = apus_engine();
    apus_check(
        building, dnnl_reorder_primitive_desc_create(
                      &description, from_layout, engine, to_layout, engine, attributes));
  }
  apus_argument arguments[] = {{DNNL_ARG_FROM, from}, {DNNL_ARG_TO, to}};
  apus_add_stage(building, description, arguments, 2);
  if (description) dnnl_primitive_desc_destroy(description);
  if (attributes) dnnl_primitive_attr_destroy(attributes);
}

void apus_note_implementation(
    apus_dnn_primitive *building, const_dnnl_primitive_desc_t description, const char *route) {
  if (building->status != APUS_DNN_SUCCESS) return;
  const char *name = NULL;
  dnnl_primitive_desc_query(description, dnnl_query_impl_info_str, 0, (void *)&name);
  snprintf(
      building->implementation, sizeof building->implementation, "%s (%s)",
      name ? name : "unnamed", route);
}

bool apus_is_reference(const apus_dnn_primitive *primitive) {
  return strncmp(primitive->implementation, "ref", 3) == 0;
}

dnnl_data_type_t apus_data_type(apus_dnn_type type) {
  switch (type) {
  case APUS_DNN_FLOAT32: return dnnl_f32;
  case APUS_DNN_BFLOAT16: return dnnl_bf16;
  }
  return dnnl_data_type_undef;
}

bool apus_extents_fit(int count, const int64_t *extents) {
  int64_t bytes = sizeof(float);
  for (int i = 0; i < count; i++) {
    if (extents[i] < 1 || extents[i] > INT32_MAX) return false;
    if (__builtin_mul_overflow(bytes, extents[i], &bytes)) return false;
  }
  return bytes <= INT64_MAX / 2;
}

void apus_dnn_destroy(apus_dnn_primitive *primitive) {
  if (!primitive) return;
  for (int i = 0; i < primitive->stage_count; i++) {
    dnnl_primitive_destroy(primitive->stages[i].primitive);
  }
  for (int i = 0; i < primitive->array_count; i++) {
    dnnl_memory_destroy(primitive->arrays[i].memory);
  }
  if (primitive->stream) dnnl_stream_destroy(primitive->stream);
  free(primitive);
}

size_t apus_dnn_scratch_bytes(const apus_dnn_primitive *primitive) {
  return primitive->scratch_bytes;
}

const char *apus_dnn_implementation(const apus_dnn_primitive *primitive) {
  return primitive->implementation;
}

static int point(apus_array *array, char *base) {
  void *address = base + array->offset;
  if (address == array->address) return APUS_DNN_SUCCESS;
  array->address = NULL;
  dnnl_status_t status = dnnl_memory_set_data_handle(array->memory, address);
  if (status == dnnl_success) array->address = address;
  return (int)status;
}

int apus_dnn_execute(
    apus_dnn_primitive *primitive, const void *a, const void *b, const float *bias, void *result,
    void *scratch) {
  if (!primitive || (uintptr_t)scratch % ALIGNMENT != 0) return APUS_DNN_BAD_POINTER;
  char *bases[APUS_SLOT_COUNT] = {
      [APUS_SLOT_A] = (char *)(uintptr_t)a,       [APUS_SLOT_B] = (char *)(uintptr_t)b,
      [APUS_SLOT_BIAS] = (char *)(uintptr_t)bias, [APUS_SLOT_RESULT] = result,
      [APUS_SLOT_SCRATCH] = scratch,
  };
  for (int slot = 0; slot < APUS_SLOT_COUNT; slot++) {
    if (primitive->uses_slot[slot] && !bases[slot]) return APUS_DNN_BAD_POINTER;
  }
  for (int i = 0; i < primitive->array_count; i++) {
    apus_array *array = &primitive->arrays[i];
    int status = point(array, bases[array->slot]);
    if (status != APUS_DNN_SUCCESS) return status;
  }
  if (primitive->clears_scratch && scratch) memset(scratch, 0, primitive->scratch_bytes);
  omp_set_num_threads(primitive->threads);
  for (int i = 0; i < primitive->stage_count; i++) {
    apus_stage *stage = &primitive->stages[i];
    dnnl_status_t status = dnnl_primitive_execute(
        stage->primitive, primitive->stream, stage->count, stage->arguments);
    if (status != dnnl_success) return (int)status;
  }
  return (int)dnnl_stream_wait(primitive->stream);
}
