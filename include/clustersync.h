/*
 * The contract between the shim (C++, src/kernel/shim) and the Rust half of the plugin.
 *
 * The shim knows how to call the server and nothing about syncing; Rust decides everything and
 * never sees a C++ type. Conventions, the same for every function:
 *   - Output parameters come last and are written only on success.
 *   - A cs_value is one reference to a server object. Functions borrow the values they take; a
 *     value that they hand out belongs to the caller, who gives it back with cs_release.
 *   - Texts are UTF-8 with a length. A text in a cs_failure belongs to whoever receives it, who
 *     frees it with cs_text_free.
 *   - No exception and no panic crosses: the shim catches what the server throws into a
 *     cs_failure, Rust answers with a cs_outcome, and the shim throws after Rust has returned.
 *   - Only threads that the server called in on may call these functions.
 */
#ifndef CLUSTERSYNC_H
#define CLUSTERSYNC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- The server's binary interface, as found for its release ---- */

/* The position of a method that a release does not have. */
#define CS_NO_SLOT UINT32_MAX

/* Positions in the virtual tables; the names are the server's methods. */
typedef struct cs_slots {
  uint32_t destroy; /* the deleting destructor */
  uint32_t get_string, get, get_column;
  uint32_t get_bool_const, get_char_const, get_short_const, get_int_const, get_long_const;
  uint32_t get_float_const, get_double_const, get_string_const, get_binary_const;
  uint32_t set, set_bool, set_char, set_short, set_int, set_long, set_float, set_double;
  uint32_t set_string, set_binary, set_null_flag;
  uint32_t get_decimal32_const, get_decimal64_const, get_decimal128_const;
  uint32_t set_decimal32, set_decimal64, set_decimal128;
  uint32_t get_extra_param_for_type;  /* a decimal's scale */
  uint32_t get_string_at, set_strings; /* as std::string, which may hold NUL characters */
  uint32_t size, rows, columns, keys, values;
  uint32_t is_fast_mode, get_data_array, get_data_segment, get_segment_size;
  uint32_t vector_flatten, vector_row_size;
  uint32_t table_get_column_name;
  uint32_t dictionary_set;
  uint32_t session_get_function_def;
  uint32_t function_call;
} cs_slots;

/* Byte positions in the server's objects. A foreign owner of 0 means that the release has none; a
 * counter of size 0, that holders point to the object itself and the object has the count. */
typedef struct cs_offsets {
  uint32_t constant_flag;
  uint32_t counter_size, counter_object, counter_foreign, counter_count;
  uint32_t heap_session;
  uint32_t session_flag;
} cs_offsets;

/* Addresses of what the server exports. */
typedef struct cs_exports {
  void *create_constant, *create_vector, *create_table, *create_dictionary;
  const int32_t *block_cells; /* the most cells to read or write at a time */
} cs_exports;

/* Everything the shim has to know about one release. */
typedef struct cs_row {
  cs_slots slot;
  cs_offsets offset;
  cs_exports exported;
  bool in_namespace; /* the exception classes live in `ddb` */
  bool own_strings;  /* std::string is the newer one, 32 bytes; else one pointer, copied on write */
} cs_row;

/* Makes `row`, which must live for ever, the interface that every later call uses. */
void cs_bind(const cs_row *row);

/* ---- Values, texts, failures ---- */

/* One counted reference to a server object, the word of the server's holders: it points to the
 * object's counter or to the object; null when it refers to nothing. */
typedef struct cs_value {
  void *word;
} cs_value;

/* Bytes of the shim's heap. */
typedef struct cs_text {
  char *data;
  size_t size;
} cs_text;

/* Copies `size` bytes; a text without data when memory is short. */
cs_text cs_text_copy(const char *data, size_t size);
void cs_text_free(cs_text text);

/* Why something failed. `origin` is the class that the server threw, or, on the way to the
 * server, the function that the user called. */
typedef struct cs_failure {
  cs_text origin;
  cs_text message;
} cs_failure;

/* The server object behind `value`. */
void *cs_object(cs_value value);
/* The flag word of the object: form, type and bits; that of no value when there is no object. */
uint32_t cs_flags(cs_value value);
/* How many references the object has now. */
int32_t cs_references(cs_value value);
/* A further reference. */
cs_value cs_share(cs_value value);
/* Gives one reference back; false with `failure` when the object's destructor threw. */
bool cs_release(cs_value value, cs_failure *failure);

/* ---- Calls into the server: each answers false and fills `failure` when the server threw ---- */

/* `scale` counts for decimals only. */
bool cs_create_constant(int32_t type, int32_t scale, cs_failure *failure, cs_value *out);
bool cs_create_vector(int32_t type, int32_t scale, int32_t size, cs_failure *failure, cs_value *out);
bool cs_create_table(const cs_text *names, const cs_value *columns, size_t count, cs_failure *failure,
                     cs_value *out);
/* A dictionary from STRING to anything. */
bool cs_create_dictionary(cs_failure *failure, cs_value *out);

bool cs_size(cs_value value, cs_failure *failure, int32_t *out);
bool cs_rows(cs_value value, cs_failure *failure, int32_t *out);
bool cs_columns(cs_value value, cs_failure *failure, int32_t *out);
bool cs_describe(cs_value value, cs_failure *failure, cs_text *out);
bool cs_get(cs_value value, int32_t index, cs_failure *failure, cs_value *out);
bool cs_set(cs_value value, int32_t index, cs_value item, cs_failure *failure);
/* The digits behind the point of a decimal, or of a vector of decimals. */
bool cs_scale(cs_value value, cs_failure *failure, int32_t *out);

/* How cells travel in a block. */
typedef enum cs_cell {
  CS_CELL_BOOL,
  CS_CELL_CHAR,
  CS_CELL_SHORT,
  CS_CELL_INT,
  CS_CELL_LONG,
  CS_CELL_FLOAT,
  CS_CELL_DOUBLE,
  CS_CELL_BYTES16,
  CS_CELL_DECIMAL32,
  CS_CELL_DECIMAL64,
  CS_CELL_DECIMAL128,
  CS_CELL_TEXT, /* an array of pointers to NUL-terminated texts */
  CS_CELL_BLOB, /* not in blocks: see cs_read_blob */
  CS_CELL_ARRAY /* not in blocks: see cs_flatten */
} cs_cell;

/* Whether the release has the methods for such cells. */
bool cs_has_cells(cs_cell cell);

/* Cells [start, start + count) of a vector or a scalar: `out` points into `buffer`, which has room
 * for them, or into the object. Text lives as long as the object. `scale` counts for decimals only. */
bool cs_read(cs_value value, cs_cell cell, int32_t scale, int32_t start, int32_t count, void *buffer,
             cs_failure *failure, const void **out);
/* How many cells one block may have. */
int32_t cs_block_cells(void);
/* Overwrites cells [start, start + count). */
bool cs_write(cs_value value, cs_cell cell, int32_t scale, int32_t start, int32_t count, void *cells,
              cs_failure *failure);
/* A copy of the bytes of a cell, which belongs to the caller. */
bool cs_read_blob(cs_value value, int32_t index, cs_failure *failure, cs_text *out);
/* Overwrites cells [start, start + count) with copies of these bytes. */
bool cs_write_blobs(cs_value value, int32_t start, int32_t count, const cs_text *cells, cs_failure *failure);
/* The values of the first `rows` cells of an array vector, one after the other, as a vector; and how
 * many each cell has. */
bool cs_flatten(cs_value value, int32_t rows, cs_failure *failure, cs_value *out);
bool cs_row_sizes(cs_value value, int32_t rows, cs_failure *failure, cs_value *out);
/* Tells a vector that its cells may hold NULLs, which writing in blocks does not. */
bool cs_set_null_flag(cs_value value, cs_failure *failure);
/* The cells of a vector that keeps them in one piece, null for any other. */
bool cs_data_array(cs_value value, cs_failure *failure, void **out);
/* The pieces of a vector that keeps its cells in several, and how many cells each has; null for
 * any other. */
bool cs_data_segments(cs_value value, cs_failure *failure, void ***out, int32_t *cells);

bool cs_column(cs_value table, int32_t index, cs_failure *failure, cs_value *out);
bool cs_column_name(cs_value table, int32_t index, cs_failure *failure, cs_text *out);
bool cs_keys(cs_value dictionary, cs_failure *failure, cs_value *out);
bool cs_values(cs_value dictionary, cs_failure *failure, cs_value *out);
bool cs_put(cs_value dictionary, cs_text key, cs_value item, cs_failure *failure);

/* The session of a call's heap; null when it has none. */
void *cs_session(void *heap);
uint32_t cs_session_flags(const void *session);
/* The function that a script would call by `name`; refers to nothing when there is none. */
bool cs_function(void *session, cs_text name, cs_failure *failure, cs_value *out);
/* Calls it. The arguments lose their temporary bit, so that a built-in cannot overwrite them. */
bool cs_call(cs_value function, void *heap, const cs_value *args, size_t count, cs_failure *failure,
             cs_value *out);

/* ---- The server calls in ---- */

/* How a function of the plugin ended. */
typedef enum cs_outcome {
  CS_OUTCOME_DONE,     /* `result` is set */
  CS_OUTCOME_ARGUMENT, /* the caller's arguments are wrong: IllegalArgumentException */
  CS_OUTCOME_FAILED,   /* anything else that the user can read: RuntimeException */
  CS_OUTCOME_REFUSED   /* the server is not one that we know: a class that needs no knowledge of it */
} cs_outcome;

/* The Rust half: runs function number `index` of the plugin. Never unwinds. */
typedef cs_outcome (*cs_run)(uint32_t index, void *heap, const cs_value *args, size_t count, cs_value *result,
                             cs_failure *failure);

/* Where the exported forwarders jump to. The server's own three arguments stay in their registers;
 * a forwarder adds the two after them. Declared for C without arguments: only forwarders use it. */
#ifndef __cplusplus
void cs_enter(void);
#endif

#ifdef __cplusplus
}
#endif

#endif
