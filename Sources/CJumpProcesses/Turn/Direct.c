// The direct method with a dependency graph and a running total. Reactions are searched in the order
// of how often they fired lately.
//
// References: Gillespie (1977), "Exact stochastic simulation of coupled chemical reactions", J. Phys.
// Chem. 81; Cao, Li, Petzold (2004), "Efficient formulation of the stochastic simulation algorithm
// for chemically reacting systems", J. Chem. Phys. 121.

#include "Path.h"

struct search {
  int32_t *order, *fired;
};

struct search *make_search(int32_t reactions) {
  size_t count = (size_t)reactions + 1;
  struct search *s = calloc(1, sizeof *s);
  if (!s) return NULL;
  s->order = malloc(count * sizeof(int32_t));
  s->fired = malloc(count * sizeof(int32_t));
  if (s->order && s->fired) return s;
  free_search(s);
  return NULL;
}

void free_search(struct search *s) {
  if (!s) return;
  free(s->order);
  free(s->fired);
  free(s);
}

/// Moves what fired often to the front, and forgets half of it.
static void sort_search(struct search *s, int32_t count) {
  for (int32_t k = 1; k < count; k++) {
    int32_t moved = s->order[k], place = k;
    for (; place > 0 && s->fired[s->order[place - 1]] < s->fired[moved]; place--) {
      s->order[place] = s->order[place - 1];
    }
    s->order[place] = moved;
  }
  for (int32_t j = 0; j < count; j++) s->fired[j] /= 2;
}

/// The reaction at which the cumulative sum passes `r`; one of propensity 0 where rounding says so.
static inline int32_t find(const struct search *s, const double *w, int32_t count, double r) {
  int32_t k = 0;
  while (k < count - 1 && r >= w[s->order[k]]) r -= w[s->order[k++]];
  while (k > 0 && w[s->order[k]] == 0) k--;
  return s->order[k];
}

static double sum(const double *w, int32_t count) {
  double total = 0;
  for (int32_t j = 0; j < count; j++) total += w[j];
  return total;
}

/// Computes anew what moves when `j` fires and adds the differences to the total; a reaction whose
/// propensity is no rate, or −1. Propensities that no program computes need no look.
static inline int32_t update(struct path *p, int32_t j, double *total, const bool looks) {
  const struct moves *m = p->moves;
  for (int32_t q = m->dependent_begin[j]; q < m->dependent_begin[j + 1]; q++) {
    const struct dependent *moved = m->dependents + q;
    int32_t i = moved->reaction;
    double now = dependent_propensity(moved, p->x);
    if (looks && !is_rate(now)) return i;
    *total += now - p->w[i];
    p->w[i] = now;
  }
  return -1;
}

static inline __attribute__((always_inline)) apus_paths_status run(
    struct path *p, struct search *s, const bool looks) {
  const apus_network *n = p->network;
  int32_t fault = compute_propensities(p, p->w);
  if (fault >= 0) return no_rate(p, fault);
  double total = sum(p->w, n->reactions);
  for (int32_t j = 0; j < n->reactions; j++) {
    s->order[j] = j;
    s->fired[j] = 0;
  }
  while (!must_stop(p)) {
    if ((p->events & 1023) == 1023 || !(total > 0)) {
      total = sum(p->w, n->reactions);  // rounding must not drift
      sort_search(s, n->reactions);
    }
    if (advance(p, total > 0 ? p->time + waiting(p) / total : INFINITY)) return APUS_PATHS_DONE;
    int32_t j = find(s, p->w, n->reactions, uniform(p) * total);
    if (p->w[j] == 0) {
      total = 0;  // what was left of it was rounding
      continue;
    }
    s->fired[j]++;
    fire(p, j);
    fault = update(p, j, &total, looks);
    if (looks && fault >= 0) return no_rate(p, fault);
  }
  return stopped(p);
}

apus_paths_status run_direct(struct path *p, struct search *s) {
  return p->network->instructions > 0 ? run(p, s, true) : run(p, s, false);
}
