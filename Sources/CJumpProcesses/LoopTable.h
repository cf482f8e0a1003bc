// What an instruction set provides, one table of pointers each.

#pragma once

#include "CJumpProcesses.h"

struct jump_loops {
  const char *name;
  apus_outcome (*paths_in_lanes)(
      const apus_network *network, const apus_record *record, int64_t paths,
      const uint64_t *seeds, double *samples);
  void (*draw_waits)(const uint64_t *words, double *waits, int32_t count);
  void (*chain_step)(
      const apus_chain *chain, const double *x, double *y, double weight, double *sum);
  void (*stencil_apply)(
      const apus_stencil *stencil, double *x, double *y, double identity, double scale,
      int32_t products, const double *weights, double *sum);
};

/// Waits of mean 1, one from each random word; `count` is a multiple of 8.
void apus_draw_waits(const uint64_t *words, double *waits, int32_t count);

extern const struct jump_loops apus_jump_loops_portable;
#if defined(__x86_64__)
extern const struct jump_loops apus_jump_loops_avx2;
extern const struct jump_loops apus_jump_loops_avx512;
#endif
