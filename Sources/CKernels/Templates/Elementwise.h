// Running an elementwise program over a range of tiles.
//
// A register is either a tile in `buffer` or, where nothing needs to be converted, the operand's
// own memory: a load of float32 costs nothing, and an instruction whose result is stored as
// float32 by the next one writes it there itself.

#pragma once

#include "ElementwiseOperations.h"
#include "Random.h"

enum { REGISTER_GAP = 16 };  // floats between tiles, which else lie 4096 bytes apart

/// What the instructions know beforehand, the same for all tiles.
struct instruction_notes {
  /// A load or constant with the same value for every tile; done in the first alone.
  bool once;
  /// A load that may stand for the operand's memory: nothing is stored there while it is needed.
  bool in_place;
  /// The next instruction stores the result as float32: written there at once.
  bool direct;
};

struct machine {
  const struct elementwise_plan *plan;
  struct source registers[APUS_MAXIMUM_REGISTERS];
  struct instruction_notes notes[APUS_MAXIMUM_INSTRUCTIONS];
  float buffer[APUS_TILE_BUDGET + APUS_MAXIMUM_REGISTERS * REGISTER_GAP]
      __attribute__((aligned(64)));
};

INLINE float *tile_of(struct machine *machine, int number) {
  return machine->buffer + number * (machine->plan->tile + REGISTER_GAP);
}

INLINE bool reads_register(const apus_elementwise_instruction *instruction, int number) {
  int arity = apus_elementwise_arity(instruction->opcode);
  return (arity > 0 && instruction->a == number) || (arity > 1 && instruction->b == number) ||
         (arity > 2 && instruction->c == number);
}

/// Whether the register that instruction `k` loads is read after its operand's memory was stored
/// to.
static bool outlives_operand(const struct elementwise_plan *plan, int k) {
  const apus_elementwise_program *program = plan->program;
  const apus_elementwise_instruction *all = program->instructions;
  const void *memory = plan->operands[all[k].a];
  bool stored = false;
  for (int j = k + 1; j < program->instruction_count; j++) {
    if (stored && reads_register(&all[j], all[k].dst)) return true;
    if (all[j].opcode == APUS_OP_STORE) {
      stored = stored || plan->operands[all[j].dst] == memory;
    } else if (all[j].dst == all[k].dst) {
      return false;
    }
  }
  return false;
}

static bool is_written_once(const apus_elementwise_program *program, int number) {
  int writes = 0;
  for (int j = 0; j < program->instruction_count; j++) {
    const apus_elementwise_instruction *other = &program->instructions[j];
    writes += writes_register(other) && other->dst == number;
  }
  return writes == 1;
}

static bool is_stored_once(const struct elementwise_plan *plan, int operand) {
  int stores = 0;
  for (int j = 0; j < plan->program->instruction_count; j++) {
    const apus_elementwise_instruction *other = &plan->program->instructions[j];
    stores += other->opcode == APUS_OP_STORE &&
              plan->operands[other->dst] == plan->operands[operand];
  }
  return stores == 1;
}

static struct instruction_notes notes_on(const struct elementwise_plan *plan, int k) {
  const apus_elementwise_program *program = plan->program;
  const apus_elementwise_instruction *instruction = &program->instructions[k];
  struct instruction_notes notes = {false, false, false};
  if (instruction->opcode == APUS_OP_CONSTANT) {
    notes.once = is_written_once(program, instruction->dst);
  } else if (instruction->opcode == APUS_OP_LOAD) {
    const apus_elementwise_operand *operand = &program->operands[instruction->a];
    bool repeats = operand->mode == APUS_CHANNEL && plan->row == plan->count &&
                   plan->piece % operand->inner == 0;
    notes.once = (operand->mode == APUS_SCALAR || repeats) &&
                 is_written_once(program, instruction->dst);
    notes.in_place = operand->type == APUS_FLOAT32 && !outlives_operand(plan, k);
  } else if (instruction->opcode != APUS_OP_STORE && k + 1 < program->instruction_count) {
    const apus_elementwise_instruction *next = &program->instructions[k + 1];
    notes.direct = next->opcode == APUS_OP_STORE && next->a == instruction->dst &&
                   program->operands[next->dst].type == APUS_FLOAT32 &&
                   is_stored_once(plan, next->dst);
  }
  return notes;
}

/// Converts `count` elements from `index` on to float.
static void convert_to_float(
    float *dst, const void *memory, apus_type type, int64_t index, int64_t count) {
  const uint16_t *halves = (const uint16_t *)memory + index;
  const uint8_t *bytes = (const uint8_t *)memory + index;
  switch (type) {
    case APUS_FLOAT32:
      memcpy(dst, (const float *)memory + index, (size_t)count * sizeof *dst);
      break;
    case APUS_BFLOAT16:
      for (int64_t i = 0; i < count; i++) {
        uint32_t bits = (uint32_t)halves[i] << 16;
        memcpy(dst + i, &bits, sizeof bits);
      }
      break;
    case APUS_BOOL:
      for (int64_t i = 0; i < count; i++) dst[i] = bytes[i] ? 1 : 0;
      break;
    default:
      for (int64_t i = 0; i < count; i++) dst[i] = bytes[i];
  }
}

/// The register that holds `operand` for the `count` elements from `start` on.
static struct source load_operand(
    float *tile, const apus_elementwise_operand *operand, const void *memory, bool in_place,
    int64_t start, int64_t count) {
  int64_t inner = operand->inner, filled = 0;
  bool whole = in_place && count % W == 0;
  bool one_row = operand->mode == APUS_REPEAT && start % inner + count <= inner;
  if (operand->mode == APUS_SCALAR || one_row) {
    convert_to_float(tile, memory, operand->type, one_row ? start / inner : 0, 1);
    store(tile, splat(*tile));
    return (struct source){tile, 0};
  }
  bool one_run = operand->mode == APUS_CHANNEL && start % inner + count <= inner;
  if (operand->mode == APUS_FULL || one_run) {
    int64_t index = one_run ? start % inner : start;
    if (whole) return (struct source){(const float *)memory + index, W};
    convert_to_float(tile, memory, operand->type, index, count);
    return (struct source){tile, W};
  }
  while (filled < count) {  // row by row
    int64_t index = start + filled, length = inner - index % inner;
    if (length > count - filled) length = count - filled;
    if (operand->mode == APUS_CHANNEL) {
      convert_to_float(tile + filled, memory, operand->type, index % inner, length);
    } else {
      float value;
      convert_to_float(&value, memory, operand->type, index / inner, 1);
      for (int64_t i = 0; i < length; i++) tile[filled + i] = value;
    }
    filled += length;
  }
  return (struct source){tile, W};
}

static void store_operand(
    void *memory, apus_type type, struct source source, int64_t start, int64_t count) {
  float *floats = (float *)memory + start;
  uint16_t *halves = (uint16_t *)memory + start;
  uint8_t *bytes = (uint8_t *)memory + start;
  const float *values = source.values;
  for (int64_t i = 0; i < count; i += W, values += source.step) {
    vf v = load(values);
    int64_t n = count - i < W ? count - i : W;
    if (type == APUS_FLOAT32) {
      store_up_to(floats + i, v, n);
    } else if (type == APUS_BFLOAT16) {
      store_bfloat16_up_to(halves + i, v, n);
    } else {
      vf bounded = v > 0 ? smaller(splat(255), v) : splat(0);
      vi whole = type == APUS_BOOL ? (v != 0) & 1 : __builtin_convertvector(bounded, vi);
      vb narrow = __builtin_convertvector(whole, vb);
      memcpy(bytes + i, &narrow, (size_t)n);
    }
  }
}

/// Loads an operand; what is loaded once must do for the longest tile, though the first may be
/// shorter.
static void run_load(struct machine *machine, int k, int64_t start, int64_t count) {
  const struct elementwise_plan *plan = machine->plan;
  const apus_elementwise_instruction *now = &plan->program->instructions[k];
  const apus_elementwise_operand *operand = &plan->program->operands[now->a];
  bool longest = machine->notes[k].once && operand->mode == APUS_CHANNEL;
  machine->registers[now->dst] = load_operand(
      tile_of(machine, now->dst), operand, plan->operands[now->a], machine->notes[k].in_place,
      start, longest ? plan->piece : count);
}

/// Draws the random numbers of the `count` elements from `start` on.
static void run_draw(struct machine *machine, int k, int64_t start, int64_t count) {
  const apus_elementwise_instruction *now = &machine->plan->program->instructions[k];
  int64_t key[2];
  memcpy(key, machine->plan->operands[now->a], sizeof key);
  struct random_source source = {
      (uint64_t)key[0], (uint64_t)key[1], now->stream, now->immediate, now->second};
  float *tile = tile_of(machine, now->dst);
  if (now->opcode == APUS_OP_UNIFORM) {
    uniform_tile(tile, &source, start, count);
  } else {
    normal_tile(tile, &source, start, count);
  }
  machine->registers[now->dst] = (struct source){tile, W};
}

/// What register `number` holds. One repeated value is copied to `spare`: its place may be the
/// result's.
INLINE struct source source_of(struct machine *machine, int number, float *spare) {
  struct source source = machine->registers[number];
  if (source.step) return source;
  store(spare, load(source.values));
  return (struct source){spare, 0};
}

/// Computes one instruction; true where that stored the result for the next one too.
static bool run_operation(struct machine *machine, int k, int64_t start, int64_t count) {
  const struct elementwise_plan *plan = machine->plan;
  const apus_elementwise_instruction *now = &plan->program->instructions[k];
  const uint16_t numbers[3] = {now->a, now->b, now->c};
  float spare[3][W];
  struct source sources[3];
  int arity = apus_elementwise_arity(now->opcode);
  for (int j = 0; j < 3; j++) {
    if (j < arity && numbers[j] != APUS_IMMEDIATE) {
      sources[j] = source_of(machine, numbers[j], spare[j]);
    } else {
      store(spare[j], splat(now->immediate));
      sources[j] = (struct source){spare[j], 0};
    }
  }
  if (now->opcode == APUS_OP_STORE) {
    apus_type type = plan->program->operands[now->dst].type;
    store_operand(plan->operands[now->dst], type, sources[0], start, count);
    return false;
  }
  bool direct = machine->notes[k].direct && count % W == 0;
  float *dst =
      direct ? (float *)plan->operands[now[1].dst] + start : tile_of(machine, now->dst);
  tile_operations[now->opcode](dst, sources[0], sources[1], sources[2], count);
  machine->registers[now->dst] = (struct source){dst, W};
  return direct;
}

/// Runs every instruction on the `count` elements from `start` on.
static void run_tile(struct machine *machine, int64_t start, int64_t count, bool first) {
  const apus_elementwise_program *program = machine->plan->program;
  for (int k = 0; k < program->instruction_count; k++) {
    const apus_elementwise_instruction *now = &program->instructions[k];
    if (machine->notes[k].once && !first) continue;
    if (now->opcode == APUS_OP_LOAD) {
      run_load(machine, k, start, count);
    } else if (now->opcode == APUS_OP_CONSTANT) {
      float *tile = tile_of(machine, now->dst);
      store(tile, splat(now->immediate));
      machine->registers[now->dst] = (struct source){tile, 0};
    } else if (now->opcode == APUS_OP_UNIFORM || now->opcode == APUS_OP_NORMAL) {
      run_draw(machine, k, start, count);
    } else if (run_operation(machine, k, start, count)) {
      k++;
    }
  }
}

static void elementwise(const struct elementwise_plan *plan, int64_t first, int64_t last) {
  struct machine machine;
  machine.plan = plan;
  for (int k = 0; k < plan->program->instruction_count; k++) {
    machine.notes[k] = notes_on(plan, k);
  }
  for (int64_t unit = first; unit < last; unit++) {
    int64_t row = unit / plan->pieces * plan->row, offset = unit % plan->pieces * plan->piece;
    int64_t left = plan->row - offset, start = row + offset;
    if (left > plan->count - start) left = plan->count - start;
    if (left <= 0) continue;
    run_tile(&machine, start, left < plan->piece ? left : plan->piece, unit == first);
  }
}
