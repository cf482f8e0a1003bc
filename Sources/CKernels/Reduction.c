// Reductions along the middle axis of `[outer, extent, inner]`, accumulated in float64.

#include <math.h>
#include <string.h>

#include "CKernels.h"
#include "Threads.h"

struct reduction_job {
  apus_reduction kind;
  const float *x;
  int64_t outer, extent, inner;
  float *y;
  /// One row of `inner` partial results for each part; used where the middle axis is divided.
  double *partials;
};

static double start_of(apus_reduction kind) {
  switch (kind) {
    case APUS_MAXIMUM: return -INFINITY;
    case APUS_MINIMUM: return INFINITY;
    case APUS_PRODUCT: return 1;
    default: return 0;
  }
}

static double combined(apus_reduction kind, double a, double b) {
  switch (kind) {
    case APUS_MAXIMUM: return b > a || b != b ? b : a;
    case APUS_MINIMUM: return b < a || b != b ? b : a;
    case APUS_PRODUCT: return a * b;
    default: return a + b;
  }
}

static float finished(apus_reduction kind, double value, int64_t extent) {
  return (float)(kind == APUS_MEAN ? value / (double)extent : value);
}

/// The reduction of `count` neighbours; sums go in eight lanes, so that additions overlap.
static double reduce_run(apus_reduction kind, const float *x, int64_t count) {
  if (kind == APUS_SUM || kind == APUS_MEAN) {
    double lanes[8] = {0};
    int64_t k = 0;
    for (; k + 8 <= count; k += 8) {
      for (int lane = 0; lane < 8; lane++) lanes[lane] += (double)x[k + lane];
    }
    for (int lane = 0; k < count; k++, lane++) lanes[lane] += (double)x[k];
    return ((lanes[0] + lanes[4]) + (lanes[2] + lanes[6])) +
           ((lanes[1] + lanes[5]) + (lanes[3] + lanes[7]));
  }
  double value = start_of(kind);
  for (int64_t k = 0; k < count; k++) value = combined(kind, value, (double)x[k]);
  return value;
}

/// `sums[i]` = reduction of `x[begin ..< end, i]` for a stretch of columns.
static void reduce_columns(
    apus_reduction kind, const float *x, int64_t inner, struct range rows, int64_t columns,
    double *sums) {
  for (int64_t i = 0; i < columns; i++) sums[i] = start_of(kind);
  for (int64_t row = rows.begin; row < rows.end; row++) {
    const float *line = x + row * inner;
    if (kind == APUS_SUM || kind == APUS_MEAN) {
      for (int64_t i = 0; i < columns; i++) sums[i] += (double)line[i];
    } else {
      for (int64_t i = 0; i < columns; i++) sums[i] = combined(kind, sums[i], (double)line[i]);
    }
  }
}

/// The columns whose sums fit the stack and the L1 cache.
enum { COLUMN_BLOCK = 256 };

static void outer_part(void *context, int part, int parts) {
  const struct reduction_job *job = context;
  struct range range = apus_range(job->outer, part, parts);
  for (int64_t o = range.begin; o < range.end; o++) {
    const float *x = job->x + o * job->extent * job->inner;
    float *y = job->y + o * job->inner;
    if (job->inner == 1) {
      y[0] = finished(job->kind, reduce_run(job->kind, x, job->extent), job->extent);
      continue;
    }
    for (int64_t i = 0; i < job->inner; i += COLUMN_BLOCK) {
      double sums[COLUMN_BLOCK];
      int64_t columns = job->inner - i < COLUMN_BLOCK ? job->inner - i : COLUMN_BLOCK;
      reduce_columns(
          job->kind, x + i, job->inner, (struct range){0, job->extent}, columns, sums);
      for (int64_t k = 0; k < columns; k++) y[i + k] = finished(job->kind, sums[k], job->extent);
    }
  }
}

static void extent_part(void *context, int part, int parts) {
  const struct reduction_job *job = context;
  struct range rows = apus_range(job->extent, part, parts);
  double *sums = job->partials + part * job->inner;
  if (job->inner == 1) {
    sums[0] = reduce_run(job->kind, job->x + rows.begin, rows.end - rows.begin);
    return;
  }
  for (int64_t i = 0; i < job->inner; i += COLUMN_BLOCK) {
    int64_t columns = job->inner - i < COLUMN_BLOCK ? job->inner - i : COLUMN_BLOCK;
    reduce_columns(job->kind, job->x + i, job->inner, rows, columns, sums + i);
  }
}

size_t apus_reduce_scratch_bytes(
    apus_reduction kind, int64_t outer, int64_t extent, int64_t inner, int threads) {
  (void)kind;
  (void)extent;
  if (outer != 1 || threads <= 1) return 0;
  return (size_t)threads * (size_t)inner * sizeof(double);
}

void apus_reduce(
    apus_reduction kind, const float *x, int64_t outer, int64_t extent, int64_t inner, float *y,
    void *scratch, int threads) {
  struct reduction_job job = {kind, x, outer, extent, inner, y, scratch};
  double cost = (double)outer * (double)extent * (double)inner;
  int parts = outer == 1 && scratch ? apus_part_count(threads, extent, cost) : 1;
  if (parts == 1) {
    apus_parallel(apus_part_count(threads, outer, cost), outer_part, &job);
    return;
  }
  apus_parallel(parts, extent_part, &job);
  for (int64_t i = 0; i < inner; i++) {
    double value = job.partials[i];
    for (int part = 1; part < parts; part++) {
      value = combined(kind, value, job.partials[part * inner + i]);
    }
    y[i] = finished(kind, value, extent);
  }
}

struct argument_job {
  const float *x;
  int64_t outer, extent, inner;
  int64_t *y;
  /// 1 for the largest, −1 for the smallest.
  float sign;
};

static void argument_part(void *context, int part, int parts) {
  const struct argument_job *job = context;
  struct range range = apus_range(job->outer * job->inner, part, parts);
  for (int64_t item = range.begin; item < range.end; item++) {
    const float *x = job->x + item / job->inner * job->extent * job->inner + item % job->inner;
    int64_t best = 0;
    for (int64_t k = 1; k < job->extent; k++) {
      float value = job->sign * x[k * job->inner], present = job->sign * x[best * job->inner];
      if (present != present) break;
      if (value > present || value != value) best = k;
    }
    job->y[item] = best;
  }
}

static void find_argument(struct argument_job job, int threads) {
  double cost = (double)job.outer * (double)job.extent * (double)job.inner;
  apus_parallel(apus_part_count(threads, job.outer * job.inner, cost), argument_part, &job);
}

void apus_argument_of_maximum(
    const float *x, int64_t outer, int64_t extent, int64_t inner, int64_t *y, int threads) {
  find_argument((struct argument_job){x, outer, extent, inner, y, 1}, threads);
}

void apus_argument_of_minimum(
    const float *x, int64_t outer, int64_t extent, int64_t inner, int64_t *y, int threads) {
  find_argument((struct argument_job){x, outer, extent, inner, y, -1}, threads);
}
