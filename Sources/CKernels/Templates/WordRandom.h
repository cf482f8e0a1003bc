// Random numbers inside the loops of word vectors: one stream a segment, a multiplication a number.

#pragma once

#include "../WordVectors.h"
#include "Vector.h"

/// xorshift64* (Vigna 2016, "An experimental exploration of Marsaglia's xorshift generators,
/// scrambled", ACM TOMS 42).
struct word_random {
  uint64_t state;
};

INLINE uint32_t random_bits_of(struct word_random *random) {
  random->state ^= random->state >> 12;
  random->state ^= random->state << 25;
  random->state ^= random->state >> 27;
  return (uint32_t)((random->state * 2685821657736338717u) >> 32);
}

/// A stream; seeds that differ in any bit give streams that differ from the start.
INLINE struct word_random new_word_random(uint64_t seed) {
  // SplitMix64's finalizer.
  seed = (seed ^ (seed >> 30)) * 0xBF58476D1CE4E5B9u;
  seed = (seed ^ (seed >> 27)) * 0x94D049BB133111EBu;
  seed ^= seed >> 31;
  return (struct word_random){seed ? seed : 1};
}

INLINE uint32_t random_below(struct word_random *random, uint32_t bound) {
  return (uint32_t)(((uint64_t)random_bits_of(random) * bound) >> 32);
}

/// A word drawn from the model's alias table.
INLINE int32_t sampled_word(const struct apus_word_model *model, struct word_random *random) {
  uint32_t slot = random_below(random, (uint32_t)model->words);
  uint64_t entry = model->sampler[slot];
  return random_bits_of(random) <= entry >> 32 ? (int32_t)slot : (int32_t)(uint32_t)entry;
}
