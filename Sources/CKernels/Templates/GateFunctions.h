// The functions of the LSTM's gates.
//
// Beside products of bfloat16 numbers, whose operands have errors of 2⁻⁹, functions that are exact to
// 2⁻¹⁸ are enough.

#pragma once

#include "Functions.h"

#ifdef APUS_BFLOAT16_PAIRS
/// `1 / (1 + 2^x)`, within 2⁻¹⁸ of itself; a half for 0.
INLINE vf falling_logistic(vf x) {
  vf bounded = clamp(x, splat(-120), splat(120));
  vf whole = (vf)_mm512_roundscale_ps((__m512)bounded, 0);
  vf q = POLYNOMIAL(
      bounded - whole, 1, 0.693124175f, 0.240240991f, 0.0559064262f, 0.00958285294f);
  vf sum = 1 + (vf)_mm512_scalef_ps((__m512)q, (__m512)whole);
  vf near = (vf)_mm512_rcp14_ps((__m512)sum);
  return fused(near, fused(-sum, near, splat(1)), near);  // a step of Newton's method
}

INLINE vf gate_logistic(vf x) { return falling_logistic(x * -0x1.715476p0f); }

/// Within 2⁻¹⁹ of 1, so that small numbers keep fewer of their own digits.
INLINE vf gate_tangent(vf x) {
  return fused(splat(-2), falling_logistic(x * 0x1.715476p1f), splat(1));
}
#else
INLINE vf gate_logistic(vf x) { return logistic(x); }

INLINE vf gate_tangent(vf x) { return hyperbolic_tangent(x); }
#endif
