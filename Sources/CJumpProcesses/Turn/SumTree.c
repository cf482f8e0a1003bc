// The direct method on a tree of sums, eight children a node: a node is a cache line.

#include "Path.h"

enum { TREE_LEVELS = 12 };

struct tree {
  double *level[TREE_LEVELS];
  int64_t count[TREE_LEVELS];
  int levels;
};

void free_tree(struct tree *t) {
  if (!t) return;
  for (int l = 0; l < t->levels; l++) free(t->level[l]);
  free(t);
}

struct tree *make_tree(int32_t reactions) {
  struct tree *t = calloc(1, sizeof *t);
  if (!t) return NULL;
  for (int64_t count = ((int64_t)reactions + 7) / 8 * 8;; count = (count / 8 + 7) / 8 * 8) {
    double *level = aligned_alloc(64, sizeof(double) * (size_t)count);
    if (!level) {
      free_tree(t);
      return NULL;
    }
    memset(level, 0, sizeof(double) * (size_t)count);
    t->count[t->levels] = count;
    t->level[t->levels++] = level;
    if (count == 8) return t;
  }
}

static double sum_of_node(const double *children) {
  double sum = 0;
  for (int k = 0; k < 8; k++) sum += children[k];
  return sum;
}

static void sum_tree(struct tree *t) {
  for (int l = 1; l < t->levels; l++) {
    for (int64_t i = 0; i < t->count[l - 1] / 8; i++) {
      t->level[l][i] = sum_of_node(t->level[l - 1] + 8 * i);
    }
  }
}

static inline __attribute__((always_inline)) apus_paths_status run(
    struct path *p, struct tree *t, const bool looks) {
  const apus_network *n = p->network;
  const struct moves *m = p->moves;
  double *w = t->level[0];
  int32_t fault = compute_propensities(p, w);
  if (fault >= 0) return no_rate(p, fault);
  sum_tree(t);
  while (!must_stop(p)) {
    if ((p->events & 0xFFFFF) == 0xFFFFF) sum_tree(t);  // rounding must not drift
    const double *top = t->level[t->levels - 1];
    double total = sum_of_node(top);
    if (!(total > 0)) {
      sum_tree(t);
      total = sum_of_node(top);
    }
    if (advance(p, total > 0 ? p->time + waiting(p) / total : INFINITY)) return APUS_PATHS_DONE;
    double r = uniform(p) * total;
    int64_t node = 0;
    for (int l = t->levels - 1; l >= 0; l--) {
      const double *children = t->level[l] + 8 * node;
      int child = 0;
      while (child < 7 && r >= children[child]) r -= children[child++];
      node = 8 * node + child;
    }
    if (node >= n->reactions || !(w[node] > 0)) {  // rounding left a hole: sum anew, draw again
      sum_tree(t);
      continue;
    }
    int32_t j = (int32_t)node;
    fire(p, j);
    for (int32_t q = m->dependent_begin[j]; q < m->dependent_begin[j + 1]; q++) {
      const struct dependent *moved = m->dependents + q;
      int64_t i = moved->reaction;
      double now = dependent_propensity(moved, p->x), difference = now - w[i];
      if (looks && !is_rate(now)) return no_rate(p, (int32_t)i);
      w[i] = now;
      for (int l = 1; l < t->levels; l++) t->level[l][i >>= 3] += difference;
    }
  }
  return stopped(p);
}

apus_paths_status run_sum_tree(struct path *p, struct tree *t) {
  // Propensities that no program computes need no look.
  return p->network->instructions > 0 ? run(p, t, true) : run(p, t, false);
}
