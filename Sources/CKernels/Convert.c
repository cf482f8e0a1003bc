// Conversion between the types of arrays, block by block through float64, float32 or int64.

#include <math.h>
#include <string.h>

#include "CKernels.h"
#include "Threads.h"

enum { BLOCK = 256 };

static float from_bfloat16(uint16_t half) {
  uint32_t bits = (uint32_t)half << 16;
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

static uint16_t to_bfloat16(float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  if (value != value) return (uint16_t)(bits >> 16 | 0x40);
  return (uint16_t)((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);
}

static bool is_integer(apus_type type) {
  return type == APUS_INT32 || type == APUS_INT64 || type == APUS_UINT8 || type == APUS_BOOL;
}

static size_t size_of(apus_type type) {
  switch (type) {
    case APUS_FLOAT32:
    case APUS_INT32: return 4;
    case APUS_FLOAT64:
    case APUS_INT64: return 8;
    case APUS_BFLOAT16: return 2;
    case APUS_UINT8:
    case APUS_BOOL: return 1;
    default: return 0;
  }
}

#define EACH for (int64_t k = 0; k < count; k++)

static void read_reals(const void *src, apus_type type, int64_t count, double *out) {
  switch (type) {
    case APUS_FLOAT32: EACH out[k] = (double)((const float *)src)[k]; break;
    case APUS_BFLOAT16: EACH out[k] = (double)from_bfloat16(((const uint16_t *)src)[k]); break;
    case APUS_FLOAT64: EACH out[k] = ((const double *)src)[k]; break;
    case APUS_INT32: EACH out[k] = ((const int32_t *)src)[k]; break;
    case APUS_INT64: EACH out[k] = (double)((const int64_t *)src)[k]; break;
    case APUS_UINT8: EACH out[k] = ((const uint8_t *)src)[k]; break;
    case APUS_BOOL: EACH out[k] = ((const uint8_t *)src)[k] != 0; break;
    default: break;
  }
}

static void read_integers(const void *src, apus_type type, int64_t count, int64_t *out) {
  switch (type) {
    case APUS_INT32: EACH out[k] = ((const int32_t *)src)[k]; break;
    case APUS_INT64: EACH out[k] = ((const int64_t *)src)[k]; break;
    case APUS_UINT8: EACH out[k] = ((const uint8_t *)src)[k]; break;
    case APUS_BOOL: EACH out[k] = ((const uint8_t *)src)[k] != 0; break;
    default: break;
  }
}

/// Towards zero, held within `low … high`; 0 for NaN. Both bounds are numbers of float64.
static double truncated(double value, double low, double high) {
  if (value != value) return 0;
  value = trunc(value);
  return value < low ? low : value > high ? high : value;
}

static int64_t to_int64(double value) {
  if (value >= 0x1p63) return INT64_MAX;
  return (int64_t)truncated(value, -0x1p63, 0x1p63);
}

static void write_reals(const double *in, void *dst, apus_type type, int64_t count) {
  switch (type) {
    case APUS_FLOAT32: EACH ((float *)dst)[k] = (float)in[k]; break;
    case APUS_BFLOAT16: EACH ((uint16_t *)dst)[k] = to_bfloat16((float)in[k]); break;
    case APUS_FLOAT64: EACH ((double *)dst)[k] = in[k]; break;
    case APUS_INT32:
      EACH ((int32_t *)dst)[k] = (int32_t)truncated(in[k], INT32_MIN, INT32_MAX);
      break;
    case APUS_INT64: EACH ((int64_t *)dst)[k] = to_int64(in[k]); break;
    case APUS_UINT8: EACH ((uint8_t *)dst)[k] = (uint8_t)truncated(in[k], 0, 255); break;
    case APUS_BOOL: EACH ((uint8_t *)dst)[k] = in[k] != 0; break;
    default: break;
  }
}

static void write_integers(const int64_t *in, void *dst, apus_type type, int64_t count) {
  switch (type) {
    case APUS_INT32: EACH ((int32_t *)dst)[k] = (int32_t)in[k]; break;
    case APUS_INT64: EACH ((int64_t *)dst)[k] = in[k]; break;
    case APUS_UINT8: EACH ((uint8_t *)dst)[k] = (uint8_t)in[k]; break;
    case APUS_BOOL: EACH ((uint8_t *)dst)[k] = in[k] != 0; break;
    default: break;
  }
}

struct convert_job {
  char *dst;
  apus_type dst_type;
  const char *src;
  apus_type src_type;
  int64_t count;
};

static void convert_block(const struct convert_job *job, int64_t first, int64_t count) {
  const char *src = job->src + first * (int64_t)size_of(job->src_type);
  char *dst = job->dst + first * (int64_t)size_of(job->dst_type);
  if (is_integer(job->src_type) && is_integer(job->dst_type)) {
    int64_t block[BLOCK];
    read_integers(src, job->src_type, count, block);
    write_integers(block, dst, job->dst_type, count);
  } else {
    double block[BLOCK];
    read_reals(src, job->src_type, count, block);
    write_reals(block, dst, job->dst_type, count);
  }
}

static void convert_part(void *context, int part, int parts) {
  const struct convert_job *job = context;
  struct range range = apus_range_of_blocks(job->count, BLOCK, part, parts);
  for (int64_t first = range.begin; first < range.end; first += BLOCK) {
    convert_block(job, first, range.end - first < BLOCK ? range.end - first : BLOCK);
  }
}

bool apus_convert(
    void *dst, apus_type dst_type, const void *src, apus_type src_type, int64_t count,
    int threads) {
  if (size_of(dst_type) == 0 || size_of(src_type) == 0) return false;
  struct convert_job job = {dst, dst_type, src, src_type, count};
  int64_t blocks = (count + BLOCK - 1) / BLOCK;
  apus_parallel(apus_part_count(threads, blocks, 2.0 * (double)count), convert_part, &job);
  return true;
}

struct scale_job {
  float *dst;
  const uint8_t *src;
  int64_t count;
  float scale, shift;
};

static void scale_part(void *context, int part, int parts) {
  const struct scale_job *job = context;
  struct range range = apus_range_of_blocks(job->count, BLOCK, part, parts);
  for (int64_t k = range.begin; k < range.end; k++) {
    job->dst[k] = (float)job->src[k] * job->scale + job->shift;
  }
}

void apus_convert_bytes(
    float *dst, const uint8_t *src, int64_t count, float scale, float shift, int threads) {
  struct scale_job job = {dst, src, count, scale, shift};
  int64_t blocks = (count + BLOCK - 1) / BLOCK;
  apus_parallel(apus_part_count(threads, blocks, (double)count), scale_part, &job);
}
