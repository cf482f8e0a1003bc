// The next reaction method: a heap of the times at which each reaction would fire.
//
// Reference: Gibson, Bruck (2000), "Efficient exact stochastic simulation of chemical systems with
// many species and many channels", J. Phys. Chem. A 104.

#include "Path.h"

struct heap {
  double *time;
  int32_t *reaction, *place, count;
};

struct heap *make_heap(int32_t reactions) {
  size_t count = (size_t)reactions + 1;
  struct heap *h = calloc(1, sizeof *h);
  if (!h) return NULL;
  h->time = malloc(count * sizeof(double));
  h->reaction = malloc(count * sizeof(int32_t));
  h->place = malloc(count * sizeof(int32_t));
  if (h->time && h->reaction && h->place) return h;
  free_heap(h);
  return NULL;
}

void free_heap(struct heap *h) {
  if (!h) return;
  free(h->time);
  free(h->reaction);
  free(h->place);
  free(h);
}

static void put(struct heap *h, int32_t place, int32_t reaction) {
  h->reaction[place] = reaction;
  h->place[reaction] = place;
}

static void sift_down(struct heap *h, int32_t place) {
  int32_t moved = h->reaction[place];
  for (int32_t child; (child = 2 * place + 1) < h->count; place = child) {
    if (child + 1 < h->count && h->time[h->reaction[child + 1]] < h->time[h->reaction[child]]) {
      child++;
    }
    if (h->time[h->reaction[child]] >= h->time[moved]) break;
    put(h, place, h->reaction[child]);
  }
  put(h, place, moved);
}

static void sift_up(struct heap *h, int32_t place) {
  int32_t moved = h->reaction[place];
  for (int32_t parent; place > 0; place = parent) {
    parent = (place - 1) / 2;
    if (h->time[h->reaction[parent]] <= h->time[moved]) break;
    put(h, place, h->reaction[parent]);
  }
  put(h, place, moved);
}

static void set_time(struct heap *h, int32_t reaction, double time) {
  bool is_later = time > h->time[reaction];
  h->time[reaction] = time;
  if (is_later) {
    sift_down(h, h->place[reaction]);
  } else {
    sift_up(h, h->place[reaction]);
  }
}

apus_paths_status run_next_reaction(struct path *p, struct heap *h) {
  const apus_network *n = p->network;
  const struct moves *m = p->moves;
  h->count = n->reactions;
  int32_t fault = compute_propensities(p, p->w);
  if (fault >= 0) return no_rate(p, fault);
  for (int32_t j = 0; j < n->reactions; j++) {
    h->time[j] = p->w[j] > 0 ? waiting(p) / p->w[j] : INFINITY;
    put(h, j, j);
  }
  for (int32_t place = n->reactions / 2; place >= 0; place--) sift_down(h, place);
  while (!must_stop(p)) {
    int32_t j = h->reaction[0];
    if (advance(p, h->time[j])) return APUS_PATHS_DONE;
    fire(p, j);
    for (int32_t q = m->dependent_begin[j]; q < m->dependent_begin[j + 1]; q++) {
      const struct dependent *moved = m->dependents + q;
      int32_t i = moved->reaction;
      double now = dependent_propensity(moved, p->x), before = p->w[i];
      if (i == j || now == before) continue;
      if (!is_rate(now)) return no_rate(p, i);
      p->w[i] = now;
      // What is left of the wait keeps its law when it is stretched with the propensity.
      double left = before > 0 ? before / now * (h->time[i] - p->time) : waiting(p) / now;
      set_time(h, i, now > 0 ? p->time + left : INFINITY);
    }
    p->w[j] = propensity(n, p->x, j);
    if (!is_rate(p->w[j])) return no_rate(p, j);
    set_time(h, j, p->w[j] > 0 ? p->time + waiting(p) / p->w[j] : INFINITY);
  }
  return stopped(p);
}
