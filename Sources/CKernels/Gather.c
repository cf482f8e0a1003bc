// Rows of a table by index, and rows added to it.

#include <string.h>

#include "CKernels.h"
#include "Threads.h"

struct rows_job {
  const char *table;
  int64_t row_bytes;
  const void *indices;
  apus_type index_type;
  int64_t count;
  char *out;
  float *sums;
  const float *updates;
  int64_t columns;
};

static int64_t index_at(const void *indices, apus_type type, int64_t k) {
  switch (type) {
    case APUS_INT32: return ((const int32_t *)indices)[k];
    case APUS_INT64: return ((const int64_t *)indices)[k];
    case APUS_UINT8: return ((const uint8_t *)indices)[k];
    default: return -1;
  }
}

static int64_t first_outside(
    const void *indices, apus_type type, int64_t count, int64_t table_rows) {
  for (int64_t k = 0; k < count; k++) {
    int64_t index = index_at(indices, type, k);
    if (index < 0 || index >= table_rows) return k;
  }
  return -1;
}

static void gather_part(void *context, int part, int parts) {
  const struct rows_job *job = context;
  struct range range = apus_range(job->count, part, parts);
  for (int64_t k = range.begin; k < range.end; k++) {
    int64_t index = index_at(job->indices, job->index_type, k);
    memcpy(job->out + k * job->row_bytes, job->table + index * job->row_bytes,
           (size_t)job->row_bytes);
  }
}

int64_t apus_gather_rows(
    const void *table, int64_t table_rows, int64_t row_bytes, const void *indices,
    apus_type index_type, int64_t count, void *out, int threads) {
  int64_t outside = first_outside(indices, index_type, count, table_rows);
  if (outside >= 0) return outside;
  struct rows_job job = {
      .table = table, .row_bytes = row_bytes, .indices = indices, .index_type = index_type,
      .count = count, .out = out};
  double cost = (double)count * (double)row_bytes / 4;
  apus_parallel(apus_part_count(threads, count, cost), gather_part, &job);
  return -1;
}

/// Each part adds all rows to its own columns, so that additions keep their order.
static void scatter_part(void *context, int part, int parts) {
  const struct rows_job *job = context;
  struct range columns = apus_range_of_blocks(job->columns, 16, part, parts);
  for (int64_t k = 0; k < job->count; k++) {
    float *sum = job->sums + index_at(job->indices, job->index_type, k) * job->columns;
    const float *update = job->updates + k * job->columns;
    for (int64_t c = columns.begin; c < columns.end; c++) sum[c] += update[c];
  }
}

int64_t apus_scatter_add_rows(
    float *table, int64_t table_rows, int64_t columns, const void *indices, apus_type index_type,
    int64_t count, const float *updates, int threads) {
  int64_t outside = first_outside(indices, index_type, count, table_rows);
  if (outside >= 0) return outside;
  struct rows_job job = {
      .indices = indices, .index_type = index_type, .count = count, .sums = table,
      .updates = updates, .columns = columns};
  double cost = (double)count * (double)columns;
  apus_parallel(apus_part_count(threads, (columns + 15) / 16, cost), scatter_part, &job);
  return -1;
}
