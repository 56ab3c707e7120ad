// The matrix product: C = A · B, and what lays matrices out for it. Every element of C is one chain of multiply-adds
// over the depth, in order, whatever the tiles, the threads and the rows beside it: bits depend on its row of A and its
// column of B alone.
//
// B is read in panels of sixteen columns (panel, depth, column): a step of the depth is one vector from each panel,
// multiplied by one number from each row of A. A tile of rows × panels of C stays in registers over a block of the depth.
#include "lanes.h"

/// The depth is taken in blocks of at most so many, so that three panels of a block stay in the first cache. B is fetched
/// so many steps ahead: within a panel where tiles share it, on into the next where it is a stream from memory.
enum { DEPTH_BLOCK = 320, ROWS = 8, AHEAD = 32, AHEAD_IN_STREAM = 128 };

#define UNROLL _Pragma("clang loop unroll(full)")

/// One tile: `R` rows × `P` panels, of which the first `rows` rows are stored, and `lanes_left` columns of the last panel.
INLINE void tile(const int R, const int P, const int ahead, const float *a, int64_t aRow, int64_t aStep, const float *b, int64_t bPanel,
                 int64_t bStep, float *c, int64_t cRow, int64_t cPanel, int64_t depth, int32_t adds, int64_t rows,
                 int64_t lanes_left) {
  lanes sum[R][P];
  UNROLL for (int r = 0; r < R; r++)
  UNROLL for (int p = 0; p < P; p++) {
    const float *from = c + r * cRow + p * cPanel;
    sum[r][p] = !adds || r >= rows            ? splat(0)
                : p < P - 1 || lanes_left >= LANES ? load(from)
                                              : load_some(from, lanes_left, 0);
  }
  for (int64_t k = 0; k < depth; k++) {
    lanes column[P];
    UNROLL for (int p = 0; p < P; p++) {
      column[p] = load(b + p * bPanel + k * bStep);
      __builtin_prefetch(b + p * bPanel + (k + ahead) * bStep);
    }
    UNROLL for (int r = 0; r < R; r++) {
      float x = a[r * aRow + k * aStep];
      UNROLL for (int p = 0; p < P; p++) sum[r][p] += x * column[p];
    }
  }
  UNROLL for (int r = 0; r < R; r++) {
    if (r >= rows) break;
    UNROLL for (int p = 0; p < P; p++) {
      float *to = c + r * cRow + p * cPanel;
      if (p < P - 1 || lanes_left >= LANES)
        store(to, sum[r][p]);
      else
        store_some(to, sum[r][p], lanes_left);
    }
  }
}

#define TILE(R, P) \
  tile(R, P, ahead, a, aRow, 1, b, bPanel, bStep, c, cRow, cPanel, depth, adds, R, lanes_left)
#define TILES_OF(P)                  \
  switch (rows) {                    \
    case 1: return TILE(1, P);       \
    case 2: return TILE(2, P);       \
    case 3: return TILE(3, P);       \
    case 4: return TILE(4, P);       \
    case 5: return TILE(5, P);       \
    case 6: return TILE(6, P);       \
    case 7: return TILE(7, P);       \
    default: return TILE(8, P);      \
  }

/// Up to eight rows of A as they lie, and up to three panels.
INLINE void rows_tile(const int ahead, const float *a, int64_t aRow, const float *b, int64_t bPanel, int64_t bStep,
                      float *c, int64_t cRow, int64_t cPanel, int64_t depth, int32_t adds, int64_t rows, int64_t panels,
                      int64_t lanes_left) {
  if (panels == 3) {
    TILES_OF(3)
  } else if (panels == 2) {
    TILES_OF(2)
  } else {
    TILES_OF(1)
  }
}

/// Eight rows of a packed A, and up to three panels.
INLINE void packed_tile(const float *a, const float *b, int64_t bPanel, int64_t bStep, float *c, int64_t cRow,
                        int64_t cPanel, int64_t depth, int32_t adds, int64_t rows, int64_t panels, int64_t lanes_left) {
  if (panels == 3)
    tile(ROWS, 3, AHEAD, a, 1, ROWS, b, bPanel, bStep, c, cRow, cPanel, depth, adds, rows, lanes_left);
  else if (panels == 2)
    tile(ROWS, 2, AHEAD, a, 1, ROWS, b, bPanel, bStep, c, cRow, cPanel, depth, adds, rows, lanes_left);
  else
    tile(ROWS, 1, AHEAD, a, 1, ROWS, b, bPanel, bStep, c, cRow, cPanel, depth, adds, rows, lanes_left);
}

/// How many panels the next tile takes: three, unless that would leave a lone one.
INLINE int64_t panels_of_tile(int64_t left, int64_t most) {
  if (most < 3) return left < most ? left : most;
  return left == 4 || left == 2 ? 2 : left < 3 ? left : 3;
}

/// How many rows: as many as there are registers for, and no fewer than half of that unless there are no more.
INLINE int64_t rows_of_tile(int64_t left, int64_t most) {
  return left <= most ? left : left < 2 * most ? (left + 1) / 2 : most;
}

/// The widest tile that the registers hold, by level: 32 vectors of 16, 16 of 8, 16 of 4.
#if defined(__x86_64__)
#define MOST_PANELS (opsd_level == 4 ? 3 : 1)
#define MOST_ROWS (opsd_level == 4 ? 8 : opsd_level == 3 ? 6 : 2)
#else
#define MOST_PANELS 1
#define MOST_ROWS 6
#endif

KERNEL(opsd_product,
       (const float *a, int64_t aRow, const float *b, int64_t bPanel, int64_t bStep, float *c, int64_t cRow, int64_t
        cPanel, int64_t rows, int64_t columns, int64_t depth, int32_t adds),
       (a, aRow, b, bPanel, bStep, c, cRow, cPanel, rows, columns, depth, adds)) {
  int64_t panels = (columns + LANES - 1) / LANES, most = MOST_ROWS;
  // A few rows need no blocks: nothing of B is read twice.
  int64_t blocks = rows <= 2 * most ? 1 : (depth + DEPTH_BLOCK - 1) / DEPTH_BLOCK;
  int64_t block = blocks > 1 ? ((depth + blocks - 1) / blocks + 15) & ~(int64_t)15 : depth;
  for (int64_t k = 0; k < depth || k == 0; k += block) {
    int64_t steps = depth - k < block ? depth - k : block;
    int32_t continues = adds || k > 0;
    for (int64_t p = 0, wide; p < panels; p += wide) {
      wide = panels_of_tile(panels - p, MOST_PANELS);
      for (int64_t r = 0, high; r < rows; r += high) {
        int64_t left = rows - r;
        high = rows_of_tile(left, most);
        rows_tile(AHEAD, a + r * aRow + k, aRow, b + p * bPanel + k * bStep, bPanel, bStep, c + r * cRow + p * cPanel,
                  cRow, cPanel, steps, continues, high, wide, columns - (p + wide - 1) * LANES);
      }
    }
    if (block == 0) break;
  }
}

// Panel by panel, since memory is read faster as one stream than as three.
KERNEL(opsd_product_streaming,
       (const float *a, int64_t aRow, const float *b, int64_t bPanel, float *c, int64_t cRow, int64_t rows, int64_t
        columns, int64_t depth, int32_t adds),
       (a, aRow, b, bPanel, c, cRow, rows, columns, depth, adds)) {
  for (int64_t n = 0; n < columns; n += LANES, b += bPanel)
    for (int64_t r = 0, high; r < rows; r += high) {
      high = rows_of_tile(rows - r, MOST_ROWS);
      rows_tile(AHEAD_IN_STREAM, a + r * aRow, aRow, b, bPanel, LANES, c + r * cRow + n, cRow, LANES, depth, adds, high,
                1, columns - n);
    }
}

KERNEL(opsd_product_packed,
       (const float *a, int64_t aTile, const float *b, int64_t bPanel, int64_t bStep, float *c, int64_t cRow, int64_t
        cPanel, int64_t rows, int64_t columns, int64_t depth, int32_t adds),
       (a, aTile, b, bPanel, bStep, c, cRow, cPanel, rows, columns, depth, adds)) {
  int64_t panels = (columns + LANES - 1) / LANES;
  for (int64_t p = 0, wide; p < panels; p += wide) {
    wide = panels_of_tile(panels - p, MOST_PANELS);
    for (int64_t r = 0; r < rows; r += ROWS)
      packed_tile(a + r / ROWS * aTile, b + p * bPanel, bPanel, bStep, c + r * cRow + p * cPanel, cRow, cPanel, depth,
                  adds, rows - r, wide, columns - (p + wide - 1) * LANES);
  }
}

/// The same tile of two products: their chains run beside each other, where those of one would wait for each other.
INLINE void tile_of_two(const int R, const int P, const float *a, int64_t aRow, int64_t aNext, const float *b,
                        int64_t bPanel, int64_t bNext, float *c, int64_t cRow, int64_t cNext, int64_t depth,
                        int64_t lanes_left) {
  lanes first[R][P], second[R][P];
  UNROLL for (int r = 0; r < R; r++)
  UNROLL for (int p = 0; p < P; p++) first[r][p] = second[r][p] = splat(0);
  for (int64_t k = 0; k < depth; k++) {
    UNROLL for (int p = 0; p < P; p++) {
      lanes v = load(b + p * bPanel + k * LANES), w = load(b + bNext + p * bPanel + k * LANES);
      UNROLL for (int r = 0; r < R; r++) {
        first[r][p] += a[r * aRow + k] * v;
        second[r][p] += a[aNext + r * aRow + k] * w;
      }
    }
  }
  UNROLL for (int r = 0; r < R; r++)
  UNROLL for (int p = 0; p < P; p++) {
    float *to = c + r * cRow + p * LANES;
    if (p < P - 1 || lanes_left >= LANES) {
      store(to, first[r][p]);
      store(to + cNext, second[r][p]);
    } else {
      store_some(to, first[r][p], lanes_left);
      store_some(to + cNext, second[r][p], lanes_left);
    }
  }
}

#define TWO(R, P) tile_of_two(R, P, a, aRow, aNext, b, bPanel, bNext, c, cRow, cNext, depth, lanes_left)
#define TWO_OF(P)               \
  switch (rows) {               \
    case 1: return TWO(1, P);   \
    case 2: return TWO(2, P);   \
    case 3: return TWO(3, P);   \
    default: return TWO(4, P);  \
  }

INLINE void two_tiles(const float *a, int64_t aRow, int64_t aNext, const float *b, int64_t bPanel, int64_t bNext,
                      float *c, int64_t cRow, int64_t cNext, int64_t rows, int64_t panels, int64_t depth,
                      int64_t lanes_left) {
  if (panels == 3) {
    TWO_OF(3)
  } else if (panels == 2) {
    TWO_OF(2)
  } else {
    TWO_OF(1)
  }
}

KERNEL(opsd_small_products,
       (int64_t count, const float *a, int64_t aRow, int64_t aNext, const float *b, int64_t bPanel, int64_t bNext, float
        *c, int64_t cRow, int64_t cNext, int64_t rows, int64_t columns, int64_t depth),
       (count, a, aRow, aNext, b, bPanel, bNext, c, cRow, cNext, rows, columns, depth)) {
  int64_t panels = (columns + LANES - 1) / LANES;
  for (; count >= 2 && rows <= (MOST_PANELS == 3 ? 4 : 2); count -= 2, a += 2 * aNext, b += 2 * bNext, c += 2 * cNext)
    for (int64_t p = 0, wide; p < panels; p += wide) {
      wide = panels_of_tile(panels - p, MOST_PANELS);
      two_tiles(a, aRow, aNext, b + p * bPanel, bPanel, bNext, c + p * LANES, cRow, cNext, rows, wide, depth,
                columns - (p + wide - 1) * LANES);
    }
  for (; count > 0; count--, a += aNext, b += bNext, c += cNext)
    opsd_product(a, aRow, b, bPanel, LANES, c, cRow, LANES, rows, columns, depth, 0);
}

/// Transposes sixteen vectors of sixteen.
INLINE void transpose(const lanes *in, lanes *out) {
  lanes a[16], b[16];
  UNROLL for (int i = 0; i < 8; i++) {
    a[2 * i] = __builtin_shufflevector(in[2 * i], in[2 * i + 1], 0, 16, 2, 18, 4, 20, 6, 22, 8, 24, 10, 26, 12, 28, 14, 30);
    a[2 * i + 1] =
        __builtin_shufflevector(in[2 * i], in[2 * i + 1], 1, 17, 3, 19, 5, 21, 7, 23, 9, 25, 11, 27, 13, 29, 15, 31);
  }
  UNROLL for (int i = 0; i < 4; i++) {
    UNROLL for (int j = 0; j < 2; j++) {
      lanes v = a[4 * i + j], w = a[4 * i + 2 + j];
      b[4 * i + j] = __builtin_shufflevector(v, w, 0, 1, 16, 17, 4, 5, 20, 21, 8, 9, 24, 25, 12, 13, 28, 29);
      b[4 * i + 2 + j] = __builtin_shufflevector(v, w, 2, 3, 18, 19, 6, 7, 22, 23, 10, 11, 26, 27, 14, 15, 30, 31);
    }
  }
  UNROLL for (int i = 0; i < 2; i++) {
    UNROLL for (int j = 0; j < 4; j++) {
      lanes v = b[8 * i + j], w = b[8 * i + 4 + j];
      a[8 * i + j] = __builtin_shufflevector(v, w, 0, 1, 2, 3, 16, 17, 18, 19, 8, 9, 10, 11, 24, 25, 26, 27);
      a[8 * i + 4 + j] = __builtin_shufflevector(v, w, 4, 5, 6, 7, 20, 21, 22, 23, 12, 13, 14, 15, 28, 29, 30, 31);
    }
  }
  UNROLL for (int j = 0; j < 8; j++) {
    out[j] = __builtin_shufflevector(a[j], a[8 + j], 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23);
    out[8 + j] = __builtin_shufflevector(a[j], a[8 + j], 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31);
  }
}

KERNEL(opsd_panels_of_rows,
       (const float *b, int64_t stride, int64_t rows, int64_t depth, float *panels, int64_t panelStride),
       (b, stride, rows, depth, panels, panelStride)) {
  for (int64_t n = 0; n < rows; n += LANES, panels += panelStride) {
    int64_t k = 0, some = rows - n < LANES ? rows - n : LANES;
    for (; some == LANES && k + LANES <= depth; k += LANES) {
      lanes in[LANES], out[LANES];
      for (int i = 0; i < LANES; i++) in[i] = load(b + (n + i) * stride + k);
      transpose(in, out);
      for (int i = 0; i < LANES; i++) store(panels + (k + i) * LANES, out[i]);
    }
    for (; k < depth; k++)
      for (int64_t i = 0; i < LANES; i++) panels[k * LANES + i] = i < some ? b[(n + i) * stride + k] : 0;
  }
}

KERNEL(opsd_rows_of_panels,
       (const float *panels, int64_t panelStride, int64_t rows, int64_t depth, float *b, int64_t stride),
       (panels, panelStride, rows, depth, b, stride)) {
  for (int64_t n = 0; n < rows; n += LANES, panels += panelStride) {
    int64_t k = 0, some = rows - n < LANES ? rows - n : LANES;
    for (; some == LANES && k + LANES <= depth; k += LANES) {
      lanes in[LANES], out[LANES];
      for (int i = 0; i < LANES; i++) in[i] = load(panels + (k + i) * LANES);
      transpose(in, out);
      for (int i = 0; i < LANES; i++) store(b + (n + i) * stride + k, out[i]);
    }
    for (; k < depth; k++)
      for (int64_t i = 0; i < some; i++) b[(n + i) * stride + k] = panels[k * LANES + i];
  }
}

KERNEL(opsd_panels_of_columns,
       (const float *b, int64_t stride, int64_t columns, int64_t depth, float *panels, int64_t panelStride),
       (b, stride, columns, depth, panels, panelStride)) {
  for (int64_t n = 0; n < columns; n += LANES, panels += panelStride) {
    if (n + LANES <= columns)
      for (int64_t k = 0; k < depth; k++) store(panels + k * LANES, load(b + k * stride + n));
    else
      for (int64_t k = 0; k < depth; k++) store(panels + k * LANES, load_some(b + k * stride + n, columns - n, 0));
  }
}

KERNEL(opsd_tiles_of_columns,
       (const float *a, int64_t stride, int64_t columns, int64_t depth, float *tiles, int64_t tileStride),
       (a, stride, columns, depth, tiles, tileStride)) {
  for (int64_t n = 0; n < columns; n += ROWS, tiles += tileStride) {
    int64_t some = columns - n < ROWS ? columns - n : ROWS;
    if (some == ROWS)
      for (int64_t k = 0; k < depth; k++) memcpy(tiles + k * ROWS, a + k * stride + n, ROWS * sizeof(float));
    else
      for (int64_t k = 0; k < depth; k++)
        for (int64_t i = 0; i < ROWS; i++) tiles[k * ROWS + i] = i < some ? a[k * stride + n + i] : 0;
  }
}

KERNEL(opsd_transpose,
       (const float *a, int64_t aStride, int64_t rows, int64_t columns, float *b, int64_t bStride),
       (a, aStride, rows, columns, b, bStride)) {
  for (int64_t n = 0; n < columns; n += LANES) {
    int64_t r = 0;
    for (; n + LANES <= columns && r + LANES <= rows; r += LANES) {
      lanes in[LANES], out[LANES];
      for (int i = 0; i < LANES; i++) in[i] = load(a + (r + i) * aStride + n);
      transpose(in, out);
      for (int i = 0; i < LANES; i++) store(b + (n + i) * bStride + r, out[i]);
    }
    for (; r < rows; r++)
      for (int64_t i = n; i < n + LANES && i < columns; i++) b[i * bStride + r] = a[r * aStride + i];
  }
}
