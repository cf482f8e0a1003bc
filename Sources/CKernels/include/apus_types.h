// Types shared by the kernel families.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// How the numbers of an array are stored.
typedef enum __attribute__((enum_extensibility(open))) apus_type : uint32_t {
  APUS_FLOAT32 = 0,
  /// The upper 16 bits of a float32.
  APUS_BFLOAT16 = 1,
  APUS_FLOAT64 = 2,
  APUS_INT32 = 3,
  APUS_INT64 = 4,
  APUS_UINT8 = 5,
  /// One byte, 0 or 1; any other byte reads as true.
  APUS_BOOL = 6,
} apus_type;
