// Tables and dictionaries.
#include "guard.h"
#include "server.h"

using namespace clustersync;

static const int kString = 18;
static const int kAny = 25;

extern "C" {

bool cs_create_table(const cs_text *names, const cs_value *columns, size_t count, cs_failure *failure,
                     cs_value *out) {
  typedef void *(*Create)(const std::vector<std::string> &, const std::vector<Holder> &);
  Create create = reinterpret_cast<Create>(row->exported.create_table);
  return guard_into(failure, out, [&] {
    std::vector<std::string> own_names;
    std::vector<Holder> own_columns;
    for (size_t i = 0; i < count; ++i) {
      own_names.push_back(std::string(names[i].data, names[i].size));
      own_columns.push_back(Holder::borrow(columns[i]));
    }
    return Holder::own(create(own_names, own_columns)).leave();
  });
}

bool cs_column(cs_value table, int32_t index, cs_failure *failure, cs_value *out) {
  return guard_into(failure, out, [&] {
    return call<Holder>(object_of(table), row->slot.get_column, index).leave();
  });
}

bool cs_column_name(cs_value table, int32_t index, cs_failure *failure, cs_text *out) {
  return guard_into(failure, out, [&] {
    const std::string &name =
        *call<const std::string *>(object_of(table), row->slot.table_get_column_name, index);
    return cs_text_copy(name.data(), name.size());
  });
}

bool cs_create_dictionary(cs_failure *failure, cs_value *out) {
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
    std::string own_key(key.data, key.size);
    const Holder &held = Holder::borrow(item);
    if (!call<bool>(object_of(dictionary), row->slot.dictionary_set, &own_key, &held))
      fail("the dictionary did not take the item");
  });
}

}  // extern "C"
