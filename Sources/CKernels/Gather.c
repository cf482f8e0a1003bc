// Gathering rows and adding rows, after all indices were checked.

#include <string.h>

#include "KernelTable.h"
#include "Labels.h"
#include "Threads.h"

/// The position of the first index outside `0 ..< rows`, or −1.
static int64_t first_outside(
    const void *indices, apus_type type, int64_t count, int64_t rows) {
  for (int64_t k = 0; k < count; k++) {
    int64_t index = integer_at(indices, type, k);
    if (index < 0 || index >= rows) return k;
  }
  return -1;
}

struct gather {
  const char *table;
  int64_t row_bytes;
  const void *indices;
  apus_type index_type;
  char *out;
};

static void gather_range(const void *context, struct range range) {
  const struct gather *g = context;
  size_t bytes = (size_t)g->row_bytes;
  for (int64_t k = range.begin; k < range.end; k++) {
    int64_t index = integer_at(g->indices, g->index_type, k);
    memcpy(g->out + k * g->row_bytes, g->table + index * g->row_bytes, bytes);
  }
}

int64_t apus_gather_rows(
    const void *table, int64_t table_rows, int64_t row_bytes, const void *indices,
    apus_type index_type, int64_t count, void *out, int threads) {
  int64_t outside = first_outside(indices, index_type, count, table_rows);
  if (outside >= 0 || row_bytes <= 0) return outside;
  struct gather gather = {table, row_bytes, indices, index_type, out};
  double cost = (double)count * (double)(row_bytes / 4 + 8);
  apus_parallel_ranges(threads, count, cost, gather_range, &gather);
  return -1;
}

// Adding: a thread owns some columns of all rows, or some rows of the table where columns are few.
// Either way each row gets its updates in their order.

struct scatter {
  float *table;
  int64_t table_rows, columns;
  const void *indices;
  apus_type index_type;
  int64_t count;
  const float *updates;
};

static void scatter_columns(const void *context, struct range blocks) {
  const struct scatter *s = context;
  int64_t begin = blocks.begin * 16, end = blocks.end * 16;
  if (end > s->columns) end = s->columns;
  for (int64_t k = 0; k < s->count && begin < end; k++) {
    int64_t index = integer_at(s->indices, s->index_type, k);
    kernels()->add_run(
        s->table + index * s->columns + begin, s->updates + k * s->columns + begin, end - begin);
  }
}

static void scatter_rows(const void *context, struct range rows) {
  const struct scatter *s = context;
  for (int64_t k = 0; k < s->count; k++) {
    int64_t index = integer_at(s->indices, s->index_type, k);
    if (index < rows.begin || index >= rows.end) continue;
    kernels()->add_run(
        s->table + index * s->columns, s->updates + k * s->columns, s->columns);
  }
}

int64_t apus_scatter_add_rows(
    float *table, int64_t table_rows, int64_t columns, const void *indices, apus_type index_type,
    int64_t count, const float *updates, int threads) {
  int64_t outside = first_outside(indices, index_type, count, table_rows);
  if (outside >= 0 || columns <= 0 || count <= 0) return outside;
  struct scatter scatter = {
      table, table_rows, columns, indices, index_type, count, updates};
  double cost = (double)count * (double)(columns + 8);
  if (columns >= 32 * threads) {
    apus_parallel_ranges(threads, (columns + 15) / 16, cost, scatter_columns, &scatter);
  } else {
    apus_parallel_ranges(threads, table_rows, cost, scatter_rows, &scatter);
  }
  return -1;
}
