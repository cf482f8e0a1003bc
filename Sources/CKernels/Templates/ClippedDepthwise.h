// Clipped depthwise convolution for both types of numbers.

#pragma once

#include "../ClippedDepthwise.h"
#include "FusedProductTiles.h"
#include "Streams.h"

/// The first `n ≤ W` numbers as float32, zeros in the other lanes.
INLINE vf load_bfloat16_up_to(const uint16_t *p, int64_t n) {
  if (n >= W) return load_bfloat16(p);
#if APUS_WIDTH == 16
  __m256i halves = _mm256_maskz_loadu_epi16((__mmask16)((1u << n) - 1), p);
  return (vf)_mm512_slli_epi32(_mm512_cvtepu16_epi32(halves), 16);
#else
  uint16_t halves[W] = {0};
  memcpy(halves, p, (size_t)n * sizeof *p);
  return load_bfloat16(halves);
#endif
}

/// Writes a whole cache line at an aligned place without reading it first.
INLINE void store_past_cache(float *p, vf v) {
#if APUS_WIDTH == 16
  _mm512_stream_ps(p, (__m512)v);
#else
  store(p, v);
#endif
}

/// Where the results of channel `c` are, of a pixel's.
INLINE int64_t place_of(const struct clipped_depthwise *call, int64_t c) {
  return call->panel == 0 ? c : c / PANEL * call->panel + c % PANEL;
}

#define ELEMENT float
#define LOAD load_up_to
#define STORE store_up_to
#define NAMED(name) name
#define STREAM store_past_cache
#define STREAMS VECTORS_ARE_LINES
#include "ClippedDepthwiseLoops.h"
#undef ELEMENT
#undef LOAD
#undef STORE
#undef NAMED
#undef STREAM
#undef STREAMS

#define ELEMENT uint16_t
#define LOAD load_bfloat16_up_to
#define STORE store_bfloat16_up_to
#define NAMED(name) name##_bfloat16
#define STREAM store_bfloat16
#define STREAMS false
#include "ClippedDepthwiseLoops.h"
#undef ELEMENT
#undef LOAD
#undef STORE
#undef NAMED
#undef STREAM
#undef STREAMS
