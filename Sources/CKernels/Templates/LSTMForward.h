// The forward pass of the LSTM: a range of the batch through all steps of one direction.
//
// A step is a product of `[x_t h]` with the packed weights, a tile of two panels at a time, and the
// cells of that tile, a vector of units each, while its sums are in the nearest cache. Rows need nothing of each other, so that threads
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

/// Where the cells of one step read and write.
struct lstm_cells {
  const struct lstm_forward_job *job;
  int64_t t;
  /// The first of the two panels whose cells are computed together, a vector of units.
  int64_t panel;
  /// The first row of the thread, and one row's distances in scratch.
  int64_t first_row, units, input_words;
  /// `h` of the next step, as operands of its product.
  float *next;
  /// Whether what the backward pass reads is written past the caches.
  bool streams;
  /// The step after this one, and what it writes.
  int64_t next_t;
  struct prefetches ahead;
};

/// Writes what is kept of a row.
INLINE void store_cells(
    const struct lstm_cells *cells, int64_t row, vf hidden, vf cell, const vf gates[4],
    bool valid) {
  const apus_lstm_shape *s = cells->job->shape;
  const apus_lstm_forward_operands *o = cells->job->operands;
  int64_t unit = cells->panel * HALF, n = s->units - unit;
  int64_t b = cells->first_row + row, d = cells->job->direction;
  store(cells->job->hidden + row * cells->units + unit, hidden);
  store(cells->job->cell + row * cells->units + unit, cell);
  store_operands(cells->next + row * cells->input_words + unit / PAIR, hidden);
  float *y = o->hidden + ((b * s->steps + cells->t) * s->directions + d) * s->units + unit;
  store_up_to(y, valid ? hidden : splat(0), n);
  int64_t kept = (d * s->steps + cells->t) * s->batch + b;
  if (o->cells) put_vector(o->cells + kept * s->units + unit, cell, n, cells->streams);
  if (!o->gates) return;
  for (int64_t gate = 0; gate < 4; gate++) {
    float *to = o->gates + (kept * 4 + gate) * s->units + unit;
    put_vector(to, valid ? gates[gate] : splat(0), n, cells->streams);
  }
}

/// Keeps the state of a row whose sequence has ended.
INLINE void keep_cells(const struct lstm_cells *cells, int64_t row) {
  int64_t place = row * cells->units + cells->panel * HALF;
  const vf none[4] = {0, 0, 0, 0};
  store_cells(
      cells, row, load(cells->job->hidden + place), load(cells->job->cell + place), none, false);
}

/// The cells of a row, whose gates before their functions are in both panels' sums.
INLINE void update_cells(
    const struct lstm_cells *cells, int64_t row, const float *first, const float *second) {
  const struct lstm_forward_job *job = cells->job;
  if (!is_valid(job->operands->lengths, cells->first_row + row, cells->t)) {
    keep_cells(cells, row);
    return;
  }
  vf sums[4];
  for (int gate = 0; gate < 4; gate++) {
    sums[gate] = join_halves(load_half(first + gate * HALF), load_half(second + gate * HALF));
  }
  const vf gates[4] = {
      gate_logistic(sums[0]), gate_logistic(sums[1]), gate_tangent(sums[2]),
      gate_logistic(sums[3])};
  vf old = load(job->cell + row * cells->units + cells->panel * HALF);
  vf cell = fused(gates[1], old, gates[0] * gates[2]);
  store_cells(cells, row, gates[3] * gate_tangent(cell), cell, gates, true);
}

/// Two panels of a step for a tile of rows.
INLINE void forward_tile(
    struct lstm_cells *cells, const float *inputs, int64_t count, struct range rows) {
  float sums[2][TILE_ROWS * COLUMNS] __attribute__((aligned(64)));
  int64_t tile_rows = rows.end - rows.begin;
  for (int64_t k = 0; k < 2; k++) {
    int64_t panel = cells->panel + k;
    if (panel == panel_count(cells->job->shape->units)) {
      memset(sums[k], 0, sizeof sums[k]);
      continue;
    }
    const float *bias = cells->job->packed_bias + panel * COLUMNS;
    for (int64_t r = 0; r < tile_rows; r++) {
      store(sums[k] + r * COLUMNS, load(bias));
      store(sums[k] + r * COLUMNS + W, load(bias + W));
    }
    struct matrix_tile tile = {
        .a = inputs + rows.begin * cells->input_words, .a_row = cells->input_words, .a_step = 1,
        .count = count, .segments = 1, .b = cells->job->packed + panel * count * COLUMNS,
        .c = sums[k], .c_row = COLUMNS};
    tile.ahead = take_ahead(&cells->ahead, count, tile.b);
    add_matrix_tile(&tile, tile_rows);
  }
  for (int64_t r = 0; r < tile_rows; r++) {
    update_cells(cells, rows.begin + r, sums[0] + r * COLUMNS, sums[1] + r * COLUMNS);
  }
}

/// Whether no sequence of the tile has this step, so that its product is not needed.
INLINE bool is_past_all(const int32_t *lengths, struct range rows, int64_t first_row, int64_t t) {
  for (int64_t r = rows.begin; r < rows.end; r++) {
    if (is_valid(lengths, first_row + r, t)) return false;
  }
  return true;
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
  for (cells->panel = 0; cells->panel < panels; cells->panel += 2) {
    for (int tile = 0; tile < tiles; tile++) {
      struct range part = tile_range(rows, tile, tiles);
      if (lengths && is_past_all(lengths, part, cells->first_row, cells->t)) {
        for (int64_t r = part.begin; r < part.end; r++) keep_cells(cells, r);
      } else {
        forward_tile(cells, inputs, count, part);
      }
      int place = (int)cells->panel / 2 * tiles + tile, places = (int)(panels + 1) / 2 * tiles;
      prefetch_forward_rows(cells, apus_range(rows, place, places));
    }
  }
}

/// Fills a row of padded units, and what a product takes of it.
INLINE void load_state(const float *from, int64_t units, float *to, float *as_operands) {
  for (int64_t unit = 0; unit < units; unit += W) {
    vf v = load_up_to(from + unit, units - unit);
    store(to + unit, v);
    if (as_operands) store_operands(as_operands + unit / PAIR, v);
  }
}

/// Whether what the backward pass reads is written past the caches: only where vectors are lines.
INLINE bool are_kept_past_caches(const apus_lstm_shape *s, const apus_lstm_forward_operands *o) {
  if (!VECTORS_ARE_LINES || !o->gates || !o->cells) return false;
  int64_t rows = s->directions * s->steps * s->batch;
  return streams_past_caches(o->gates, rows * 4, s->units) && (uintptr_t)o->cells % LINE == 0;
}

/// Names the runs of memory that the next step writes.
INLINE void look_ahead(struct lstm_cells *cells, int64_t rows) {
  if (cells->streams) return;
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
        .streams = are_kept_past_caches(s, o),
        .next_t = k + 1 == s->steps ? t : s->reversed[job->direction] ? t - 1 : t + 1};
    look_ahead(&cells, count);
    forward_step(&cells, inputs, count);
  }
  for (int64_t r = 0; r < count; r++) {
    size_t bytes = (size_t)s->units * sizeof(float);
    memcpy(o->final_hidden + state + r * s->units, job->hidden + r * units, bytes);
    memcpy(o->final_cell + state + r * s->units, job->cell + r * units, bytes);
  }
  end_streams();
  end_tiles();
}
