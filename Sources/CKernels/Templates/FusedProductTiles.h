// What fused products of all types of operands share: the shape of tiles, where rows come from, and
// what is done with a tile that is multiplied.

#pragma once

#include "../FusedProduct.h"
#include "Streams.h"
#include "Vector.h"

enum {
#if APUS_WIDTH == 16
  TILE_VECTORS = 4,
#else
  TILE_VECTORS = 2,
#endif
  FUSED_ROWS = APUS_WIDTH == 4 ? 4 : 6,
  PANEL = TILE_VECTORS * APUS_WIDTH,
  /// Rows of a tile of the filter's gradient; divides `PANEL`.
  GRADIENT_ROWS = 4,
  /// How many rows ahead memory is asked for.
  ROWS_AHEAD = 8
};

#define UNROLL _Pragma("clang loop unroll(full)")

/// For the loops of products: fewer instructions beside the arithmetic. Two threads of a core share what it can begin in
/// a cycle, and the other one may be a stranger's.
#define UNROLL_SOME _Pragma("clang loop unroll_count(4)")

INLINE int64_t fused_panels(int64_t columns) { return (columns + PANEL - 1) / PANEL; }

INLINE int64_t padded_rows(int64_t rows) { return (rows + FUSED_ROWS - 1) / FUSED_ROWS * FUSED_ROWS; }

/// Vectors in use of the panel that begins at column `begin`.
INLINE int vectors_of(int64_t begin, int64_t columns) {
  int64_t left = (columns - begin + W - 1) / W;
  return left < TILE_VECTORS ? (int)left : TILE_VECTORS;
}

/// Runs a statement with the constant `nv` for `vectors`, 1 to `TILE_VECTORS`.
#if APUS_WIDTH == 16
#define WITH_VECTORS(vectors, ...)                    \
  switch (vectors) {                                  \
  case 1: { enum { nv = 1 }; __VA_ARGS__; break; }    \
  case 2: { enum { nv = 2 }; __VA_ARGS__; break; }    \
  case 3: { enum { nv = 3 }; __VA_ARGS__; break; }    \
  default: { enum { nv = 4 }; __VA_ARGS__; break; }   \
  }
#else
#define WITH_VECTORS(vectors, ...)                    \
  switch (vectors) {                                  \
  case 1: { enum { nv = 1 }; __VA_ARGS__; break; }    \
  default: { enum { nv = 2 }; __VA_ARGS__; break; }   \
  }
#endif

// Where rows come from.

/// Rows of `[rows, channels]` as the product takes them.
struct row_source {
  enum { PLAIN_ROWS, CLAMPED_ROWS, DIFFERENTIATED_ROWS } kind;
  const float *x, *y;
  int64_t channels;
  /// `clamp(a · x + b, low, high)`, or `a · x + b · y + c`.
  const float *a, *b, *c;
  float low, high;
};

/// A row source at one vector of channels.
struct lanes {
  const float *x, *y;
  int64_t channels, n;
  vf a, b, c, low, high;
};

INLINE struct lanes lanes_at(const struct row_source *source, int64_t first, int64_t n, int kind) {
  struct lanes lanes = {.channels = source->channels, .n = n};
  lanes.x = source->x + first;
  if (kind == PLAIN_ROWS) return lanes;
  lanes.a = load_up_to(source->a + first, n), lanes.b = load_up_to(source->b + first, n);
  lanes.low = splat(source->low), lanes.high = splat(source->high);
  if (kind == CLAMPED_ROWS) return lanes;
  lanes.y = source->y + first, lanes.c = load_up_to(source->c + first, n);
  return lanes;
}

INLINE vf value_of(const struct lanes *lanes, int64_t row, int kind) {
  vf x = load_up_to(lanes->x + row * lanes->channels, lanes->n);
  if (kind == PLAIN_ROWS) return x;
  if (kind == CLAMPED_ROWS) return clamp(fused(x, lanes->a, lanes->b), lanes->low, lanes->high);
  vf y = load_up_to(lanes->y + row * lanes->channels, lanes->n);
  return fused(lanes->a, x, fused(lanes->b, y, lanes->c));
}

/// Asks for what `value_of` reads.
INLINE void prefetch_value(const struct lanes *lanes, int64_t row, int kind) {
  __builtin_prefetch(lanes->x + row * lanes->channels);
  if (kind == DIFFERENTIATED_ROWS) __builtin_prefetch(lanes->y + row * lanes->channels);
}

/// The lanes of up to `TILE_VECTORS` vectors from channel `first` on.
INLINE void panel_lanes(
    const struct row_source *source, int64_t first, struct lanes lanes[TILE_VECTORS], const int nv,
    const int kind) {
  UNROLL for (int v = 0; v < nv; v++) {
    int64_t c = first + v * W, n = source->channels - c < W ? source->channels - c : W;
    lanes[v] = lanes_at(source, c, n, kind);
  }
}

/// Runs a statement with the constant `kind`.
#define WITH_KIND(source, ...)                                                        \
  switch ((source)->kind) {                                                           \
  case PLAIN_ROWS: { enum { kind = PLAIN_ROWS }; __VA_ARGS__; break; }                \
  case CLAMPED_ROWS: { enum { kind = CLAMPED_ROWS }; __VA_ARGS__; break; }            \
  default: { enum { kind = DIFFERENTIATED_ROWS }; __VA_ARGS__; break; }    \
  }

/// One row of a patch: the pixels under row `k` of the filter, zeros outside the picture.
INLINE void gather_patch_row(
    const apus_patches *p, const float *picture, int64_t y, int64_t left, float *to) {
  int64_t count = p->filter_width * p->channels, reach = (p->filter_width - 1) * p->dilation_width;
  const float *row = picture + y * p->width * p->channels;
  if (y < 0 || y >= p->height) {
    memset(to, 0, (size_t)count * sizeof *to);
  } else if (p->dilation_width == 1 && left >= 0 && left + reach < p->width) {
    FOR_VECTORS(count, c, n, store_up_to(to + c, load_up_to(row + left * p->channels + c, n), n););
  } else {
    for (int64_t l = 0; l < p->filter_width; l++, to += p->channels) {
      int64_t x = left + l * p->dilation_width;
      bool inside = x >= 0 && x < p->width;
      for (int64_t c = 0; c < p->channels; c++) to[c] = inside ? row[x * p->channels + c] : 0;
    }
  }
}

/// The patches `begin ..< begin + count`, `distance` floats apart.
INLINE void gather_patches(
    const apus_fused_product *product, const float *x, int64_t begin, int64_t count,
    float *patches, int64_t distance) {
  const apus_patches *p = &product->patches;
  int64_t j = begin % p->output_width, i = begin / p->output_width % p->output_height;
  const float *picture = x + begin / (p->output_width * p->output_height) * p->height * p->width *
                                 p->channels;
  for (int64_t r = 0; r < count; r++, patches += distance) {
    int64_t top = i * p->stride_height - p->pad_top, left = j * p->stride_width - p->pad_left;
    for (int64_t k = 0; k < p->filter_height; k++) {
      float *to = patches + k * p->filter_width * p->channels;
      gather_patch_row(p, picture, top + k * p->dilation_height, left, to);
    }
    if (++j < p->output_width) continue;
    j = 0;
    if (++i < p->output_height) continue;
    i = 0;
    picture += p->height * p->width * p->channels;
  }
}

/// The input's rows from `begin` on; patches are gathered into `room` first.
INLINE struct row_source input_rows(
    const apus_fused_product *product, const float *x, const float *scale, const float *shift,
    int64_t begin, int64_t count, float *room) {
  struct row_source source = {
      .kind = product->normalizes ? CLAMPED_ROWS : PLAIN_ROWS, .channels = product->inner,
      .x = x + begin * product->inner, .a = scale, .b = shift, .low = product->low,
      .high = product->high};
  if (product->has_patches) {
    gather_patches(product, x, begin, count, room, product->inner);
    source.x = room, source.kind = PLAIN_ROWS;
  }
  return source;
}

/// The rows of the gradient of `y` from `begin` on.
INLINE struct row_source gradient_rows(
    const apus_fused_gradient *g, int64_t columns, int64_t begin) {
  struct row_source source = {
      .kind = g->y ? DIFFERENTIATED_ROWS : PLAIN_ROWS, .channels = columns,
      .x = g->dz + begin * columns, .a = g->a, .b = g->b, .c = g->c};
  if (g->y) source.y = g->y + begin * columns;
  return source;
}

// Walking the blocks.

/// The `k`-th block of rows; none where there is no such block.
INLINE struct range block_at(struct range rows, int64_t step, int64_t k) {
  int64_t begin = rows.begin + k * step;
  if (begin >= rows.end) return (struct range){rows.end, rows.end};
  return (struct range){begin, rows.end - begin < step ? rows.end : begin + step};
}

// What the next block needs, asked for while this one is multiplied.

/// Runs of memory of the next block, of which every tile asks for a few lines.
struct next_block {
  const char *at[3];
  int64_t lines[3], each[3];
  int streams;
};

/// Most of what is asked for: more would push out of the cache what is worked on.
enum { AHEAD_BYTES = 320 << 10 };

INLINE void expect_rows(struct next_block *next, const float *from, int64_t floats, int64_t tiles) {
  int k = next->streams++;
  next->at[k] = (const char *)from;
  next->lines[k] = floats / 16;
  next->each[k] = next->lines[k] / (tiles > 0 ? tiles : 1) + 1;
}

INLINE void ask_ahead(struct next_block *next) {
  for (int k = 0; k < next->streams; k++) {
    int64_t count = next->each[k] < next->lines[k] ? next->each[k] : next->lines[k];
    for (int64_t line = 0; line < count; line++) __builtin_prefetch(next->at[k] + line * 64, 0, 2);
    next->at[k] += count * 64;
    next->lines[k] -= count;
  }
}

/// The rows of `x` that the next block of the forward pass reads.
INLINE struct next_block forward_ahead(
    const struct fused_forward *job, struct range rows, int64_t tiles) {
  struct next_block next = {0};
  int64_t begin = rows.begin, floats = (rows.end - begin) * job->product->inner;
  if (job->product->has_patches || floats * 4 > AHEAD_BYTES) return next;
  expect_rows(&next, job->x + begin * job->product->inner, floats, tiles);
  return next;
}

/// The rows of `dz`, `y` and `x` that the next block of the backward pass reads.
INLINE struct next_block backward_ahead(
    const struct fused_backward *job, struct range rows, int64_t tiles) {
  struct next_block next = {0};
  int64_t begin = rows.begin, count = rows.end - begin;
  const apus_fused_gradient *g = job->operands;
  int64_t inner = job->product->inner, columns = job->product->columns;
  if (count * (inner + columns * (g->y ? 2 : 1)) * 4 > AHEAD_BYTES) return next;
  expect_rows(&next, g->dz + begin * columns, count * columns, tiles);
  if (g->y) expect_rows(&next, g->y + begin * columns, count * columns, tiles);
  if (!job->product->has_patches) expect_rows(&next, g->x + begin * inner, count * inner, tiles);
  return next;
}

// What becomes of a tile.
//
// Results may go past the caches, so the vectors of a line (of half a line where they are narrow) are stored one after
// the other: parts of many lines at a time would go to memory apart.

enum { LINE_VECTORS = VECTORS_ARE_LINES ? 1 : 2 };

/// Runs a statement for the vectors `j` of a tile, `LINE_VECTORS` from the constant `first` on.
#define FOR_LINE(first, nv) \
  UNROLL for (int j = (first); j < (nv) && j < (first) + LINE_VECTORS; j++)

/// Stores `rows` rows of a tile and adds their deviations from the pivot to the block's sums.
INLINE void put_output(
    const struct fused_forward *job, struct part_sums sums, int64_t row, int64_t rows,
    int64_t column, vf c[FUSED_ROWS][TILE_VECTORS], const int nv) {
  int64_t columns = job->product->columns;
  float *y = job->y + row * columns + column;
  bool streams = job->streams;
  UNROLL for (int first = 0; first < nv; first += LINE_VECTORS) {
    vf pivot[TILE_VECTORS], s[TILE_VECTORS], q[TILE_VECTORS];
    FOR_LINE(first, nv) {
      int64_t at = column + j * W;
      pivot[j] = load(sums.pivot + at), s[j] = load(sums.first + at), q[j] = load(sums.second + at);
    }
    UNROLL for (int i = 0; i < FUSED_ROWS; i++) {
      if (i >= rows) break;
      FOR_LINE(first, nv) {
        int64_t left = columns - column - j * W;
        put_vector(y + i * columns + j * W, c[i][j], left < W ? left : W, streams);
        vf deviation = c[i][j] - pivot[j];
        s[j] += deviation;
        q[j] = fused(deviation, deviation, q[j]);
      }
    }
    if (!job->sums) continue;
    FOR_LINE(first, nv) {
      store(sums.first + column + j * W, s[j]), store(sums.second + column + j * W, q[j]);
    }
  }
}

/// Adds the bias to `rows` rows of a tile, clamps and stores them.
INLINE void put_biased(
    const struct fused_forward *job, int64_t row, int64_t rows, int64_t column,
    vf c[FUSED_ROWS][TILE_VECTORS], const int nv) {
  int64_t columns = job->product->columns;
  float *y = job->y + row * columns + column;
  vf low = splat(job->low), high = splat(job->high);
  UNROLL for (int first = 0; first < nv; first += LINE_VECTORS) {
    vf bias[TILE_VECTORS];
    FOR_LINE(first, nv) {
      int64_t left = columns - column - j * W;
      bias[j] = load_up_to(job->bias + column + j * W, left < W ? left : W);
    }
    UNROLL for (int i = 0; i < FUSED_ROWS; i++) {
      if (i >= rows) break;
      FOR_LINE(first, nv) {
        int64_t left = columns - column - j * W;
        vf value = clamp(c[i][j] + bias[j], low, high);
        put_vector(y + i * columns + j * W, value, left < W ? left : W, job->streams);
      }
    }
  }
}

/// Takes the first row of a tile as what deviations are measured from.
INLINE void set_pivot(
    struct part_sums sums, int64_t column, vf c[FUSED_ROWS][TILE_VECTORS], const int nv) {
  UNROLL for (int j = 0; j < nv; j++) store(sums.pivot + column + j * W, c[0][j]);
}

/// What the clamp and the normalization of a vector of channels need, and sums of its gradient.
struct gradient_lane {
  int64_t n;
  vf scale, shift, mean, sum, products;
};

INLINE struct gradient_lane gradient_lane_at(
    const struct fused_backward *job, struct part_sums sums, int64_t at) {
  const apus_fused_gradient *g = job->operands;
  int64_t left = job->product->inner - at;
  struct gradient_lane lane = {.n = left < W ? left : W};
  if (!job->product->normalizes) return lane;
  lane.scale = load_up_to(g->scale + at, lane.n), lane.shift = load_up_to(g->shift + at, lane.n);
  lane.mean = load_up_to(g->mean + at, lane.n);
  lane.sum = load(sums.first + at), lane.products = load(sums.second + at);
  return lane;
}

/// Stores `rows` rows of the input's gradient, 0 where the clamp holds, and adds to their sums.
INLINE void put_gradient(
    const struct fused_backward *job, struct part_sums sums, int64_t row, int64_t rows,
    int64_t column, vf c[FUSED_ROWS][TILE_VECTORS], const int nv) {
  const apus_fused_product *product = job->product;
  int64_t inner = product->inner, place = row * inner + column;
  vf low = splat(product->low), high = splat(product->high);
  UNROLL for (int first = 0; first < nv; first += LINE_VECTORS) {
    struct gradient_lane lanes[TILE_VECTORS];
    FOR_LINE(first, nv) lanes[j] = gradient_lane_at(job, sums, column + j * W);
    UNROLL for (int i = 0; i < FUSED_ROWS; i++) {
      if (i >= rows) break;
      FOR_LINE(first, nv) {
        struct gradient_lane *lane = &lanes[j];
        int64_t at = place + i * inner + j * W;
        vf d = c[i][j];
        if (product->normalizes) {
          vf x = load_up_to(job->operands->x + at, lane->n), z = fused(x, lane->scale, lane->shift);
          d = ((z > low) & (z < high)) ? d : splat(0);
          lane->sum += d;
          lane->products = fused(d, x - lane->mean, lane->products);
        }
        put_vector(job->dx + at, d, lane->n, job->streams);
      }
    }
    if (!product->normalizes) continue;
    FOR_LINE(first, nv) {
      store(sums.first + column + j * W, lanes[j].sum);
      store(sums.second + column + j * W, lanes[j].products);
    }
  }
}

/// Adds a block's sums to the part's and clears them.
INLINE void flush_sums(struct part_sums sums, int64_t channels) {
  for (int64_t c = 0; c < channels; c++) {
    sums.first_total[c] += (double)sums.first[c];
    sums.second_total[c] += (double)sums.second[c];
    sums.first[c] = sums.second[c] = 0;
  }
}
