// Nothing to call: see four.c.
#pragma once
