// Paths one after another: the direct method, the next reaction method, a tree of sums, and
// composition and rejection.
//
// References: Gillespie (1977), "Exact stochastic simulation of coupled chemical reactions", J.
// Phys. Chem. 81; Gibson, Bruck (2000), "Efficient exact stochastic simulation of chemical systems
// with many species and many channels", J. Phys. Chem. A 104; Slepoy, Thompson, Plimpton (2008), "A
// constant-time kinetic Monte Carlo algorithm for simulation of large biochemical reaction
// networks", J. Chem. Phys. 128.

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "CJumpProcesses.h"

/// One path under way.
struct path {
  const apus_network *network;
  const apus_record *record;
  double *samples;
  uint64_t state[4];
  double *x, *w;
  double time, next_time;
  int32_t point;
  int64_t events;
};

static uint64_t next_word(struct path *p) {
  uint64_t *s = p->state, result = s[0] + s[3], shifted = s[1] << 17;
  s[2] ^= s[0];
  s[3] ^= s[1];
  s[1] ^= s[2];
  s[0] ^= s[3];
  s[2] ^= shifted;
  s[3] = (s[3] << 45) | (s[3] >> 19);
  return result;
}

/// Uniform in `[0, 1)`.
static double uniform(struct path *p) { return (double)(next_word(p) >> 11) * 0x1p-53; }

/// Exponential of mean 1.
static double waiting(struct path *p) { return -log(1 - uniform(p)); }

static inline double propensity(const apus_network *n, const double *x, int32_t j) {
  const int32_t *factor = n->factor + 3 * j;
  return n->rate[j] * x[factor[0]] * x[factor[1]] * x[factor[2]];
}

static inline void fire(struct path *p, int32_t j) {
  const apus_network *n = p->network;
  for (int32_t q = n->change_begin[j]; q < n->change_begin[j + 1]; q++) {
    p->x[n->change_slot[q]] += n->change_by[q];
  }
  p->events++;
}

/// Moves the clock, writing the points it passes; true where the path is done.
static inline bool advance(struct path *p, double time) {
  p->time = time;
  if (time < p->next_time) return false;
  const apus_record *record = p->record;
  while (p->point < record->points && !(record->times[p->point] > time)) {
    double *row = p->samples + (int64_t)p->point * record->outputs;
    for (int output = 0; output < record->outputs; output++) row[output] = p->x[record->slot[output]];
    p->point++;
  }
  if (p->point >= record->points) return true;
  p->next_time = record->times[p->point];
  return false;
}

static inline bool is_endless(const struct path *p) {
  return p->events > p->record->event_limit;
}

// The direct method with a dependency graph and a running total.

static apus_paths_status run_direct(struct path *p) {
  const apus_network *n = p->network;
  double total = 0;
  for (int32_t j = 0; j < n->reactions; j++) total += p->w[j] = propensity(n, p->x, j);
  while (!is_endless(p)) {
    if ((p->events & 1023) == 1023 || !(total > 0)) {  // rounding must not drift
      total = 0;
      for (int32_t j = 0; j < n->reactions; j++) total += p->w[j];
    }
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
      total += now - p->w[i];
      p->w[i] = now;
    }
  }
  return APUS_PATHS_EVENT_LIMIT;
}

// The next reaction method: a heap of the times at which each reaction would fire.

struct heap {
  double *time;
  int32_t *reaction, *place, count;
};

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

static apus_paths_status run_next_reaction(struct path *p, struct heap *h) {
  const apus_network *n = p->network;
  h->count = n->reactions;
  for (int32_t j = 0; j < n->reactions; j++) {
    p->w[j] = propensity(n, p->x, j);
    h->time[j] = p->w[j] > 0 ? waiting(p) / p->w[j] : INFINITY;
    put(h, j, j);
  }
  for (int32_t place = n->reactions / 2; place >= 0; place--) sift_down(h, place);
  while (!is_endless(p)) {
    int32_t j = h->reaction[0];
    if (advance(p, h->time[j])) return APUS_PATHS_DONE;
    fire(p, j);
    for (int32_t q = n->dependent_begin[j]; q < n->dependent_begin[j + 1]; q++) {
      int32_t i = n->dependent[q];
      double now = propensity(n, p->x, i), before = p->w[i];
      if (i == j || now == before) continue;
      p->w[i] = now;
      // What is left of the wait keeps its law when it is stretched with the propensity.
      double left = before > 0 ? before / now * (h->time[i] - p->time) : waiting(p) / now;
      set_time(h, i, now > 0 ? p->time + left : INFINITY);
    }
    p->w[j] = propensity(n, p->x, j);
    set_time(h, j, p->w[j] > 0 ? p->time + waiting(p) / p->w[j] : INFINITY);
  }
  return APUS_PATHS_EVENT_LIMIT;
}

// A tree of sums, eight children a node: a node is a cache line.

enum { TREE_LEVELS = 12 };

struct tree {
  double *level[TREE_LEVELS];
  int64_t count[TREE_LEVELS];
  int levels;
};

static void free_tree(struct tree *t) {
  for (int l = 0; l < t->levels; l++) free(t->level[l]);
}

static bool make_tree(struct tree *t, int32_t leaves) {
  int64_t count = ((int64_t)leaves + 7) / 8 * 8;
  for (t->levels = 0;; count = (count / 8 + 7) / 8 * 8) {
    double *level = aligned_alloc(64, sizeof(double) * (size_t)count);
    if (!level) return false;
    memset(level, 0, sizeof(double) * (size_t)count);
    t->count[t->levels] = count;
    t->level[t->levels++] = level;
    if (count == 8) return true;
  }
}

static void sum_tree(struct tree *t) {
  for (int l = 1; l < t->levels; l++) {
    for (int64_t i = 0; i < t->count[l - 1] / 8; i++) {
      double sum = 0;
      for (int k = 0; k < 8; k++) sum += t->level[l - 1][8 * i + k];
      t->level[l][i] = sum;
    }
  }
}

static apus_paths_status run_sum_tree(struct path *p, struct tree *t) {
  const apus_network *n = p->network;
  double *w = t->level[0];
  for (int32_t j = 0; j < n->reactions; j++) w[j] = propensity(n, p->x, j);
  sum_tree(t);
  while (!is_endless(p)) {
    if ((p->events & 0xFFFFF) == 0xFFFFF) sum_tree(t);  // rounding must not drift
    const double *top = t->level[t->levels - 1];
    double total = 0;
    for (int k = 0; k < 8; k++) total += top[k];
    if (!(total > 0)) {
      sum_tree(t);
      total = 0;
      for (int k = 0; k < 8; k++) total += top[k];
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
    for (int32_t q = n->dependent_begin[j]; q < n->dependent_begin[j + 1]; q++) {
      int64_t i = n->dependent[q];
      double now = propensity(n, p->x, (int32_t)i), difference = now - w[i];
      w[i] = now;
      for (int l = 1; l < t->levels; l++) t->level[l][i >>= 3] += difference;
    }
  }
  return APUS_PATHS_EVENT_LIMIT;
}

// Composition and rejection: reactions in groups by the binary exponent of their propensity.

enum { GROUP_COUNT = 2100, GROUP_LOWEST = -1074 };  // every exponent of a double

struct groups {
  int32_t *member[GROUP_COUNT], size[GROUP_COUNT], room[GROUP_COUNT];
  double sum[GROUP_COUNT], bound[GROUP_COUNT];
  int32_t *group, *place;
  int low, high;
};

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

static apus_paths_status run_composition(struct path *p, struct groups *g) {
  const apus_network *n = p->network;
  for (int q = 0; q < GROUP_COUNT; q++) {
    g->size[q] = 0;
    g->sum[q] = 0;
    g->bound[q] = ldexp(1, q + GROUP_LOWEST + 1);
  }
  g->low = GROUP_COUNT - 1;
  g->high = 0;
  for (int32_t j = 0; j < n->reactions; j++) {
    g->group[j] = -1;
    p->w[j] = 0;
    if (!set_propensity(g, p->w, j, propensity(n, p->x, j))) return APUS_PATHS_NO_MEMORY;
  }
  while (!is_endless(p)) {
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
    for (int32_t d = n->dependent_begin[j]; d < n->dependent_begin[j + 1]; d++) {
      int32_t i = n->dependent[d];
      if (!set_propensity(g, p->w, i, propensity(n, p->x, i))) return APUS_PATHS_NO_MEMORY;
    }
  }
  return APUS_PATHS_EVENT_LIMIT;
}

/// What a method needs beside the path itself.
struct workshop {
  struct heap heap;
  struct tree tree;
  struct groups groups;
};

static bool equip(struct workshop *shop, apus_method method, int32_t reactions) {
  size_t count = (size_t)reactions + 1;
  switch (method) {
    case APUS_METHOD_DIRECT: return true;
    case APUS_METHOD_NEXT_REACTION:
      shop->heap.time = malloc(count * sizeof(double));
      shop->heap.reaction = malloc(count * sizeof(int32_t));
      shop->heap.place = malloc(count * sizeof(int32_t));
      return shop->heap.time && shop->heap.reaction && shop->heap.place;
    case APUS_METHOD_SUM_TREE: return make_tree(&shop->tree, reactions);
    case APUS_METHOD_COMPOSITION_REJECTION:
      shop->groups.group = malloc(count * sizeof(int32_t));
      shop->groups.place = malloc(count * sizeof(int32_t));
      return shop->groups.group && shop->groups.place;
  }
  return false;
}

static void clear(struct workshop *shop) {
  free(shop->heap.time);
  free(shop->heap.reaction);
  free(shop->heap.place);
  free_tree(&shop->tree);
  for (int q = 0; q < GROUP_COUNT; q++) free(shop->groups.member[q]);
  free(shop->groups.group);
  free(shop->groups.place);
}

static apus_paths_status run(struct path *p, apus_method method, struct workshop *shop) {
  switch (method) {
    case APUS_METHOD_DIRECT: return run_direct(p);
    case APUS_METHOD_NEXT_REACTION: return run_next_reaction(p, &shop->heap);
    case APUS_METHOD_SUM_TREE: return run_sum_tree(p, &shop->tree);
    case APUS_METHOD_COMPOSITION_REJECTION: return run_composition(p, &shop->groups);
  }
  return APUS_PATHS_DONE;
}

apus_outcome apus_paths_in_turn(
    const apus_network *network, const apus_record *record, apus_method method, int64_t paths,
    const uint64_t *seeds, double *samples) {
  apus_outcome outcome = {APUS_PATHS_NO_MEMORY, 0, 0, 0};
  struct workshop shop;
  memset(&shop, 0, sizeof shop);
  double *x = malloc(sizeof(double) * (size_t)network->slots);
  double *w = calloc((size_t)network->reactions + 1, sizeof(double));
  if (x && w && equip(&shop, method, network->reactions)) {
    outcome.status = APUS_PATHS_DONE;
    for (int64_t path = 0; path < paths && outcome.status == APUS_PATHS_DONE; path++) {
      struct path p = {network, record, .x = x, .w = w, .next_time = record->times[0]};
      p.samples = samples + path * record->points * (int64_t)record->outputs;
      memcpy(p.state, seeds + 4 * path, sizeof p.state);
      memcpy(x, network->initial, sizeof(double) * (size_t)network->slots);
      outcome.status = run(&p, method, &shop);
      outcome.events += p.events;
      outcome.path = path;
      outcome.time = p.time;
    }
  }
  clear(&shop);
  free(x);
  free(w);
  return outcome;
}
