// The loops of pooling: one window after the other, vectors along the channels.

#pragma once

#include "../Pooling.h"
#include "Vector.h"

/// The part of a window that lies in the picture.
struct window {
  int64_t top, bottom, left, right;
};

INLINE struct window window_at(const struct pooling *job, int64_t y, int64_t x) {
  const apus_pooling_shape *s = &job->shape;
  struct window w = {y * s->stride_height - s->pad_top, 0, x * s->stride_width - s->pad_left, 0};
  w.bottom = w.top + s->window_height, w.right = w.left + s->window_width;
  w.top = w.top < 0 ? 0 : w.top, w.left = w.left < 0 ? 0 : w.left;
  w.bottom = w.bottom > s->height ? s->height : w.bottom;
  w.right = w.right > s->width ? s->width : w.right;
  return w;
}

/// One over the number of elements a mean is taken of; 0 where there are none.
INLINE float share_of(const struct pooling *job, struct window w) {
  const apus_pooling_shape *s = &job->shape;
  int64_t real = w.bottom > w.top && w.right > w.left ? (w.bottom - w.top) * (w.right - w.left) : 0;
  int64_t count = job->counts_padding ? s->window_height * s->window_width : real;
  return count > 0 ? 1 / (float)count : 0;
}

/// Runs the statement for each row `i` and column `j` of a window, with its `pixel` in `picture`.
#define FOR_PIXELS(w, shape, picture, pixel, ...)                              \
  for (int64_t i = (w).top; i < (w).bottom; i++) {                             \
    for (int64_t j = (w).left; j < (w).right; j++) {                           \
      int64_t pixel = (i * (shape)->width + j) * (shape)->channels;            \
      __VA_ARGS__                                                              \
    }                                                                          \
  }

/// The larger, NaN where either is.
INLINE vf larger_or_nan(vf a, vf b) { return a != a ? a : larger(a, b); }

/// Vectors of channels pooled together, so that finding a pixel costs less than reading it.
enum { POOLED_VECTORS = 4 };

/// Runs the statement for `count` vectors of channels from `c` on; at least `n` are left for each.
#define FOR_POOLED_VECTORS(channels, c, count, n, ...)                              \
  do {                                                                              \
    int64_t c = 0;                                                                  \
    for (; c + POOLED_VECTORS * W <= (channels); c += POOLED_VECTORS * W) {         \
      enum { count = POOLED_VECTORS, n = W };                                       \
      __VA_ARGS__                                                                   \
    }                                                                               \
    for (; c < (channels); c += W) {                                                \
      enum { count = 1 };                                                           \
      const int64_t n = (channels) - c;                                             \
      __VA_ARGS__                                                                   \
    }                                                                               \
  } while (0)

static void max_pooling(const struct pooling *job, struct range rows) {
  const apus_pooling_shape *s = &job->shape;
  for (int64_t r = rows.begin; r < rows.end; r++) {
    const float *picture = job->x + r / job->output_height * s->height * s->width * s->channels;
    for (int64_t x = 0; x < job->output_width; x++) {
      struct window w = window_at(job, r % job->output_height, x);
      float *y = job->result + (r * job->output_width + x) * s->channels;
      FOR_POOLED_VECTORS(s->channels, c, count, n, {
        vf best[count];
        for (int v = 0; v < count; v++) best[v] = splat(-__builtin_inff());
        FOR_PIXELS(w, s, picture, pixel, {
          for (int v = 0; v < count; v++) {
            best[v] = larger_or_nan(best[v], load_up_to(picture + pixel + c + v * W, n));
          }
        })
        for (int v = 0; v < count; v++) store_up_to(y + c + v * W, best[v], n);
      });
    }
  }
}

static void average_pooling(const struct pooling *job, struct range rows) {
  const apus_pooling_shape *s = &job->shape;
  for (int64_t r = rows.begin; r < rows.end; r++) {
    const float *picture = job->x + r / job->output_height * s->height * s->width * s->channels;
    for (int64_t x = 0; x < job->output_width; x++) {
      struct window w = window_at(job, r % job->output_height, x);
      float *y = job->result + (r * job->output_width + x) * s->channels;
      float share = share_of(job, w);
      FOR_POOLED_VECTORS(s->channels, c, count, n, {
        vf sum[count];
        for (int v = 0; v < count; v++) sum[v] = splat(0);
        FOR_PIXELS(w, s, picture, pixel, {
          for (int v = 0; v < count; v++) sum[v] += load_up_to(picture + pixel + c + v * W, n);
        })
        for (int v = 0; v < count; v++) store_up_to(y + c + v * W, sum[v] * share, n);
      });
    }
  }
}

/// Adds the gradient of one window to its first largest pixel, or its first NaN.
INLINE void give_to_largest(
    const apus_pooling_shape *s, struct window w, const float *picture, const float *dy,
    float *dx) {
  FOR_VECTORS(s->channels, c, n, {
    vf best = splat(0);
    vi place = -1, now = 0;
    FOR_PIXELS(w, s, picture, pixel, {
      vf v = load_up_to(picture + pixel + c, n);
      vi better = (place < 0) | (((v > best) | (v != v)) & (best == best));
      best = better ? v : best;
      place = better ? now : place;
      now += 1;
    })
    vf gradient = load_up_to(dy + c, n);
    now = 0;
    FOR_PIXELS(w, s, picture, pixel, {
      vf share = place == now ? gradient : splat(0);
      store_up_to(dx + pixel + c, load_up_to(dx + pixel + c, n) + share, n);
      now += 1;
    })
  });
}

/// A range of pictures.
static void max_pooling_gradient(const struct pooling *job, struct range pictures) {
  const apus_pooling_shape *s = &job->shape;
  int64_t size = s->height * s->width * s->channels;
  for (int64_t p = pictures.begin; p < pictures.end; p++) {
    float *dx = job->result + p * size;
    memset(dx, 0, (size_t)size * sizeof *dx);
    for (int64_t o = 0; o < job->output_height * job->output_width; o++) {
      struct window w = window_at(job, o / job->output_width, o % job->output_width);
      const float *dy =
          job->dy + (p * job->output_height * job->output_width + o) * s->channels;
      give_to_largest(s, w, job->x + p * size, dy, dx);
    }
  }
}

/// A range of pictures.
static void average_pooling_gradient(const struct pooling *job, struct range pictures) {
  const apus_pooling_shape *s = &job->shape;
  int64_t size = s->height * s->width * s->channels;
  for (int64_t p = pictures.begin; p < pictures.end; p++) {
    float *dx = job->result + p * size;
    memset(dx, 0, (size_t)size * sizeof *dx);
    for (int64_t o = 0; o < job->output_height * job->output_width; o++) {
      struct window w = window_at(job, o / job->output_width, o % job->output_width);
      const float *dy =
          job->dy + (p * job->output_height * job->output_width + o) * s->channels;
      float share = share_of(job, w);
      FOR_VECTORS(s->channels, c, n, {
        vf gradient = load_up_to(dy + c, n) * share;
        FOR_PIXELS(w, s, dx, pixel, {
          store_up_to(dx + pixel + c, load_up_to(dx + pixel + c, n) + gradient, n);
        })
      });
    }
  }
}
