// Cairo draws the pictures: PNG for viewers that run no scripts, SVG and PDF for export.

#pragma once
#include <cairo.h>
#include <cairo-pdf.h>
#include <cairo-svg.h>
