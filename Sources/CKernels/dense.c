// Matrix times few rows: the product of decoding. OpenBLAS falls to a fifth of its rate at 4–16 rows, because it packs
// the weights first; here they are streamed once. Each output is one fixed chain of sixteen lanes, folded at the end,
// so that a row's result does not depend on the rows beside it.
#include "lanes.h"

// Folding two vectors at once: the halves of each are added as `sum_lanes` adds them, and share one vector afterwards.
// Four rounds fold sixteen vectors into one that holds their sums, for a quarter of the additions and the same bits.
#define FOLD(a, b, l0, l1, l2, l3, l4, l5, l6, l7, h)                                                             \
  (__builtin_shufflevector(a, b, l0, l1, l2, l3, l4, l5, l6, l7, l0 + 16, l1 + 16, l2 + 16, l3 + 16, l4 + 16,     \
                           l5 + 16, l6 + 16, l7 + 16) +                                                           \
   __builtin_shufflevector(a, b, l0 + h, l1 + h, l2 + h, l3 + h, l4 + h, l5 + h, l6 + h, l7 + h, l0 + 16 + h,     \
                           l1 + 16 + h, l2 + 16 + h, l3 + 16 + h, l4 + 16 + h, l5 + 16 + h, l6 + 16 + h, l7 + 16 + h))
INLINE lanes fold8(lanes a, lanes b) { return FOLD(a, b, 0, 1, 2, 3, 4, 5, 6, 7, 8); }
INLINE lanes fold4(lanes a, lanes b) { return FOLD(a, b, 0, 1, 2, 3, 8, 9, 10, 11, 4); }
INLINE lanes fold2(lanes a, lanes b) { return FOLD(a, b, 0, 1, 4, 5, 8, 9, 12, 13, 2); }
INLINE lanes fold1(lanes a, lanes b) { return FOLD(a, b, 0, 2, 4, 6, 8, 10, 12, 14, 1); }

/// The sums of sixteen vectors, in their order.
INLINE lanes sum_sixteen(const lanes *v) {
  lanes half[8], quarter[4], eighth[2];
  for (int i = 0; i < 8; i++) half[i] = fold8(v[2 * i], v[2 * i + 1]);
  for (int i = 0; i < 4; i++) quarter[i] = fold4(half[2 * i], half[2 * i + 1]);
  for (int i = 0; i < 2; i++) eighth[i] = fold2(quarter[2 * i], quarter[2 * i + 1]);
  return fold1(eighth[0], eighth[1]);
}

/// A tile of `R` rows × `N` outputs. `next` is where the weights of the next tile lie, which are fetched meanwhile: rows
/// are too short for the processor to see the stream by itself. It may lie behind the end; fetching ahead never fails.
#define TILE(R, N)                                                                                     \
  INLINE void tile_##R##x##N(const float *x, const float *w, float *y, int64_t depth, int64_t outputs, \
                             int32_t accumulate, const float *next) {                                  \
    lanes sum[R][N];                                                                                   \
    for (int r = 0; r < R; r++)                                                                        \
      for (int n = 0; n < N; n++) sum[r][n] = splat(0);                                                \
    int64_t whole = depth & ~(int64_t)(LANES - 1);                                                     \
    for (int64_t k = 0; k < whole; k += LANES) {                                                       \
      lanes column[R];                                                                                 \
      for (int r = 0; r < R; r++) column[r] = load(x + r * depth + k);                                 \
      for (int n = 0; n < N; n++) {                                                                    \
        lanes weight = load(w + n * depth + k);                                                        \
        if (next) __builtin_prefetch(next + n * depth + k);                                            \
        for (int r = 0; r < R; r++) sum[r][n] += column[r] * weight;                                   \
      }                                                                                                \
    }                                                                                                  \
    if (whole < depth) {                                                                               \
      for (int n = 0; n < N; n++) {                                                                    \
        lanes weight = load_some(w + n * depth + whole, depth - whole, 0);                             \
        for (int r = 0; r < R; r++) {                                                                  \
          sum[r][n] += load_some(x + r * depth + whole, depth - whole, 0) * weight;                    \
        }                                                                                              \
      }                                                                                                \
    }                                                                                                  \
    lanes all = splat(0);                                                                              \
    if (R * N == LANES) all = sum_sixteen(&sum[0][0]);                                                 \
    for (int r = 0; r < R; r++)                                                                        \
      for (int n = 0; n < N; n++) {                                                                    \
        float *out = y + r * outputs + n;                                                              \
        float value = R * N == LANES ? all[r * N + n] : sum_lanes(sum[r][n]);                          \
        *out = accumulate ? *out + value : value;                                                      \
      }                                                                                                \
  }
TILE(4, 4)
TILE(4, 1)
TILE(1, 4)
TILE(1, 1)

KERNEL(opsd_linear_rows,
       (const float *x, const float *w, float *y, int64_t rows, int64_t depth, int64_t outputs, int64_t first,
        int64_t last, int32_t accumulate),
       (x, w, y, rows, depth, outputs, first, last, accumulate)) {
  // Weights of more than half a megabyte come from memory or the last cache each time.
  int isLarge = outputs * depth > 1 << 17;
  int64_t n = first;
  for (; n + 4 <= last; n += 4) {
    // The first rows bring in what all of them need next.
    const float *next = isLarge ? w + (n + 4) * depth : 0;
    int64_t r = 0;
    for (; r + 4 <= rows; r += 4, next = 0)
      tile_4x4(x + r * depth, w + n * depth, y + r * outputs + n, depth, outputs, accumulate, next);
    for (; r < rows; r++, next = 0)
      tile_1x4(x + r * depth, w + n * depth, y + r * outputs + n, depth, outputs, accumulate, next);
  }
  for (; n < last; n++) {
    int64_t r = 0;
    for (; r + 4 <= rows; r += 4)
      tile_4x1(x + r * depth, w + n * depth, y + r * outputs + n, depth, outputs, accumulate, 0);
    for (; r < rows; r++)
      tile_1x1(x + r * depth, w + n * depth, y + r * outputs + n, depth, outputs, accumulate, 0);
  }
}
