// OpenBLAS: single-precision matrix products and the control of its own threads.
#pragma once
#include <cblas.h>
