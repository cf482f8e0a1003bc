// Vectors of `APUS_WIDTH` floats and the few operations on them that the templates need.
//
// Vectors of other elements have as many lanes, whatever their size; the compiler splits what does
// not fit a register.

#pragma once

#define W APUS_WIDTH

// Every function with vector operands is inlined, so how wide ones would be passed does not matter.
#pragma clang diagnostic ignored "-Wpsabi"

typedef float vf __attribute__((ext_vector_type(W)));
typedef double vd __attribute__((ext_vector_type(W)));
typedef int32_t vi __attribute__((ext_vector_type(W)));
typedef uint32_t vu __attribute__((ext_vector_type(W)));
typedef uint16_t vh __attribute__((ext_vector_type(W)));
typedef uint8_t vb __attribute__((ext_vector_type(W)));

#define INLINE static inline __attribute__((always_inline, unused))

#if APUS_WIDTH >= 8 || defined(__aarch64__)
#define APUS_FUSED 1
#endif

/// `a · b + c`; without such an instruction it is rounded twice.
INLINE vf fused(vf a, vf b, vf c) {
#if APUS_FUSED
  return __builtin_elementwise_fma(a, b, c);
#else
  return a * b + c;
#endif
}

INLINE vf splat(float value) { return (vf)value; }

INLINE vf load(const float *p) {
  vf v;
  memcpy(&v, p, sizeof v);
  return v;
}

INLINE void store(float *p, vf v) { memcpy(p, &v, sizeof v); }

INLINE vd load_double(const double *p) {
  vd v;
  memcpy(&v, p, sizeof v);
  return v;
}

INLINE void store_double(double *p, vd v) { memcpy(p, &v, sizeof v); }

/// The first `n < W` lanes from memory, zeros in the others.
INLINE vf load_first(const float *p, int64_t n) {
#if APUS_WIDTH == 16
  return (vf)_mm512_maskz_loadu_ps((__mmask16)((1u << n) - 1), p);
#elif APUS_WIDTH == 8
  static const int32_t mask[16] = {-1, -1, -1, -1, -1, -1, -1, -1};
  return (vf)_mm256_maskload_ps(p, _mm256_loadu_si256((const __m256i *)(mask + 8 - n)));
#else
  vf v = splat(0);
  for (int64_t k = 0; k < n; k++) v[k] = p[k];
  return v;
#endif
}

/// Writes the first `n < W` lanes.
INLINE void store_first(float *p, vf v, int64_t n) {
#if APUS_WIDTH == 16
  _mm512_mask_storeu_ps(p, (__mmask16)((1u << n) - 1), (__m512)v);
#elif APUS_WIDTH == 8
  static const int32_t mask[16] = {-1, -1, -1, -1, -1, -1, -1, -1};
  _mm256_maskstore_ps(p, _mm256_loadu_si256((const __m256i *)(mask + 8 - n)), (__m256)v);
#else
  for (int64_t k = 0; k < n; k++) p[k] = v[k];
#endif
}

/// `W` lanes, or the `n` there are.
INLINE vf load_up_to(const float *p, int64_t n) { return n >= W ? load(p) : load_first(p, n); }

INLINE void store_up_to(float *p, vf v, int64_t n) {
  if (n >= W) {
    store(p, v);
  } else {
    store_first(p, v, n);
  }
}

/// The larger, or `b` where either is NaN: one instruction on x86.
INLINE vf larger(vf a, vf b) { return a > b ? a : b; }

/// The smaller, or `b` where either is NaN.
INLINE vf smaller(vf a, vf b) { return a < b ? a : b; }

/// `low … high`; NaN stays.
INLINE vf clamp(vf v, vf low, vf high) { return smaller(high, larger(low, v)); }

INLINE vf absolute(vf v) { return (vf)((vi)v & 0x7FFFFFFF); }

/// `magnitude ≥ 0` with the sign of `sign`.
INLINE vf with_sign(vf magnitude, vf sign) {
  return (vf)((vi)magnitude | ((vi)sign & (int32_t)0x80000000));
}

/// The sum of all lanes, halves added to halves.
INLINE float sum_of_lanes(vf v) {
  float lanes[W];
  memcpy(lanes, &v, sizeof v);
  for (int half = W / 2; half > 0; half /= 2) {
    for (int k = 0; k < half; k++) lanes[k] += lanes[k + half];
  }
  return lanes[0];
}

INLINE double sum_of_doubles(vd v) {
  double lanes[W];
  memcpy(lanes, &v, sizeof v);
  for (int half = W / 2; half > 0; half /= 2) {
    for (int k = 0; k < half; k++) lanes[k] += lanes[k + half];
  }
  return lanes[0];
}

/// The largest lane; NaN where any is.
INLINE float maximum_of_lanes(vf v) {
  float lanes[W];
  memcpy(lanes, &v, sizeof v);
  float result = lanes[0];
  for (int k = 1; k < W; k++) {
    result = lanes[k] > result || lanes[k] != lanes[k] ? lanes[k] : result;
  }
  return result;
}

INLINE vd to_double(vf v) { return __builtin_convertvector(v, vd); }

INLINE vf to_float(vd v) { return __builtin_convertvector(v, vf); }

/// Adds the first `n` lanes to numbers in float64.
INLINE void add_to_doubles(double *totals, vf v, int64_t n) {
  if (n >= W) {
    store_double(totals, load_double(totals) + to_double(v));
  } else {
    for (int64_t k = 0; k < n; k++) totals[k] += (double)v[k];
  }
}

/// bfloat16 to float32, exact.
INLINE vf load_bfloat16(const uint16_t *p) {
  vh v;
  memcpy(&v, p, sizeof v);
  return (vf)(__builtin_convertvector(v, vu) << 16);
}

/// float32 to bfloat16, to the nearest, ties to even; NaN stays a NaN.
INLINE vh to_bfloat16(vf v) {
  vu bits = (vu)v;
  vu rounded = bits + 0x7FFF + ((bits >> 16) & 1);
  vu quiet = bits | 0x400000;
  return __builtin_convertvector((v == v ? rounded : quiet) >> 16, vh);
}

INLINE void store_bfloat16(uint16_t *p, vf v) {
  vh half = to_bfloat16(v);
  memcpy(p, &half, sizeof half);
}

INLINE void store_bfloat16_up_to(uint16_t *p, vf v, int64_t n) {
  vh half = to_bfloat16(v);
  memcpy(p, &half, n >= W ? sizeof half : (size_t)n * sizeof *p);
}

#if APUS_WIDTH == 16
#define LOW_HALVES 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23
#define HIGH_HALVES 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31
#elif APUS_WIDTH == 8
#define LOW_HALVES 0, 8, 1, 9, 2, 10, 3, 11
#define HIGH_HALVES 4, 12, 5, 13, 6, 14, 7, 15
#else
#define LOW_HALVES 0, 4, 1, 5
#define HIGH_HALVES 2, 6, 3, 7
#endif

/// The lower halves of both, lanes in turn: `a₀ b₀ a₁ b₁ …`.
INLINE vf interleave_low(vf a, vf b) { return __builtin_shufflevector(a, b, LOW_HALVES); }

/// The upper halves of both, lanes in turn.
INLINE vf interleave_high(vf a, vf b) { return __builtin_shufflevector(a, b, HIGH_HALVES); }

/// Runs the statement for each vector of `total` elements: `c` is where it begins, `n` its lanes in
/// use, the constant `W` but for the last.
#define FOR_VECTORS(total, c, n, ...)         \
  do {                                        \
    int64_t c = 0;                            \
    for (; c + W <= (total); c += W) {        \
      enum { n = W };                         \
      __VA_ARGS__                             \
    }                                         \
    if (c < (total)) {                        \
      const int64_t n = (total) - c;          \
      __VA_ARGS__                             \
    }                                         \
  } while (0)
