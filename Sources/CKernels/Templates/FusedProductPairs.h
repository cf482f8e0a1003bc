// Products of bfloat16 pairs by AVX512-BF16: sums stay in registers.

#pragma once

#include "Tiles.h"

/// The floats that results take before they are in registers: none.
enum { RESULT_FLOATS = 1 };

INLINE __m512bh load_pairs(const half *p) { return (__m512bh)_mm512_loadu_si512(p); }

/// A pair in every lane.
INLINE __m512bh splat_pair(const half *p) {
  int32_t pair;
  memcpy(&pair, p, sizeof pair);
  return (__m512bh)_mm512_set1_epi32(pair);
}

INLINE vf multiply_pairs(__m512bh a, __m512bh b, vf sum) {
  return (vf)_mm512_dpbf16_ps((__m512)sum, a, b);
}

/// `c = a · b` for the rows from `r` on.
INLINE void multiply_rows(
    const struct row_products *products, float *results, int64_t r,
    vf c[FUSED_ROWS][TILE_VECTORS], const int nv) {
  (void)results;
  const half *a = products->a + r * PANEL, *b = products->b;
  UNROLL for (int i = 0; i < FUSED_ROWS; i++) {
    UNROLL for (int j = 0; j < nv; j++) c[i][j] = splat(0);
  }
  for (int64_t first = 0; first < products->inner; first += PANEL, a += products->panel) {
    int64_t depth = products->inner - first < PANEL ? products->inner - first : PANEL;
    for (int64_t k = 0; k < depth; k += 2, b += PANEL * 2) {
      __m512bh row[TILE_VECTORS];
      UNROLL for (int j = 0; j < nv; j++) row[j] = load_pairs(b + j * W * 2);
      UNROLL for (int i = 0; i < FUSED_ROWS; i++) {
        __m512bh factor = splat_pair(a + i * PANEL + k);
        UNROLL for (int j = 0; j < nv; j++) c[i][j] = multiply_pairs(factor, row[j], c[i][j]);
      }
    }
  }
}

/// What the filter's gradient takes of the input: pairs of rows.
INLINE void fill_filter_operand(const struct row_source *source, int64_t count, half *z) {
  fill_halves(source, count, NULL, z);
}

/// `GRADIENT_ROWS` rows of the filter's gradient.
INLINE void add_filter_rows(
    const half *z, const half *dy, int64_t pairs, const struct filter_part *part, int64_t row,
    const int nv) {
  vf c[GRADIENT_ROWS][TILE_VECTORS];
  float *to = part->gradient + row * part->columns;
  int64_t used = part->rows - row;
  UNROLL for (int i = 0; i < GRADIENT_ROWS; i++) {
    UNROLL for (int j = 0; j < nv; j++) {
      bool loads = !part->is_first && i < used;
      c[i][j] = loads ? load_up_to(to + i * part->columns + j * W, part->width - j * W) : splat(0);
    }
  }
  for (int64_t r = 0; r < pairs; r++) {
    __m512bh columns[TILE_VECTORS];
    UNROLL for (int j = 0; j < nv; j++) columns[j] = load_pairs(dy + (r * PANEL + j * W) * 2);
    UNROLL for (int i = 0; i < GRADIENT_ROWS; i++) {
      __m512bh factor = splat_pair(z + (r * PANEL + row + i) * 2);
      UNROLL for (int j = 0; j < nv; j++) c[i][j] = multiply_pairs(factor, columns[j], c[i][j]);
    }
  }
  UNROLL for (int i = 0; i < GRADIENT_ROWS; i++) {
    if (i >= used) break;
    UNROLL for (int j = 0; j < nv; j++) {
      store_up_to(to + i * part->columns + j * W, c[i][j], part->width - j * W);
    }
  }
}

/// `dfilter += zᵀ · dy` for one panel of the filter's rows and one of its columns.
INLINE void add_filter_part(
    const half *z, const half *dy, int64_t pairs, const struct filter_part *part, float *results,
    const int nv) {
  (void)results;
  for (int64_t row = 0; row < part->rows; row += GRADIENT_ROWS) {
    add_filter_rows(z, dy, pairs, part, row, nv);
  }
}
