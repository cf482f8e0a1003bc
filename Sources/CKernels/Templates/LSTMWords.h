// What the LSTM's loops share: half vectors, one for each panel, and words of products.

#pragma once

#include "../LSTM.h"
#include "../PastCaches.h"
#include "GateFunctions.h"
#include "MatrixTile.h"
#include "Streams.h"

/// The units of a panel: half a vector of each of the four gates.
#define HALF (W / 2)

typedef float hf __attribute__((ext_vector_type(HALF)));

INLINE hf load_half(const float *p) {
  hf v;
  memcpy(&v, p, sizeof v);
  return v;
}

INLINE void store_half(float *p, hf v) { memcpy(p, &v, sizeof v); }

/// One vector of two halves.
INLINE vf join_halves(hf first, hf second) {
  vf v;
  v.lo = first;
  v.hi = second;
  return v;
}

INLINE int64_t words(int64_t elements) { return (elements + PAIR - 1) / PAIR; }

INLINE int64_t panel_count(int64_t units) { return (units + HALF - 1) / HALF; }

/// The units of a row of scratch: whole vectors.
INLINE int64_t padded_units(int64_t units) { return (units + W - 1) / W * W; }

/// The units of panel `p`: `HALF`, or those that are left.
INLINE int64_t units_of_panel(int64_t units, int64_t p) {
  int64_t left = units - p * HALF;
  return left < HALF ? left : HALF;
}

/// Whether step `t` of sequence `row` is one of the sequence.
INLINE bool is_valid(const int32_t *lengths, int64_t row, int64_t t) {
  return !lengths || t < (int64_t)lengths[row];
}

#ifdef APUS_BFLOAT16_PAIRS
typedef uint16_t lstm_operand;

/// Each lane rounded to bfloat16, in the lower half of its word.
INLINE vu rounded_words(vf v) {
  return (vu)_mm512_cvtepu16_epi32((__m256i)_mm512_cvtneps_pbh((__m512)v));
}

/// Half a vector as `HALF` operands of a product.
INLINE void store_half_operands(float *words, hf v) {
  __m128bh packed = _mm256_cvtneps_pbh((__m256)v);
  memcpy(words, &packed, sizeof packed);
}

/// A vector as `W` operands of a product.
INLINE void store_operands(float *words, vf v) {
  __m256bh packed = _mm512_cvtneps_pbh((__m512)v);
  memcpy(words, &packed, sizeof packed);
}
#else
typedef float lstm_operand;

INLINE void store_operands(float *words, vf v) { store(words, v); }
#endif

/// A word of the operands of `column` at rows `k` and, of pairs, `k + 1`; zeros from `rows` on.
INLINE float weight_word(
    const void *weights, int64_t rows, int64_t columns, int64_t k, int64_t column) {
  const lstm_operand *from = (const lstm_operand *)weights + k * columns + column;
  lstm_operand pair[PAIR] = {*from};
  for (int64_t j = 1; j < PAIR && k + j < rows; j++) pair[j] = from[j * columns];
  float word;
  memcpy(&word, pair, sizeof word);
  return word;
}

/// A row of operands as words, the last one filled up with zeros.
INLINE void copy_operands(float *words, const void *from, int64_t count) {
  lstm_operand *to = (lstm_operand *)words;
  memcpy(to, from, (size_t)count * sizeof(lstm_operand));
  if (PAIR == 2 && count % 2) to[count] = 0;
}
