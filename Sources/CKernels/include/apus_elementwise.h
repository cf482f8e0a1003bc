// Elementwise programs: a chain of operations over arrays of one length, run tile by tile, so that
// values between operations stay in the L1 cache.
//
// A program is a list of instructions on registers. A register holds one tile of floats; truth is
// 1 and falsehood 0, and any number but 0 counts as true. `APUS_OP_LOAD` reads an operand into a
// register and `APUS_OP_STORE` writes one out, converting. Instructions run in order.
//
// Random numbers are counter-based: that of element `i` is a pure function of key, stream and `i`,
// so it can be made again instead of being kept. Block `b` of a stream is Philox4x32-10 with key
// `(seed low, seed high)` and counter `(b, step low, stream, step high)`, low and high being halves
// of 64 bits; element `i` uses word `i % 4` of block `i / 4`, `u = (word >> 8) · 2⁻²⁴`. These
// numbers are the same, bit by bit, on any instruction set; a program that draws has at most 2³⁴
// elements. Reference: Salmon, Moraes, Dror, Shaw (2011), "Parallel random numbers: as easy as 1, 2,
// 3", SC '11.
//
// Results do not depend on the thread count. Functions are accurate to 4 ulp (pow, sin and cos to
// 1) and right at infinities, NaN and overflow; subnormal operands and results count as zero.

#pragma once

#include "apus_types.h"

#pragma clang assume_nonnull begin

/// What an instruction does with its registers `a`, `b`, `c`; `dst` gets the result.
typedef enum __attribute__((enum_extensibility(open))) apus_opcode : uint16_t {
  /// `dst = operand a`; the one use of `a` as an operand's index.
  APUS_OP_LOAD = 0,
  /// `operand dst = a`; the one use of `dst` as an operand's index.
  APUS_OP_STORE = 1,
  /// `dst = immediate`.
  APUS_OP_CONSTANT = 2,
  /// `dst = a`.
  APUS_OP_COPY = 3,

  APUS_OP_ADD = 10,
  APUS_OP_SUBTRACT,
  APUS_OP_MULTIPLY,
  APUS_OP_DIVIDE,
  /// NaN where either is NaN.
  APUS_OP_MINIMUM,
  /// NaN where either is NaN.
  APUS_OP_MAXIMUM,
  /// `a` to the power `b`, as C's `pow`.
  APUS_OP_POWER,

  APUS_OP_NEGATE = 30,
  APUS_OP_ABSOLUTE,
  APUS_OP_EXPONENTIAL,
  APUS_OP_LOGARITHM,
  /// `log(1 + a)`.
  APUS_OP_LOG1P,
  /// `exp(a) − 1`.
  APUS_OP_EXPM1,
  APUS_OP_SQUARE_ROOT,
  APUS_OP_RECIPROCAL_SQUARE_ROOT,
  APUS_OP_TANH,
  /// `1 / (1 + exp(−a))`.
  APUS_OP_SIGMOID,
  APUS_OP_ERROR_FUNCTION,
  APUS_OP_RECIPROCAL,
  /// −1, 0 or 1; NaN of NaN.
  APUS_OP_SIGN,
  APUS_OP_FLOOR,
  APUS_OP_CEILING,
  /// To the nearest integer, halves to the even one.
  APUS_OP_ROUND,
  APUS_OP_SQUARE,
  /// `log(1 + exp(a))`.
  APUS_OP_SOFTPLUS,
  APUS_OP_SINE,
  APUS_OP_COSINE,

  /// Comparisons give 1 or 0; with NaN all are 0 but `NOT_EQUAL`.
  APUS_OP_EQUAL = 60,
  APUS_OP_NOT_EQUAL,
  APUS_OP_LESS,
  APUS_OP_LESS_EQUAL,
  APUS_OP_GREATER,
  APUS_OP_GREATER_EQUAL,
  APUS_OP_AND,
  APUS_OP_OR,
  APUS_OP_NOT,

  /// `c ? a : b`.
  APUS_OP_SELECT = 80,
  /// `a · b + c`, rounded once where the processor has such an instruction.
  APUS_OP_MULTIPLY_ADD,

  /// `immediate + second · u`, `u` in [0, 1), under the key that is operand `a`, of `stream`.
  APUS_OP_UNIFORM = 100,
  /// `immediate + second · n` with `n` of the standard normal distribution, likewise.
  ///
  /// Two come from each pair of uniform ones `(u, v)`, words (0, 1) or (2, 3):
  /// `√(−2·log(1 − u)) · cos(2πv)`, then the same with the sine. Reference: Box, Muller (1958), "A
  /// note on the generation of random normal deviates", Ann. Math. Statist. 29.
  APUS_OP_NORMAL,
} apus_opcode;

/// In place of a register `a`, `b` or `c`: the instruction's `immediate`.
enum { APUS_IMMEDIATE = 0xFFFF };

/// The most registers, operands and instructions of a program. Fewer registers make longer tiles.
enum {
  APUS_MAXIMUM_REGISTERS = 64,
  APUS_MAXIMUM_OPERANDS = 64,
  APUS_MAXIMUM_INSTRUCTIONS = 4096
};

typedef struct apus_elementwise_instruction {
  apus_opcode opcode;
  uint16_t dst, a, b, c;
  float immediate;
  /// Of random numbers alone.
  float second;
  uint32_t stream;
} apus_elementwise_instruction;

/// Which element of an operand belongs to element `i` of the program.
typedef enum __attribute__((enum_extensibility(open))) apus_mode : uint32_t {
  /// Element `i`.
  APUS_FULL = 0,
  /// Element 0.
  APUS_SCALAR = 1,
  /// Element `i % inner`: `inner` values, repeated for each row of `inner` elements.
  APUS_CHANNEL = 2,
  /// Element `i / inner`: one value a row of `inner` elements.
  APUS_REPEAT = 3,
  /// Not of numbers: the key of random ones, of type `APUS_INT64`, seed and step.
  APUS_KEY = 4,
} apus_mode;

/// An array a program reads or writes: float32, bfloat16, uint8 or bool, or a key it reads.
///
/// What is stored to must be `APUS_FULL`, and float32, bfloat16 (rounded to nearest even), bool
/// (`a != 0`) or uint8 (truncated towards zero, clamped to 0 … 255, NaN gives 0).
typedef struct apus_elementwise_operand {
  apus_type type;
  apus_mode mode;
  /// For `APUS_CHANNEL` and `APUS_REPEAT`, at least 1.
  int64_t inner;
} apus_elementwise_operand;

typedef struct apus_elementwise_program {
  const apus_elementwise_instruction *_Nullable instructions;
  int32_t instruction_count;
  const apus_elementwise_operand *_Nullable operands;
  int32_t operand_count;
  /// Registers are numbered from 0; each is written before it is read.
  int32_t register_count;
} apus_elementwise_program;

/// What is wrong with a program, as a sentence; null where it can run.
const char *_Nullable apus_elementwise_problem(const apus_elementwise_program *program);

/// Runs a program over `count` elements; `operands[k]` is the memory of operand `k`.
///
/// An operand that is stored to may be the same memory as operands loaded from it, of the same
/// element size and `APUS_FULL`, if their loads come before the store. Otherwise no operand
/// stored to overlaps another. The program must have no `apus_elementwise_problem`.
void apus_elementwise_run(
    const apus_elementwise_program *program, void *_Nullable const *_Nonnull operands,
    int64_t count, int threads);

#pragma clang assume_nonnull end
