// Paths one after another, by the method asked for.

#include "Path.h"

#include "../LoopTable.h"

/// xoshiro256+; see Templates/Vector.h.
static uint64_t next_word(uint64_t s[4]) {
  uint64_t result = s[0] + s[3], shifted = s[1] << 17;
  s[2] ^= s[0];
  s[3] ^= s[1];
  s[1] ^= s[2];
  s[0] ^= s[3];
  s[2] ^= shifted;
  s[3] = (s[3] << 45) | (s[3] >> 19);
  return result;
}

void apus_path_words(uint64_t state[4], uint64_t *words, int64_t count) {
  for (int64_t i = 0; i < count; i++) words[i] = next_word(state);
}

void refill_waits(struct path *p) {
  uint64_t words[DRAWS];
  for (int i = 0; i < DRAWS; i++) words[i] = next_word(p->state);
  apus_draw_waits(words, p->waits, DRAWS);
  p->waits_left = DRAWS;
}

void refill_uniforms(struct path *p) {
  for (int i = 0; i < DRAWS; i++) {
    p->uniforms[i] = (double)(next_word(p->state) >> 11) * 0x1p-53;
  }
  p->uniforms_left = DRAWS;
}

enum { EVENTS_BETWEEN_LOOKS = 0x10000 };

bool look_whether_to_stop(struct path *p) {
  const apus_record *record = p->record;
  p->next_look = p->events + EVENTS_BETWEEN_LOOKS;
  if (p->next_look > record->event_limit) p->next_look = record->event_limit;
  return p->events > record->event_limit ||
         (record->is_stopped && record->is_stopped(record->context));
}

/// What a method needs beside the path itself.
struct workshop {
  struct search *search;
  struct registers *registers;
  struct heap *heap;
  struct tree *tree;
  struct groups *groups;
};

static bool equip(struct workshop *shop, apus_method method, const apus_network *network) {
  int32_t reactions = network->reactions;
  switch (method) {
    case APUS_METHOD_DIRECT:
      if (fits_registers(network)) return (shop->registers = make_registers(network)) != NULL;
      return (shop->search = make_search(reactions)) != NULL;
    case APUS_METHOD_NEXT_REACTION: return (shop->heap = make_heap(reactions)) != NULL;
    case APUS_METHOD_SUM_TREE: return (shop->tree = make_tree(reactions)) != NULL;
    case APUS_METHOD_COMPOSITION_REJECTION: return (shop->groups = make_groups(reactions)) != NULL;
  }
  return false;
}

static void clear(struct workshop *shop) {
  free_search(shop->search);
  free_registers(shop->registers);
  free_heap(shop->heap);
  free_tree(shop->tree);
  free_groups(shop->groups);
}

static apus_paths_status run(struct path *p, apus_method method, struct workshop *shop) {
  switch (method) {
    case APUS_METHOD_DIRECT:
      return shop->registers ? run_registers(p, shop->registers) : run_direct(p, shop->search);
    case APUS_METHOD_NEXT_REACTION: return run_next_reaction(p, shop->heap);
    case APUS_METHOD_SUM_TREE: return run_sum_tree(p, shop->tree);
    case APUS_METHOD_COMPOSITION_REJECTION: return run_composition(p, shop->groups);
  }
  return APUS_PATHS_DONE;
}

/// Runs path number `path`, and keeps in `outcome` what became of it.
static void run_path(
    struct path *p, int64_t path, apus_method method, struct workshop *shop,
    apus_outcome *outcome) {
  memcpy(p->x, p->network->initial, sizeof(double) * (size_t)p->network->slots);
  run_program(p->network, p->x);
  outcome->status = run(p, method, shop);
  outcome->events += p->events;
  outcome->path = path;
  outcome->time = p->time;
  outcome->whole = path + (outcome->status == APUS_PATHS_DONE);
  outcome->begun = path + 1;
  if (path == 0 || p->point < outcome->points) outcome->points = p->point;
  if (outcome->status != APUS_PATHS_PROPENSITY) return;
  outcome->reaction = p->fault;
  outcome->propensity = propensity(p->network, p->x, p->fault);
  memcpy(p->record->fault_slots, p->x, sizeof(double) * (size_t)p->network->slots);
}

apus_outcome apus_paths_in_turn(
    const apus_network *network, const apus_record *record, apus_method method, int64_t paths,
    const uint64_t *seeds, double *samples) {
  apus_outcome outcome = {.status = APUS_PATHS_NO_MEMORY};
  struct workshop shop = {NULL, NULL, NULL, NULL, NULL};
  double *x = malloc(sizeof(double) * (size_t)network->slots);
  double *w = calloc((size_t)network->reactions + 1, sizeof(double));
  struct moves moves;
  bool has_moves = make_moves(&moves, network);
  if (x && w && has_moves && equip(&shop, method, network)) {
    outcome.status = APUS_PATHS_DONE;
    for (int64_t path = 0; path < paths && outcome.status == APUS_PATHS_DONE; path++) {
      struct path p = {.network = network, .moves = &moves, .record = record, .x = x, .w = w};
      p.next_time = record->times[0];
      p.samples = samples + path * record->points * (int64_t)record->outputs;
      memcpy(p.state, seeds + 4 * path, sizeof p.state);
      run_path(&p, path, method, &shop, &outcome);
    }
  }
  clear(&shop);
  free_moves(&moves);
  free(x);
  free(w);
  return outcome;
}

void apus_propensities(const apus_network *network, double *x, double *w) {
  run_program(network, x);
  for (int32_t j = 0; j < network->reactions; j++) w[j] = propensity(network, x, j);
}
