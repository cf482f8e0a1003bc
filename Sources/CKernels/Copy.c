// Strided copies: axes are sorted and joined, then planes of two axes are copied row by row.

#include <string.h>

#include "CKernels.h"
#include "Threads.h"

struct axis {
  int64_t extent, dst, src;  // strides in elements
};

/// The axes from the slowest to the fastest; the last two make up the planes.
struct copy_job {
  char *dst;
  const char *src;
  int element_size;
  int rank;
  struct axis axes[APUS_MAXIMUM_RANK + 2];
  /// Rows in all: the extents of every axis but the last.
  int64_t rows;
};

static int64_t magnitude(int64_t value) { return value < 0 ? -value : value; }

/// Insertion sort by falling stride in the target, so that writes go forward.
static void sort_axes(struct axis *axes, int rank) {
  for (int k = 1; k < rank; k++) {
    struct axis axis = axes[k];
    int place = k;
    for (; place > 0 && magnitude(axes[place - 1].dst) < magnitude(axis.dst); place--) {
      axes[place] = axes[place - 1];
    }
    axes[place] = axis;
  }
}

/// Makes one axis of neighbours that together have a constant stride on both sides.
static int join_axes(struct axis *axes, int rank) {
  int kept = 0;
  for (int k = 0; k < rank; k++) {
    struct axis axis = axes[k];
    struct axis *last = kept > 0 ? &axes[kept - 1] : NULL;
    if (last && last->dst == axis.extent * axis.dst && last->src == axis.extent * axis.src) {
      *last = (struct axis){last->extent * axis.extent, axis.dst, axis.src};
    } else {
      axes[kept++] = axis;
    }
  }
  return kept;
}

/// Brings the axis along which the source is contiguous next to the last one, for transposed planes.
static void pair_axes(struct axis *axes, int rank) {
  if (axes[rank - 1].src == 1) return;
  for (int k = 0; k < rank - 2; k++) {
    if (axes[k].src != 1) continue;
    struct axis axis = axes[k];
    memmove(axes + k, axes + k + 1, (size_t)(rank - 2 - k) * sizeof *axes);
    axes[rank - 2] = axis;
    return;
  }
}

/// Makes rows of a single axis where its extent allows, so that threads can share it.
static void split_axis(struct copy_job *job) {
  struct axis axis = job->axes[0];
  int64_t columns = axis.extent % 1024 == 0 ? 1024 : axis.extent % 64 == 0 ? 64 : axis.extent;
  bool copies = axis.dst == 1 && axis.src == 1;
  if (copies) columns = axis.extent;
  job->axes[0] = (struct axis){axis.extent / columns, columns * axis.dst, columns * axis.src};
  job->axes[1] = (struct axis){columns, axis.dst, axis.src};
  job->rank = 2;
}

#define COPY_TILE(name, type)                                                               \
  static void name(                                                                         \
      char *dst, const char *src, struct axis rows, struct axis columns, int64_t count) {   \
    enum { TILE = 16 };                                                                     \
    type *to = (type *)dst;                                                                 \
    const type *from = (const type *)src;                                                   \
    for (int64_t c = 0; c < columns.extent; c += TILE) {                                    \
      int64_t end = c + TILE < columns.extent ? c + TILE : columns.extent;                  \
      for (int64_t r = 0; r < count; r++) {                                                 \
        for (int64_t k = c; k < end; k++) {                                                 \
          to[r * rows.dst + k * columns.dst] = from[r * rows.src + k * columns.src];        \
        }                                                                                   \
      }                                                                                     \
    }                                                                                       \
  }

COPY_TILE(copy_tiles_1, uint8_t)
COPY_TILE(copy_tiles_2, uint16_t)
COPY_TILE(copy_tiles_4, uint32_t)
COPY_TILE(copy_tiles_8, uint64_t)

/// Copies `count` rows of a plane.
static void copy_plane(
    const struct copy_job *job, char *dst, const char *src, struct axis rows, struct axis columns,
    int64_t count) {
  int size = job->element_size;
  if (columns.dst == 1 && columns.src == 1) {
    for (int64_t r = 0; r < count; r++) {
      memcpy(dst + r * rows.dst * size, src + r * rows.src * size,
             (size_t)(columns.extent * size));
    }
  } else if (size == 1) {
    copy_tiles_1(dst, src, rows, columns, count);
  } else if (size == 2) {
    copy_tiles_2(dst, src, rows, columns, count);
  } else if (size == 4) {
    copy_tiles_4(dst, src, rows, columns, count);
  } else {
    copy_tiles_8(dst, src, rows, columns, count);
  }
}

static void copy_part(void *context, int part, int parts) {
  const struct copy_job *job = context;
  struct range range = apus_range(job->rows, part, parts);
  struct axis rows = job->axes[job->rank - 2], columns = job->axes[job->rank - 1];
  for (int64_t row = range.begin; row < range.end;) {
    int64_t first = row % rows.extent, plane = row / rows.extent;
    int64_t count = rows.extent - first;
    if (count > range.end - row) count = range.end - row;
    int64_t dst = first * rows.dst, src = first * rows.src;
    for (int k = job->rank - 3; k >= 0; k--) {
      int64_t index = plane % job->axes[k].extent;
      plane /= job->axes[k].extent;
      dst += index * job->axes[k].dst;
      src += index * job->axes[k].src;
    }
    copy_plane(
        job, job->dst + dst * job->element_size, job->src + src * job->element_size, rows, columns,
        count);
    row += count;
  }
}

void apus_strided_copy(
    void *dst, const int64_t *dst_strides, const void *src, const int64_t *src_strides,
    const int64_t *extents, int rank, int element_size, int threads) {
  struct copy_job job = {.dst = dst, .src = src, .element_size = element_size};
  int64_t count = 1;
  for (int k = 0; k < rank; k++) {
    count *= extents[k];
    if (extents[k] == 1) continue;
    job.axes[job.rank++] = (struct axis){extents[k], dst_strides[k], src_strides[k]};
  }
  if (count == 0) return;
  sort_axes(job.axes, job.rank);
  job.rank = join_axes(job.axes, job.rank);
  if (job.rank == 0) job.axes[job.rank++] = (struct axis){1, 1, 1};
  if (job.rank == 1) split_axis(&job);
  pair_axes(job.axes, job.rank);
  job.rows = count / job.axes[job.rank - 1].extent;
  if (job.rows == 1 && job.axes[job.rank - 1].dst == 1 && job.axes[job.rank - 1].src == 1) {
    apus_copy(dst, src, (size_t)(count * element_size), threads);
    return;
  }
  apus_parallel(apus_part_count(threads, job.rows, (double)count), copy_part, &job);
}

struct bytes_job {
  char *dst;
  const char *src;
  int64_t count;
};

static void bytes_part(void *context, int part, int parts) {
  const struct bytes_job *job = context;
  struct range range = apus_range_of_blocks(job->count, 4096, part, parts);
  memcpy(job->dst + range.begin, job->src + range.begin, (size_t)(range.end - range.begin));
}

void apus_copy(void *dst, const void *src, size_t bytes, int threads) {
  if (bytes == 0) return;
  struct bytes_job job = {dst, src, (int64_t)bytes};
  int64_t blocks = (job.count + 4095) / 4096;
  apus_parallel(apus_part_count(threads, blocks, (double)bytes / 8), bytes_part, &job);
}

void apus_fill(void *dst, const void *value, int element_size, int64_t count, int threads) {
  const int64_t whole = 1, repeated = 0;
  apus_strided_copy(dst, &whole, value, &repeated, &count, 1, element_size, threads);
}
