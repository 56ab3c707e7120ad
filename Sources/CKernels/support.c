// Divergences over a part of the vocabulary: the k likeliest tokens of a row, what stands there as a short row of its own,
// and the way of its gradient back into the long row.
#include "lanes.h"

/// Whether token a comes before token b: likelier, or as likely with the smaller number.
INLINE int is_before(const float *l, int32_t a, int32_t b) { return l[a] > l[b] || (l[a] == l[b] && a < b); }

/// Lets the root of a heap sink; the last in the order stands at the root. `byNumber`: the largest number does.
INLINE void sink(const float *l, int32_t *heap, int64_t count, int64_t place, const int byNumber) {
  int32_t moved = heap[place];
  for (int64_t child; (child = 2 * place + 1) < count; place = child) {
    if (child + 1 < count) {
      int32_t a = heap[child], b = heap[child + 1];
      if (byNumber ? b > a : is_before(l, a, b)) child++;
    }
    if (byNumber ? moved >= heap[child] : is_before(l, heap[child], moved)) break;
    heap[place] = heap[child];
  }
  heap[place] = moved;
}

KERNEL(opsd_top, (const float *l, int32_t *ids, int64_t rows, int64_t width, int64_t count),
       (l, ids, rows, width, count)) {
  for (int64_t r = 0; r < rows; r++, l += width, ids += count) {
    for (int64_t i = 0; i < count; i++) ids[i] = (int32_t)i;
    for (int64_t i = count / 2; i-- > 0;) sink(l, ids, count, i, 0);
    // Sixteen at a time are passed over, unless one of them is likelier than the last of the heap.
    for (int64_t i = count; i < width;) {
      float last = l[ids[0]];
      if (i + LANES <= width && !__builtin_reduce_or(load(l + i) > last)) {
        i += LANES;
        continue;
      }
      int64_t end = i + LANES < width ? i + LANES : width;
      for (; i < end; i++)
        if (l[i] > l[ids[0]]) {
          ids[0] = (int32_t)i;
          sink(l, ids, count, 0, 0);
        }
    }
    // By their number, for the kernels below.
    for (int64_t i = count / 2; i-- > 0;) sink(l, ids, count, i, 1);
    for (int64_t n = count - 1; n > 0; n--) {
      int32_t largest = ids[0];
      ids[0] = ids[n];
      ids[n] = largest;
      sink(l, ids, n, 0, 1);
    }
  }
}

/// The lanes of a vector that begins at token `first`, with −∞ where a chosen token stands. `next` walks along.
INLINE lanes without(lanes l, const int32_t *ids, int64_t count, int64_t first, int64_t *next) {
  for (; *next < count && ids[*next] < first + LANES; ++*next) l[ids[*next] - first] = -INFINITY;
  return l;
}

/// log Σ eˡ over the tokens that were not chosen; −∞ where there is none.
INLINE float log_outside(const float *l, const int32_t *ids, int64_t width, int64_t count) {
  lanes top = splat(-INFINITY), sum = splat(0);
  int64_t next = 0;
  for (int64_t i = 0; i < width; i += LANES) {
    lanes v = i + LANES <= width ? load(l + i) : load_some(l + i, width - i, -INFINITY);
    top = max2(top, without(v, ids, count, i, &next));
  }
  float shift = max_lanes(top);
  if (shift == -INFINITY) return shift;
  next = 0;
  for (int64_t i = 0; i < width; i += LANES) {
    lanes v = i + LANES <= width ? load(l + i) : load_some(l + i, width - i, -INFINITY);
    v = without(v, ids, count, i, &next) - shift;
    sum += weighted(v, splat(1));
  }
  return shift + logf(sum_lanes(sum));
}

KERNEL(opsd_take,
       (const float *l, const int32_t *ids, float *taken, float *mass, int64_t rows, int64_t width, int64_t count,
        int32_t normalisation),
       (l, ids, taken, mass, rows, width, count, normalisation)) {
  int64_t stride = count + (normalisation == OPSD_TAIL ? 1 : 0);
  for (int64_t r = 0; r < rows; r++, l += width, ids += count, taken += stride) {
    float top = -INFINITY;
    for (int64_t i = 0; i < count; i++) {
      taken[i] = l[ids[i]];
      if (taken[i] > top) top = taken[i];
    }
    double sum = 0;
    if (top > -INFINITY)
      for (int64_t i = 0; i < count; i++) sum += exp((double)(taken[i] - top));
    mass[r] = top > -INFINITY ? (float)(exp((double)top) * sum) : 0;
    if (normalisation == OPSD_RENORMALISED) {
      // Where the row holds none of them possible, they are equally likely.
      float shift = top > -INFINITY ? top + (float)log(sum) : 0;
      for (int64_t i = 0; i < count; i++)
        taken[i] = top > -INFINITY ? taken[i] - shift : -logf((float)count);
    }
    if (normalisation == OPSD_TAIL) taken[count] = log_outside(l, ids, width, count);
  }
}

KERNEL(opsd_spread,
       (float *lq, const int32_t *ids, const float *taken, int64_t stride, const float *factor, const float *shift,
        int64_t rows, int64_t width, int64_t count),
       (lq, ids, taken, stride, factor, shift, rows, width, count)) {
  for (int64_t r = 0; r < rows; r++, lq += width, ids += count, taken += stride) {
    if (factor[r] == 0) {
      memset(lq, 0, (size_t)width * sizeof *lq);
    } else {
      for (int64_t i = 0; i < width; i += LANES) {
        int64_t rest = width - i;
        lanes q = (rest < LANES ? load_some(lq + i, rest, -87) : load(lq + i)) - shift[r];
        // Outside the chosen tokens q is no more than e^shift; the chosen ones are overwritten below.
        lanes gradient = factor[r] * exp_lanes(min2(q, splat(0)));
        if (rest < LANES) store_some(lq + i, gradient, rest);
        else store(lq + i, gradient);
      }
    }
    for (int64_t i = 0; i < count; i++) lq[ids[i]] = taken[i];
  }
}
