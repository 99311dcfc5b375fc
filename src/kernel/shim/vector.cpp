// Cells in blocks, and the memory that a vector can show.
#include "server.h"

using namespace clustersync;

namespace {

template <class Cell>
const void *read(void *object, uint32_t slot, int start, int count, void *buffer) {
  return call<const Cell *>(object, slot, start, count, static_cast<Cell *>(buffer));
}

const void *read_cells(void *object, cs_cell cell, int start, int count, void *buffer) {
  const cs_slots &slot = row->slot;
  switch (cell) {
    case CS_CELL_BOOL: return read<char>(object, slot.get_bool_const, start, count, buffer);
    case CS_CELL_CHAR: return read<char>(object, slot.get_char_const, start, count, buffer);
    case CS_CELL_SHORT: return read<short>(object, slot.get_short_const, start, count, buffer);
    case CS_CELL_INT: return read<int>(object, slot.get_int_const, start, count, buffer);
    case CS_CELL_LONG: return read<long long>(object, slot.get_long_const, start, count, buffer);
    case CS_CELL_FLOAT: return read<float>(object, slot.get_float_const, start, count, buffer);
    case CS_CELL_DOUBLE: return read<double>(object, slot.get_double_const, start, count, buffer);
    case CS_CELL_TEXT: return read<char *>(object, slot.get_string_const, start, count, buffer);
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

bool write_cells(void *object, cs_cell cell, int start, int count, void *cells) {
  const cs_slots &slot = row->slot;
  switch (cell) {
    case CS_CELL_BOOL: return write<const char>(object, slot.set_bool, start, count, cells);
    case CS_CELL_CHAR: return write<const char>(object, slot.set_char, start, count, cells);
    case CS_CELL_SHORT: return write<const short>(object, slot.set_short, start, count, cells);
    case CS_CELL_INT: return write<const int>(object, slot.set_int, start, count, cells);
    case CS_CELL_LONG: return write<const long long>(object, slot.set_long, start, count, cells);
    case CS_CELL_FLOAT: return write<const float>(object, slot.set_float, start, count, cells);
    case CS_CELL_DOUBLE: return write<const double>(object, slot.set_double, start, count, cells);
    case CS_CELL_TEXT: return write<char *>(object, slot.set_string, start, count, cells);
    case CS_CELL_BYTES16:
      return call<bool>(object, slot.set_binary, start, count, 16, static_cast<const unsigned char *>(cells));
  }
  return false;
}

}  // namespace

extern "C" {

bool cs_create_vector(int32_t type, int32_t size, cs_failure *failure, cs_value *out) {
  typedef void *(*Create)(int, int, int, bool, int, void *, void **, int, bool);
  Create create = reinterpret_cast<Create>(row->exported.create_vector);
  return guard_into(failure, out, [&] {
    return Holder::own(create(type, size, size, true, 0, nullptr, nullptr, 0, false)).leave();
  });
}

int32_t cs_block_cells() { return *row->exported.block_cells; }

bool cs_read(cs_value value, cs_cell cell, int32_t start, int32_t count, void *buffer, cs_failure *failure,
             const void **out) {
  return guard_into(failure, out, [&] {
    const void *cells = read_cells(object_of(value), cell, start, count, buffer);
    if (!cells) fail("the value does not show its cells");
    return cells;
  });
}

bool cs_write(cs_value value, cs_cell cell, int32_t start, int32_t count, void *cells, cs_failure *failure) {
  return guard(failure, [&] {
    if (!write_cells(object_of(value), cell, start, count, cells))
      fail("the vector did not take the cells");
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
