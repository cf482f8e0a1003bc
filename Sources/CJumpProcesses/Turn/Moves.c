// The lists of what a firing changes and moves, gathered so that each is one run of memory.

#include "Path.h"

static struct change *make_changes(const apus_network *n) {
  int32_t count = n->change_begin[n->reactions];
  struct change *all = malloc(sizeof *all * ((size_t)count + 1));
  for (int32_t q = 0; all && q < count; q++) {
    all[q] = (struct change){n->change_slot[q], n->change_by[q]};
  }
  return all;
}

static struct dependent *make_dependents(const apus_network *n) {
  int32_t count = n->dependent_begin[n->reactions];
  struct dependent *all = malloc(sizeof *all * ((size_t)count + 1));
  for (int32_t q = 0; all && q < count; q++) {
    int32_t i = n->dependent[q];
    const int32_t *factor = n->factor + 3 * i;
    all[q] = (struct dependent){i, {factor[0], factor[1], factor[2]}, n->rate[i]};
  }
  return all;
}

bool make_moves(struct moves *m, const apus_network *n) {
  *m = (struct moves){
      n->change_begin, n->dependent_begin, make_changes(n), make_dependents(n)};
  return m->changes && m->dependents;
}

void free_moves(struct moves *m) {
  free(m->changes);
  free(m->dependents);
}
