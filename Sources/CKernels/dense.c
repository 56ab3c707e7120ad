// Matrix times few rows: the product of decoding. OpenBLAS falls to a fifth of its rate at 4–16 rows, because it packs
// the weights first; here they are streamed once. Each output is one fixed chain of sixteen lanes, folded at the end,
// so that a row's result does not depend on the rows beside it.
#include "lanes.h"

/// A tile of `R` rows × `N` outputs.
#define TILE(R, N)                                                                                     \
  INLINE void tile_##R##x##N(const float *x, const float *w, float *y, int64_t depth, int64_t outputs, \
                             int32_t accumulate) {                                                     \
    lanes sum[R][N];                                                                                   \
    for (int r = 0; r < R; r++)                                                                        \
      for (int n = 0; n < N; n++) sum[r][n] = splat(0);                                                \
    int64_t whole = depth & ~(int64_t)(LANES - 1);                                                     \
    for (int64_t k = 0; k < whole; k += LANES) {                                                       \
      lanes column[R];                                                                                 \
      for (int r = 0; r < R; r++) column[r] = load(x + r * depth + k);                                 \
      for (int n = 0; n < N; n++) {                                                                    \
        lanes weight = load(w + n * depth + k);                                                        \
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
    for (int r = 0; r < R; r++)                                                                        \
      for (int n = 0; n < N; n++) {                                                                    \
        float *out = y + r * outputs + n;                                                              \
        float value = sum_lanes(sum[r][n]);                                                            \
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
  int64_t n = first;
  for (; n + 4 <= last; n += 4) {
    int64_t r = 0;
    for (; r + 4 <= rows; r += 4)
      tile_4x4(x + r * depth, w + n * depth, y + r * outputs + n, depth, outputs, accumulate);
    for (; r < rows; r++)
      tile_1x4(x + r * depth, w + n * depth, y + r * outputs + n, depth, outputs, accumulate);
  }
  for (; n < last; n++) {
    int64_t r = 0;
    for (; r + 4 <= rows; r += 4)
      tile_4x1(x + r * depth, w + n * depth, y + r * outputs + n, depth, outputs, accumulate);
    for (; r < rows; r++)
      tile_1x1(x + r * depth, w + n * depth, y + r * outputs + n, depth, outputs, accumulate);
  }
}
