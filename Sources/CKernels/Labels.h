// Integer labels and indices of any of the types the kernels take.

#pragma once

#include "CKernels.h"

/// Element `k` of an array of `APUS_INT32`, `APUS_INT64` or `APUS_UINT8`.
static inline int64_t integer_at(const void *array, apus_type type, int64_t k) {
  if (type == APUS_INT64) return ((const int64_t *)array)[k];
  if (type == APUS_INT32) return ((const int32_t *)array)[k];
  return ((const uint8_t *)array)[k];
}
