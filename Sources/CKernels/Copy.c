// Strided copies: axes are joined and reordered, then rows are copied, filled or transposed.

#include <string.h>

#include "KernelTable.h"
#include "Threads.h"

struct axis {
  int64_t extent, dst, src;
};

/// A copy with its axes in order, the last one innermost; it has at least one axis.
struct copy {
  char *dst;
  const char *src;
  struct axis axes[APUS_MAXIMUM_RANK];
  int rank, element_size;
};

static int64_t magnitude(int64_t value) { return value < 0 ? -value : value; }

/// Sorts axes so that `dst` is walked in order, largest stride first.
static void sort_axes(struct copy *copy) {
  for (int k = 1; k < copy->rank; k++) {
    struct axis axis = copy->axes[k];
    int place = k;
    for (; place > 0 && magnitude(copy->axes[place - 1].dst) < magnitude(axis.dst); place--) {
      copy->axes[place] = copy->axes[place - 1];
    }
    copy->axes[place] = axis;
  }
}

/// Joins an axis with the next where both arrays have the two in one run.
static void join_axes(struct copy *copy) {
  int kept = 0;
  for (int k = 1; k < copy->rank; k++) {
    struct axis *outer = &copy->axes[kept], inner = copy->axes[k];
    if (outer->dst == inner.dst * inner.extent && outer->src == inner.src * inner.extent) {
      *outer = (struct axis){outer->extent * inner.extent, inner.dst, inner.src};
    } else {
      copy->axes[++kept] = inner;
    }
  }
  copy->rank = kept + 1;
}

/// Defines loops over one axis for elements of one size; strides in elements.
#define DEFINE_LINE(name, element)                                                       \
  static void name(char *dst, const char *src, struct axis axis) {                       \
    element *to = (element *)(void *)dst;                                                \
    const element *from = (const element *)(const void *)src;                            \
    if (axis.src == 0 && axis.dst == 1) {                                                \
      element value = *from;                                                             \
      for (int64_t k = 0; k < axis.extent; k++) to[k] = value;                           \
    } else if (axis.dst == 1) {                                                          \
      for (int64_t k = 0; k < axis.extent; k++) to[k] = from[k * axis.src];              \
    } else {                                                                             \
      for (int64_t k = 0; k < axis.extent; k++) to[k * axis.dst] = from[k * axis.src];   \
    }                                                                                    \
  }

DEFINE_LINE(copy_line_1, uint8_t)
DEFINE_LINE(copy_line_2, uint16_t)
DEFINE_LINE(copy_line_4, uint32_t)
DEFINE_LINE(copy_line_8, uint64_t)

static void copy_line(char *dst, const char *src, struct axis axis, int size) {
  if (axis.src == 1 && axis.dst == 1) {
    memcpy(dst, src, (size_t)(axis.extent * size));
  } else if (size == 4) {
    copy_line_4(dst, src, axis);
  } else if (size == 2) {
    copy_line_2(dst, src, axis);
  } else if (size == 1) {
    copy_line_1(dst, src, axis);
  } else {
    copy_line_8(dst, src, axis);
  }
}

/// Copies two axes of which the outer one is a run in `src` and the inner one in `dst`.
static void copy_transposed(
    char *dst, const char *src, struct axis outer, struct axis inner, int size) {
  enum { TILE = 32 };  // a tile of both arrays stays in the L1 cache
  for (int64_t c = 0; c < inner.extent; c += TILE) {
    int64_t columns = inner.extent - c < TILE ? inner.extent - c : TILE;
    for (int64_t r = 0; r < outer.extent; r += TILE) {
      int64_t rows = outer.extent - r < TILE ? outer.extent - r : TILE;
      char *to = dst + (r * outer.dst + c) * size;
      const char *from = src + (r + c * inner.src) * size;
      if (size == 4) {
        kernels()->transpose_floats(
            (float *)(void *)to, outer.dst, (const float *)(const void *)from, inner.src, rows,
            columns);
        continue;
      }
      for (int64_t k = 0; k < rows; k++) {
        struct axis line = {columns, 1, inner.src};
        copy_line(to + k * outer.dst * size, from + k * size, line, size);
      }
    }
  }
}

/// Copies the axes from `depth` on.
static void copy_axes(const struct copy *copy, int depth, char *dst, const char *src) {
  struct axis axis = copy->axes[depth];
  int size = copy->element_size, left = copy->rank - depth;
  if (left == 1) {
    copy_line(dst, src, axis, size);
    return;
  }
  struct axis next = copy->axes[depth + 1];
  if (left == 2 && axis.src == 1 && next.dst == 1 && axis.extent >= 4 && next.extent >= 4) {
    copy_transposed(dst, src, axis, next, size);
    return;
  }
  for (int64_t k = 0; k < axis.extent; k++) {
    copy_axes(copy, depth + 1, dst + k * axis.dst * size, src + k * axis.src * size);
  }
}

/// Moves the axis that is a run in `src` next to the innermost, which is one in `dst`.
static void pair_transposed(struct copy *copy) {
  int last = copy->rank - 1;
  if (last < 1 || copy->axes[last].dst != 1 || copy->axes[last].src == 1) return;
  for (int k = 0; k < last; k++) {
    if (copy->axes[k].src != 1) continue;
    struct axis axis = copy->axes[k];
    for (int j = k; j + 1 < last; j++) copy->axes[j] = copy->axes[j + 1];
    copy->axes[last - 1] = axis;
    return;
  }
}

struct split_copy {
  struct copy copy;
  int axis;
};

/// The copy with one axis cut down to a range.
static void copy_range(const void *context, struct range range) {
  const struct split_copy *split = context;
  struct copy copy = split->copy;
  struct axis *axis = &copy.axes[split->axis];
  axis->extent = range.end - range.begin;
  if (axis->extent <= 0) return;
  int64_t size = copy.element_size;
  char *dst = copy.dst + range.begin * axis->dst * size;
  copy_axes(&copy, 0, dst, copy.src + range.begin * axis->src * size);
}

void apus_strided_copy(
    void *dst, const int64_t *dst_strides, const void *src, const int64_t *src_strides,
    const int64_t *extents, int rank, int element_size, int threads) {
  struct split_copy split = {.copy = {.dst = dst, .src = src, .element_size = element_size}};
  struct copy *copy = &split.copy;
  int64_t count = 1;
  for (int k = 0; k < rank; k++) {
    count *= extents[k];
    if (extents[k] != 1) {
      copy->axes[copy->rank++] = (struct axis){extents[k], dst_strides[k], src_strides[k]};
    }
  }
  if (count <= 0) return;
  if (copy->rank == 0) copy->axes[copy->rank++] = (struct axis){1, 1, 1};
  sort_axes(copy);
  join_axes(copy);
  pair_transposed(copy);
  // The outermost axis that gives every thread enough, else the longest.
  for (int k = 1; k < copy->rank && copy->axes[split.axis].extent < 4 * threads; k++) {
    if (copy->axes[k].extent > copy->axes[split.axis].extent) split.axis = k;
  }
  apus_parallel_ranges(
      threads, copy->axes[split.axis].extent, (double)count, copy_range, &split);
}

void apus_fill(void *dst, const void *value, int element_size, int64_t count, int threads) {
  const int64_t one = 1, none = 0;
  apus_strided_copy(dst, &one, value, &none, &count, 1, element_size, threads);
}

void apus_copy(void *dst, const void *src, size_t bytes, int threads) {
  const int64_t one = 1, count = (int64_t)bytes;
  apus_strided_copy(dst, &one, src, &one, &count, 1, 1, bytes < (1 << 17) ? 1 : threads);
}
