// The loops of clipped depthwise convolution for one type of numbers: `ELEMENT`, `LOAD`, `STORE`.
//
// Included once for each type. As in `Depthwise3x3.h` a row of outputs is done for one vector of
// channels after the other, its nine weights in registers; here each column of three pixels is
// loaded and clipped once and adds to the outputs it reaches, which wait in registers.

/// Three rows of pixels under the filter, and the one below, for a vector of channels.
struct NAMED(clipped_rows) {
  const ELEMENT *at[4];
  const ELEMENT *next;
  bool inside[4];
  int64_t step, width, left;
};

/// What stays the same along a row.
struct NAMED(clipped_row) {
  vf w[9];
  vf bias, input_low, input_high, low, high;
  ELEMENT *result;
  int64_t distance, columns, n;
  bool top, bottom, clips, streams;
};

INLINE vf NAMED(clipped_pixel)(
    const struct NAMED(clipped_row) *row, const ELEMENT *pixel) {
  vf x = LOAD(pixel, row->n);
  return row->clips ? clamp(x, row->input_low, row->input_high) : x;
}

/// The three pixels of one column.
INLINE void NAMED(clipped_column)(
    const struct NAMED(clipped_row) *row, const struct NAMED(clipped_rows) *rows, int64_t column,
    vf *x) {
  int64_t place = column * rows->step;
  if (row->top) x[0] = NAMED(clipped_pixel)(row, rows->at[0] + place);
  x[1] = NAMED(clipped_pixel)(row, rows->at[1] + place);
  if (row->bottom) x[2] = NAMED(clipped_pixel)(row, rows->at[2] + place);
}

INLINE vf NAMED(clipped_sum)(
    const struct NAMED(clipped_row) *row, vf sum, int column, const vf *x) {
  if (row->top) sum = fused(row->w[column], x[0], sum);
  sum = fused(row->w[3 + column], x[1], sum);
  return row->bottom ? fused(row->w[6 + column], x[2], sum) : sum;
}

INLINE void NAMED(clipped_put)(
    const struct NAMED(clipped_row) *row, int64_t column, vf sum) {
  ELEMENT *place = row->result + column * row->distance;
  vf y = clamp(sum, row->low, row->high);
  if (row->streams) {
    STREAM(place, y);
  } else {
    STORE(place, y, row->n);
  }
}

/// One row of outputs at stride 1; output `o` reads the columns `o − left … o − left + 2`.
INLINE void NAMED(clipped_row_1)(
    const struct NAMED(clipped_row) *row, const struct NAMED(clipped_rows) *rows) {
  vf before = row->bias, here = row->bias, x[3];
  int64_t column = 0, output = rows->left - 2;
  for (; column < rows->width; column++, output++) {
    NAMED(clipped_column)(row, rows, column, x);
    __builtin_prefetch(rows->next + column * rows->step);
    vf sum = NAMED(clipped_sum)(row, before, 2, x);
    if (output >= 0 && output < row->columns) NAMED(clipped_put)(row, output, sum);
    before = NAMED(clipped_sum)(row, here, 1, x);
    here = NAMED(clipped_sum)(row, row->bias, 0, x);
  }
  if (output >= 0 && output < row->columns) NAMED(clipped_put)(row, output, before);
  if (output + 1 >= 0 && output + 1 < row->columns) NAMED(clipped_put)(row, output + 1, here);
}

/// Two rows of outputs at stride 1, of which each column of four pixels is loaded once.
INLINE void NAMED(clipped_pair)(
    const struct NAMED(clipped_row) *row, const struct NAMED(clipped_rows) *rows) {
  struct NAMED(clipped_row) lower = *row;
  lower.result += row->columns * row->distance;
  vf before[2] = {row->bias, row->bias}, here[2] = {row->bias, row->bias}, x[4];
  int64_t column = 0, output = rows->left - 2;
  for (; column < rows->width; column++, output++) {
    int64_t place = column * rows->step;
    for (int i = 0; i < 4; i++) x[i] = NAMED(clipped_pixel)(row, rows->at[i] + place);
    __builtin_prefetch(rows->next + place);
    __builtin_prefetch(rows->next + rows->width * rows->step + place);
    for (int k = 0; k < 2; k++) before[k] = NAMED(clipped_sum)(row, before[k], 2, x + k);
    if (output >= 0 && output < row->columns) {
      NAMED(clipped_put)(row, output, before[0]);
      NAMED(clipped_put)(&lower, output, before[1]);
    }
    for (int k = 0; k < 2; k++) {
      before[k] = NAMED(clipped_sum)(row, here[k], 1, x + k);
      here[k] = NAMED(clipped_sum)(row, row->bias, 0, x + k);
    }
  }
  if (output >= 0 && output < row->columns) {
    NAMED(clipped_put)(row, output, before[0]);
    NAMED(clipped_put)(&lower, output, before[1]);
  }
  if (output + 1 >= 0 && output + 1 < row->columns) {
    NAMED(clipped_put)(row, output + 1, here[0]);
    NAMED(clipped_put)(&lower, output + 1, here[1]);
  }
}

/// One output at stride 2, of which columns may be outside.
INLINE void NAMED(clipped_edge_2)(
    const struct NAMED(clipped_row) *row, const struct NAMED(clipped_rows) *rows,
    int64_t output) {
  vf sum = row->bias, x[3];
  for (int j = 0; j < 3; j++) {
    int64_t column = 2 * output - rows->left + j;
    if (column < 0 || column >= rows->width) continue;
    NAMED(clipped_column)(row, rows, column, x);
    sum = NAMED(clipped_sum)(row, sum, j, x);
  }
  NAMED(clipped_put)(row, output, sum);
}

/// One row of outputs at stride 2; inside the picture each column is loaded once.
INLINE void NAMED(clipped_row_2)(
    const struct NAMED(clipped_row) *row, const struct NAMED(clipped_rows) *rows) {
  int64_t first = (rows->left + 1) / 2, end = (rows->width - 1 + rows->left) / 2, output = 0;
  if (end > row->columns) end = row->columns;
  for (; output < first && output < row->columns; output++) {
    NAMED(clipped_edge_2)(row, rows, output);
  }
  if (output < end) {
    vf x0[3], x1[3], x2[3];
    NAMED(clipped_column)(row, rows, 2 * output - rows->left, x0);
    for (; output < end; output++) {
      int64_t column = 2 * output - rows->left;
      const ELEMENT *next = rows->next + column * rows->step;
      __builtin_prefetch(next);
      __builtin_prefetch(next + rows->step);
      __builtin_prefetch(next + rows->width * rows->step);
      __builtin_prefetch(next + (rows->width + 1) * rows->step);
      NAMED(clipped_column)(row, rows, column + 1, x1);
      NAMED(clipped_column)(row, rows, column + 2, x2);
      vf sum = NAMED(clipped_sum)(row, row->bias, 0, x0);
      sum = NAMED(clipped_sum)(row, sum, 1, x1);
      NAMED(clipped_put)(row, output, NAMED(clipped_sum)(row, sum, 2, x2));
      for (int i = 0; i < 3; i++) x0[i] = x2[i];
    }
  }
  for (; output < row->columns; output++) NAMED(clipped_edge_2)(row, rows, output);
}

/// One row of outputs, or two, for the `n` channels from `c` on; the flags are constants.
INLINE void NAMED(clipped_channels)(
    const struct clipped_depthwise *call, struct NAMED(clipped_rows) rows, ELEMENT *result,
    int64_t c, int64_t n, bool top, bool bottom, bool clips, bool pairs) {
  const apus_depthwise_shape *s = &call->job.shape;
  const ELEMENT *filter = call->filter;
  struct NAMED(clipped_row) row = {
      .bias = load_up_to(call->bias + c, n),
      .input_low = splat(call->job.input_low), .input_high = splat(call->job.input_high),
      .low = splat(call->job.low), .high = splat(call->job.high),
      .result = result + place_of(call, c), .distance = call->distance, .columns = call->output_width, .n = n, .top = top,
      .bottom = bottom, .clips = clips, .streams = STREAMS && n == W && call->streams};
  for (int k = 0; k < 9; k++) row.w[k] = LOAD(filter + k * s->channels + c, n);
  for (int i = 0; i < 4; i++) rows.at[i] += rows.inside[i] ? c : 0;
  rows.next += c;
  if (pairs) {
    rows.next += s->width * s->channels;
    NAMED(clipped_pair)(&row, &rows);
  } else if (s->stride_width == 1) {
    NAMED(clipped_row_1)(&row, &rows);
  } else {
    NAMED(clipped_row_2)(&row, &rows);
  }
}

INLINE void NAMED(clipped_output_row)(
    const struct clipped_depthwise *call, struct NAMED(clipped_rows) rows, ELEMENT *result,
    bool top, bool bottom, bool clips, bool pairs) {
  FOR_VECTORS(call->job.shape.channels, c, n, {
    NAMED(clipped_channels)(call, rows, result, c, n, top, bottom, clips, pairs);
  });
}

/// The rows that output row `r` (of the whole batch) reads; only the middle one must be inside.
INLINE struct NAMED(clipped_rows) NAMED(clipped_rows_under)(
    const struct clipped_depthwise *call, int64_t r, int64_t *first) {
  const apus_depthwise_shape *s = &call->job.shape;
  int64_t row = s->width * s->channels;
  const ELEMENT *picture = (const ELEMENT *)call->input + r / call->output_height * s->height * row;
  *first = r % call->output_height * s->stride_height - s->pad_top;
  struct NAMED(clipped_rows) rows = {
      .step = s->channels, .width = s->width, .left = s->pad_left};
  for (int i = 0; i < 4; i++) {
    rows.inside[i] = *first + i >= 0 && *first + i < s->height;
    rows.at[i] = rows.inside[i] ? picture + (*first + i) * row : picture;
  }
  rows.next = picture + (*first + 3) * row;
  return rows;
}

/// An output row of which the filter's middle row is outside: pixel by pixel, for rare paddings.
INLINE void NAMED(clipped_edge_row)(
    const struct clipped_depthwise *call, struct NAMED(clipped_rows) rows, ELEMENT *result) {
  const apus_depthwise_shape *s = &call->job.shape;
  const ELEMENT *filter = call->filter;
  for (int64_t output = 0; output < call->output_width; output++) {
    FOR_VECTORS(s->channels, c, n, {
      vf sum = load_up_to(call->bias + c, n);
      for (int k = 0; k < 9; k++) {
        int64_t column = output * s->stride_width - s->pad_left + k % 3;
        if (!rows.inside[k / 3] || column < 0 || column >= s->width) continue;
        vf x = LOAD(rows.at[k / 3] + column * s->channels + c, n);
        x = clamp(x, splat(call->job.input_low), splat(call->job.input_high));
        sum = fused(LOAD(filter + k * s->channels + c, n), x, sum);
      }
      ELEMENT *place = result + output * call->distance + place_of(call, c);
      STORE(place, clamp(sum, splat(call->job.low), splat(call->job.high)), n);
    });
  }
}

/// Whether output row `r`, whose filter begins at input row `first`, can be done with the next one.
INLINE bool NAMED(clipped_pairs)(
    const struct clipped_depthwise *call, int64_t r, int64_t first, struct range range) {
  const apus_depthwise_shape *s = &call->job.shape;
  return s->stride_width == 1 && first >= 0 && first + 3 < s->height && r + 1 < range.end &&
         r % call->output_height + 1 < call->output_height;
}

/// The output rows from `r` on that are done at once; gives how many.
INLINE int64_t NAMED(clipped_rows_from)(
    const struct clipped_depthwise *call, int64_t r, struct range range, bool clips) {
  int64_t first;
  struct NAMED(clipped_rows) rows = NAMED(clipped_rows_under)(call, r, &first);
  ELEMENT *result = (ELEMENT *)call->output + r * call->output_width * call->distance;
  if (!rows.inside[1]) {
    NAMED(clipped_edge_row)(call, rows, result);
  } else if (NAMED(clipped_pairs)(call, r, first, range)) {
    NAMED(clipped_output_row)(call, rows, result, true, true, clips, true);
    return 2;
  } else if (rows.inside[0] && rows.inside[2]) {
    NAMED(clipped_output_row)(call, rows, result, true, true, clips, false);
  } else {
    NAMED(clipped_output_row)(call, rows, result, rows.inside[0], rows.inside[2], clips, false);
  }
  return 1;
}

static void NAMED(clipped_depthwise)(const struct clipped_depthwise *call, struct range range) {
  const apus_clipped_depthwise *job = &call->job;
  bool clips = job->input_low > -__builtin_inff() || job->input_high < __builtin_inff();
  for (int64_t r = range.begin; r < range.end;) {
    r += clips ? NAMED(clipped_rows_from)(call, r, range, true)
               : NAMED(clipped_rows_from)(call, r, range, false);
  }
  end_streams();
}
