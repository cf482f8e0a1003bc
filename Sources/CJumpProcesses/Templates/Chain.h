// One step of a chain on rows of states.

#pragma once

#include "Vector.h"

static void chain_step(
    const apus_chain *chain, const double *x, double *y, double weight, double *sum) {
  for (int64_t row = 0; row < chain->rows; row++) {
    int64_t begin = chain->row_begin[row], count = chain->row_begin[row + 1] - begin;
    const double *restrict here = x + begin, *restrict stay = chain->stay + begin;
    double *restrict out = y + begin;
    for (int64_t i = 0; i < count; i++) out[i] = stay[i] * here[i];
    for (int64_t f = chain->flow_begin[row]; f < chain->flow_begin[row + 1]; f++) {
      const apus_flow flow = chain->flows[f];
      const double *restrict from = x + flow.source, *restrict rate = chain->rates + flow.rate;
      double *restrict into = y + flow.target;
      for (int64_t i = 0; i < flow.count; i++) into[i] += rate[i] * from[i];
    }
    if (weight != 0) {
      double *restrict total = sum + begin;
      for (int64_t i = 0; i < count; i++) total[i] += weight * out[i];
    }
  }
}
