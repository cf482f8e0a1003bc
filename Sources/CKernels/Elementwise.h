// How an elementwise program is cut into tiles.
//
// A unit is one tile: `piece` elements of a row, fewer at the row's end. Where an operand has
// rows (`APUS_CHANNEL`, `APUS_REPEAT`) longer than a tile, no unit crosses the end of a row, so
// operands are read where they lie; where rows are shorter, a unit is a whole number of rows, so
// that registers with channel values are the same for every unit and are loaded once.

#pragma once

#include "CKernels.h"

enum {
  /// Floats of all registers of a thread together: 36 KiB, most of an L1 cache.
  APUS_TILE_BUDGET = 8192,
  APUS_LONGEST_TILE = 1024,
};

/// Where the random numbers of one instruction come from.
struct random_source {
  uint64_t seed, step;
  uint32_t stream;
  /// What the uniform or normal number is multiplied by before `first` is added.
  float first, second;
};

struct elementwise_plan {
  const apus_elementwise_program *program;
  void *const *operands;
  int64_t count;
  /// Elements of a row, of a unit, and units a row.
  int64_t row, piece, pieces;
  /// The longest tile, a multiple of 16.
  int64_t tile;
};

/// How many of the registers `a`, `b`, `c` an instruction reads; −1 for an unknown opcode.
int apus_elementwise_arity(apus_opcode opcode);

/// Whether the instruction's `dst` is a register.
static inline bool writes_register(const apus_elementwise_instruction *instruction) {
  return instruction->opcode != APUS_OP_STORE;
}
