// Elementary functions of vectors, accurate to 4 ulp; subnormal numbers count as zero.
//
// Each reduces its argument to a short interval and evaluates a polynomial there. The coefficients
// are weighted Chebyshev fits, made minimax by Lawson's iteration (Lawson 1961, thesis, UCLA).

#pragma once

#include "Vector.h"

/// `c[0] + c[1]·x + …`, by Horner's rule.
#define POLYNOMIAL(x, ...)                                           \
  ({                                                                 \
    const float c_[] = {__VA_ARGS__};                                \
    vf x_ = (x), p_ = splat(c_[sizeof c_ / sizeof *c_ - 1]);         \
    _Pragma("clang loop unroll(full)") for (                         \
        int k_ = (int)(sizeof c_ / sizeof *c_) - 2; k_ >= 0; k_--) { \
      p_ = fused(p_, x_, splat(c_[k_]));                             \
    }                                                                \
    p_;                                                              \
  })

/// `x = n·log 2 + r` with `|r| ≤ log 2 / 2`; `|x|` must be below 2²¹.
///
/// Adding 1.5·2²³ leaves the nearest integer in the low bits of the sum, for NaN too without harm.
INLINE vf reduce_exponent(vf x, vi *n) {
  const float magic = 0x1.8p23f;
  vf shifted = fused(x, splat(0x1.715476p0f), splat(magic));
  vf whole = shifted - magic;
  *n = (vi)shifted - 0x4B400000;
  vf r = fused(whole, splat(-0x1.62ep-1f), x);  // log 2 in two parts; 12 bits: whole · it is exact
  return fused(whole, splat(-0x1.0bfbe8p-15f), r);
}

/// `2ⁿ` for `−126 ≤ n ≤ 127`.
INLINE vf power_of_two(vi n) { return (vf)((n + 127) << 23); }

INLINE vf exponential(vf x) {
  vf bounded = x > 100 ? 100 : x < -104 ? -104 : x;
  vi n;
  vf r = reduce_exponent(bounded, &n);
  vf q = POLYNOMIAL(
      r, 0.5f, 0.166666672f, 0.0416662544f, 0.00833326299f, 0.00139471982f, 0.000199193601f);
  vf p = fused(r * r, q, r) + 1;
  vi half = n >> 1;  // two factors, for `n` from −150 to 144
  return p * power_of_two(half) * power_of_two(n - half);
}

/// `exp(x) − 1`.
INLINE vf exponential_minus_1(vf x) {
  vf bounded = x > 89 ? 89 : x < -18 ? -18 : x;
  vi n;
  vf r = reduce_exponent(bounded, &n);
  vf q = POLYNOMIAL(
      r, 0.5f, 0.166666672f, 0.0416663438f, 0.00833327137f, 0.00139420561f, 0.000199150294f);
  vf p = fused(r * r, q, r);
  vf half = power_of_two(n - 1);  // 2ⁿ itself overflows for n = 128
  vf result = 2 * fused(half, p, half - 0.5f);
  return n == 0 ? p : result;
}

INLINE vf logarithm(vf x) {
  const int32_t root_half = 0x3F3504F3;  // the bits of √½: mantissas are taken from √½ to √2
  vi bits = (vi)x - root_half;
  vf exponent = __builtin_convertvector(bits >> 23, vf);
  vf z = (vf)((bits & 0x7FFFFF) + root_half) - 1;
  vf q = POLYNOMIAL(
      z, 0.333333105f, -0.249999866f, 0.200022191f, -0.166692391f, 0.1421877f, -0.123845823f,
      0.118724726f, -0.117883474f, 0.069146812f);
  vf square = z * z;
  vf low = fused(exponent, splat(-0x1.bd0106p-13f), z * square * q);  // log 2 = 0x1.63p-1 − this
  low = fused(square, splat(-0.5f), low);
  vf result = fused(exponent, splat(0x1.63p-1f), z + low);
  result = x == __builtin_inff() ? x : result;
  result = x < FLT_MIN ? splat(-__builtin_inff()) : result;
  return x < 0 || x != x ? splat(__builtin_nanf("")) : result;
}

/// `log(1 + x)`: the logarithm of the rounded sum, and what rounding lost to first order.
INLINE vf logarithm_plus_1(vf x) {
  vf sum = 1 + x;
  vf lost = x - (sum - 1);
  vf result = logarithm(sum) + lost / sum;
  return x == __builtin_inff() ? x : x == -1 ? splat(-__builtin_inff()) : result;
}

INLINE vf hyperbolic_tangent(vf x) {
  vf magnitude = absolute(x);
  vf bounded = magnitude > 10 ? 10 : magnitude;  // tanh(10) rounds to 1
  vf e = exponential_minus_1(2 * bounded);
  return with_sign(e / (e + 2), x);
}

INLINE vf logistic(vf x) { return 1 / (1 + exponential(-x)); }

/// `log(1 + exp(x)) = max(x, 0) + log(1 + exp(−|x|))`.
INLINE vf softplus(vf x) {
  vf tail = logarithm_plus_1(exponential(-absolute(x)));
  return larger(splat(0), x) + tail;
}

INLINE vf error_function(vf x) {
  vf magnitude = absolute(x);
  vf t = magnitude > 4 ? 4 : magnitude;
  // From 0.95 on: 1 − exp(log erfc(t)), the logarithm being smooth.
  vf log_complement = POLYNOMIAL(
      t, 0.00018344658f, -1.12955689f, -0.633262575f, -0.108372509f, 0.0251789875f,
      -0.00419361889f, 0.000439108029f, -2.14962638e-05f);
  vf outer = with_sign(1 - exponential(log_complement), x);
  vf q = POLYNOMIAL(
      x * x, 0.128379166f, -0.37612626f, 0.112836003f, -0.0268544443f, 0.00518953521f,
      -0.000802084105f, 7.8891193e-05f);
  vf inner = x * (1 + q);
  return magnitude > 0.95f ? outer : inner;
}
