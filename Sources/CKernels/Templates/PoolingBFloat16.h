// Maximum pooling of bfloat16 numbers, as float32 ones in `Pooling.h`.

#pragma once

#include "ClippedDepthwise.h"
#include "Pooling.h"

static void max_pooling_bfloat16(const struct pooling *job, struct range rows) {
  const apus_pooling_shape *s = &job->shape;
  for (int64_t r = rows.begin; r < rows.end; r++) {
    const uint16_t *picture =
        job->narrow + r / job->output_height * s->height * s->width * s->channels;
    for (int64_t x = 0; x < job->output_width; x++) {
      struct window w = window_at(job, r % job->output_height, x);
      uint16_t *y = job->narrow_result + (r * job->output_width + x) * s->channels;
      FOR_VECTORS(s->channels, c, n, {
        vf best = splat(-__builtin_inff());
        FOR_PIXELS(w, s, picture, pixel, {
          best = larger_or_nan(best, load_bfloat16_up_to(picture + pixel + c, n));
        })
        store_bfloat16_up_to(y + c, best, n);
      });
    }
  }
}
