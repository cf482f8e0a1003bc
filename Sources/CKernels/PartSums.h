// The sums that one part of a fused convolution keeps for each channel, and merging them.

#pragma once

#include "CKernels.h"

/// In float32 for a block of rows, in float64 for all of the part.
struct part_sums {
  /// What deviations are taken from.
  float *pivot;
  float *first, *second;
  double *first_total, *second_total;
};

/// The bytes of the sums of one part for `channels` channels, a multiple of 64.
size_t part_sums_bytes(int64_t channels);

/// Sums in memory of that size, 64-byte aligned.
struct part_sums part_sums_at(void *memory, int64_t channels);

/// Mean and sum of squared deviations of `count` values, as far as they are merged.
struct moments {
  double count, mean, spread;
};

/// Merges a part's `more` values of channel `c`, whose sums are of deviations from its pivot.
///
/// Reference: Chan, Golub, LeVeque (1983), "Algorithms for computing the sample variance".
void merge_part(struct moments *moments, struct part_sums sums, int64_t c, double more);

/// The biased variance.
float variance_of(const struct moments *moments);
