#include "PartSums.h"

/// Channels are padded to the widest panel of any instruction set.
static int64_t pad(int64_t channels) { return (channels + 63) / 64 * 64; }

size_t part_sums_bytes(int64_t channels) {
  return (size_t)pad(channels) * (3 * sizeof(float) + 2 * sizeof(double));
}

struct part_sums part_sums_at(void *memory, int64_t channels) {
  int64_t padded = pad(channels);
  double *totals = memory;
  float *floats = (float *)(totals + 2 * padded);
  return (struct part_sums){floats, floats + padded, floats + 2 * padded, totals, totals + padded};
}

void merge_part(struct moments *moments, struct part_sums sums, int64_t c, double more) {
  double count = moments->count, offset = sums.first_total[c] / more;
  double delta = (double)sums.pivot[c] + offset - moments->mean;
  moments->spread += sums.second_total[c] - offset * sums.first_total[c];
  moments->spread += delta * delta * (count * more / (count + more));
  moments->mean += delta * (more / (count + more));
  moments->count += more;
}

float variance_of(const struct moments *moments) {
  // Rounding may take the spread of equal numbers below zero; NaN stays.
  return (float)(moments->spread < 0 ? 0 : moments->spread / moments->count);
}
