// Fused products of float32 numbers: blocks of rows are loaded, normalized and laid out in panels
// that stay in the L2 cache, then multiplied tile by tile.
//
// A panel holds `PANEL` columns of a block, row after row, so that a tile reads one operand as a
// stream of vectors and the other as broadcast numbers, both without jumps.

#pragma once

#include "ClippedDepthwise.h"
#include "FusedProductTiles.h"
#include "Transpose.h"

/// One panel of `count` rows; columns and rows beyond those there are become zeros.
INLINE void fill_panel(
    const struct row_source *source, int64_t first, int64_t count, float *panel, const int nv,
    const int kind) {
  struct lanes lanes[TILE_VECTORS];
  panel_lanes(source, first, lanes, nv, kind);
  int64_t padded = padded_rows(count), r = 0;
  for (; r < count; r++, panel += PANEL) {
    UNROLL for (int v = 0; v < nv; v++) {
      prefetch_value(&lanes[v], r + ROWS_AHEAD, kind);
      store(panel + v * W, value_of(&lanes[v], r, kind));
    }
    UNROLL for (int v = nv; v < TILE_VECTORS; v++) store(panel + v * W, splat(0));
  }
  memset(panel, 0, (size_t)((padded - r) * PANEL) * sizeof *panel);
}

/// `count` rows in panels.
INLINE void fill_block(const struct row_source *source, int64_t count, float *block, const int kind) {
  for (int64_t first = 0; first < source->channels; first += PANEL) {
    WITH_VECTORS(
        vectors_of(first, source->channels),
        fill_panel(source, first, count, block + first * padded_rows(count), nv, kind))
  }
}

static void fill_panels(const struct row_source *source, int64_t count, float *block) {
  WITH_KIND(source, fill_block(source, count, block, kind))
}

/// The rows of `x` in panels. Patches of one panel are gathered where they are needed; what they
/// leave out of it stays zero from the first block on.
INLINE void fill_input(
    const apus_fused_product *product, const float *x, const float *scale, const float *shift,
    struct range rows, float *block, float *room, bool isFirst) {
  int64_t count = rows.end - rows.begin;
  if (product->has_patches && product->inner <= PANEL) {
    if (isFirst) memset(block, 0, (size_t)(padded_rows(count) * PANEL) * sizeof *block);
    gather_patches(product, x, rows.begin, count, block, PANEL);
    return;
  }
  struct row_source input = input_rows(product, x, scale, shift, rows.begin, count, room);
  fill_panels(&input, count, block);
}

// Packing the filter.

/// Panels of `filter` `[inner, columns]`, or of its transpose, zeros behind the last column.
static void product_pack(
    const float *filter, int64_t inner, int64_t columns, bool transposes, struct range panels,
    void *packed) {
  int64_t depth = transposes ? columns : inner, width = transposes ? inner : columns;
  for (int64_t panel = panels.begin; panel < panels.end; panel++) {
    float *to = (float *)packed + panel * depth * PANEL;
    int64_t first = panel * PANEL, used = width - first < PANEL ? width - first : PANEL;
    if (used < PANEL) memset(to, 0, (size_t)(depth * PANEL) * sizeof *to);
    if (!transposes) {
      for (int64_t k = 0; k < depth; k++) {
        memcpy(to + k * PANEL, filter + k * columns + first, (size_t)used * sizeof *to);
      }
    } else {
      transpose_floats(to, PANEL, filter + first * columns, columns, depth, used);
    }
  }
}

/// The panel of the filter, or of its transpose, from column `n` on; packed into `room` where it is
/// not yet.
INLINE const float *packed_panel(
    const void *panels, const float *filter, const apus_fused_product *product, bool transposes,
    int64_t n, float *room) {
  int64_t size = PANEL * (transposes ? product->columns : product->inner), panel = n / PANEL;
  if (panels) return (const float *)panels + panel * size;
  product_pack(
      filter, product->inner, product->columns, transposes, (struct range){panel, panel + 1},
      room - panel * size);
  return room;
}

// Tiles.

/// `c += a · b` for one place on the inner axis.
INLINE void add_inner(
    const float *a, const float *b, vf c[FUSED_ROWS][TILE_VECTORS], const int nv) {
  vf row[TILE_VECTORS];
  UNROLL for (int j = 0; j < nv; j++) row[j] = load(b + j * W);
  UNROLL for (int i = 0; i < FUSED_ROWS; i++) {
    vf factor = splat(a[i * PANEL]);
    UNROLL for (int j = 0; j < nv; j++) c[i][j] = fused(factor, row[j], c[i][j]);
  }
}

/// `c = a · b` for a tile: rows of the block's panels, `panel` floats apart, times a packed panel.
INLINE void multiply_tile(
    const float *a, int64_t panel, const float *b, int64_t inner, vf c[FUSED_ROWS][TILE_VECTORS],
    const int nv) {
  UNROLL for (int i = 0; i < FUSED_ROWS; i++) {
    UNROLL for (int j = 0; j < nv; j++) c[i][j] = splat(0);
  }
  for (; inner >= PANEL; inner -= PANEL, a += panel, b += PANEL * PANEL) {
    UNROLL_SOME for (int64_t k = 0; k < PANEL; k++) add_inner(a + k, b + k * PANEL, c, nv);
  }
  for (int64_t k = 0; k < inner; k++) add_inner(a + k, b + k * PANEL, c, nv);
}

/// `dfilter += zᵀ · dy` for `GRADIENT_ROWS` rows of the filter and one panel of its columns.
INLINE void add_filter_tile(
    const float *z, const float *dy, int64_t count, float *dfilter, int64_t columns, int64_t used,
    int64_t width, bool isFirst, const int nv) {
  vf c[GRADIENT_ROWS][TILE_VECTORS];
  UNROLL for (int i = 0; i < GRADIENT_ROWS; i++) {
    UNROLL for (int j = 0; j < nv; j++) {
      bool loads = !isFirst && i < used;
      c[i][j] = loads ? load_up_to(dfilter + i * columns + j * W, width - j * W) : splat(0);
    }
  }
  UNROLL_SOME for (int64_t r = 0; r < count; r++) {
    vf row[TILE_VECTORS];
    UNROLL for (int j = 0; j < nv; j++) row[j] = load(dy + r * PANEL + j * W);
    UNROLL for (int i = 0; i < GRADIENT_ROWS; i++) {
      vf factor = splat(z[r * PANEL + i]);
      UNROLL for (int j = 0; j < nv; j++) c[i][j] = fused(factor, row[j], c[i][j]);
    }
  }
  UNROLL for (int i = 0; i < GRADIENT_ROWS; i++) {
    if (i >= used) break;
    UNROLL for (int j = 0; j < nv; j++) {
      store_up_to(dfilter + i * columns + j * W, c[i][j], width - j * W);
    }
  }
}

// The passes.

/// The rows `begin ..< begin + count`, in panels that are `panel` floats apart.
struct panels {
  const float *at;
  int64_t panel, begin, count;
  /// Whether the part that computes them has multiplied none before.
  bool are_first;
};

/// The block's rows times some columns of the filter.
INLINE void multiply_block(
    const struct fused_forward *job, struct range columns, struct panels rows,
    struct next_block *next, struct part_sums sums, float *panel_room) {
  const apus_fused_product *product = job->product;
  int64_t begin = rows.begin, count = rows.count;
  for (int64_t n = columns.begin; n < columns.end; n += PANEL) {
    const float *packed = packed_panel(job->panels, job->filter, product, false, n, panel_room);
    WITH_VECTORS(vectors_of(n, product->columns), for (int64_t r = 0; r < count; r += FUSED_ROWS) {
      vf c[FUSED_ROWS][TILE_VECTORS];
      ask_ahead(next);
      multiply_tile(rows.at + r * PANEL, rows.panel, packed, product->inner, c, nv);
      if (job->sums && rows.are_first && r == 0) set_pivot(sums, n, c, nv);
      if (job->bias) {
        put_biased(job, begin + r, count - r, n, c, nv);
      } else if (count - r >= FUSED_ROWS) {
        put_output(job, sums, begin + r, FUSED_ROWS, n, c, nv);
      } else {
        put_output(job, sums, begin + r, count - r, n, c, nv);
      }
    })
  }
}

static void product_separable(
    const struct fused_forward *job, const struct clipped_depthwise *depthwise,
    struct range lines, struct read_next ahead, float *block) {
  const apus_fused_product *product = job->product;
  int64_t width = depthwise->output_width, begin = lines.begin * width;
  int64_t count = lines.end * width - begin, padded = padded_rows(count);
  struct clipped_depthwise call = *depthwise;
  call.distance = PANEL;
  call.panel = padded * PANEL;
  call.output = block - begin * PANEL;
  for (int64_t n = 0; n < fused_panels(product->inner); n++) {
    float *behind = block + n * call.panel + count * PANEL;
    memset(behind, 0, (size_t)((padded - count) * PANEL) * sizeof *behind);
  }
  clipped_depthwise(&call, lines);
  struct next_block next = {0};
  int64_t tiles = fused_panels(product->columns) * padded / FUSED_ROWS;
  if (ahead.count > AHEAD_BYTES / 4) ahead.count = AHEAD_BYTES / 4;
  expect_rows(&next, ahead.at, ahead.count, tiles);
  struct panels rows = {block, call.panel, begin, count, false};
  struct range columns = {0, product->columns};
  multiply_block(job, columns, rows, &next, (struct part_sums){0}, NULL);
  end_streams();
}

static void product_forward(
    const struct fused_forward *job, struct product_share share, struct part_sums sums,
    float *blocks) {
  const apus_fused_product *product = job->product;
  struct range rows = share.rows;
  int64_t inner = product->inner, columns = product->columns, step = fused_forward_rows(product);
  float *panel_room = blocks + padded_rows(step) * fused_panels(inner) * PANEL;
  float *room = panel_room + PANEL * inner;
  for (int64_t k = 0;; k++) {
    struct range block = block_at(rows, step, k);
    int64_t begin = block.begin, count = block.end - begin;
    if (count <= 0) break;
    int64_t panel = padded_rows(count) * PANEL;
    fill_input(product, job->x, job->scale, job->shift, block, blocks, room, k == 0);
    struct next_block next = forward_ahead(
        job, block_at(rows, step, k + 1),
        fused_panels(columns) * padded_rows(count) / FUSED_ROWS);
    struct panels block_rows = {blocks, panel, begin, count, k == 0};
    multiply_block(job, share.columns, block_rows, &next, sums, panel_room);
    if (job->sums) flush_sums(sums, columns);
  }
  end_streams();
}

static void product_backward(
    const struct fused_backward *job, struct product_share share, struct part_sums sums,
    float *dfilter, float *blocks) {
  struct range rows = share.rows;
  const apus_fused_product *product = job->product;
  const apus_fused_gradient *g = job->operands;
  int64_t inner = product->inner, columns = product->columns, step = fused_backward_rows(product);
  float *dy = blocks, *z = dy + padded_rows(step) * fused_panels(columns) * PANEL;
  float *panel_room = z + padded_rows(step) * fused_panels(inner) * PANEL;
  float *room = panel_room + PANEL * columns;
  for (int64_t k = 0;; k++) {
    struct range block = block_at(rows, step, k);
    int64_t begin = block.begin, count = block.end - begin;
    if (count <= 0) break;
    int64_t panel = padded_rows(count) * PANEL;
    struct row_source gradient = gradient_rows(g, columns, begin);
    fill_panels(&gradient, count, dy);
    fill_input(product, g->x, g->scale, g->shift, block, z, room, k == 0);
    struct next_block next = backward_ahead(
        job, block_at(rows, step, k + 1),
        fused_panels(inner) * padded_rows(count) / FUSED_ROWS);
    for (int64_t n = share.inner.begin; job->dx && n < share.inner.end; n += PANEL) {
      const float *packed = packed_panel(job->panels, g->filter, product, true, n, panel_room);
      WITH_VECTORS(vectors_of(n, inner), for (int64_t r = 0; r < count; r += FUSED_ROWS) {
        vf c[FUSED_ROWS][TILE_VECTORS];
        ask_ahead(&next);
        multiply_tile(dy + r * PANEL, panel, packed, columns, c, nv);
        if (count - r >= FUSED_ROWS) {
          put_gradient(job, sums, begin + r, FUSED_ROWS, n, c, nv);
        } else {
          put_gradient(job, sums, begin + r, count - r, n, c, nv);
        }
      })
    }
    for (int64_t n = share.columns.begin; n < share.columns.end; n += PANEL) {
      int64_t width = columns - n < PANEL ? columns - n : PANEL;
      WITH_VECTORS(vectors_of(n, columns), for (int64_t i = 0; i < inner; i += GRADIENT_ROWS) {
        int64_t used = inner - i < GRADIENT_ROWS ? inner - i : GRADIENT_ROWS;
        add_filter_tile(
            z + i / PANEL * panel + i % PANEL, dy + n / PANEL * panel, count,
            dfilter + i * columns + n, columns, used, width, k == 0, nv);
      })
    }
    if (job->dx && product->normalizes) flush_sums(sums, inner);
  }
  end_streams();
}

/// The blocks of the pass that needs more, and room for patches.
static size_t product_block_floats(const apus_fused_product *product) {
  int64_t inner = fused_panels(product->inner), columns = fused_panels(product->columns);
  int64_t ahead = fused_forward_rows(product), back = fused_backward_rows(product);
  int64_t forward = padded_rows(ahead) * inner * PANEL;
  int64_t backward = padded_rows(back) * (inner + columns) * PANEL;
  int64_t deepest = product->inner > product->columns ? product->inner : product->columns;
  int64_t packed = PANEL * deepest;
  int64_t room = product->has_patches ? (ahead > back ? ahead : back) * product->inner : 0;
  return (size_t)((forward > backward ? forward : backward) + packed + room);
}

static const struct product_loops product_loops = {
    .panel_width = PANEL,
    .block_floats = product_block_floats,
    .pack = product_pack,
    .forward = product_forward,
    .separable = product_separable,
    .backward = product_backward,
};
