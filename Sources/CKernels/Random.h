// Operands of the loops of random numbers; `Templates/Random.h` has the loops.

#pragma once

#include "CKernels.h"
#include "Threads.h"

/// Loops begin and end at multiples of so many elements: a vector of Philox blocks for any width.
enum { APUS_RANDOM_GROUP = 64 };

struct random_job {
  apus_random_key key;
  uint32_t stream;
  int64_t count;
  /// Uniform: low and the width; normal: mean and deviation; dropout: rate and factor.
  float first, second;
  const float *x;
  void *out;
};
