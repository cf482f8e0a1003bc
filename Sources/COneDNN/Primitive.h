// How a primitive is put together: arrays, then stages that run one after the other.

#pragma once

#include "Compatibility.h"

/// Where an array's memory comes from when the primitive is executed.
typedef enum apus_slot {
  APUS_SLOT_A,
  APUS_SLOT_B,
  APUS_SLOT_BIAS,
  APUS_SLOT_RESULT,
  APUS_SLOT_SCRATCH,
  APUS_SLOT_COUNT,
} apus_slot;

enum { APUS_MAX_ARRAYS = 9, APUS_MAX_STAGES = 3, APUS_MAX_ARGUMENTS = 5 };

/// One of oneDNN's memory objects; its address is set when it changes.
typedef struct apus_array {
  dnnl_memory_t memory;
  apus_slot slot;
  size_t offset;
  void *address;
} apus_array;

/// One of oneDNN's primitives with its arguments.
typedef struct apus_stage {
  dnnl_primitive_t primitive;
  int count;
  dnnl_exec_arg_t arguments[APUS_MAX_ARGUMENTS];
} apus_stage;

struct apus_dnn_primitive {
  dnnl_stream_t stream;
  /// The first failure while it is put together; every step after a failure does nothing.
  int status;
  int threads;
  size_t scratch_bytes;
  /// Sets scratch to zero first, where an implementation reads parts it never wrote.
  bool clears_scratch;
  int array_count, stage_count;
  apus_array arrays[APUS_MAX_ARRAYS];
  apus_stage stages[APUS_MAX_STAGES];
  bool uses_slot[APUS_SLOT_COUNT];
  char implementation[96];
};

/// One argument of a stage: oneDNN's name of it and the index of the array, or -1 for none.
typedef struct apus_argument {
  int name;
  int array;
} apus_argument;

/// The engine all primitives share, or null where oneDNN gives none.
dnnl_engine_t apus_engine(void);

/// How many threads new primitives use; applied on the calling thread.
int apus_apply_thread_setting(void);

/// An empty primitive, or null where there is no memory.
apus_dnn_primitive *apus_primitive_begin(void);

/// Gives the finished primitive, or destroys it and gives the status of its first failure.
int apus_primitive_end(apus_dnn_primitive *building, apus_dnn_primitive **finished);

/// Adds an array in `slot`; scratch arrays get their place. Gives its index.
int apus_add_array(apus_dnn_primitive *building, apus_const_layout layout, apus_slot slot);

/// Adds a stage for `description`, with its scratchpad.
void apus_add_stage(
    apus_dnn_primitive *building, const_dnnl_primitive_desc_t description,
    const apus_argument *arguments, int count);

/// Adds a stage that copies array `from` into the layout of array `to`.
void apus_add_reorder(
    apus_dnn_primitive *building, apus_const_layout from_layout, int from,
    apus_const_layout to_layout, int to);

/// Notes which implementation does the work.
void apus_note_implementation(
    apus_dnn_primitive *building, const_dnnl_primitive_desc_t description, const char *route);

/// Whether the noted implementation is one of oneDNN's slow definitions.
bool apus_is_reference(const apus_dnn_primitive *primitive);

/// Takes oneDNN's status over as the primitive's, unless it failed before.
void apus_check(apus_dnn_primitive *building, dnnl_status_t status);

/// oneDNN's name of a type; undefined for a value that is none.
dnnl_data_type_t apus_data_type(apus_dnn_type type);

/// Whether every factor is in 1 ... 2³¹ - 1 and their product times 4 fits 62 bits.
bool apus_extents_fit(int count, const int64_t *extents);

/// Finishes a primitive whose filter oneDNN may have arranged: adds its arrays, the reorder
/// between the plain filter and oneDNN's, and the main stage.
///
/// `layouts` are the plain ones; `kind` says which array is the result. `route` is for reports.
void apus_assemble(
    apus_dnn_primitive *building, const_dnnl_primitive_desc_t description,
    apus_dnn_convolution_kind kind, const apus_layouts *layouts, const char *route);
