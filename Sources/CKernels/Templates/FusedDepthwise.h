// Fused depthwise convolutions with 3×3 filters at stride 1 or 2.
//
// Rows of the input are normalized once, as they come, and kept in the cache: four rows, channel
// block by channel block, so that a filter's columns are neighbouring vectors whatever the number
// of channels, with zeros for what is outside the picture. Backward the same is done with the rows
// of the gradient, and both gradients are computed from what is kept.
//
// Steps from pixel to pixel are too long for the processor to see a stream in them, so the loops ask
// for the next row themselves, at the places they read and write now. The last rows ask for memory
// behind the array: a prefetch does not fault.

#pragma once

#include "../FusedDepthwise.h"
#include "FusedProductTiles.h"

/// Sums in float32 go on for at least so many pixels before they are added in float64.
enum { BLOCK_PIXELS = 512, DEPTHWISE_TILE = 4 };

/// Rows kept in the cache: `[KEPT_ROWS][channels / W][columns][W]`.
struct kept_rows {
  float *at;
  /// Columns with those outside the picture, and how many of these are to the left.
  int64_t columns, left;
  int64_t blocks;
};

INLINE float *kept_row(const struct kept_rows *rows, int64_t row, int64_t block) {
  return rows->at + ((row & (KEPT_ROWS - 1)) * rows->blocks + block) * rows->columns * W;
}

/// Brings row `row` of a picture of `height × width` pixels; a row outside it is zeros.
INLINE void keep_vectors(
    const struct kept_rows *rows, const struct row_source *source, int64_t row, int64_t width,
    int64_t block, const int nv, const int kind) {
  struct lanes lanes[TILE_VECTORS];
  float *to[TILE_VECTORS];
  UNROLL for (int v = 0; v < nv; v++) {
    int64_t c = (block + v) * W, n = source->channels - c < W ? source->channels - c : W;
    lanes[v] = lanes_at(source, c, n, kind);
    to[v] = kept_row(rows, row, block + v) + rows->left * W;
  }
  for (int64_t x = 0; x < width; x++) {
    UNROLL for (int v = 0; v < nv; v++) {
      prefetch_value(&lanes[v], (row + 1) * width + x, kind);
      store(to[v] + x * W, value_of(&lanes[v], row * width + x, kind));
    }
  }
}

INLINE void keep_row(
    const struct kept_rows *rows, const struct row_source *source, int64_t row, int64_t height,
    int64_t width) {
  if (row < 0 || row >= height) {
    for (int64_t block = 0; block < rows->blocks; block++) {
      memset(kept_row(rows, row, block), 0, (size_t)(rows->columns * W) * sizeof(float));
    }
    return;
  }
  for (int64_t block = 0; block < rows->blocks; block += TILE_VECTORS) {
    int64_t left = rows->blocks - block;
    int vectors = left < TILE_VECTORS ? (int)left : TILE_VECTORS;
    WITH_KIND(
        source,
        WITH_VECTORS(vectors, keep_vectors(rows, source, row, width, block, nv, kind)))
  }
}

/// `Σ w · row` for `tile` outputs `stride` columns apart; `rows` point to the first one's column.
INLINE void convolve_tile(
    const float *const rows[3], const vf w[9], int64_t stride, vf sums[DEPTHWISE_TILE],
    const int tile) {
  UNROLL for (int t = 0; t < tile; t++) sums[t] = splat(0);
  UNROLL for (int i = 0; i < 3; i++) {
    UNROLL for (int t = 0; t < tile; t++) {
      UNROLL for (int j = 0; j < 3; j++) {
        sums[t] = fused(w[3 * i + j], load(rows[i] + (t * stride + j) * W), sums[t]);
      }
    }
  }
}

INLINE void load_filter(const float *filter, int64_t channels, int64_t c, int64_t n, vf w[9]) {
  UNROLL for (int k = 0; k < 9; k++) w[k] = load_up_to(filter + k * channels + c, n);
}

// Forward.

/// One row of outputs for one block of channels.
INLINE void convolve_kept_row(
    const struct fused_depthwise_forward *job, const struct kept_rows *rows, int64_t top,
    float *y, int64_t block, bool isFirst, struct part_sums sums, const int stride) {
  int64_t channels = job->convolution->shape.channels, c = block * W;
  int64_t n = channels - c < W ? channels - c : W, width = job->output_width;
  bool streams = VECTORS_ARE_LINES && job->streams;
  vf w[9], tile[DEPTHWISE_TILE], pivot, s = load(sums.first + c), q = load(sums.second + c);
  load_filter(job->filter, channels, c, n, w);
  const float *at[3];
  for (int i = 0; i < 3; i++) at[i] = kept_row(rows, top + i, block);
  if (isFirst) {
    convolve_tile(at, w, stride, tile, 1);
    store(sums.pivot + c, tile[0]);
  }
  pivot = load(sums.pivot + c);
  int64_t x = 0;
#define PUT_TILE(count)                                                          \
  convolve_tile(at, w, stride, tile, count);                                     \
  UNROLL for (int t = 0; t < (count); t++) {                                     \
    float *to = y + (x + t) * channels + c;                                      \
    if (!streams) __builtin_prefetch(to + width * channels, 1);                  \
    put_vector(to, tile[t], n, streams);                                         \
    vf deviation = tile[t] - pivot;                                              \
    s += deviation;                                                              \
    q = fused(deviation, deviation, q);                                          \
  }                                                                              \
  UNROLL for (int i = 0; i < 3; i++) at[i] += (count) * stride * W
  for (; x + DEPTHWISE_TILE <= width; x += DEPTHWISE_TILE) {
    PUT_TILE(DEPTHWISE_TILE);
  }
  for (; x < width; x++) {
    PUT_TILE(1);
  }
#undef PUT_TILE
  store(sums.first + c, s);
  store(sums.second + c, q);
}

INLINE void forward_picture(
    const struct fused_depthwise_forward *job, const struct kept_rows *rows,
    const struct row_source *source, float *y, bool isFirst, struct part_sums sums, int64_t *pixels,
    const int stride) {
  const apus_depthwise_shape *s = &job->convolution->shape;
  int64_t next = -s->pad_top;  // the first row that is not kept yet
  for (int64_t o = 0; o < job->output_height; o++, y += job->output_width * s->channels) {
    int64_t top = o * stride - s->pad_top;
    if (next < top) next = top;
    for (; next < top + 3; next++) keep_row(rows, source, next, s->height, s->width);
    for (int64_t block = 0; block < rows->blocks; block++) {
      convolve_kept_row(job, rows, top, y, block, isFirst && o == 0, sums, stride);
    }
    *pixels += job->output_width;
    if (job->sums && *pixels >= BLOCK_PIXELS) {
      flush_sums(sums, s->channels);
      *pixels = 0;
    }
  }
}

static void fused_depthwise_forward(
    const struct fused_depthwise_forward *job, struct range pictures, struct part_sums sums,
    float *room) {
  const apus_fused_depthwise *convolution = job->convolution;
  const apus_depthwise_shape *s = &convolution->shape;
  int64_t size = s->height * s->width * s->channels, pixels = 0;
  int64_t result = job->output_height * job->output_width * s->channels;
  struct kept_rows rows = {room, kept_width(s), s->pad_left, (s->channels + W - 1) / W};
  memset(room, 0, (size_t)(KEPT_ROWS * rows.columns * rows.blocks * W) * sizeof *room);
  struct row_source source = {
      .kind = convolution->normalizes ? CLAMPED_ROWS : PLAIN_ROWS, .channels = s->channels,
      .a = job->scale, .b = job->shift, .low = convolution->low, .high = convolution->high};
  for (int64_t picture = pictures.begin; picture < pictures.end; picture++) {
    source.x = job->x + picture * size;
    bool isFirst = picture == pictures.begin;
    if (s->stride_height == 1) {
      forward_picture(job, &rows, &source, job->y + picture * result, isFirst, sums, &pixels, 1);
    } else {
      forward_picture(job, &rows, &source, job->y + picture * result, isFirst, sums, &pixels, 2);
    }
  }
  if (job->sums) flush_sums(sums, s->channels);
  end_streams();
}

// Backward.

/// Adds the products of one row of gradients with the rows of the input under it.
INLINE void add_filter_row(
    const struct kept_rows *input, const struct kept_rows *gradient, int64_t top, int64_t o,
    int64_t width, int64_t block, float *totals, const int stride) {
  vf w[9];
  const float *at[3], *dy = kept_row(gradient, o, block) + gradient->left * W;
  for (int i = 0; i < 3; i++) at[i] = kept_row(input, top + i, block);
  UNROLL for (int k = 0; k < 9; k++) w[k] = load(totals + k * W);
  for (int64_t x = 0; x < width; x++) {
    vf d = load(dy + x * W);
    UNROLL for (int k = 0; k < 9; k++) {
      w[k] = fused(d, load(at[k / 3] + (x * stride + k % 3) * W), w[k]);
    }
  }
  UNROLL for (int k = 0; k < 9; k++) store(totals + k * W, w[k]);
}

/// The channels of a row of the input's gradient, and what is done with a value of it.
struct gradient_row {
  const float *x;
  float *dx;
  int64_t channels, n, width;
  bool normalizes, streams;
  vf scale, shift, mean, low, high;
};

INLINE struct gradient_row gradient_row_at(
    const struct fused_depthwise_backward *job, int64_t offset, int64_t c) {
  const apus_fused_depthwise *convolution = job->convolution;
  const apus_fused_gradient *g = job->operands;
  int64_t channels = convolution->shape.channels;
  struct gradient_row row = {
      .x = g->x + offset + c, .dx = job->dx + offset + c, .channels = channels,
      .n = channels - c < W ? channels - c : W, .width = convolution->shape.width,
      .normalizes = convolution->normalizes, .streams = VECTORS_ARE_LINES && job->streams};
  if (!row.normalizes) return row;
  row.scale = load_up_to(g->scale + c, row.n), row.shift = load_up_to(g->shift + c, row.n);
  row.mean = load_up_to(g->mean + c, row.n);
  row.low = splat(convolution->low), row.high = splat(convolution->high);
  return row;
}

/// Stores the gradient at one column, 0 where the clamp holds, and adds to the sums.
INLINE void put_input_gradient(
    const struct gradient_row *row, int64_t column, vf value, vf *sum, vf *products) {
  int64_t index = column * row->channels;
  if (!row->streams) __builtin_prefetch(row->dx + index + row->width * row->channels, 1);
  if (row->normalizes) {
    vf x = load_up_to(row->x + index, row->n), z = fused(x, row->scale, row->shift);
    value = ((z > row->low) & (z < row->high)) ? value : splat(0);
    *sum += value;
    *products = fused(value, x - row->mean, *products);
  }
  put_vector(row->dx + index, value, row->n, row->streams);
}

/// The rows of gradients that reach an input row, with the filter's row of each.
struct reaching {
  const float *at[3];
  const vf *w[3];
  int count;
};

INLINE struct reaching kept_rows_reaching(
    const struct kept_rows *gradient, int64_t shifted, int64_t height, int64_t block, const vf w[9],
    const int stride) {
  struct reaching rows = {.count = 0};
  for (int i = 0; i < 3; i++) {
    int64_t o = shifted - i;
    if (o < 0 || o % stride != 0 || o / stride >= height) continue;
    rows.at[rows.count] = kept_row(gradient, o / stride, block) + gradient->left * W;
    rows.w[rows.count++] = w + 3 * i;
  }
  return rows;
}

/// `Σ w · dy` of `tile` columns from `shifted` on, at stride 1.
INLINE void reach_tile(
    const struct reaching *rows, int64_t shifted, vf sums[DEPTHWISE_TILE], const int tile) {
  UNROLL for (int t = 0; t < tile; t++) sums[t] = splat(0);
  for (int k = 0; k < rows->count; k++) {
    UNROLL for (int t = 0; t < tile; t++) {
      UNROLL for (int j = 0; j < 3; j++) {
        sums[t] = fused(rows->w[k][j], load(rows->at[k] + (shifted + t - j) * W), sums[t]);
      }
    }
  }
}

/// `Σ w · dy` of one column at stride 2.
INLINE vf reach_column(const struct reaching *rows, int64_t shifted) {
  vf sum = splat(0);
  for (int k = 0; k < rows->count; k++) {
    const float *at = rows->at[k] + (shifted >> 1) * W;
    if (shifted & 1) {
      sum = fused(rows->w[k][1], load(at), sum);
    } else {
      sum = fused(rows->w[k][0], load(at), fused(rows->w[k][2], load(at - W), sum));
    }
  }
  return sum;
}

/// One row of the input's gradient for one block of channels.
INLINE void input_gradient_row(
    const struct fused_depthwise_backward *job, const struct kept_rows *gradient, int64_t picture,
    int64_t row, int64_t block, struct part_sums sums, const int stride) {
  const apus_depthwise_shape *s = &job->convolution->shape;
  int64_t offset = (picture * s->height + row) * s->width * s->channels, c = block * W;
  struct gradient_row result = gradient_row_at(job, offset, c);
  vf w[9], tile[DEPTHWISE_TILE], sum = load(sums.first + c), products = load(sums.second + c);
  load_filter(job->operands->filter, s->channels, c, result.n, w);
  struct reaching rows =
      kept_rows_reaching(gradient, row + s->pad_top, job->output_height, block, w, stride);
  int64_t x = 0;
  for (; stride == 1 && x + DEPTHWISE_TILE <= s->width; x += DEPTHWISE_TILE) {
    reach_tile(&rows, x + s->pad_left, tile, DEPTHWISE_TILE);
    UNROLL for (int t = 0; t < DEPTHWISE_TILE; t++) {
      put_input_gradient(&result, x + t, tile[t], &sum, &products);
    }
  }
  for (; x < s->width; x++) {
    if (stride == 1) {
      reach_tile(&rows, x + s->pad_left, tile, 1);
    } else {
      tile[0] = reach_column(&rows, x + s->pad_left);
    }
    put_input_gradient(&result, x, tile[0], &sum, &products);
  }
  store(sums.first + c, sum);
  store(sums.second + c, products);
}

/// Adds a block's sums for the filter to the part's and clears them.
INLINE void flush_filter(float *block, double *total, int64_t channels, int64_t lanes) {
  for (int64_t c = 0; c < channels; c++) {
    float *sums = block + c / W * 9 * W + c % W;
    for (int k = 0; k < 9; k++) {
      total[k * lanes + c] += (double)sums[k * W];
      sums[k * W] = 0;
    }
  }
}

/// What a part has summed in float32 since it last added that in float64.
struct backward_sums {
  struct part_sums input;
  float *filter;
  double *filter_total;
  int64_t lanes, pixels;
};

INLINE void flush_backward(
    const struct fused_depthwise_backward *job, struct backward_sums *totals) {
  int64_t channels = job->convolution->shape.channels;
  flush_filter(totals->filter, totals->filter_total, channels, totals->lanes);
  if (job->dx && job->convolution->normalizes) flush_sums(totals->input, channels);
  totals->pixels = 0;
}

INLINE void backward_picture(
    const struct fused_depthwise_backward *job, const struct kept_rows *input,
    const struct row_source *x, const struct kept_rows *gradient, const struct row_source *dy,
    int64_t picture, struct backward_sums *totals, const int stride) {
  const apus_depthwise_shape *s = &job->convolution->shape;
  int64_t next = -s->pad_top, done = 0;
  for (int64_t o = 0; o < job->output_height; o++) {
    int64_t top = o * stride - s->pad_top;
    if (next < top) next = top;
    for (; next < top + 3; next++) keep_row(input, x, next, s->height, s->width);
    keep_row(gradient, dy, o, job->output_height, job->output_width);
    // Rows that no later row of gradients reaches; after the last one, all.
    int64_t end = o + 1 == job->output_height ? s->height : top + stride;
    if (end > s->height) end = s->height;
    for (int64_t block = 0; block < input->blocks; block++) {
      add_filter_row(
          input, gradient, top, o, job->output_width, block, totals->filter + block * 9 * W, stride);
      for (int64_t row = done; job->dx && row < end; row++) {
        input_gradient_row(job, gradient, picture, row, block, totals->input, stride);
      }
    }
    totals->pixels += job->output_width;
    if (end > done) {
      totals->pixels += (end - done) * s->width;
      done = end;
    }
    if (totals->pixels >= BLOCK_PIXELS) flush_backward(job, totals);
  }
}

static void fused_depthwise_backward(
    const struct fused_depthwise_backward *job, struct range pictures, struct part_sums sums,
    double *dfilter, float *room) {
  const apus_fused_depthwise *convolution = job->convolution;
  const apus_depthwise_shape *s = &convolution->shape;
  const apus_fused_gradient *g = job->operands;
  int64_t lanes = padded_lanes(s->channels), blocks = (s->channels + W - 1) / W;
  int64_t size = s->height * s->width * s->channels;
  int64_t result = job->output_height * job->output_width * s->channels;
  struct backward_sums totals = {sums, room, dfilter, lanes, 0};
  struct kept_rows input = {room + 9 * lanes, kept_width(s), s->pad_left, blocks};
  struct kept_rows gradient = {
      input.at + KEPT_ROWS * input.columns * blocks * W, kept_gradient_width(job->output_width), 2,
      blocks};
  int64_t all = 9 * lanes + KEPT_ROWS * (input.columns + gradient.columns) * blocks * W;
  memset(room, 0, (size_t)all * sizeof *room);
  struct row_source x = {
      .kind = convolution->normalizes ? CLAMPED_ROWS : PLAIN_ROWS, .channels = s->channels,
      .a = g->scale, .b = g->shift, .low = convolution->low, .high = convolution->high};
  struct row_source dy = {
      .kind = g->y ? DIFFERENTIATED_ROWS : PLAIN_ROWS, .channels = s->channels, .a = g->a,
      .b = g->b, .c = g->c};
  for (int64_t picture = pictures.begin; picture < pictures.end; picture++) {
    x.x = g->x + picture * size;
    dy.x = g->dz + picture * result;
    if (g->y) dy.y = g->y + picture * result;
    if (s->stride_height == 1) {
      backward_picture(job, &input, &x, &gradient, &dy, picture, &totals, 1);
    } else {
      backward_picture(job, &input, &x, &gradient, &dy, picture, &totals, 2);
    }
  }
  flush_backward(job, &totals);
  end_streams();
}
