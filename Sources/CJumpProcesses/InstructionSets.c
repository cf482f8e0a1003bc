// Choosing an instruction set when the library is loaded; `APUS_ISA` asks for another.

#include <stdlib.h>
#include <string.h>

#include "LoopTable.h"

static const struct jump_loops *supported[3] = {&apus_jump_loops_portable};
static int supported_count = 1;
static const struct jump_loops *chosen = &apus_jump_loops_portable;
static _Thread_local const struct jump_loops *selected = NULL;

__attribute__((constructor)) static void choose_instruction_set(void) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  bool avx512 = avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
  if (avx2) supported[supported_count++] = &apus_jump_loops_avx2;
  if (avx512) supported[supported_count++] = &apus_jump_loops_avx512;
#endif
  chosen = supported[supported_count - 1];
  // What is wrong with a wish that is not met, the kernels of tensors say.
  const char *wish = getenv("APUS_ISA");
  for (int index = 0; wish && index < supported_count; index++) {
    if (strcmp(wish, supported[index]->name) == 0) chosen = supported[index];
  }
}

static const struct jump_loops *loops(void) { return selected ? selected : chosen; }

const char *apus_jump_isa_name(void) { return loops()->name; }

int apus_jump_isa_count(void) { return supported_count; }

bool apus_jump_isa_select(int index) {
  if (index >= supported_count) return false;
  selected = index < 0 ? NULL : supported[index];
  return true;
}

apus_outcome apus_paths_in_lanes(
    const apus_network *network, const apus_record *record, int64_t paths, const uint64_t *seeds,
    double *samples) {
  return loops()->paths_in_lanes(network, record, paths, seeds, samples);
}

void apus_draw_waits(const uint64_t *words, double *waits, int32_t count) {
  loops()->draw_waits(words, waits, count);
}

void apus_chain_step(
    const apus_chain *chain, const double *x, double *y, double weight, double *sum) {
  loops()->chain_step(chain, x, y, weight, sum);
}

void apus_stencil_apply(
    const apus_stencil *stencil, double *x, double *y, double identity, double scale,
    int32_t products, const double *weights, double *sum) {
  loops()->stencil_apply(stencil, x, y, identity, scale, products, weights, sum);
}
