// What an instruction set provides, one table of pointers each.

#pragma once

#include "CJumpProcesses.h"

struct jump_loops {
  const char *name;
  apus_outcome (*paths_in_lanes)(
      const apus_network *network, const apus_record *record, int64_t paths,
      const uint64_t *seeds, double *samples);
  void (*chain_step)(
      const apus_chain *chain, const double *x, double *y, double weight, double *sum);
  void (*stencil_apply)(
      const apus_stencil *stencil, const double *x, double *y, double identity, double scale,
      double weight, double *sum);
};

extern const struct jump_loops apus_jump_loops_portable;
#if defined(__x86_64__)
extern const struct jump_loops apus_jump_loops_avx2;
extern const struct jump_loops apus_jump_loops_avx512;
#endif
