// SQLite's C interface, and the one call of it that Swift cannot write: its "copy this" is a function pointer of value -1.
#include <sqlite3.h>

static inline int sqlite3_bind_copied_text(sqlite3_stmt *statement, int place, const char *text, sqlite3_uint64 bytes) {
  return sqlite3_bind_text64(statement, place, text, bytes, SQLITE_TRANSIENT, SQLITE_UTF8);
}
