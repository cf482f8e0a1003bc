// Results written past the caches, so that their lines are not read first.

#pragma once

#include "Vector.h"

/// Whether a vector is a whole line of the caches. Parts of lines are better not written past the caches where others are
/// written in between: lines that are begun wait in few places, and go to memory in parts when those run out.
enum { VECTORS_ARE_LINES = W * sizeof(float) == 64 };

/// Stores a vector, past the caches where the whole result is.
INLINE void put_vector(float *to, vf v, int64_t n, bool streams) {
  if (streams) {
    __builtin_nontemporal_store(v, (vf *)(void *)to);
  } else {
    store_up_to(to, v, n);
  }
}

/// Lets other threads see what was written past the caches.
INLINE void end_streams(void) {
#if defined(__x86_64__)
  _mm_sfence();
#endif
}
