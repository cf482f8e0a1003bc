// When results are written past the caches; `Templates/Streams.h` writes them.

#pragma once

#include <stdbool.h>
#include <stdint.h>

/// Whether `[rows, channels]` floats are better written past the caches, whole lines at a time: so
/// many that they would not stay there until they are read, and the lines need not be read first.
static inline bool streams_past_caches(const float *result, int64_t rows, int64_t channels) {
  const int64_t bytes = 4 << 20;
  return rows * channels * 4 >= bytes && channels % 16 == 0 && (uintptr_t)result % 64 == 0;
}
