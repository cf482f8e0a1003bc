// A network's program in every lane: an instruction is looked at once for all paths under way.

#pragma once

#include "../Program.h"
#include "Functions.h"

/// What the functions without vectors of their own give, a lane at a time.
__attribute__((noinline)) static void run_each_lane(const apus_instruction *step, vd *x) {
  for (int lane = 0; lane < LANES; lane++) {
    const double three[3] = {
        ((double *)&x[step->first])[lane], ((double *)&x[step->second])[lane],
        ((double *)&x[step->third])[lane]};
    const apus_instruction here = {step->function, 0, 0, 1, 2};
    ((double *)&x[step->target])[lane] = instruction_value(&here, three);
  }
}

INLINE vd truth(vl condition) { return (vd)(condition & (vl)(vd)1.0); }

/// Runs the program on `groups` groups of lanes, whose numbers are `slots` apart.
INLINE void run_lane_program(
    const apus_instruction *program, int instructions, vd *x, const int slots, const int groups) {
  for (int i = 0; i < instructions; i++) {
    const apus_instruction step = program[i];
#define IN_EACH_GROUP(EXPRESSION)                                      \
  _Pragma("clang loop unroll(full)")                                   \
  for (int g = 0; g < groups; g++) {                                   \
    vd *here = x + (int64_t)g * slots;                                 \
    vd a = here[step.first], b = here[step.second];                    \
    (void)b;                                                           \
    here[step.target] = (EXPRESSION);                                  \
  }                                                                    \
  break;
    switch ((apus_function)step.function) {
      case APUS_ADD: IN_EACH_GROUP(a + b)
      case APUS_SUBTRACT: IN_EACH_GROUP(a - b)
      case APUS_NEGATE: IN_EACH_GROUP(-a)
      case APUS_MULTIPLY: IN_EACH_GROUP(a * b)
      case APUS_DIVIDE: IN_EACH_GROUP(a / b)
      case APUS_POWER: IN_EACH_GROUP(raised(a, b))
      case APUS_EXP: IN_EACH_GROUP(exponential(a))
      case APUS_LN: IN_EACH_GROUP(logarithm(a))
      case APUS_SQRT: IN_EACH_GROUP(square_root(a))
      case APUS_ABS: IN_EACH_GROUP((vd)((vl)a & (vl)(int64_t)0x7FFFFFFFFFFFFFFF))
      case APUS_MIN: IN_EACH_GROUP(chosen_of(b < a, b, a))
      case APUS_MAX: IN_EACH_GROUP(chosen_of(b > a, b, a))
      case APUS_LESS: IN_EACH_GROUP(truth(a < b))
      case APUS_LESS_OR_EQUAL: IN_EACH_GROUP(truth(a <= b))
      case APUS_EQUAL: IN_EACH_GROUP(truth(a == b))
      case APUS_UNEQUAL: IN_EACH_GROUP(truth(a != b))
      case APUS_AND: IN_EACH_GROUP(truth((a != 0) & (b != 0)))
      case APUS_OR: IN_EACH_GROUP(truth((a != 0) | (b != 0)))
      case APUS_NOT: IN_EACH_GROUP(truth(a == 0))
      case APUS_SELECT: IN_EACH_GROUP(chosen_of(a != 0, b, here[step.third]))
      default:
        for (int g = 0; g < groups; g++) run_each_lane(&step, x + (int64_t)g * slots);
    }
#undef IN_EACH_GROUP
  }
}
