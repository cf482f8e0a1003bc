// The direct method with a dependency graph and a running total.
//
// Reference: Gillespie (1977), "Exact stochastic simulation of coupled chemical reactions", J. Phys.
// Chem. 81.

#include "Path.h"

static double sum(const double *w, int32_t count) {
  double total = 0;
  for (int32_t j = 0; j < count; j++) total += w[j];
  return total;
}

apus_paths_status run_direct(struct path *p) {
  const apus_network *n = p->network;
  int32_t fault = compute_propensities(p, p->w);
  if (fault >= 0) return no_rate(p, fault);
  double total = sum(p->w, n->reactions);
  while (!is_endless(p)) {
    // Rounding must not drift.
    if ((p->events & 1023) == 1023 || !(total > 0)) total = sum(p->w, n->reactions);
    if (advance(p, total > 0 ? p->time + waiting(p) / total : INFINITY)) return APUS_PATHS_DONE;
    double r = uniform(p) * total;
    int32_t j = 0;
    while (j < n->reactions - 1 && r >= p->w[j]) r -= p->w[j++];
    while (j > 0 && p->w[j] == 0) j--;
    if (p->w[j] == 0) {
      total = 0;  // what was left of it was rounding
      continue;
    }
    fire(p, j);
    for (int32_t q = n->dependent_begin[j]; q < n->dependent_begin[j + 1]; q++) {
      int32_t i = n->dependent[q];
      double now = propensity(n, p->x, i);
      if (!is_rate(now)) return no_rate(p, i);
      total += now - p->w[i];
      p->w[i] = now;
    }
  }
  return APUS_PATHS_EVENT_LIMIT;
}
