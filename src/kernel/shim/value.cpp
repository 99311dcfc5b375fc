// References to server objects, and what every object answers.
#include "server.h"
#include "strings.h"

#include <new>

using namespace clustersync;

namespace clustersync {

const cs_row *row = nullptr;

static int &count(void *word) { return field<int>(word, row->offset.counter_count); }

static bool objects_count() { return row->offset.counter_size == 0; }

static bool has_foreign_owner(void *counter) {
  uint32_t offset = row->offset.counter_foreign;
  return offset && field<void *>(counter, offset);
}

static void *new_counter(void *object) {
  // All zero: a release reads more of the counter than we know how to fill.
  void *counter = ::operator new(row->offset.counter_size);
  std::memset(counter, 0, row->offset.counter_size);
  field<void *>(counter, row->offset.counter_object) = object;
  return counter;
}

Holder Holder::own(void *object) {
  if (!object) fail("the server made no object");
  Holder holder(objects_count() ? object : new_counter(object));
  holder.acquire();
  return holder;
}

void *Holder::object() const {
  if (!word_ || objects_count()) return word_;
  return field<void *>(word_, row->offset.counter_object);
}

void Holder::acquire() {
  if (word_) __atomic_add_fetch(&count(word_), 1, __ATOMIC_RELAXED);
}

void Holder::release() {
  void *word = word_;
  void *object = this->object();
  word_ = nullptr;
  if (!word || __atomic_sub_fetch(&count(word), 1, __ATOMIC_ACQ_REL) != 0) return;
  // Another runtime in the process owns it and must be told in a way that no source describes; a
  // leak is the harmless choice.
  if (has_foreign_owner(word)) return;
  // The counter goes first: were the destructor to throw, nothing would point to it any more.
  if (!objects_count()) ::operator delete(word);
  if (object) call<void>(object, row->slot.destroy);
}

}  // namespace clustersync

template <class String>
static cs_text describe(void *object) {
  String text = call<String>(object, row->slot.get_string);
  return cs_text_copy(text.data(), text.size());
}

extern "C" {

void cs_bind(const cs_row *chosen) { row = chosen; }

void *cs_object(cs_value value) { return object_of(value); }

uint32_t cs_flags(cs_value value) {
  void *object = object_of(value);
  return object ? field<uint32_t>(object, row->offset.constant_flag) : 0;
}

int32_t cs_references(cs_value value) { return field<int32_t>(value.word, row->offset.counter_count); }

cs_value cs_share(cs_value value) { return Holder(Holder::borrow(value)).leave(); }

bool cs_release(cs_value value, cs_failure *failure) {
  return guard(failure, [&] { reinterpret_cast<Holder &>(value).release(); });
}

bool cs_create_constant(int32_t type, int32_t scale, cs_failure *failure, cs_value *out) {
  typedef void *(*Create)(int, int);
  Create create = reinterpret_cast<Create>(row->exported.create_constant);
  return guard_into(failure, out, [&] { return Holder::own(create(type, scale)).leave(); });
}

bool cs_size(cs_value value, cs_failure *failure, int32_t *out) {
  return guard_into(failure, out, [&] { return call<int>(object_of(value), row->slot.size); });
}

bool cs_rows(cs_value value, cs_failure *failure, int32_t *out) {
  return guard_into(failure, out, [&] { return call<int>(object_of(value), row->slot.rows); });
}

bool cs_columns(cs_value value, cs_failure *failure, int32_t *out) {
  return guard_into(failure, out, [&] { return call<int>(object_of(value), row->slot.columns); });
}

bool cs_describe(cs_value value, cs_failure *failure, cs_text *out) {
  return guard_into(failure, out, [&] {
    return row->own_strings ? describe<OwnString>(object_of(value)) : describe<std::string>(object_of(value));
  });
}

bool cs_get(cs_value value, int32_t index, cs_failure *failure, cs_value *out) {
  return guard_into(failure, out,
                    [&] { return call<Holder>(object_of(value), row->slot.get, index).leave(); });
}

bool cs_set(cs_value value, int32_t index, cs_value item, cs_failure *failure) {
  return guard(failure, [&] {
    const Holder &held = Holder::borrow(item);
    if (!call<bool>(object_of(value), row->slot.set, index, &held))
      fail("the vector did not take the item");
  });
}

bool cs_scale(cs_value value, cs_failure *failure, int32_t *out) {
  return guard_into(failure, out,
                    [&] { return call<int>(object_of(value), row->slot.get_extra_param_for_type); });
}

}  // extern "C"
