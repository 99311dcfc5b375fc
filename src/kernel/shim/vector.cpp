// Cells in blocks, and the memory that a vector can show.
#include "server.h"
#include "strings.h"

using namespace clustersync;

namespace {

template <class Cell>
const void *read(void *object, uint32_t slot, int start, int count, void *buffer) {
  return call<const Cell *>(object, slot, start, count, static_cast<Cell *>(buffer));
}

template <class Cell>
const void *read(void *object, uint32_t slot, int scale, int start, int count, void *buffer) {
  return call<const Cell *>(object, slot, start, count, scale, static_cast<Cell *>(buffer));
}

const void *read_cells(void *object, cs_cell cell, int scale, int start, int count, void *buffer) {
  const cs_slots &slot = row->slot;
  switch (cell) {
    case CS_CELL_BOOL: return read<char>(object, slot.get_bool_const, start, count, buffer);
    case CS_CELL_CHAR: return read<char>(object, slot.get_char_const, start, count, buffer);
    case CS_CELL_SHORT: return read<short>(object, slot.get_short_const, start, count, buffer);
    case CS_CELL_INT: return read<int>(object, slot.get_int_const, start, count, buffer);
    case CS_CELL_LONG: return read<long long>(object, slot.get_long_const, start, count, buffer);
    case CS_CELL_FLOAT: return read<float>(object, slot.get_float_const, start, count, buffer);
    case CS_CELL_DOUBLE: return read<double>(object, slot.get_double_const, start, count, buffer);
    case CS_CELL_DECIMAL32: return read<int>(object, slot.get_decimal32_const, scale, start, count, buffer);
    case CS_CELL_DECIMAL64:
      return read<long long>(object, slot.get_decimal64_const, scale, start, count, buffer);
    case CS_CELL_DECIMAL128:
      return read<__int128>(object, slot.get_decimal128_const, scale, start, count, buffer);
    case CS_CELL_TEXT: return read<char *>(object, slot.get_string_const, start, count, buffer);
    case CS_CELL_BLOB:
    case CS_CELL_ARRAY: break;
    case CS_CELL_BYTES16:
      return call<const unsigned char *>(object, slot.get_binary_const, start, count, 16,
                                         static_cast<unsigned char *>(buffer));
  }
  return nullptr;
}

template <class Cell>
bool write(void *object, uint32_t slot, int start, int count, void *cells) {
  return call<bool>(object, slot, start, count, static_cast<Cell *>(cells));
}

template <class Cell>
bool write(void *object, uint32_t slot, int scale, int start, int count, void *cells) {
  return call<bool>(object, slot, start, count, scale, static_cast<Cell *>(cells));
}

bool write_cells(void *object, cs_cell cell, int scale, int start, int count, void *cells) {
  const cs_slots &slot = row->slot;
  switch (cell) {
    case CS_CELL_BOOL: return write<const char>(object, slot.set_bool, start, count, cells);
    case CS_CELL_CHAR: return write<const char>(object, slot.set_char, start, count, cells);
    case CS_CELL_SHORT: return write<const short>(object, slot.set_short, start, count, cells);
    case CS_CELL_INT: return write<const int>(object, slot.set_int, start, count, cells);
    case CS_CELL_LONG: return write<const long long>(object, slot.set_long, start, count, cells);
    case CS_CELL_FLOAT: return write<const float>(object, slot.set_float, start, count, cells);
    case CS_CELL_DOUBLE: return write<const double>(object, slot.set_double, start, count, cells);
    case CS_CELL_DECIMAL32: return write<const int>(object, slot.set_decimal32, scale, start, count, cells);
    case CS_CELL_DECIMAL64:
      return write<const long long>(object, slot.set_decimal64, scale, start, count, cells);
    case CS_CELL_DECIMAL128:
      return write<const __int128>(object, slot.set_decimal128, scale, start, count, cells);
    case CS_CELL_TEXT: return write<char *>(object, slot.set_string, start, count, cells);
    case CS_CELL_BLOB:
    case CS_CELL_ARRAY: break;
    case CS_CELL_BYTES16:
      return call<bool>(object, slot.set_binary, start, count, 16, static_cast<const unsigned char *>(cells));
  }
  return false;
}

template <class String>
cs_text read_blob(void *object, int index) {
  String cell = call<String>(object, row->slot.get_string_at, index);
  return cs_text_copy(cell.data(), cell.size());
}

template <class String>
bool write_blobs(void *object, int start, int count, const cs_text *cells) {
  std::vector<String> own_cells;
  own_cells.reserve(count);
  for (int i = 0; i < count; ++i) own_cells.push_back(string_of<String>(cells[i]));
  return call<bool>(object, row->slot.set_strings, start, count,
                    static_cast<const String *>(own_cells.data()));
}

}  // namespace

extern "C" {

bool cs_create_vector(int32_t type, int32_t scale, int32_t size, cs_failure *failure, cs_value *out) {
  typedef void *(*Create)(int, int, int, bool, int, void *, void **, int, bool);
  Create create = reinterpret_cast<Create>(row->exported.create_vector);
  return guard_into(failure, out, [&] {
    return Holder::own(create(type, size, size, true, scale, nullptr, nullptr, 0, false)).leave();
  });
}

int32_t cs_block_cells() { return *row->exported.block_cells; }

bool cs_has_cells(cs_cell cell) {
  const cs_slots &slot = row->slot;
  switch (cell) {
    case CS_CELL_DECIMAL32: return slot.get_decimal32_const != CS_NO_SLOT && slot.set_decimal32 != CS_NO_SLOT;
    case CS_CELL_DECIMAL64: return slot.get_decimal64_const != CS_NO_SLOT && slot.set_decimal64 != CS_NO_SLOT;
    case CS_CELL_DECIMAL128:
      return slot.get_decimal128_const != CS_NO_SLOT && slot.set_decimal128 != CS_NO_SLOT;
    case CS_CELL_ARRAY: return slot.vector_flatten != CS_NO_SLOT && slot.vector_row_size != CS_NO_SLOT;
    default: return true;
  }
}

bool cs_read(cs_value value, cs_cell cell, int32_t scale, int32_t start, int32_t count, void *buffer,
             cs_failure *failure, const void **out) {
  return guard_into(failure, out, [&] {
    const void *cells = read_cells(object_of(value), cell, scale, start, count, buffer);
    if (!cells) fail("the value does not show its cells");
    return cells;
  });
}

bool cs_write(cs_value value, cs_cell cell, int32_t scale, int32_t start, int32_t count, void *cells,
              cs_failure *failure) {
  return guard(failure, [&] {
    if (!write_cells(object_of(value), cell, scale, start, count, cells))
      fail("the vector did not take the cells");
  });
}

bool cs_read_blob(cs_value value, int32_t index, cs_failure *failure, cs_text *out) {
  return guard_into(failure, out, [&] {
    void *object = object_of(value);
    return row->own_strings ? read_blob<OwnString>(object, index) : read_blob<std::string>(object, index);
  });
}

bool cs_write_blobs(cs_value value, int32_t start, int32_t count, const cs_text *cells, cs_failure *failure) {
  return guard(failure, [&] {
    void *object = object_of(value);
    if (!(row->own_strings ? write_blobs<OwnString>(object, start, count, cells)
                           : write_blobs<std::string>(object, start, count, cells)))
      fail("the vector did not take the cells");
  });
}

bool cs_flatten(cs_value value, int32_t rows, cs_failure *failure, cs_value *out) {
  return guard_into(failure, out, [&] {
    return call<Holder>(object_of(value), row->slot.vector_flatten, 0, rows).leave();
  });
}

bool cs_row_sizes(cs_value value, int32_t rows, cs_failure *failure, cs_value *out) {
  return guard_into(failure, out, [&] {
    return call<Holder>(object_of(value), row->slot.vector_row_size, 0, rows).leave();
  });
}

bool cs_set_null_flag(cs_value value, cs_failure *failure) {
  return guard(failure, [&] { call<void>(object_of(value), row->slot.set_null_flag, true); });
}

bool cs_data_array(cs_value value, cs_failure *failure, void **out) {
  return guard_into(failure, out, [&]() -> void * {
    void *object = object_of(value);
    if (!call<bool>(object, row->slot.is_fast_mode)) return nullptr;
    return call<void *>(object, row->slot.get_data_array);
  });
}

bool cs_data_segments(cs_value value, cs_failure *failure, void ***out, int32_t *cells) {
  return guard(failure, [&] {
    void *object = object_of(value);
    void **segments = call<void **>(object, row->slot.get_data_segment);
    *cells = segments ? call<int>(object, row->slot.get_segment_size) : 0;
    *out = segments;
  });
}

}  // extern "C"
