// Tiles of a matrix product whose second operand is packed in panels of `2·W` columns.
//
// The inner axis goes in words of four bytes: a float32, or a pair of bfloat16 whose products are
// added in float32 (`APUS_BFLOAT16_PAIRS`).

#pragma once

#include "Tiles.h"
#include "Vector.h"

/// The columns of a panel.
#define COLUMNS (2 * W)

/// The bytes of a line of the caches.
#define LINE 64

#if defined(APUS_AMX)
#define TILE_ROWS 16  // a tile of AMX; other rows are multiplied by vectors
#elif APUS_WIDTH == 16
#define TILE_ROWS 14  // 28 sums, two columns and a broadcast word fill the 32 registers
#else
#define TILE_ROWS 6
#endif

#ifdef APUS_BFLOAT16_PAIRS
#define PAIR 2
INLINE vf multiply_words(vf a, vf b, vf sum) {
  return (vf)_mm512_dpbf16_ps((__m512)sum, (__m512bh)a, (__m512bh)b);
}
#else
#define PAIR 1
INLINE vf multiply_words(vf a, vf b, vf sum) { return fused(a, b, sum); }
#endif

/// `c[r] += Σ a[segment·a_segment + r·a_row + k·a_step] · b[segment · count + k]` over all segments
/// and `k < count`: a few rows of one panel.
struct matrix_tile {
  const float *a;
  /// `a_row` or `a_step` is 1.
  int64_t a_row, a_step, a_segment;
  int64_t count, segments;
  /// `[segments · count][COLUMNS]`.
  const float *b;
  /// `[rows][COLUMNS]`, `c_row` floats apart.
  float *c;
  int64_t c_row;
  /// Memory to bring into the second cache meanwhile, a line for each word of the inner axis.
  const char *ahead;
};

enum {
  /// Words of the inner axis that are multiplied before any pointer moves on.
  WORDS_AT_ONCE = 4,
  /// Rows of `a` that are found from one pointer: 0, 1 and 2 of its distances away.
  POINTER_ROWS = 3,
  ROW_POINTERS = (TILE_ROWS + POINTER_ROWS - 1) / POINTER_ROWS
};

/// Keeps a pointer in a register of its own. Else the compiler finds each row from the one before: an addition a row and
/// word, each of which waits for the last.
#define KEEP_POINTER(pointer) __asm__("" : "+r"(pointer))

/// Where the operands of the next word are, the rows of `a` behind several pointers.
struct tile_place {
  const float *a[ROW_POINTERS], *b;
  const char *ahead;
};

/// Adds the products of the next `count` words of the inner axis and moves on.
INLINE void add_words(
    const int rows, const int count, int64_t a_row, int64_t a_step, struct tile_place *at,
    vf sums[TILE_ROWS][2]) {
#pragma clang loop unroll(full)
  for (int p = 0; p * POINTER_ROWS < rows; p++) KEEP_POINTER(at->a[p]);
#pragma clang loop unroll(full)
  for (int k = 0; k < count; k++) {
    __builtin_prefetch(at->ahead + k * LINE, 0, 2);
    vf first = load(at->b + k * COLUMNS), second = load(at->b + k * COLUMNS + W);
#pragma clang loop unroll(full)
    for (int r = 0; r < rows; r++) {
      vf word = splat(at->a[r / POINTER_ROWS][r % POINTER_ROWS * a_row + k * a_step]);
      sums[r][0] = multiply_words(word, first, sums[r][0]);
      sums[r][1] = multiply_words(word, second, sums[r][1]);
    }
  }
#pragma clang loop unroll(full)
  for (int p = 0; p * POINTER_ROWS < rows; p++) at->a[p] += count * a_step;
  at->b += count * COLUMNS, at->ahead += count * LINE;
}

/// A tile whose rows or whose words lie beside each other: `a_row` or `a_step` is the constant 1.
INLINE void matrix_tile_of(
    const int rows, const struct matrix_tile *tile, int64_t a_row, int64_t a_step) {
  vf sums[TILE_ROWS][2];
#pragma clang loop unroll(full)
  for (int r = 0; r < rows; r++) {
    sums[r][0] = load(tile->c + r * tile->c_row);
    sums[r][1] = load(tile->c + r * tile->c_row + W);
  }
  struct tile_place at = {.b = tile->b, .ahead = tile->ahead};
  for (int64_t segment = 0; segment < tile->segments; segment++) {
    const float *a = tile->a + segment * tile->a_segment;
#pragma clang loop unroll(full)
    for (int p = 0; p * POINTER_ROWS < rows; p++) at.a[p] = a + p * POINTER_ROWS * a_row;
    int64_t k = 0;
    for (; k + WORDS_AT_ONCE <= tile->count; k += WORDS_AT_ONCE) {
      add_words(rows, WORDS_AT_ONCE, a_row, a_step, &at, sums);
    }
    for (; k < tile->count; k++) add_words(rows, 1, a_row, a_step, &at, sums);
  }
#pragma clang loop unroll(full)
  for (int r = 0; r < rows; r++) {
    store(tile->c + r * tile->c_row, sums[r][0]);
    store(tile->c + r * tile->c_row + W, sums[r][1]);
  }
}

#define DEFINE_MATRIX_TILE(rows)                                   \
  static void matrix_tile_##rows(const struct matrix_tile *tile) { \
    if (tile->a_step == 1) {                                       \
      matrix_tile_of(rows, tile, tile->a_row, 1);                  \
    } else {                                                       \
      matrix_tile_of(rows, tile, 1, tile->a_step);                 \
    }                                                              \
  }

DEFINE_MATRIX_TILE(1)
DEFINE_MATRIX_TILE(2)
DEFINE_MATRIX_TILE(3)
DEFINE_MATRIX_TILE(4)
DEFINE_MATRIX_TILE(5)
DEFINE_MATRIX_TILE(6)
#if TILE_ROWS >= 14
DEFINE_MATRIX_TILE(7)
DEFINE_MATRIX_TILE(8)
DEFINE_MATRIX_TILE(9)
DEFINE_MATRIX_TILE(10)
DEFINE_MATRIX_TILE(11)
DEFINE_MATRIX_TILE(12)
DEFINE_MATRIX_TILE(13)
DEFINE_MATRIX_TILE(14)
#endif
#if TILE_ROWS == 16
DEFINE_MATRIX_TILE(15)
DEFINE_MATRIX_TILE(16)
#endif

/// By the number of rows, less one.
static void (*const matrix_tiles[TILE_ROWS])(const struct matrix_tile *tile) = {
    matrix_tile_1, matrix_tile_2, matrix_tile_3, matrix_tile_4, matrix_tile_5, matrix_tile_6,
#if TILE_ROWS >= 14
    matrix_tile_7, matrix_tile_8, matrix_tile_9, matrix_tile_10, matrix_tile_11, matrix_tile_12,
    matrix_tile_13, matrix_tile_14,
#endif
#if TILE_ROWS == 16
    matrix_tile_15, matrix_tile_16,
#endif
};

#ifdef APUS_AMX
/// Adds the product of 16 rows, `steps` times 16 words of each segment.
INLINE void add_amx_tile(const struct matrix_tile *tile, int64_t steps) {
  const size_t c_row = (size_t)tile->c_row * sizeof(float);
  const size_t a_row = (size_t)tile->a_row * sizeof(float), b_row = COLUMNS * sizeof(float);
  const char *ahead = tile->ahead;
  _tile_loadd(0, tile->c, c_row);
  _tile_loadd(1, tile->c + TILE_SIDE, c_row);
  for (int64_t segment = 0; segment < tile->segments; segment++) {
    const float *a = tile->a + segment * tile->a_segment;
    const float *b = tile->b + segment * tile->count * COLUMNS;
    for (int64_t step = 0; step < steps; step++, a += TILE_SIDE, b += TILE_SIDE * COLUMNS) {
      for (int line = 0; line < TILE_SIDE; line++, ahead += LINE) __builtin_prefetch(ahead, 0, 2);
      _tile_loadd(4, a, a_row);
      _tile_loadd(6, b, b_row);
      _tile_loadd(7, b + TILE_SIDE, b_row);
      _tile_dpbf16ps(0, 4, 6);
      _tile_dpbf16ps(1, 4, 7);
    }
  }
  _tile_stored(0, tile->c, c_row);
  _tile_stored(1, tile->c + TILE_SIDE, c_row);
}

/// What tiles of 16 rows and words leave over.
INLINE void add_words_left(const struct matrix_tile *tile, int64_t done) {
  for (int64_t segment = 0; segment < tile->segments; segment++) {
    struct matrix_tile rest = *tile;
    rest.a += segment * tile->a_segment + done;
    rest.b += (segment * tile->count + done) * COLUMNS;
    rest.count -= done;
    rest.segments = 1;
    rest.ahead = (const char *)rest.b;
    matrix_tiles[TILE_ROWS - 1](&rest);
  }
}

/// Adds the product of `rows ≤ TILE_ROWS` rows.
INLINE void add_matrix_tile(const struct matrix_tile *tile, int64_t rows) {
  int64_t steps = tile->count / TILE_SIDE;
  if (rows < TILE_SIDE || tile->a_step != 1 || steps == 0) {
    matrix_tiles[rows - 1](tile);
    return;
  }
  add_amx_tile(tile, steps);
  if (steps * TILE_SIDE < tile->count) add_words_left(tile, steps * TILE_SIDE);
}
#else
/// Adds the product of `rows ≤ TILE_ROWS` rows.
INLINE void add_matrix_tile(const struct matrix_tile *tile, int64_t rows) {
  matrix_tiles[rows - 1](tile);
}
#endif

/// Two runs of memory that the next step reads or writes, to be brought near during products.
///
/// Loading them only when they are needed would stop the cells for as long as their arithmetic
/// takes; a product is bound by arithmetic and leaves memory idle.
struct prefetches {
  const char *next[2], *end[2];
};

INLINE void add_ahead(struct prefetches *ahead, int run, const float *from, int64_t floats) {
  ahead->next[run] = (const char *)from;
  ahead->end[run] = (const char *)(from + floats);
}

/// What a tile of `count` words is to bring near; its own operand `b` where nothing is left.
INLINE const char *take_ahead(struct prefetches *ahead, int64_t count, const float *b) {
  int run = ahead->next[0] < ahead->end[0] ? 0 : 1;
  if (ahead->next[run] >= ahead->end[run]) return (const char *)b;
  const char *taken = ahead->next[run];
  ahead->next[run] += count * LINE;
  return taken;
}

/// Brings a short run near at once.
INLINE void prefetch_run(const void *from, size_t bytes) {
  for (size_t place = 0; place < bytes; place += LINE) {
    __builtin_prefetch((const char *)from + place, 0, 2);
  }
}

/// How many tiles `rows` are divided into.
INLINE int tile_count(int64_t rows) { return (int)((rows + TILE_ROWS - 1) / TILE_ROWS); }

/// The rows of one of so many tiles: as even as can be, or full ones and the rest.
INLINE struct range tile_range(int64_t rows, int tile, int tiles) {
#ifdef APUS_AMX
  int64_t begin = (int64_t)tile * TILE_ROWS;
  return (struct range){begin, tile + 1 == tiles ? rows : begin + TILE_ROWS};
#else
  return apus_range(rows, tile, tiles);
#endif
}
