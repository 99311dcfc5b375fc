// Tables and dictionaries.
#include "server.h"
#include "strings.h"

using namespace clustersync;

static const int kString = 18;
static const int kAny = 25;

template <class String>
static void *create_table(const cs_text *names, const cs_value *columns, size_t count) {
  typedef void *(*Create)(const std::vector<String> &, const std::vector<Holder> &);
  std::vector<String> own_names;
  std::vector<Holder> own_columns;
  for (size_t i = 0; i < count; ++i) {
    own_names.push_back(string_of<String>(names[i]));
    own_columns.push_back(Holder::borrow(columns[i]));
  }
  return reinterpret_cast<Create>(row->exported.create_table)(own_names, own_columns);
}

template <class String>
static cs_text column_name(void *table, int index) {
  const String &name = *call<const String *>(table, row->slot.table_get_column_name, index);
  return cs_text_copy(name.data(), name.size());
}

template <class String>
static bool put(void *dictionary, cs_text key, const Holder &item) {
  String own_key = string_of<String>(key);
  return call<bool>(dictionary, row->slot.dictionary_set, &own_key, &item);
}

extern "C" {

bool cs_create_table(const cs_text *names, const cs_value *columns, size_t count, cs_failure *failure,
                     cs_value *out) {
  return guard_into(failure, out, [&] {
    return Holder::own(row->own_strings ? create_table<OwnString>(names, columns, count)
                                        : create_table<std::string>(names, columns, count))
        .leave();
  });
}

bool cs_column(cs_value table, int32_t index, cs_failure *failure, cs_value *out) {
  return guard_into(failure, out, [&] {
    return call<Holder>(object_of(table), row->slot.get_column, index).leave();
  });
}

bool cs_column_name(cs_value table, int32_t index, cs_failure *failure, cs_text *out) {
  return guard_into(failure, out, [&] {
    void *object = object_of(table);
    return row->own_strings ? column_name<OwnString>(object, index) : column_name<std::string>(object, index);
  });
}

bool cs_create_dictionary(cs_failure *failure, cs_value *out) {
  // Before 2.00.11 the function has not the last two parameters and does not look at them.
  typedef void *(*Create)(int, const Holder &, int, const Holder &, bool, int, int);
  Create create = reinterpret_cast<Create>(row->exported.create_dictionary);
  return guard_into(failure, out, [&] {
    Holder no_symbols;
    return Holder::own(create(kString, no_symbols, kAny, no_symbols, true, 0, 0)).leave();
  });
}

bool cs_keys(cs_value dictionary, cs_failure *failure, cs_value *out) {
  return guard_into(failure, out,
                    [&] { return call<Holder>(object_of(dictionary), row->slot.keys).leave(); });
}

bool cs_values(cs_value dictionary, cs_failure *failure, cs_value *out) {
  return guard_into(failure, out,
                    [&] { return call<Holder>(object_of(dictionary), row->slot.values).leave(); });
}

bool cs_put(cs_value dictionary, cs_text key, cs_value item, cs_failure *failure) {
  return guard(failure, [&] {
    void *object = object_of(dictionary);
    const Holder &held = Holder::borrow(item);
    if (!(row->own_strings ? put<OwnString>(object, key, held) : put<std::string>(object, key, held)))
      fail("the dictionary did not take the item");
  });
}

}  // extern "C"
