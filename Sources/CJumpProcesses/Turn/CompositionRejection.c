// Composition and rejection: reactions in groups by the binary exponent of their propensity.
//
// Reference: Slepoy, Thompson, Plimpton (2008), "A constant-time kinetic Monte Carlo algorithm for
// simulation of large biochemical reaction networks", J. Chem. Phys. 128.

#include "Path.h"

enum { GROUP_COUNT = 2100, GROUP_LOWEST = -1074 };  // every exponent of a double

struct groups {
  int32_t *member[GROUP_COUNT], size[GROUP_COUNT], room[GROUP_COUNT];
  double sum[GROUP_COUNT], bound[GROUP_COUNT];
  int32_t *group, *place;
  int low, high;
};

struct groups *make_groups(int32_t reactions) {
  size_t count = (size_t)reactions + 1;
  struct groups *g = calloc(1, sizeof *g);
  if (!g) return NULL;
  g->group = malloc(count * sizeof(int32_t));
  g->place = malloc(count * sizeof(int32_t));
  if (g->group && g->place) return g;
  free_groups(g);
  return NULL;
}

void free_groups(struct groups *g) {
  if (!g) return;
  for (int q = 0; q < GROUP_COUNT; q++) free(g->member[q]);
  free(g->group);
  free(g->place);
  free(g);
}

static int group_of(double w) {
  if (!(w > 0)) return -1;
  int exponent;
  frexp(w, &exponent);
  int group = exponent - 1 - GROUP_LOWEST;
  return group < 0 ? 0 : group >= GROUP_COUNT ? GROUP_COUNT - 1 : group;
}

static bool set_propensity(struct groups *g, double *w, int32_t j, double now) {
  int to = group_of(now), from = g->group[j];
  if (to == from) {
    if (to >= 0) g->sum[to] += now - w[j];
  } else {
    if (from >= 0) {
      int32_t last = g->member[from][--g->size[from]];
      g->member[from][g->place[j]] = last;
      g->place[last] = g->place[j];
      g->sum[from] = g->size[from] ? g->sum[from] - w[j] : 0;
    }
    if (to >= 0) {
      if (g->size[to] == g->room[to]) {
        int32_t room = g->room[to] ? 2 * g->room[to] : 16;
        int32_t *larger = realloc(g->member[to], sizeof(int32_t) * (size_t)room);
        if (!larger) return false;
        g->member[to] = larger;
        g->room[to] = room;
      }
      g->place[j] = g->size[to];
      g->member[to][g->size[to]++] = j;
      g->sum[to] += now;
      if (to < g->low) g->low = to;
      if (to > g->high) g->high = to;
    }
    g->group[j] = to;
  }
  w[j] = now;
  return true;
}

static double sum_groups(struct groups *g, const double *w, bool anew) {
  double total = 0;
  for (int q = g->high; q >= g->low; q--) {
    if (anew) {
      g->sum[q] = 0;
      for (int32_t k = 0; k < g->size[q]; k++) g->sum[q] += w[g->member[q][k]];
    }
    total += g->sum[q];
  }
  return total;
}

/// Puts every reaction into its group.
static bool fill_groups(struct groups *g, struct path *p) {
  for (int q = 0; q < GROUP_COUNT; q++) {
    g->size[q] = 0;
    g->sum[q] = 0;
    g->bound[q] = ldexp(1, q + GROUP_LOWEST + 1);
  }
  g->low = GROUP_COUNT - 1;
  g->high = 0;
  for (int32_t j = 0; j < p->network->reactions; j++) {
    double now = p->w[j];
    g->group[j] = -1;
    p->w[j] = 0;
    if (!set_propensity(g, p->w, j, now)) return false;
  }
  return true;
}

apus_paths_status run_composition(struct path *p, struct groups *g) {
  const struct moves *m = p->moves;
  int32_t fault = compute_propensities(p, p->w);
  if (fault >= 0) return no_rate(p, fault);
  if (!fill_groups(g, p)) return APUS_PATHS_NO_MEMORY;
  while (!must_stop(p)) {
    double total = sum_groups(g, p->w, (p->events & 0xFFFFF) == 0xFFFFF);
    if (!(total > 0)) total = sum_groups(g, p->w, true);
    if (advance(p, total > 0 ? p->time + waiting(p) / total : INFINITY)) return APUS_PATHS_DONE;
    double r = uniform(p) * total;
    int q = g->high;
    while (q > g->low && r >= g->sum[q]) r -= g->sum[q--];
    while (g->size[q] == 0) q = q > g->low ? q - 1 : g->high;
    int32_t j;
    do {
      double z = uniform(p) * g->size[q];
      int32_t k = (int32_t)z;
      j = g->member[q][k];
      if ((z - k) * g->bound[q] < p->w[j]) break;
    } while (true);
    fire(p, j);
    for (int32_t d = m->dependent_begin[j]; d < m->dependent_begin[j + 1]; d++) {
      const struct dependent *moved = m->dependents + d;
      int32_t i = moved->reaction;
      double now = dependent_propensity(moved, p->x);
      if (!is_rate(now)) return no_rate(p, i);
      if (!set_propensity(g, p->w, i, now)) return APUS_PATHS_NO_MEMORY;
    }
  }
  return stopped(p);
}
