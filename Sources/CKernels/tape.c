// A formula over the vocabulary, run forward and backward: a list of operations on vectors and on single numbers, which
// Objectives records. Rows are taken in tiles that stay in the cache: several short rows, or one piece of a long one.
//
// Operations come in stages. Those of stage s use single numbers that the sums of the stages before it have given; a long
// row is therefore passed over once for each stage, and what a later stage needs is computed anew. The way back goes
// through the stages from the last to the first.
#include "lanes.h"

/// The tile at hand. Vectors lie `stride` apart, numbers `rowStride`.
typedef struct {
  float *values, *adjoints, *numbers, *numberAdjoints;
  int64_t stride, rowStride, rows, columns;
} tile;

INLINE lanes when(ilanes condition, lanes a) { return condition ? a : splat(0); }

/// x^c: of negative x for whole c only.
INLINE lanes power_lanes(lanes x, float c) {
  lanes magnitude = __builtin_elementwise_abs(x);
  lanes y = exp_lanes(c * log_lanes(max2(magnitude, splat(1.17549435e-38f))));
  y = magnitude == 0.0f ? splat(c > 0 ? 0 : INFINITY) : y;
  float sign = c != floorf(c) ? NAN : fmodf(c, 2) == 0 ? 1 : -1;
  return x < 0.0f ? sign * y : y;
}

INLINE lanes log_of(lanes x) {
  lanes y = log_lanes(max2(x, splat(1.17549435e-38f)));
  y = x == 0.0f ? splat(-INFINITY) : y;
  return x < 0.0f ? splat(NAN) : y;
}

INLINE lanes elementwise(int32_t op, float c, lanes a, lanes b) {
  switch (op) {
    case OPSD_ADD: return a + b;
    case OPSD_SUBTRACT: return a - b;
    // 0 · log 0 = 0.
    case OPSD_MULTIPLY: return when((a != 0.0f) & (b != 0.0f), a * b);
    case OPSD_DIVIDE: return when(a != 0.0f, a / b);
    case OPSD_MINIMUM: return a <= b ? a : b;
    case OPSD_MAXIMUM: return a >= b ? a : b;
    case OPSD_GREATER: return when(a > b, splat(1));
    case OPSD_NEGATE: return -a;
    case OPSD_LOG: return log_of(a);
    case OPSD_EXP: return exp_lanes(a);
    case OPSD_ABS: return __builtin_elementwise_abs(a);
    case OPSD_SQUARE_ROOT: return __builtin_elementwise_sqrt(a);
    default: return power_lanes(a, c);
  }
}

/// What an operation hands back to its operands from the adjoint d of its result y. Where d is 0 they get nothing, however
/// steep it is there.
INLINE lanes back_to_a(int32_t op, float c, lanes a, lanes b, lanes y, lanes d) {
  switch (op) {
    case OPSD_ADD:
    case OPSD_SUBTRACT: return d;
    case OPSD_MULTIPLY: return when(d != 0.0f, d * b);
    case OPSD_DIVIDE: return when(d != 0.0f, d / b);
    case OPSD_MINIMUM: return when(a <= b, d);
    case OPSD_MAXIMUM: return when(a >= b, d);
    case OPSD_GREATER: return splat(0);
    case OPSD_NEGATE: return -d;
    case OPSD_LOG: return when(d != 0.0f, d / a);
    case OPSD_EXP: return d * y;
    case OPSD_ABS: return a > 0.0f ? d : when(a < 0.0f, -d);
    case OPSD_SQUARE_ROOT: return when(d != 0.0f, 0.5f * d / y);
    default: return when(d != 0.0f, c * d * y / a);
  }
}
INLINE lanes back_to_b(int32_t op, lanes a, lanes b, lanes y, lanes d) {
  switch (op) {
    case OPSD_ADD: return d;
    case OPSD_SUBTRACT: return -d;
    case OPSD_MULTIPLY: return when(d != 0.0f, d * a);
    case OPSD_DIVIDE: return when((d != 0.0f) & (y != 0.0f), -d * y / b);
    case OPSD_MINIMUM: return when(b < a, d);
    default: return when(b > a, d);
  }
}

INLINE void run_elementwise(const int32_t op, float c, const float *a, const float *b, float *y, int64_t count) {
  for (int64_t i = 0; i < count; i += LANES) store(y + i, elementwise(op, c, load(a + i), load(b + i)));
}
INLINE void run_back(const int32_t op, const opsd_instruction *at, const float *a, const float *b, const float *y,
                     const float *d, float *da, float *db, int64_t count) {
  int32_t flags = at->flags;
  if (flags & OPSD_TO_A)
    for (int64_t i = 0; i < count; i += LANES) {
      lanes back = back_to_a(op, at->constant, load(a + i), load(b + i), load(y + i), load(d + i));
      store(da + i, flags & OPSD_FIRST_A ? back : load(da + i) + back);
    }
  if (flags & OPSD_TO_B)
    for (int64_t i = 0; i < count; i += LANES) {
      lanes back = back_to_b(op, load(a + i), load(b + i), load(y + i), load(d + i));
      store(db + i, flags & OPSD_FIRST_B ? back : load(db + i) + back);
    }
}

// One call with each elementwise operation as a constant.
#define EACH_OPERATION(run, ...)                                 \
  case OPSD_ADD: run(OPSD_ADD, __VA_ARGS__); break;              \
  case OPSD_SUBTRACT: run(OPSD_SUBTRACT, __VA_ARGS__); break;    \
  case OPSD_MULTIPLY: run(OPSD_MULTIPLY, __VA_ARGS__); break;    \
  case OPSD_DIVIDE: run(OPSD_DIVIDE, __VA_ARGS__); break;        \
  case OPSD_MINIMUM: run(OPSD_MINIMUM, __VA_ARGS__); break;      \
  case OPSD_MAXIMUM: run(OPSD_MAXIMUM, __VA_ARGS__); break;      \
  case OPSD_GREATER: run(OPSD_GREATER, __VA_ARGS__); break;      \
  case OPSD_NEGATE: run(OPSD_NEGATE, __VA_ARGS__); break;        \
  case OPSD_LOG: run(OPSD_LOG, __VA_ARGS__); break;              \
  case OPSD_EXP: run(OPSD_EXP, __VA_ARGS__); break;              \
  case OPSD_ABS: run(OPSD_ABS, __VA_ARGS__); break;              \
  case OPSD_SQUARE_ROOT: run(OPSD_SQUARE_ROOT, __VA_ARGS__); break; \
  case OPSD_POWER: run(OPSD_POWER, __VA_ARGS__); break;

INLINE float sum_row(const float *x, int64_t columns) {
  lanes sum = splat(0);
  for (int64_t i = 0; i < columns; i += LANES) sum += first_of(load(x + i), columns - i < LANES ? columns - i : LANES, 0);
  return sum_lanes(sum);
}
INLINE float max_row(const float *x, int64_t columns) {
  lanes top = splat(-INFINITY);
  for (int64_t i = 0; i < columns; i += LANES)
    top = max2(top, first_of(load(x + i), columns - i < LANES ? columns - i : LANES, -INFINITY));
  return max_lanes(top);
}

/// Operations of one tile, in order; `isFirst`: of the pieces of a row this is the first.
INLINE void run_forward(const opsd_instruction *code, int32_t from, int32_t to, const tile *t, int isFirst) {
  int64_t whole = (t->rows * t->columns + LANES - 1) / LANES * LANES, rows = (t->rows + LANES - 1) / LANES * LANES;
  for (const opsd_instruction *at = code + from; at < code + to; at++) {
    float *base = at->isNumber ? t->numbers : t->values;
    int64_t stride = at->isNumber ? t->rowStride : t->stride, count = at->isNumber ? rows : whole;
    switch (at->op) {
      EACH_OPERATION(run_elementwise, at->constant, base + at->a * stride, base + at->b * stride,
                     base + at->out * stride, count)
      case OPSD_FILL:
        for (int64_t i = 0; i < stride; i++) base[at->out * stride + i] = at->constant;
        break;
      case OPSD_BROADCAST:
        for (int64_t r = 0; r < t->rows; r++) {
          lanes x = splat(t->numbers[at->a * t->rowStride + r]);
          float *y = t->values + at->out * t->stride + r * t->columns;
          for (int64_t i = 0; i < t->columns; i += LANES) store(y + i, x);
        }
        break;
      case OPSD_SUM:
        for (int64_t r = 0; r < t->rows; r++) {
          float sum = sum_row(t->values + at->a * t->stride + r * t->columns, t->columns);
          float *y = t->numbers + at->out * t->rowStride + r;
          *y = isFirst ? sum : *y + sum;
        }
        break;
      default:
        for (int64_t r = 0; r < t->rows; r++) {
          float top = max_row(t->values + at->a * t->stride + r * t->columns, t->columns);
          float *y = t->numbers + at->out * t->rowStride + r;
          *y = isFirst || top > *y ? top : *y;
        }
    }
  }
}

INLINE void run_backward(const opsd_instruction *code, int32_t from, int32_t to, const tile *t, int isFirst) {
  int64_t whole = (t->rows * t->columns + LANES - 1) / LANES * LANES, rows = (t->rows + LANES - 1) / LANES * LANES;
  for (const opsd_instruction *at = code + from; at < code + to; at++) {
    float *base = at->isNumber ? t->numbers : t->values, *back = at->isNumber ? t->numberAdjoints : t->adjoints;
    int64_t stride = at->isNumber ? t->rowStride : t->stride, count = at->isNumber ? rows : whole;
    switch (at->op) {
      EACH_OPERATION(run_back, at, base + at->a * stride, base + at->b * stride, base + at->out * stride,
                     back + at->out * stride, back + at->a * stride, back + at->b * stride, count)
      case OPSD_BROADCAST:
        for (int64_t r = 0; r < t->rows; r++)
          t->numberAdjoints[at->a * t->rowStride + r] +=
              sum_row(t->adjoints + at->out * t->stride + r * t->columns, t->columns);
        break;
      case OPSD_SUM:
        for (int64_t r = 0; r < t->rows; r++) {
          lanes d = splat(t->numberAdjoints[at->out * t->rowStride + r]);
          float *a = t->adjoints + at->a * t->stride + r * t->columns;
          for (int64_t i = 0; i < t->columns; i += LANES) {
            int64_t rest = t->columns - i < LANES ? t->columns - i : LANES;
            store(a + i, at->flags & OPSD_FIRST_A ? d : load(a + i) + first_of(d, rest, 0));
          }
        }
        break;
      default:
        // The first of the largest; b remembers whether it was met in an earlier piece.
        for (int64_t r = 0; r < t->rows; r++) {
          const float *x = t->values + at->a * t->stride + r * t->columns;
          float *a = t->adjoints + at->a * t->stride + r * t->columns, *wasMet = t->numbers + at->b * t->rowStride + r;
          if (at->flags & OPSD_FIRST_A) memset(a, 0, (size_t)t->columns * sizeof *a);
          if (isFirst) *wasMet = 0;
          for (int64_t i = 0; i < t->columns && *wasMet == 0; i++)
            if (x[i] == t->numbers[at->out * t->rowStride + r]) {
              a[i] += t->numberAdjoints[at->out * t->rowStride + r];
              *wasMet = 1;
            }
        }
    }
  }
}

/// Log-probabilities and probabilities of a tile, where the tape uses them; the last vector is filled up with −87.
INLINE void load_side(const float *l, int32_t logs, int32_t shares, const tile *t) {
  int64_t count = t->rows * t->columns;
  for (int64_t i = 0; i < count; i += LANES) {
    lanes v = i + LANES <= count ? load(l + i) : load_some(l + i, count - i, -87);
    if (logs >= 0) store(t->values + logs * t->stride + i, v);
    if (shares >= 0) store(t->values + shares * t->stride + i, weighted(v, splat(1)));
  }
}

/// g_v = q_v ∂D/∂q_v of a tile, by way of q and of log q.
INLINE void collect(const opsd_tape *tape, const float *lq, float *g, const tile *t, int adds) {
  int64_t count = t->rows * t->columns;
  for (int64_t i = 0; i < count; i += LANES) {
    int64_t rest = count - i < LANES ? count - i : LANES;
    lanes sum = splat(0);
    if (tape->q >= 0) {
      lanes d = load(t->adjoints + tape->q * t->stride + i), q = load(t->values + tape->q * t->stride + i);
      sum += when(q != 0.0f, q * d);
    }
    if (tape->logQ >= 0) sum += load(t->adjoints + tape->logQ * t->stride + i);
    if (adds) sum += load_some(g + i, rest, 0);
    if (rest < LANES) store_some(g + i, sum, rest);
    else store(g + i, sum);
  }
}

/// From g to the gradient by the logits, weight / T · (g − q Σg).
INLINE void project(const float *g, float *lq, int64_t width, float total, float scale) {
  for (int64_t i = 0; i < width; i += LANES) {
    int64_t rest = width - i;
    if (rest >= LANES) {
      store(lq + i, scale * (load(g + i) - exp_lanes(load(lq + i)) * total));
    } else {
      lanes gradient = scale * (load_some(g + i, rest, 0) - exp_lanes(load_some(lq + i, rest, -87)) * total);
      store_some(lq + i, gradient, rest);
    }
  }
}

int64_t opsd_tile_size(int64_t width) { return width > 512 && width <= 4096 ? (width + LANES - 1) / LANES * LANES : 512; }

KERNEL(opsd_run_tape,
       (const opsd_tape *tape, float rowLimit, const float *lp, float *lq, const float *weight,
        opsd_limited_results out, float *scratch, int64_t rows, int64_t width, float inverseTemperature),
       (tape, rowLimit, lp, lq, weight, out, scratch, rows, width, inverseTemperature)) {
  const int64_t size = opsd_tile_size(width);
  const opsd_instruction *code = tape->code;
  const int32_t *bounds = tape->bounds;
  int64_t most = width < size ? size / width : 1, pieces = (width + size - 1) / size;
  tile t = {.stride = size + 2 * LANES, .rowStride = size + LANES};
  t.values = scratch;
  t.adjoints = t.values + tape->vectors * t.stride;
  t.numbers = t.adjoints + tape->vectors * t.stride;
  t.numberAdjoints = t.numbers + tape->numbers * t.rowStride;
  float *g = t.numberAdjoints + tape->numbers * t.rowStride;
  t.rows = 1, t.columns = size;
  run_forward(code, 0, bounds[0], &t, 1);
  for (int64_t first = 0; first < rows; first += most) {
    t.rows = rows - first < most ? rows - first : most;
    for (int32_t s = 0; s < tape->stages; s++) {
      const int32_t *b = bounds + OPSD_LISTS * s;
      for (int64_t piece = 0; piece < pieces; piece++) {
        int64_t at = first * width + piece * size;
        t.columns = pieces == 1 ? width : width - piece * size < size ? width - piece * size : size;
        if (pieces > 1 || s == 0) {
          load_side(lp + at, tape->logP, tape->p, &t);
          load_side(lq + at, tape->logQ, tape->q, &t);
        }
        // A row in one piece keeps what the stages before have computed.
        if (pieces == 1) run_forward(code, b[0], b[1], &t, 1);
        else run_forward(code, b[1], b[2], &t, 1);
        run_forward(code, b[2], b[3], &t, piece == 0);
      }
      run_forward(code, b[3], b[4], &t, 1);
    }
    memset(t.numberAdjoints, 0, (size_t)(tape->numbers * t.rowStride) * sizeof(float));
    for (int64_t r = 0; r < t.rows; r++) t.numberAdjoints[tape->result * t.rowStride + r] = 1;
    for (int32_t s = tape->stages; s-- > 0;) {
      const int32_t *b = bounds + OPSD_LISTS * s;
      run_backward(code, b[4], b[5], &t, 1);
      for (int64_t piece = 0; piece < pieces; piece++) {
        int64_t at = first * width + piece * size;
        t.columns = pieces == 1 ? width : width - piece * size < size ? width - piece * size : size;
        if (pieces > 1) {
          load_side(lp + at, tape->logP, tape->p, &t);
          load_side(lq + at, tape->logQ, tape->q, &t);
          run_forward(code, b[1], b[2], &t, 1);
        }
        if (tape->q >= 0) memset(t.adjoints + tape->q * t.stride, 0, (size_t)t.stride * sizeof(float));
        if (tape->logQ >= 0) memset(t.adjoints + tape->logQ * t.stride, 0, (size_t)t.stride * sizeof(float));
        run_backward(code, b[5], b[6], &t, piece == 0);
        collect(tape, lq + at, g + piece * size, &t, s < tape->stages - 1);
      }
    }
    for (int64_t r = 0; r < t.rows; r++) {
      int64_t row = first + r;
      float value = t.numbers[tape->result * t.rowStride + r];
      int isCut = value > rowLimit;
      lanes sum = splat(0);
      const float *gr = g + r * width;
      int64_t i = 0;
      for (; i + LANES <= width; i += LANES) sum += load(gr + i);
      if (i < width) sum += load_some(gr + i, width - i, 0);
      float total = sum_lanes(sum), scale = isCut ? 0 : weight[row] * inverseTemperature;
      out.loss[row] = isCut ? rowLimit : value;
      out.clipped[row] = isCut ? 1 : tape->over < 0 ? 0 : t.numbers[tape->over * t.rowStride + r] / (float)width;
      out.kept[row] = isCut ? 0 : t.numbers[tape->kept * t.rowStride + r];
      out.outside[row] = -scale * total;
      project(gr, lq + row * width, width, total, scale);
    }
  }
}
