// How kernels share work: oneDNN's OpenMP team, so that never two pools spin on the same cores.

#pragma once

#include <stdbool.h>

#pragma clang assume_nonnull begin

/// Calls `body(context, part, parts)` for every `part` below `parts = max(threads, 1)`.
///
/// Parts run on the OpenMP team of the calling thread, at most one part a thread at a time; with
/// one part, on the caller. Where the team is smaller than asked for, a thread takes several parts,
/// so the division of work depends on `threads` alone. Every thread flushes subnormals first.
void apus_parallel(
    int threads, void (*body)(void *_Nullable context, int part, int parts),
    void *_Nullable context);

/// The processors this process may use.
int apus_processor_count(void);

/// Makes the calling thread flush subnormal floats to zero, in operands and results, from now on.
void apus_flush_denormals(void);

/// Whether the calling thread does.
bool apus_flushes_denormals(void);

/// Makes the calling thread compute with subnormal floats from now on.
void apus_keep_denormals(void);

#pragma clang assume_nonnull end
