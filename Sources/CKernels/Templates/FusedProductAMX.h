// Products of bfloat16 pairs by AMX: tiles of 16 × 16 sums, four at a time.
//
// A tile of the first operand is 16 rows of 16 pairs, one of the second 16 pairs' rows of 16
// columns. Both are in the caches as the vectors of AVX512-BF16 have them, but for the filter's
// gradient, where the first operand is turned: a row for each channel, its pairs side by side.

#pragma once

#include "Tiles.h"

enum {
  /// Rows that are multiplied before their results are taken up; of tiles and of `FUSED_ROWS`.
  RESULT_ROWS = 96,
  RESULT_FLOATS = RESULT_ROWS * PANEL
};

/// Operands of tiles; strides are in bytes.
struct tile_operands {
  /// The next row of tiles is `a_below` bytes on, the next step along the summed axis `a_step`.
  const char *a, *b;
  int64_t a_row, a_below, a_step;
  int64_t b_row, b_step;
};

/// Adds the products of `steps` steps to up to two by two tiles of sums.
#define MULTIPLY_TILES(steps, rows, columns, from)                                \
  for (int64_t step = 0; step < (steps); step++) {                                \
    const char *a = (from)->a + step * (from)->a_step;                            \
    const char *b = (from)->b + step * (from)->b_step;                            \
    _tile_loadd(4, a, (size_t)(from)->a_row);                                     \
    _tile_loadd(6, b, (size_t)(from)->b_row);                                     \
    _tile_dpbf16ps(0, 4, 6);                                                      \
    if ((columns) > 1) {                                                          \
      _tile_loadd(7, b + 64, (size_t)(from)->b_row);                              \
      _tile_dpbf16ps(1, 4, 7);                                                    \
    }                                                                             \
    if ((rows) > 1) {                                                             \
      _tile_loadd(5, a + (from)->a_below, (size_t)(from)->a_row);                 \
      _tile_dpbf16ps(2, 5, 6);                                                    \
      if ((columns) > 1) _tile_dpbf16ps(3, 5, 7);                                 \
    }                                                                             \
  }

INLINE void clear_tiles(void) {
  _tile_zero(0);
  _tile_zero(1);
  _tile_zero(2);
  _tile_zero(3);
}

/// Writes up to two by two tiles of sums to rows of `PANEL` floats.
INLINE void store_tiles(float *results, const int rows, const int columns) {
  const size_t row = PANEL * sizeof(float);
  _tile_stored(0, results, row);
  if (columns > 1) _tile_stored(1, results + TILE_SIDE, row);
  if (rows > 1) _tile_stored(2, results + TILE_SIDE * PANEL, row);
  if (rows > 1 && columns > 1) _tile_stored(3, results + TILE_SIDE * PANEL + TILE_SIDE, row);
}

/// Runs a statement with the constants `tile_rows` and `tile_columns`, 1 or 2.
#define WITH_TILES(has_two_rows, has_two_columns, ...)                                      \
  if ((has_two_rows) && (has_two_columns)) {                                                \
    enum { tile_rows = 2, tile_columns = 2 };                                               \
    __VA_ARGS__;                                                                            \
  } else if (has_two_rows) {                                                                \
    enum { tile_rows = 2, tile_columns = 1 };                                               \
    __VA_ARGS__;                                                                            \
  } else if (has_two_columns) {                                                             \
    enum { tile_rows = 1, tile_columns = 2 };                                               \
    __VA_ARGS__;                                                                            \
  } else {                                                                                  \
    enum { tile_rows = 1, tile_columns = 1 };                                               \
    __VA_ARGS__;                                                                            \
  }

/// Up to two by two tiles of `c = a · b`.
INLINE void multiply_square(
    const struct row_products *products, const half *a, const half *b, float *results,
    const int rows, const int columns) {
  struct tile_operands from = {
      .a_row = PANEL * 2, .a_below = TILE_SIDE * PANEL * 2, .a_step = 64, .b_row = PANEL * 4,
      .b_step = TILE_SIDE * PANEL * 4};
  clear_tiles();
  from.b = (const char *)b;
  for (int64_t first = 0; first < products->inner; first += PANEL, a += products->panel) {
    int64_t depth = products->inner - first < PANEL ? products->inner - first : PANEL;
    int64_t steps = (depth + 31) / 32;
    from.a = (const char *)a;
    MULTIPLY_TILES(steps, rows, columns, &from)
    from.b += steps * from.b_step;
  }
  store_tiles(results, rows, columns);
}

/// `c = a · b` for up to `RESULT_ROWS` rows from `r` on.
static __attribute__((noinline)) void multiply_panel(
    const struct row_products *products, float *results, int64_t r, const int nv) {
  int64_t left = products->rows - r < RESULT_ROWS ? products->rows - r : RESULT_ROWS;
  for (int64_t row = 0; row < left; row += 2 * TILE_SIDE) {
    const half *a = products->a + (r + row) * PANEL;
    bool two = row + TILE_SIDE < left;
    for (int v = 0; v < nv; v += 2) {
      const half *b = products->b + v * W * 2;
      float *to = results + row * PANEL + v * W;
      WITH_TILES(two, v + 1 < nv, multiply_square(products, a, b, to, tile_rows, tile_columns))
    }
  }
}

/// `c = a · b` for the rows from `r` on; rows are to be asked for from the first to the last.
INLINE void multiply_rows(
    const struct row_products *products, float *results, int64_t r,
    vf c[FUSED_ROWS][TILE_VECTORS], const int nv) {
  int64_t place = r % RESULT_ROWS;
  if (place == 0) multiply_panel(products, results, r, nv);
  UNROLL for (int i = 0; i < FUSED_ROWS; i++) {
    UNROLL for (int j = 0; j < nv; j++) c[i][j] = load(results + (place + i) * PANEL + j * W);
  }
}

// The filter's gradient.

/// The pairs of `count` rows of 16 channels, `[channel][pairs]`.
INLINE void fill_turned(const struct lanes *lanes, int64_t count, half *turned, const int kind) {
  int64_t pairs = paired_rows(count);
  for (int64_t first = 0; first < pairs; first += TILE_SIDE) {
    __m512i words[TILE_SIDE];
    for (int k = 0; k < TILE_SIDE; k++) {
      int64_t r = 2 * (first + k);
      prefetch_value(lanes, r + 2 * TILE_SIDE, kind);
      prefetch_value(lanes, r + 2 * TILE_SIDE + 1, kind);
      vf a = r < count ? value_of(lanes, r, kind) : splat(0);
      vf b = r + 1 < count ? value_of(lanes, r + 1, kind) : splat(0);
      words[k] = pairs_of(a, b);
    }
    turn_words(words);
    for (int channel = 0; channel < TILE_SIDE; channel++) {
      _mm512_storeu_si512(turned + (channel * pairs + first) * 2, words[channel]);
    }
  }
}

INLINE void fill_filter_operand_of(
    const struct row_source *source, int64_t count, half *z, const int kind) {
  int64_t pairs = paired_rows(count), channels = round_to(PANEL, source->channels);
  for (int64_t c = 0; c < channels; c += W) {
    half *turned = z + c * pairs * 2;
    int64_t n = source->channels - c < W ? source->channels - c : W;
    if (n <= 0) {
      memset(turned, 0, (size_t)(W * pairs * 2) * sizeof *turned);
      continue;
    }
    struct lanes lanes = lanes_at(source, c, n, kind);
    fill_turned(&lanes, count, turned, kind);
  }
}

/// What the filter's gradient takes of the input: panels `[PANEL][pairs][2]`.
static void fill_filter_operand(const struct row_source *source, int64_t count, half *z) {
  WITH_KIND(source, fill_filter_operand_of(source, count, z, kind))
}

/// Up to two by two tiles of `zᵀ · dy`.
INLINE void multiply_filter_square(
    const half *z, const half *dy, int64_t pairs, float *results, const int rows,
    const int columns) {
  struct tile_operands from = {
      .a = (const char *)z, .a_row = pairs * 4, .a_below = TILE_SIDE * pairs * 4, .a_step = 64,
      .b = (const char *)dy, .b_row = PANEL * 4, .b_step = TILE_SIDE * PANEL * 4};
  clear_tiles();
  MULTIPLY_TILES(pairs / TILE_SIDE, rows, columns, &from)
  store_tiles(results, rows, columns);
}

/// Adds results to the filter's gradient, or sets it.
INLINE void add_results(const struct filter_part *part, const float *results, const int nv) {
  for (int64_t row = 0; row < part->rows; row++) {
    float *to = part->gradient + row * part->columns;
    UNROLL for (int j = 0; j < nv; j++) {
      int64_t n = part->width - j * W;
      vf sum = load(results + row * PANEL + j * W);
      if (!part->is_first) sum += load_up_to(to + j * W, n);
      store_up_to(to + j * W, sum, n);
    }
  }
}

/// `dfilter += zᵀ · dy` for one panel of the filter's rows and one of its columns.
static void add_filter_part(
    const half *z, const half *dy, int64_t pairs, const struct filter_part *part, float *results,
    const int nv) {
  for (int64_t row = 0; row < part->rows; row += 2 * TILE_SIDE) {
    bool two = row + TILE_SIDE < part->rows;
    for (int v = 0; v < nv; v += 2) {
      const half *a = z + row * pairs * 2, *b = dy + v * W * 2;
      float *to = results + row * PANEL + v * W;
      WITH_TILES(
          two, v + 1 < nv, multiply_filter_square(a, b, pairs, to, tile_rows, tile_columns))
    }
  }
  add_results(part, results, nv);
}
