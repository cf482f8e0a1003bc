// Random numbers for paths that are made one at a time.

#pragma once

#include "Vector.h"

static void draw_waits(const uint64_t *words, double *waits, int32_t count) {
  for (int32_t i = 0; i < count; i += LANES) {
    vu lane_words;
    memcpy(&lane_words, words + i, sizeof lane_words);
    vd drawn = negative_log(2 - one_to_two(lane_words));
    memcpy(waits + i, &drawn, sizeof drawn);
  }
}
