// The backward pass of the LSTM: a range of the batch back through all steps of one direction.
//
// A step is the gradients of its gates, then their product with the transposed weights, which gives
// the gradients of `h` and `x`. Gradients of the weights are products over the rows of a block of
// steps, whose gates' gradients never leave the caches.

#pragma once

#include "LSTMWords.h"

/// The gates of all units, in words of a product over them.
INLINE int64_t gate_words(int64_t units) { return panel_count(units) * COLUMNS / PAIR; }

INLINE int64_t column_panels(int64_t columns) { return (columns + COLUMNS - 1) / COLUMNS; }

static int64_t lstm_backward_panels(const apus_lstm_shape *shape) {
  return column_panels(shape->units) + column_panels(shape->inputs);
}

/// One panel of transposed weights: rows `first…` of `weights` become columns.
static void pack_transposed(
    const void *weights, int64_t rows, int64_t units, int64_t first, float *packed) {
  int64_t count = gate_words(units);
  for (int64_t k = 0; k < count; k++) {
    for (int64_t column = 0; column < COLUMNS; column++) {
      lstm_operand pair[PAIR] = {0};
      for (int64_t j = 0; j < PAIR; j++) {
        int64_t panel = (k * PAIR + j) / COLUMNS, place = (k * PAIR + j) % COLUMNS;
        int64_t unit = panel * HALF + place % HALF, gate = place / HALF;
        if (unit < units && first + column < rows) {
          pair[j] = ((const lstm_operand *)weights)
              [(first + column) * 4 * units + gate * units + unit];
        }
      }
      memcpy(packed + k * COLUMNS + column, pair, sizeof(float));
    }
  }
}

static void lstm_pack_backward(const struct lstm_backward_job *job, struct range panels) {
  const apus_lstm_shape *s = job->shape;
  const apus_lstm_weights *weights = &job->operands->weights[job->direction];
  int64_t of_hidden = column_panels(s->units), size = gate_words(s->units) * COLUMNS;
  for (int64_t p = panels.begin; p < panels.end; p++) {
    bool hidden = p < of_hidden;
    pack_transposed(
        hidden ? weights->recurrent : weights->kernel, hidden ? s->units : s->inputs, s->units,
        (hidden ? p : p - of_hidden) * COLUMNS, job->packed + p * size);
  }
}

/// One step of the backward pass.
struct lstm_step {
  const struct lstm_backward_job *job;
  /// The step, and the one that ran before it; −1 or the number of steps where it was the first.
  int64_t t, before;
  int64_t first_row, rows;
  /// The place of the step in its block.
  int64_t place;
  /// Distances in scratch: a row of `dh`, a row of `dc`, rows of a step in a block.
  int64_t hidden_units, units, block_rows;
  /// The step that comes next, and what it reads.
  int64_t next_t, next_before;
  struct prefetches ahead;
};

INLINE bool has_step_before(const struct lstm_step *step, int64_t b) {
  const apus_lstm_shape *s = step->job->shape;
  return step->before >= 0 && step->before < s->steps &&
         is_valid(step->job->operands->lengths, b, step->before);
}

/// What the cells of one row have and get: a vector of units.
struct lstm_row {
  vf gates[4], cell, cell_before, hidden_gradient, cell_gradient;
  bool valid;
};

/// The cells of a row from the first unit of `panel` on.
INLINE struct lstm_row load_row(const struct lstm_step *step, int64_t row, int64_t panel) {
  const struct lstm_backward_job *job = step->job;
  const apus_lstm_shape *s = job->shape;
  const apus_lstm_backward_operands *o = job->operands;
  int64_t b = step->first_row + row, d = job->direction;
  int64_t unit = panel * HALF, n = s->units - unit;
  int64_t kept = (d * s->steps + step->t) * s->batch + b;
  struct lstm_row result;
  for (int gate = 0; gate < 4; gate++) {
    result.gates[gate] = load_up_to(o->gates + (kept * 4 + gate) * s->units + unit, n);
  }
  result.cell = load_up_to(o->cells + kept * s->units + unit, n);
  bool is_first = step->before < 0 || step->before >= s->steps;
  const float *before =
      is_first ? o->initial_cell + (d * s->batch + b) * s->units
               : o->cells + ((d * s->steps + step->before) * s->batch + b) * s->units;
  result.cell_before = load_up_to(before + unit, n);
  result.valid = is_valid(o->lengths, b, step->t);
  vf incoming = load_up_to(
      o->hidden_gradient + ((b * s->steps + step->t) * s->directions + d) * s->units + unit, n);
  vf carried = load(job->hidden + row * step->hidden_units + unit);
  result.hidden_gradient = carried + incoming;
  result.cell_gradient = load(job->cell + row * step->units + unit);
  return result;
}

/// Writes the gradients of a gate of two rows, where the products take them: half of each vector
/// is one panel's. The second row is written first, for it may be the first one again.
INLINE void store_gates(
    const struct lstm_step *step, int64_t row, int64_t other, int64_t panel, int gate, hf first,
    hf second) {
  const struct lstm_backward_job *job = step->job;
  int64_t block = panel * job->block_steps * step->block_rows, column = gate * HALF;
#ifdef APUS_BFLOAT16_PAIRS
  int64_t pair = block / 2 + (step->place * step->block_rows + row) / 2;
  vu rounded = rounded_words(join_halves(first, second));
  typedef uint32_t hu __attribute__((ext_vector_type(HALF)));
  hu both = rounded.lo | (row == other ? (hu)0 : rounded.hi << 16);
  memcpy(job->gates + pair * COLUMNS + column, &both, sizeof both);
  float *rows = job->gate_rows + panel * step->block_rows * W + column / PAIR;
  store_half_operands(rows + other * W, second);
  store_half_operands(rows + row * W, first);
#else
  float *rows = job->gates + (block + step->place * step->block_rows) * COLUMNS + column;
  store_half(rows + other * COLUMNS, second);
  store_half(rows + row * COLUMNS, first);
#endif
}

/// The gradients of a row's gates in `gradients`, and of its state before the step, where the step
/// counts; else its gates get none and the state's stay.
INLINE void row_gradients(
    const struct lstm_step *step, int64_t row, int64_t panel, vf gradients[4]) {
  struct lstm_row at = load_row(step, row, panel);
  if (!at.valid) {
    for (int gate = 0; gate < 4; gate++) gradients[gate] = splat(0);
    return;
  }
  vf i = at.gates[0], f = at.gates[1], g = at.gates[2], o = at.gates[3];
  vf cell = gate_tangent(at.cell);
  vf cell_gradient = fused(at.hidden_gradient * o, 1 - cell * cell, at.cell_gradient);
  gradients[0] = cell_gradient * g * i * (1 - i);
  gradients[1] = cell_gradient * at.cell_before * f * (1 - f);
  gradients[2] = cell_gradient * i * (1 - g * g);
  gradients[3] = at.hidden_gradient * cell * o * (1 - o);
  store(step->job->cell + row * step->units + panel * HALF, cell_gradient * f);
  // The product with the gates' gradients is added to this.
  store(step->job->hidden + row * step->hidden_units + panel * HALF, splat(0));
}

/// The gradients of two rows' gates in two panels, and their share of the bias' in `sums`.
INLINE void cell_gradients(
    const struct lstm_step *step, int64_t row, int64_t panel, vf sums[4]) {
  bool alone = row + 1 == step->rows;
  bool has_second = panel + 1 < panel_count(step->job->shape->units);
  int64_t other = alone ? row : row + 1;
  vf first[4], second[4];
  row_gradients(step, row, panel, first);
  if (!alone) row_gradients(step, other, panel, second);
  for (int gate = 0; gate < 4; gate++) {
    vf beside = alone ? first[gate] : second[gate];
    store_gates(step, row, other, panel, gate, first[gate].lo, beside.lo);
    if (has_second) store_gates(step, row, other, panel + 1, gate, first[gate].hi, beside.hi);
    sums[gate] += alone ? first[gate] : first[gate] + second[gate];
  }
}

/// The gradients of all gates of a step.
static void gate_gradients(const struct lstm_step *step) {
  const struct lstm_backward_job *job = step->job;
  int64_t panels = panel_count(job->shape->units);
  for (int64_t panel = 0; panel < panels; panel += 2) {
    vf sums[4] = {0, 0, 0, 0};
    for (int64_t row = 0; row < step->rows; row += 2) cell_gradients(step, row, panel, sums);
    for (int gate = 0; gate < 4; gate++) {
      double *total = job->bias_sums + panel * COLUMNS + gate * HALF;
      for (int k = 0; k < HALF; k++) total[k] += (double)sums[gate][k];
      if (panel + 1 == panels) continue;
      for (int k = 0; k < HALF; k++) total[COLUMNS + k] += (double)sums[gate][HALF + k];
    }
  }
}

/// Writes a tile of `x`'s gradient, or adds it where another direction was there before.
INLINE void put_x_gradient(
    const struct lstm_step *step, struct range rows, int64_t column, const float *tile) {
  const struct lstm_backward_job *job = step->job;
  const apus_lstm_shape *s = job->shape;
  int64_t left = s->inputs - column, n = left < COLUMNS ? left : COLUMNS;
  for (int64_t r = rows.begin; r < rows.end; r++, tile += COLUMNS) {
    float *to = job->operands->x_gradient +
                ((step->first_row + r) * s->steps + step->t) * s->inputs + column;
    FOR_VECTORS(n, c, lanes, {
      vf v = load(tile + c);
      if (job->direction > 0) v += load_up_to(to + c, lanes);
      store_up_to(to + c, v, lanes);
    });
  }
}

/// Brings near what the next step reads of `x`, `h` and its gradient for some rows.
INLINE void prefetch_backward_rows(const struct lstm_step *step, struct range rows) {
  const apus_lstm_shape *s = step->job->shape;
  const apus_lstm_backward_operands *o = step->job->operands;
  size_t bytes = (size_t)s->units * sizeof(float);
  for (int64_t r = rows.begin; r < rows.end; r++) {
    int64_t first = (step->first_row + r) * s->steps, d = step->job->direction;
    prefetch_run(
        (const lstm_operand *)o->x + (first + step->next_t) * s->inputs,
        (size_t)s->inputs * sizeof(lstm_operand));
    int64_t unit = ((first + step->next_t) * s->directions + d) * s->units;
    prefetch_run(o->hidden_gradient + unit, bytes);
    prefetch_run(
        o->hidden + ((first + step->next_before) * s->directions + d) * s->units, bytes);
    prefetch_run(
        o->x_gradient + (first + step->next_t) * s->inputs,
        (size_t)s->inputs * sizeof(float));
  }
}

/// Names the runs of memory that the next step reads, and its rows.
INLINE void look_back(struct lstm_step *step, bool reversed) {
  const struct lstm_backward_job *job = step->job;
  const apus_lstm_shape *s = job->shape;
  int64_t last = s->steps - 1, next = step->before;
  step->next_t = next < 0 ? 0 : next > last ? last : next;
  next = reversed ? step->next_t + 1 : step->next_t - 1;
  step->next_before = next < 0 ? 0 : next > last ? last : next;
  int64_t first = job->direction * s->steps;
  const float *gates = job->operands->gates +
                       ((first + step->next_t) * s->batch + step->first_row) * 4 * s->units;
  const float *cells = job->operands->cells +
                       ((first + step->next_before) * s->batch + step->first_row) * s->units;
  add_ahead(&step->ahead, 0, gates, step->rows * s->units * 4);
  add_ahead(&step->ahead, 1, cells, step->rows * s->units);
}

/// The product of the gates' gradients with the transposed weights.
static void input_gradients(struct lstm_step *step) {
  const struct lstm_backward_job *job = step->job;
  const apus_lstm_shape *s = job->shape;
  int64_t of_hidden = column_panels(s->units), panels = lstm_backward_panels(s);
  int64_t gate_panels = panel_count(s->units), count = COLUMNS / PAIR;
  int tiles = tile_count(step->rows);
  for (int64_t p = 0; p < panels; p++) {
    for (int tile = 0; tile < tiles; tile++) {
      struct range rows = tile_range(step->rows, tile, tiles);
      float sums[TILE_ROWS * COLUMNS] __attribute__((aligned(64)));
      bool hidden = p < of_hidden;
      struct matrix_tile product = {
          .a_row = count, .a_step = 1, .count = count, .segments = gate_panels,
          .b = job->packed + p * gate_panels * count * COLUMNS,
          .c = hidden ? job->hidden + rows.begin * step->hidden_units + p * COLUMNS : sums,
          .c_row = hidden ? step->hidden_units : COLUMNS};
#ifdef APUS_BFLOAT16_PAIRS
      product.a = job->gate_rows + rows.begin * count;
      product.a_segment = step->block_rows * count;
#else
      product.a = job->gates + (step->place * step->block_rows + rows.begin) * count;
      product.a_segment = job->block_steps * step->block_rows * count;
#endif
      product.ahead = take_ahead(&step->ahead, gate_panels * count, product.b);
      if (!hidden) memset(sums, 0, sizeof sums);
      add_matrix_tile(&product, rows.end - rows.begin);
      if (!hidden) put_x_gradient(step, rows, (p - of_hidden) * COLUMNS, sums);
      prefetch_backward_rows(
          step, apus_range(step->rows, (int)p * tiles + tile, (int)panels * tiles));
    }
  }
}

/// The state that a step began from: the one before's, or the initial one.
INLINE const float *hidden_before(const struct lstm_step *step, int64_t row) {
  const struct lstm_backward_job *job = step->job;
  const apus_lstm_shape *s = job->shape;
  int64_t b = step->first_row + row, d = job->direction;
  return has_step_before(step, b)
             ? job->operands->hidden +
                   ((b * s->steps + step->before) * s->directions + d) * s->units
             : job->operands->initial_hidden + (d * s->batch + b) * s->units;
}

INLINE const lstm_operand *x_of(const struct lstm_step *step, int64_t row) {
  const apus_lstm_shape *s = step->job->shape;
  return (const lstm_operand *)step->job->operands->x +
         ((step->first_row + row) * s->steps + step->t) * s->inputs;
}

/// Whether the step counts for a row.
INLINE bool counts(const struct lstm_step *step, int64_t row) {
  return is_valid(step->job->operands->lengths, step->first_row + row, step->t);
}

#ifdef APUS_BFLOAT16_PAIRS

/// `x` and `h` of two rows, each word one of both; padding counts as zeros, whatever it holds.
INLINE void pair_inputs(
    const struct lstm_step *step, int64_t row, int64_t other, float *words) {
  const apus_lstm_shape *s = step->job->shape;
  const lstm_operand *first = x_of(step, row), *second = x_of(step, other);
  uint32_t *to = (uint32_t *)(void *)words;
  bool both = row != other;
  uint32_t first_bits = counts(step, row) ? 0xFFFF : 0;
  uint32_t second_bits = both && counts(step, other) ? 0xFFFF0000 : 0;
  for (int64_t k = 0; k < s->inputs; k++) {
    to[k] = (first[k] & first_bits) | ((uint32_t)second[k] << 16 & second_bits);
  }
  const float *h = hidden_before(step, row), *g = hidden_before(step, other);
  FOR_VECTORS(s->units, c, n, {
    vu low = rounded_words(load_up_to(h + c, n));
    vu high = both ? rounded_words(load_up_to(g + c, n)) << 16 : (vu)0;
    store_up_to(words + s->inputs + c, (vf)(low | high), n);
  });
}

static void gather_inputs(const struct lstm_step *step) {
  int64_t width = step->job->shape->inputs + step->job->shape->units;
  float *block = step->job->inputs + step->place * step->block_rows / 2 * width;
  for (int64_t row = 0; row < step->rows; row += 2) {
    int64_t other = row + 1 < step->rows ? row + 1 : row;
    pair_inputs(step, row, other, block + row / 2 * width);
  }
}

#else

/// `x` and `h` of each row; padding counts as zeros, whatever it holds.
static void gather_inputs(const struct lstm_step *step) {
  const apus_lstm_shape *s = step->job->shape;
  int64_t width = s->inputs + s->units;
  float *to = step->job->inputs + step->place * step->block_rows * width;
  for (int64_t row = 0; row < step->rows; row++, to += width) {
    if (counts(step, row)) {
      memcpy(to, x_of(step, row), (size_t)s->inputs * sizeof(float));
    } else {
      memset(to, 0, (size_t)s->inputs * sizeof(float));
    }
    memcpy(to + s->inputs, hidden_before(step, row), (size_t)s->units * sizeof(float));
  }
}

#endif

#ifdef APUS_AMX

/// The most words of the inner axis that are turned at a time.
enum { TURNED_WORDS = 256 };

/// Turns `count` words of 16 rows that lie one behind the other: `[word][rows]` to `[row][words]`.
INLINE void turn_inputs(const float *from, int64_t width, int64_t count, float *turned) {
  for (int64_t k = 0; k < count; k += TILE_SIDE) {
    __m512i words[TILE_SIDE];
    for (int j = 0; j < TILE_SIDE; j++) words[j] = _mm512_loadu_si512(from + (k + j) * width);
    turn_words(words);
    for (int j = 0; j < TILE_SIDE; j++) _mm512_store_si512(turned + j * TURNED_WORDS + k, words[j]);
  }
}

/// The products of some words of a tile's inputs with all gates' gradients.
INLINE void add_turned_tile(
    const struct lstm_backward_job *job, struct range part, int64_t first, int64_t count,
    int64_t panel) {
  float turned[TILE_SIDE * TURNED_WORDS] __attribute__((aligned(64)));
  const apus_lstm_shape *s = job->shape;
  int64_t width = s->inputs + s->units, whole = count / TILE_SIDE * TILE_SIDE;
  const float *inputs = job->inputs + first * width + part.begin;
  int64_t rows = part.end - part.begin;
  if (rows < TILE_SIDE) whole = 0;
  turn_inputs(inputs, width, whole, turned);
  for (int64_t p = 0; p < panel_count(s->units); p++) {
    struct matrix_tile product = {
        .a = turned, .a_row = TURNED_WORDS, .a_step = 1, .count = whole, .segments = 1,
        .b = job->gates + (p * panel + first) * COLUMNS,
        .c = job->weight_sums + (p * width + part.begin) * COLUMNS, .c_row = COLUMNS};
    product.ahead = (const char *)product.b;
    if (whole > 0) add_matrix_tile(&product, rows);
    if (whole == count) continue;
    product.a = inputs + whole * width, product.a_row = 1, product.a_step = width;
    product.b += whole * COLUMNS, product.count = count - whole;
    add_matrix_tile(&product, rows);
  }
}

/// Adds the products of the inputs and gates' gradients of a block's first steps to the weights'.
static void add_weight_gradients(
    const struct lstm_backward_job *job, int64_t steps, int64_t block_rows) {
  const apus_lstm_shape *s = job->shape;
  int64_t width = s->inputs + s->units, panel = job->block_steps * block_rows / PAIR;
  int64_t count = steps * block_rows / PAIR;
  int tiles = tile_count(width);
  for (int64_t first = 0; first < count; first += TURNED_WORDS) {
    int64_t words = count - first < TURNED_WORDS ? count - first : TURNED_WORDS;
    for (int tile = 0; tile < tiles; tile++) {
      add_turned_tile(job, tile_range(width, tile, tiles), first, words, panel);
    }
  }
}

#else

/// Adds the products of the inputs and gates' gradients of a block's first steps to the weights'.
static void add_weight_gradients(
    const struct lstm_backward_job *job, int64_t steps, int64_t block_rows) {
  const apus_lstm_shape *s = job->shape;
  int64_t width = s->inputs + s->units, panel = job->block_steps * block_rows / PAIR;
  int tiles = tile_count(width);
  for (int64_t p = 0; p < panel_count(s->units); p++) {
    for (int tile = 0; tile < tiles; tile++) {
      struct range part = apus_range(width, tile, tiles);
      struct matrix_tile product = {
          .a = job->inputs + part.begin, .a_row = 1, .a_step = width,
          .count = steps * block_rows / PAIR, .segments = 1,
          .b = job->gates + p * panel * COLUMNS,
          .c = job->weight_sums + (p * width + part.begin) * COLUMNS, .c_row = COLUMNS};
      product.ahead = (const char *)product.b;
      add_matrix_tile(&product, part.end - part.begin);
    }
  }
}

#endif

/// Sets a thread's gradients to those of the final state, and its sums to zero.
static void begin_backward(
    const struct lstm_backward_job *job, int64_t first_row, int64_t rows, int64_t hidden_units) {
  const apus_lstm_shape *s = job->shape;
  int64_t units = padded_units(s->units), panels = panel_count(s->units);
  int64_t state = (job->direction * s->batch + first_row) * s->units;
  size_t bytes = (size_t)s->units * sizeof(float);
  memset(job->hidden, 0, (size_t)(rows * hidden_units) * sizeof(float));
  memset(job->cell, 0, (size_t)(rows * units) * sizeof(float));
  for (int64_t r = 0; r < rows; r++) {
    int64_t row = state + r * s->units;
    memcpy(job->hidden + r * hidden_units, job->operands->final_hidden_gradient + row, bytes);
    memcpy(job->cell + r * units, job->operands->final_cell_gradient + row, bytes);
  }
  size_t sums = (size_t)(panels * COLUMNS);
  memset(job->weight_sums, 0, sums * (size_t)(s->inputs + s->units) * sizeof(float));
  memset(job->bias_sums, 0, sums * sizeof(double));
}

static void lstm_backward(const struct lstm_backward_job *job, struct range rows) {
  const apus_lstm_shape *s = job->shape;
  const apus_lstm_backward_operands *o = job->operands;
  bool reversed = s->reversed[job->direction];
  struct lstm_step step = {
      .job = job, .first_row = rows.begin, .rows = rows.end - rows.begin,
      .hidden_units = column_panels(s->units) * COLUMNS, .units = padded_units(s->units)};
  step.block_rows = words(step.rows) * PAIR;
  begin_backward(job, step.first_row, step.rows, step.hidden_units);
  begin_tiles();
  for (int64_t k = 0; k < s->steps; k++) {
    step.t = reversed ? k : s->steps - 1 - k;
    step.before = reversed ? step.t + 1 : step.t - 1;
    step.place = k % job->block_steps;
    gate_gradients(&step);
    gather_inputs(&step);
    look_back(&step, reversed);
    input_gradients(&step);
    if (step.place + 1 == job->block_steps || k + 1 == s->steps) {
      add_weight_gradients(job, step.place + 1, step.block_rows);
    }
  }
  end_tiles();
  int64_t state = (job->direction * s->batch + rows.begin) * s->units;
  for (int64_t r = 0; r < step.rows; r++) {
    size_t bytes = (size_t)s->units * sizeof(float);
    int64_t row = state + r * s->units;
    memcpy(o->initial_hidden_gradient + row, job->hidden + r * step.hidden_units, bytes);
    memcpy(o->initial_cell_gradient + row, job->cell + r * step.units, bytes);
  }
}

/// The sum of all threads' sums at one place.
INLINE float collected(const struct lstm_collection *job, int64_t place) {
  float sum = 0;
  for (int part = 0; part < job->parts; part++) {
    sum += job->weight_sums[part * job->weight_stride + place];
  }
  return sum;
}

static void lstm_collect(const struct lstm_collection *job, struct range rows) {
  const apus_lstm_shape *s = job->shape;
  int64_t width = s->inputs + s->units;
  for (int64_t row = rows.begin; row < rows.end; row++) {
    float *to = row < s->inputs ? job->kernel + row * 4 * s->units
                                : job->recurrent + (row - s->inputs) * 4 * s->units;
    for (int64_t column = 0; column < 4 * s->units; column++) {
      int64_t gate = column / s->units, unit = column % s->units;
      int64_t place = gate * HALF + unit % HALF;
      to[column] = collected(job, ((unit / HALF) * width + row) * COLUMNS + place);
    }
  }
  if (rows.begin > 0 || rows.end == 0) return;
  for (int64_t column = 0; column < 4 * s->units; column++) {
    int64_t gate = column / s->units, unit = column % s->units;
    double sum = 0;
    for (int part = 0; part < job->parts; part++) {
      sum += job->bias_sums
                 [part * job->bias_stride + unit / HALF * COLUMNS + gate * HALF + unit % HALF];
    }
    job->bias[column] = (float)sum;
  }
}
