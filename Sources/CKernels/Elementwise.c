// Elementwise programs: checking them and cutting the work into tiles.

#include "Elementwise.h"

#include "KernelTable.h"
#include "Threads.h"

static bool draws(apus_opcode opcode) {
  return opcode == APUS_OP_UNIFORM || opcode == APUS_OP_NORMAL;
}

int apus_elementwise_arity(apus_opcode opcode) {
  if (opcode == APUS_OP_LOAD || opcode == APUS_OP_CONSTANT || draws(opcode)) return 0;
  if (opcode == APUS_OP_STORE || opcode == APUS_OP_COPY || opcode == APUS_OP_NOT) return 1;
  if (opcode >= APUS_OP_ADD && opcode <= APUS_OP_POWER) return 2;
  if (opcode >= APUS_OP_NEGATE && opcode <= APUS_OP_COSINE) return 1;
  if (opcode >= APUS_OP_EQUAL && opcode <= APUS_OP_OR) return 2;
  if (opcode == APUS_OP_SELECT || opcode == APUS_OP_MULTIPLY_ADD) return 3;
  return -1;
}

/// What is wrong with the operand an instruction loads or stores.
static const char *operand_problem(const apus_elementwise_program *program, int k, bool stores) {
  if (k >= program->operand_count) return "an instruction names an operand that does not exist";
  const apus_elementwise_operand *operand = &program->operands[k];
  bool known = operand->type == APUS_FLOAT32 || operand->type == APUS_BFLOAT16 ||
               operand->type == APUS_UINT8 || operand->type == APUS_BOOL;
  if (!known) return "an operand is neither float32, bfloat16, uint8 nor bool";
  if (operand->mode > APUS_REPEAT) return "an operand has an unknown mode";
  if (stores && operand->mode != APUS_FULL) return "an operand stored to is not full";
  bool has_rows = operand->mode == APUS_CHANNEL || operand->mode == APUS_REPEAT;
  return has_rows && operand->inner < 1 ? "an operand's rows have no elements" : NULL;
}

/// What is wrong with the operand that holds a key.
static const char *key_problem(const apus_elementwise_program *program, int k) {
  if (k >= program->operand_count) return "an instruction names an operand that does not exist";
  const apus_elementwise_operand *operand = &program->operands[k];
  bool is_key = operand->mode == APUS_KEY && operand->type == APUS_INT64;
  return is_key ? NULL : "random numbers are drawn under an operand that is no key";
}

/// What is wrong with one instruction, where bit `r` of `written` says register `r` has a value.
static const char *instruction_problem(
    const apus_elementwise_program *program, const apus_elementwise_instruction *instruction,
    uint64_t written) {
  int arity = apus_elementwise_arity(instruction->opcode);
  if (arity < 0) return "an instruction has an unknown opcode";
  const uint16_t sources[3] = {instruction->a, instruction->b, instruction->c};
  for (int k = 0; k < arity; k++) {
    if (sources[k] == APUS_IMMEDIATE) continue;
    if (sources[k] >= program->register_count) return "a register's number is too large";
    if (!(written >> sources[k] & 1)) return "a register is read before it is written";
  }
  if (instruction->opcode == APUS_OP_STORE) return operand_problem(program, instruction->dst, true);
  if (instruction->dst >= program->register_count) return "a register's number is too large";
  if (draws(instruction->opcode)) return key_problem(program, instruction->a);
  return instruction->opcode == APUS_OP_LOAD ? operand_problem(program, instruction->a, false)
                                             : NULL;
}

const char *apus_elementwise_problem(const apus_elementwise_program *program) {
  if (program->register_count < 0 || program->register_count > APUS_MAXIMUM_REGISTERS) {
    return "a program has at most 64 registers";
  }
  if (program->operand_count < 0 || program->operand_count > APUS_MAXIMUM_OPERANDS) {
    return "a program has at most 64 operands";
  }
  if (program->instruction_count < 0 ||
      program->instruction_count > APUS_MAXIMUM_INSTRUCTIONS) {
    return "a program has at most 4096 instructions";
  }
  uint64_t written = 0;
  for (int k = 0; k < program->instruction_count; k++) {
    const apus_elementwise_instruction *instruction = &program->instructions[k];
    const char *problem = instruction_problem(program, instruction, written);
    if (problem) return problem;
    if (writes_register(instruction)) written |= UINT64_C(1) << instruction->dst;
  }
  return NULL;
}

static int64_t greatest_common_divisor(int64_t a, int64_t b) {
  while (b) {
    int64_t rest = a % b;
    a = b;
    b = rest;
  }
  return a;
}

/// Chooses rows and tiles, as `Elementwise.h` says.
static void cut(struct elementwise_plan *plan) {
  const apus_elementwise_program *program = plan->program;
  int64_t registers = program->register_count > 1 ? program->register_count : 1;
  int64_t tile = APUS_TILE_BUDGET / registers / 16 * 16;
  plan->tile = tile < APUS_LONGEST_TILE ? tile : APUS_LONGEST_TILE;
  int64_t inner = 0;
  for (int k = 0; k < program->operand_count; k++) {
    apus_mode mode = program->operands[k].mode;
    bool has_rows = mode == APUS_CHANNEL || mode == APUS_REPEAT;
    if (has_rows && program->operands[k].inner > inner) inner = program->operands[k].inner;
  }
  if (inner > plan->tile && inner < plan->count) {
    plan->row = inner;
    plan->pieces = (inner + plan->tile - 1) / plan->tile;
    plan->piece = ((inner + plan->pieces - 1) / plan->pieces + 15) / 16 * 16;
    return;
  }
  plan->row = plan->count;
  plan->piece = plan->tile;
  if (inner > 0 && inner <= plan->tile) {
    int64_t whole = inner * (16 / greatest_common_divisor(inner, 16));  // whole rows and vectors
    int64_t step = whole <= plan->tile ? whole : inner;
    plan->piece = plan->tile / step * step;
  }
  plan->pieces = (plan->count + plan->piece - 1) / plan->piece;
}

struct elementwise_job {
  const struct elementwise_plan *plan;
  int64_t units;
};

static void run_part(void *context, int part, int parts) {
  const struct elementwise_job *job = context;
  struct range units = apus_range(job->units, part, parts);
  if (units.begin < units.end) kernels()->elementwise(job->plan, units.begin, units.end);
}

/// The work of a program in additions of a float.
static double cost_of(const apus_elementwise_program *program, int64_t count) {
  double cost = 0;
  for (int k = 0; k < program->instruction_count; k++) {
    apus_opcode opcode = program->instructions[k].opcode;
    bool scalar = opcode == APUS_OP_POWER || opcode == APUS_OP_SINE || opcode == APUS_OP_COSINE;
    bool function = apus_elementwise_arity(opcode) == 1 && opcode >= APUS_OP_EXPONENTIAL;
    cost += scalar ? 100 : opcode == APUS_OP_NORMAL ? 30 : function || draws(opcode) ? 8 : 1;
  }
  return cost * (double)count;
}

void apus_elementwise_run(
    const apus_elementwise_program *program, void *const *operands, int64_t count, int threads) {
  if (count <= 0 || program->instruction_count <= 0) return;
  struct elementwise_plan plan = {.program = program, .operands = operands, .count = count};
  cut(&plan);
  int64_t rows = (count + plan.row - 1) / plan.row;
  struct elementwise_job job = {&plan, rows * plan.pieces};
  int parts = apus_part_count(threads, job.units, cost_of(program, count));
  apus_parallel(parts, run_part, &job);
}
