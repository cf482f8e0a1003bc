// Conversion of types: dividing elements among threads.

#include "KernelTable.h"
#include "Threads.h"

static const int64_t element_sizes[] = {4, 2, 8, 4, 8, 1, 1};

struct conversion {
  char *dst;
  apus_type dst_type;
  const char *src;
  apus_type src_type;
};

static void convert_range(const void *context, struct range range) {
  const struct conversion *c = context;
  kernels()->convert(
      c->dst + range.begin * element_sizes[c->dst_type], c->dst_type,
      c->src + range.begin * element_sizes[c->src_type], c->src_type, range.end - range.begin);
}

bool apus_convert(
    void *dst, apus_type dst_type, const void *src, apus_type src_type, int64_t count,
    int threads) {
  if (dst_type > APUS_BOOL || src_type > APUS_BOOL) return false;
  struct conversion conversion = {dst, dst_type, src, src_type};
  apus_parallel_ranges(threads, count, (double)count, convert_range, &conversion);
  return true;
}

struct bytes_conversion {
  float *dst;
  const uint8_t *src;
  float scale, shift;
};

static void convert_bytes_range(const void *context, struct range range) {
  const struct bytes_conversion *c = context;
  kernels()->convert_bytes(
      c->dst + range.begin, c->src + range.begin, range.end - range.begin, c->scale, c->shift);
}

void apus_convert_bytes(
    float *dst, const uint8_t *src, int64_t count, float scale, float shift, int threads) {
  struct bytes_conversion conversion = {dst, src, scale, shift};
  apus_parallel_ranges(threads, count, (double)count, convert_bytes_range, &conversion);
}
