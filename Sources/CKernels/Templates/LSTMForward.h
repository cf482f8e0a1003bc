// The forward pass of the LSTM: a range of the batch through all steps of one direction.
//
// A step is a product of `[x_t h]` with the packed weights, a tile at a time, and the cells of that
// tile while its sums are in the nearest cache. Rows need nothing of each other, so that threads
// never wait.

#pragma once

#include "LSTMWords.h"

static int64_t lstm_forward_panels(const apus_lstm_shape *shape) {
  return panel_count(shape->units);
}

/// The weights of one inner word for a panel's columns.
INLINE void pack_gate_words(
    const void *weights, int64_t rows, int64_t units, int64_t k, int64_t p, float *packed) {
  int64_t n = units_of_panel(units, p);
  for (int64_t gate = 0; gate < 4; gate++) {
    for (int64_t j = 0; j < HALF; j++) {
      int64_t column = gate * units + p * HALF + j;
      packed[gate * HALF + j] =
          j < n ? weight_word(weights, rows, 4 * units, k * PAIR, column) : 0;
    }
  }
}

static void lstm_pack_forward(const struct lstm_forward_job *job, struct range panels) {
  const apus_lstm_shape *s = job->shape;
  const apus_lstm_weights *weights = &job->operands->weights[job->direction];
  int64_t x_words = words(s->inputs), count = x_words + words(s->units);
  for (int64_t p = panels.begin; p < panels.end; p++) {
    float *packed = job->packed + p * count * COLUMNS;
    for (int64_t k = 0; k < x_words; k++) {
      pack_gate_words(weights->kernel, s->inputs, s->units, k, p, packed + k * COLUMNS);
    }
    for (int64_t k = x_words; k < count; k++) {
      pack_gate_words(
          weights->recurrent, s->units, s->units, k - x_words, p, packed + k * COLUMNS);
    }
    int64_t n = units_of_panel(s->units, p);
    for (int64_t column = 0; column < COLUMNS; column++) {
      int64_t gate = column / HALF, j = column % HALF;
      job->packed_bias[p * COLUMNS + column] =
          j < n ? weights->bias[gate * s->units + p * HALF + j] : 0;
    }
  }
}

/// Where the cells of one step and panel read and write.
struct lstm_cells {
  const struct lstm_forward_job *job;
  int64_t t, panel;
  /// The first row of the thread, and one row's distances in scratch.
  int64_t first_row, units, input_words;
  /// `h` of the next step, as operands of its product.
  float *next;
  /// The step after this one, and what it writes.
  int64_t next_t;
  struct prefetches ahead;
};

/// Writes what is kept of the first or second row of a pair.
INLINE void store_cell_row(
    const struct lstm_cells *cells, int64_t row, hf hidden, hf cell, const hf gates[4],
    bool valid) {
  const apus_lstm_shape *s = cells->job->shape;
  const apus_lstm_forward_operands *o = cells->job->operands;
  int64_t unit = cells->panel * HALF, n = units_of_panel(s->units, cells->panel);
  int64_t b = cells->first_row + row, d = cells->job->direction;
  store_half(cells->job->hidden + row * cells->units + unit, hidden);
  store_half(cells->job->cell + row * cells->units + unit, cell);
  store_operands(cells->next + row * cells->input_words + unit / PAIR, hidden);
  float *y = o->hidden + ((b * s->steps + cells->t) * s->directions + d) * s->units + unit;
  store_units(y, valid ? hidden : 0, n);
  int64_t kept = (d * s->steps + cells->t) * s->batch + b;
  if (o->cells) store_units(o->cells + kept * s->units + unit, cell, n);
  if (!o->gates) return;
  for (int64_t gate = 0; gate < 4; gate++) {
    store_units(
        o->gates + (kept * 4 + gate) * s->units + unit, valid ? gates[gate] : 0, n);
  }
}

/// The cells of two rows of a tile, whose gates before their functions are `first` and `second`.
INLINE void update_cells(
    const struct lstm_cells *cells, int64_t row, int64_t other, const float *first,
    const float *second) {
  const struct lstm_forward_job *job = cells->job;
  int64_t unit = cells->panel * HALF;
  vf sums[4];
  for (int gate = 0; gate < 4; gate++) {
    sums[gate] = join_rows(load_half(first + gate * HALF), load_half(second + gate * HALF));
  }
  vf i = gate_logistic(sums[0]), f = gate_logistic(sums[1]), g = gate_tangent(sums[2]);
  vf o = gate_logistic(sums[3]);
  const float *c = job->cell + unit, *h = job->hidden + unit;
  vf old = join_rows(load_half(c + row * cells->units), load_half(c + other * cells->units));
  vf cell = fused(f, old, i * g);
  vf hidden = o * gate_tangent(cell);
  const int32_t *lengths = job->operands->lengths;
  bool valid = is_valid(lengths, cells->first_row + row, cells->t);
  bool other_valid = is_valid(lengths, cells->first_row + other, cells->t);
  if (!valid || !other_valid) {
    vi keep = validity(valid, other_valid);
    vf kept = join_rows(load_half(h + row * cells->units), load_half(h + other * cells->units));
    cell = keep ? cell : old;
    hidden = keep ? hidden : kept;
  }
  const hf low[4] = {i.lo, f.lo, g.lo, o.lo}, high[4] = {i.hi, f.hi, g.hi, o.hi};
  store_cell_row(cells, row, hidden.lo, cell.lo, low, valid);
  store_cell_row(cells, other, hidden.hi, cell.hi, high, other_valid);
}

/// One panel of a step for a tile of rows.
INLINE void forward_tile(
    struct lstm_cells *cells, const float *inputs, int64_t count, struct range rows) {
  float sums[TILE_ROWS * COLUMNS] __attribute__((aligned(64)));
  const float *bias = cells->job->packed_bias + cells->panel * COLUMNS;
  int64_t tile_rows = rows.end - rows.begin;
  for (int64_t r = 0; r < tile_rows; r++) {
    store(sums + r * COLUMNS, load(bias));
    store(sums + r * COLUMNS + W, load(bias + W));
  }
  struct matrix_tile tile = {
      .a = inputs + rows.begin * cells->input_words, .a_row = cells->input_words, .a_step = 1,
      .count = count, .segments = 1, .b = cells->job->packed + cells->panel * count * COLUMNS,
      .c = sums, .c_row = COLUMNS};
  tile.ahead = take_ahead(&cells->ahead, count, tile.b);
  add_matrix_tile(&tile, tile_rows);
  for (int64_t r = 0; r < tile_rows; r += 2) {
    // An odd row at the end is taken twice, with the same result.
    int64_t other = r + 1 < tile_rows ? r + 1 : r;
    update_cells(
        cells, rows.begin + r, rows.begin + other, sums + r * COLUMNS, sums + other * COLUMNS);
  }
}

/// Whether no sequence of the tile has this step, so that its product is not needed.
INLINE bool is_past_all(const int32_t *lengths, struct range rows, int64_t first_row, int64_t t) {
  for (int64_t r = rows.begin; r < rows.end; r++) {
    if (is_valid(lengths, first_row + r, t)) return false;
  }
  return true;
}

/// Keeps the state of a tile whose sequences have all ended.
INLINE void keep_cells(const struct lstm_cells *cells, struct range rows) {
  int64_t unit = cells->panel * HALF;
  const hf none[4] = {0, 0, 0, 0};
  for (int64_t r = rows.begin; r < rows.end; r++) {
    hf hidden = load_half(cells->job->hidden + r * cells->units + unit);
    hf cell = load_half(cells->job->cell + r * cells->units + unit);
    store_cell_row(cells, r, hidden, cell, none, false);
  }
}

/// Brings near what the next step reads of `x` and writes of `y` for some rows.
INLINE void prefetch_forward_rows(const struct lstm_cells *cells, struct range rows) {
  const apus_lstm_shape *s = cells->job->shape;
  const apus_lstm_forward_operands *o = cells->job->operands;
  for (int64_t r = rows.begin; r < rows.end; r++) {
    int64_t place = (cells->first_row + r) * s->steps + cells->next_t;
    prefetch_run(
        (const lstm_operand *)o->x + place * s->inputs,
        (size_t)s->inputs * sizeof(lstm_operand));
    prefetch_run(
        o->hidden + (place * s->directions + cells->job->direction) * s->units,
        (size_t)s->units * sizeof(float));
  }
}

static void forward_step(
    struct lstm_cells *cells, const float *inputs, int64_t rows) {
  const apus_lstm_shape *s = cells->job->shape;
  const int32_t *lengths = cells->job->operands->lengths;
  int64_t panels = panel_count(s->units), count = words(s->inputs) + words(s->units);
  int tiles = tile_count(rows);
  for (cells->panel = 0; cells->panel < panels; cells->panel++) {
    for (int tile = 0; tile < tiles; tile++) {
      struct range part = tile_range(rows, tile, tiles);
      if (lengths && is_past_all(lengths, part, cells->first_row, cells->t)) {
        keep_cells(cells, part);
      } else {
        forward_tile(cells, inputs, count, part);
      }
      int place = (int)cells->panel * tiles + tile;
      prefetch_forward_rows(cells, apus_range(rows, place, (int)panels * tiles));
    }
  }
}

/// Fills a row of padded units, and what a product takes of it.
INLINE void load_state(const float *from, int64_t units, float *to, float *as_operands) {
  for (int64_t p = 0; p < panel_count(units); p++) {
    hf v = load_units(from + p * HALF, units_of_panel(units, p));
    store_half(to + p * HALF, v);
    if (as_operands) store_operands(as_operands + p * HALF / PAIR, v);
  }
}

/// Names the runs of memory that the next step writes.
INLINE void look_ahead(struct lstm_cells *cells, int64_t rows) {
  const apus_lstm_shape *s = cells->job->shape;
  const apus_lstm_forward_operands *o = cells->job->operands;
  int64_t kept = (cells->job->direction * s->steps + cells->next_t) * s->batch;
  kept = (kept + cells->first_row) * s->units;
  if (o->gates) add_ahead(&cells->ahead, 0, o->gates + kept * 4, rows * s->units * 4);
  if (o->cells) add_ahead(&cells->ahead, 1, o->cells + kept, rows * s->units);
}

static void lstm_forward(const struct lstm_forward_job *job, struct range rows) {
  const apus_lstm_shape *s = job->shape;
  const apus_lstm_forward_operands *o = job->operands;
  int64_t x_words = words(s->inputs), units = padded_units(s->units);
  int64_t input_words = x_words + units / PAIR, count = rows.end - rows.begin;
  int64_t state = (job->direction * s->batch + rows.begin) * s->units;
  for (int64_t r = 0; r < count; r++) {
    float *h = job->inputs[0] + r * input_words + x_words;
    load_state(o->initial_hidden + state + r * s->units, s->units, job->hidden + r * units, h);
    load_state(o->initial_cell + state + r * s->units, s->units, job->cell + r * units, NULL);
  }
  begin_tiles();
  for (int64_t k = 0; k < s->steps; k++) {
    int64_t t = s->reversed[job->direction] ? s->steps - 1 - k : k;
    float *inputs = job->inputs[k % 2];
    for (int64_t r = 0; r < count; r++) {
      const lstm_operand *x =
          (const lstm_operand *)o->x + ((rows.begin + r) * s->steps + t) * s->inputs;
      copy_operands(inputs + r * input_words, x, s->inputs);
    }
    struct lstm_cells cells = {
        .job = job, .t = t, .first_row = rows.begin, .units = units,
        .input_words = input_words, .next = job->inputs[(k + 1) % 2] + x_words,
        .next_t = k + 1 == s->steps ? t : s->reversed[job->direction] ? t - 1 : t + 1};
    look_ahead(&cells, count);
    forward_step(&cells, inputs, count);
  }
  for (int64_t r = 0; r < count; r++) {
    size_t bytes = (size_t)s->units * sizeof(float);
    memcpy(o->final_hidden + state + r * s->units, job->hidden + r * units, bytes);
    memcpy(o->final_cell + state + r * s->units, job->cell + r * units, bytes);
  }
  end_tiles();
}
