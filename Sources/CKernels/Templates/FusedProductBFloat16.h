// Fused products of bfloat16 numbers that sum in float32, by AVX512-BF16 or by AMX (`APUS_AMX`):
// the blocks in the cache are bfloat16, what lies in memory stays float32.
//
// The instructions multiply pairs along the summed axis. Forward and for the input's gradient that
// is the axis along a row, so pairs lie side by side; for the filter's gradient it is the rows, so
// two rows are interleaved.

#pragma once

#include "FusedProductTiles.h"

typedef uint16_t half;

/// What pairs and rows come in multiples of.
#ifdef APUS_AMX
enum { PAIR_UNIT = 16, ROW_UNIT = 16 };
#else
enum { PAIR_UNIT = 1, ROW_UNIT = FUSED_ROWS };
#endif

INLINE int64_t round_to(int64_t unit, int64_t value) { return (value + unit - 1) / unit * unit; }

/// Rows of pairs of rows, with those of zeros behind the last.
INLINE int64_t paired_rows(int64_t rows) { return round_to(PAIR_UNIT, (rows + 1) / 2); }

/// Rows of a block, with those behind the last.
INLINE int64_t block_rows(int64_t rows) { return round_to(ROW_UNIT, rows); }

INLINE void store_halves(half *to, vf v) {
  _mm256_storeu_si256((__m256i *)to, (__m256i)_mm512_cvtneps_pbh((__m512)v));
}

/// `a₀ b₀ a₁ b₁ …`
INLINE __m512i pairs_of(vf a, vf b) {
  const __m512i turn = _mm512_set_epi16(
      31, 15, 30, 14, 29, 13, 28, 12, 27, 11, 26, 10, 25, 9, 24, 8, 23, 7, 22, 6, 21, 5, 20, 4, 19,
      3, 18, 2, 17, 1, 16, 0);
  __m512i both = (__m512i)_mm512_cvtne2ps_pbh((__m512)b, (__m512)a);
  return _mm512_permutexvar_epi16(turn, both);
}

INLINE void store_pairs(half *to, vf a, vf b) { _mm512_storeu_si512(to, pairs_of(a, b)); }

/// One panel of `count` rows, row by row in `rows`, two rows interleaved in `twos`, or both.
INLINE void fill_half_panel(
    const struct row_source *source, int64_t first, int64_t count, half *rows, half *twos,
    const int nv, const int kind) {
  struct lanes lanes[TILE_VECTORS];
  panel_lanes(source, first, lanes, nv, kind);
  for (int64_t r = 0; r < count; r += 2) {
    UNROLL for (int v = 0; v < TILE_VECTORS; v++) {
      vf a = splat(0), b = splat(0);
      if (v < nv) {
        prefetch_value(&lanes[v], r + ROWS_AHEAD, kind);
        prefetch_value(&lanes[v], r + 1 + ROWS_AHEAD, kind);
        a = value_of(&lanes[v], r, kind);
        if (r + 1 < count) b = value_of(&lanes[v], r + 1, kind);
      }
      if (rows) store_halves(rows + r * PANEL + v * W, a);
      if (rows) store_halves(rows + (r + 1) * PANEL + v * W, b);
      if (twos) store_pairs(twos + (r * PANEL / 2 + v * W) * 2, a, b);
    }
  }
  int64_t done = round_to(2, count), padded = block_rows(count), pairs = 2 * paired_rows(count);
  const size_t row = PANEL * sizeof(half);
  if (rows && padded > done) memset(rows + done * PANEL, 0, (size_t)(padded - done) * row);
  if (twos && pairs > done) memset(twos + done * PANEL, 0, (size_t)(pairs - done) * row);
}

/// `count` rows in panels `[rows][PANEL]`, in panels `[rows / 2][PANEL][2]`, or both.
INLINE void fill_halves_of(
    const struct row_source *source, int64_t count, half *block, half *paired, const int kind) {
  for (int64_t first = 0; first < source->channels; first += PANEL) {
    half *rows = block ? block + first * block_rows(count) : NULL;
    half *twos = paired ? paired + first * paired_rows(count) * 2 : NULL;
    WITH_VECTORS(
        vectors_of(first, source->channels),
        fill_half_panel(source, first, count, rows, twos, nv, kind))
  }
}

static void fill_halves(
    const struct row_source *source, int64_t count, half *block, half *paired) {
  WITH_KIND(source, fill_halves_of(source, count, block, paired, kind))
}

/// Panels `[depth / 2][PANEL][2]` of `filter` `[inner, columns]`, or of its transpose.
static void product_pack_halves(
    const float *filter, int64_t inner, int64_t columns, bool transposes, struct range panels,
    void *packed) {
  int64_t depth = transposes ? columns : inner, width = transposes ? inner : columns;
  int64_t along = transposes ? 1 : columns, across = transposes ? columns : 1;
  for (int64_t panel = panels.begin; panel < panels.end; panel++) {
    half *to = (half *)packed + panel * PANEL * 2 * paired_rows(depth);
    int64_t first = panel * PANEL;
    for (int64_t k = 0; k < 2 * paired_rows(depth); k += 2) {
      for (int v = 0; v < TILE_VECTORS; v++) {
        int64_t c = first + v * W, n = width - c < W ? width - c : W;
        vf rows[2] = {splat(0), splat(0)};
        for (int r = 0; r < 2 && n > 0 && k + r < depth; r++) {
          const float *from = filter + (k + r) * along + c * across;
          if (!transposes) {
            rows[r] = load_up_to(from, n);
          } else {
            __m512i places = _mm512_mullo_epi32(
                _mm512_set_epi32(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0),
                _mm512_set1_epi32((int)columns));
            rows[r] = (vf)_mm512_mask_i32gather_ps(
                _mm512_setzero_ps(), (__mmask16)((1u << n) - 1), places, from, 4);
          }
        }
        store_pairs(to + (k / 2 * PANEL + v * W) * 2, rows[0], rows[1]);
      }
    }
  }
}

/// The panel of the filter, or of its transpose, from column `n` on; packed into `room` where it is
/// not yet.
INLINE const half *packed_panel(
    const void *panels, const float *filter, const apus_fused_product *product, bool transposes,
    int64_t n, half *room) {
  int64_t size = PANEL * 2 * paired_rows(transposes ? product->columns : product->inner);
  int64_t panel = n / PANEL;
  if (panels) return (const half *)panels + panel * size;
  product_pack_halves(
      filter, product->inner, product->columns, transposes, (struct range){panel, panel + 1},
      room - panel * size);
  return room;
}

/// Rows of the block's panels, `panel` numbers apart, and a packed panel of the filter.
struct row_products {
  const half *a, *b;
  int64_t panel, inner, rows;
};

/// A panel of the filter's gradient: `rows` × `width` of its numbers.
struct filter_part {
  float *gradient;
  int64_t columns, rows, width;
  /// Whether it is set, not added to.
  bool is_first;
};

#ifdef APUS_AMX
#include "FusedProductAMX.h"
#else
#include "FusedProductPairs.h"
#endif

static void product_forward_halves(
    const struct fused_forward *job, struct product_share share, struct part_sums sums,
    float *blocks) {
  const apus_fused_product *product = job->product;
  struct range rows = share.rows;
  int64_t inner = product->inner, columns = product->columns, step = fused_forward_rows(product);
  half *rows_block = (half *)(void *)blocks;
  half *panel_room = rows_block + block_rows(step) * fused_panels(inner) * PANEL;
  float *room = (float *)(void *)(panel_room + PANEL * 2 * paired_rows(inner));
  float results[RESULT_FLOATS] __attribute__((aligned(64)));
  begin_tiles();
  for (int64_t k = 0;; k++) {
    struct range block = block_at(rows, step, k);
    int64_t begin = block.begin, count = block.end - begin;
    if (count <= 0) break;
    struct row_source input =
        input_rows(product, job->x, job->scale, job->shift, begin, count, room);
    fill_halves(&input, count, rows_block, NULL);
    struct next_block next = forward_ahead(
        job, block_at(rows, step, k + 1),
        fused_panels(columns) * padded_rows(count) / FUSED_ROWS);
    for (int64_t n = share.columns.begin; n < share.columns.end; n += PANEL) {
      const struct row_products products = {
          .a = rows_block, .panel = block_rows(count) * PANEL, .inner = inner, .rows = count,
          .b = packed_panel(job->panels, job->filter, product, false, n, panel_room)};
      WITH_VECTORS(vectors_of(n, columns), for (int64_t r = 0; r < count; r += FUSED_ROWS) {
        vf c[FUSED_ROWS][TILE_VECTORS];
        ask_ahead(&next);
        multiply_rows(&products, results, r, c, nv);
        if (job->sums && k == 0 && r == 0) set_pivot(sums, n, c, nv);
        if (count - r >= FUSED_ROWS) {
          put_output(job, sums, begin + r, FUSED_ROWS, n, c, nv);
        } else {
          put_output(job, sums, begin + r, count - r, n, c, nv);
        }
      })
    }
    if (job->sums) flush_sums(sums, columns);
  }
  end_tiles();
  end_streams();
}

static void product_backward_halves(
    const struct fused_backward *job, struct product_share share, struct part_sums sums,
    float *dfilter, float *blocks) {
  struct range rows = share.rows;
  const apus_fused_product *product = job->product;
  const apus_fused_gradient *g = job->operands;
  int64_t inner = product->inner, columns = product->columns, step = fused_backward_rows(product);
  half *dy = (half *)(void *)blocks;
  half *dy_pairs = dy + block_rows(step) * fused_panels(columns) * PANEL;
  half *z = dy_pairs + 2 * paired_rows(step) * fused_panels(columns) * PANEL;
  half *panel_room = z + 2 * paired_rows(step) * fused_panels(inner) * PANEL;
  float *room = (float *)(void *)(panel_room + PANEL * 2 * paired_rows(columns));
  float results[RESULT_FLOATS] __attribute__((aligned(64)));
  begin_tiles();
  for (int64_t k = 0;; k++) {
    struct range block = block_at(rows, step, k);
    int64_t begin = block.begin, count = block.end - begin;
    if (count <= 0) break;
    int64_t pairs = paired_rows(count);
    struct row_source gradient = gradient_rows(g, columns, begin);
    struct row_source input = input_rows(product, g->x, g->scale, g->shift, begin, count, room);
    fill_halves(&gradient, count, job->dx ? dy : NULL, dy_pairs);
    fill_filter_operand(&input, count, z);
    struct next_block next = backward_ahead(
        job, block_at(rows, step, k + 1),
        fused_panels(inner) * padded_rows(count) / FUSED_ROWS);
    for (int64_t n = share.inner.begin; job->dx && n < share.inner.end; n += PANEL) {
      const struct row_products products = {
          .a = dy, .panel = block_rows(count) * PANEL, .inner = columns, .rows = count,
          .b = packed_panel(job->panels, g->filter, product, true, n, panel_room)};
      WITH_VECTORS(vectors_of(n, inner), for (int64_t r = 0; r < count; r += FUSED_ROWS) {
        vf c[FUSED_ROWS][TILE_VECTORS];
        ask_ahead(&next);
        multiply_rows(&products, results, r, c, nv);
        if (count - r >= FUSED_ROWS) {
          put_gradient(job, sums, begin + r, FUSED_ROWS, n, c, nv);
        } else {
          put_gradient(job, sums, begin + r, count - r, n, c, nv);
        }
      })
    }
    for (int64_t n = share.columns.begin; n < share.columns.end; n += PANEL) {
      struct filter_part part = {
          .columns = columns, .width = columns - n < PANEL ? columns - n : PANEL,
          .is_first = k == 0};
      WITH_VECTORS(vectors_of(n, columns), for (int64_t i = 0; i < inner; i += PANEL) {
        part.gradient = dfilter + i * columns + n;
        part.rows = inner - i < PANEL ? inner - i : PANEL;
        add_filter_part(z + i * pairs * 2, dy_pairs + n * pairs * 2, pairs, &part, results, nv);
      })
    }
    if (job->dx && product->normalizes) flush_sums(sums, inner);
  }
  end_tiles();
  end_streams();
}

/// The blocks of the pass that needs more, and room for patches.
static size_t product_half_floats(const apus_fused_product *product) {
  int64_t inner = fused_panels(product->inner), columns = fused_panels(product->columns);
  int64_t ahead = fused_forward_rows(product), back = fused_backward_rows(product);
  int64_t forward = block_rows(ahead) * inner * PANEL / 2;
  int64_t backward =
      (block_rows(back) * columns + 2 * paired_rows(back) * (inner + columns)) * PANEL / 2;
  int64_t deepest = product->inner > product->columns ? product->inner : product->columns;
  int64_t packed = PANEL * paired_rows(deepest);
  int64_t room = product->has_patches ? (ahead > back ? ahead : back) * product->inner : 0;
  return (size_t)((forward > backward ? forward : backward) + packed + room);
}

#ifdef APUS_AMX
const struct product_loops apus_product_amx = {
#else
const struct product_loops apus_product_bfloat16 = {
#endif
    .panel_width = PANEL,
    .block_floats = product_half_floats,
    .pack = product_pack_halves,
    .forward = product_forward_halves,
    .backward = product_backward_halves,
};
