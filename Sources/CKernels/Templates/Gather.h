// Adding one run of numbers to another.

#pragma once

#include "Vector.h"

static void add_run(float *dst, const float *src, int64_t count) {
  FOR_VECTORS(count, c, n, {
    store_up_to(dst + c, load_up_to(dst + c, n) + load_up_to(src + c, n), n);
  });
}
