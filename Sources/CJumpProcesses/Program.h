// A program's instructions on one path at a time.

#pragma once

#include <math.h>

#include "CJumpProcesses.h"

/// What an instruction gives for the numbers `x`.
static inline double instruction_value(const apus_instruction *step, const double *x) {
  double a = x[step->first], b = x[step->second];
  switch ((apus_function)step->function) {
    case APUS_ADD: return a + b;
    case APUS_SUBTRACT: return a - b;
    case APUS_NEGATE: return -a;
    case APUS_MULTIPLY: return a * b;
    case APUS_DIVIDE: return a / b;
    case APUS_POWER: return pow(a, b);
    case APUS_EXP: return exp(a);
    case APUS_LN: return log(a);
    case APUS_LOG10: return log10(a);
    case APUS_SQRT: return sqrt(a);
    case APUS_ABS: return fabs(a);
    case APUS_FLOOR: return floor(a);
    case APUS_CEIL: return ceil(a);
    case APUS_FACTORIAL: return tgamma(a + 1);
    case APUS_SIN: return sin(a);
    case APUS_COS: return cos(a);
    case APUS_TAN: return tan(a);
    case APUS_ARCSIN: return asin(a);
    case APUS_ARCCOS: return acos(a);
    case APUS_ARCTAN: return atan(a);
    case APUS_SINH: return sinh(a);
    case APUS_COSH: return cosh(a);
    case APUS_TANH: return tanh(a);
    case APUS_MIN: return b < a ? b : a;
    case APUS_MAX: return b > a ? b : a;
    case APUS_LESS: return a < b;
    case APUS_LESS_OR_EQUAL: return a <= b;
    case APUS_EQUAL: return a == b;
    case APUS_UNEQUAL: return a != b;
    case APUS_AND: return a != 0 && b != 0;
    case APUS_OR: return a != 0 || b != 0;
    case APUS_NOT: return a == 0;
    case APUS_SELECT: return a != 0 ? b : x[step->third];
  }
  return NAN;
}

static inline void run_instruction(const apus_instruction *step, double *x) {
  x[step->target] = instruction_value(step, x);
}

static inline void run_program(const apus_network *network, double *x) {
  for (int32_t i = 0; i < network->instructions; i++) run_instruction(network->program + i, x);
}

/// The propensity of reaction `j` where the slots hold `x`.
static inline double propensity(const apus_network *network, const double *x, int32_t j) {
  const int32_t *factor = network->factor + 3 * j;
  return network->rate[j] * x[factor[0]] * (x[factor[1]] * x[factor[2]]);
}
