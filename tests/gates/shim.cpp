// The shim alone, with a server of a few functions around it that fails at every third call. It is
// compiled by each compiler, with sanitizers where they can be had, and for another machine.
#include "server.h"
#include "strings.h"

#include <cstdio>
#include <stdexcept>

using namespace clustersync;

namespace {

long live, calls, failures;

// The class and count of an object lie where the row of the moment says; its text follows.
struct Object {
  void *const *table;
  char members[56];
  std::string text;
};

void may_fail() {
  if (++calls % 3) return;
  ++failures;
  if (calls % 2) throw std::logic_error(std::string("the server's reason"));
  throw 42;
}

void destroy(void *object) {
  delete static_cast<Object *>(object);
  --live;
}

extern void *const table[];

Object *make(const char *text) {
  Object *object = new Object();
  object->table = table;
  object->text = text;
  field<uint32_t>(object, row->offset.constant_flag) = 1;
  ++live;
  return object;
}

std::string get_string(void *object) {
  may_fail();
  return static_cast<Object *>(object)->text;
}

OwnString get_own_string(void *object) {
  may_fail();
  const std::string &text = static_cast<Object *>(object)->text;
  return OwnString(text.data(), text.size());
}

Holder get(void *, int) {
  may_fail();
  return Holder::own(make("an item"));
}

int size(void *) {
  may_fail();
  return 7;
}

const int *get_int_const(void *, int start, int count, int *buffer) {
  may_fail();
  for (int i = 0; i < count; ++i) buffer[i] = start + i;
  return buffer;
}

bool set(void *, int index, const Holder *item) {
  may_fail();
  return item->object() && index;
}

// The name is a string of either layout, whose first word points to the characters.
Holder get_function_def(void *, const char *const *name) {
  may_fail();
  return std::strcmp(*name, "eval") ? Holder() : Holder::own(make(*name));
}

Holder function_call(void *, void *, std::vector<Holder> *args) {
  may_fail();
  return args->empty() ? Holder() : args->back();
}

template <class Function>
void *address(Function function) {
  return reinterpret_cast<void *>(function);
}

void *const table[] = {address(destroy), address(get_string),    address(get_own_string),   address(get),  address(size),
                       address(set),     address(get_int_const), address(get_function_def), address(function_call)};

void *create_constant(int, int) {
  may_fail();
  return make("a constant that is too long to be kept inside of a string");
}

cs_text text_of(const char *text) { return cs_text_copy(text, std::strlen(text)); }

void forget(cs_failure *failure) {
  cs_text_free(failure->origin);
  cs_text_free(failure->message);
  *failure = cs_failure();
}

// What the Rust half does with arguments: everything once, each failure told.
cs_outcome use(uint32_t index, void *heap, const cs_value *args, size_t count, cs_value *result, cs_failure *failure) {
  cs_failure ignored = cs_failure();
  cs_text text = cs_text();
  cs_value item = cs_value(), function = cs_value(), answer = cs_value(), kept = cs_share(args[0]);
  int32_t cells = 0;
  int buffer[16];
  const void *read = nullptr;
  if (cs_describe(kept, &ignored, &text)) cs_text_free(text); else forget(&ignored);
  if (!cs_size(kept, &ignored, &cells)) forget(&ignored);
  if (!cs_read(kept, CS_CELL_INT, 0, 0, 16, buffer, &ignored, &read)) forget(&ignored);
  if (!cs_get(kept, 0, &ignored, &item)) forget(&ignored);
  if (!cs_set(kept, int(index % 2), item, &ignored)) forget(&ignored);
  cs_text name = text_of(index % 2 ? "eval" : "nothing");
  if (!cs_function(cs_session(heap), name, &ignored, &function)) forget(&ignored);
  cs_text_free(name);
  if (!cs_call(function, heap, args, count, &ignored, &answer)) forget(&ignored);
  for (cs_value value : {item, function, answer, kept})
    if (!cs_release(value, &ignored)) forget(&ignored);
  if (index % 4 == 0 && cs_create_constant(4, 0, &ignored, result)) return CS_OUTCOME_DONE;
  forget(&ignored);
  failure->origin = text_of("syncOnline");
  failure->message = text_of("a message that is too long to be kept inside of a string");
  return index % 4 == 1 ? CS_OUTCOME_ARGUMENT : index % 4 == 2 ? CS_OUTCOME_REFUSED : CS_OUTCOME_FAILED;
}

// As a server calls an entry.
extern "C" Holder cs_enter(void *heap, std::vector<Holder> *args, uint32_t index, cs_run run);

long enter_often(const cs_row *chosen, int turns) {
  cs_bind(chosen);
  long thrown = 0;
  char session[128] = {}, heap[128] = {};
  void *const *methods = table;
  std::memcpy(session, &methods, sizeof methods);
  void *place = session;
  std::memcpy(heap + chosen->offset.heap_session, &place, sizeof place);
  for (int turn = 0; turn < turns; ++turn) {
    try {
      std::vector<Holder> args(1, Holder::own(make("an argument")));
      Holder result = cs_enter(turn % 5 ? heap : nullptr, &args, uint32_t(turn), use);
      if (!result.object()) std::abort();
    } catch (const std::exception &error) {
      ++thrown;
      if (!error.what()[0]) std::abort();
    }
  }
  return thrown;
}

// The counters of the generations: 16 bytes, 24 bytes, none but a count in the object.
cs_row row_of(uint32_t counter_size, bool own_strings) {
  cs_row made = cs_row();
  made.slot.get_string = own_strings ? 2 : 1;
  made.slot.get = 3;
  made.slot.size = 4;
  made.slot.set = 5;
  made.slot.get_int_const = 6;
  made.slot.session_get_function_def = 7;
  made.slot.function_call = 8;
  made.offset.constant_flag = 16;
  made.offset.counter_size = counter_size;
  made.offset.counter_foreign = counter_size == 24 ? 8 : 0;
  made.offset.counter_count = counter_size == 24 ? 16 : counter_size ? 8 : 12;
  made.offset.heap_session = 56;
  made.exported.create_constant = address(create_constant);
  made.in_namespace = counter_size != 16;
  made.own_strings = own_strings;
  return made;
}

}  // namespace

int main(int, char **arguments) {
  int turns = std::atoi(arguments[1]);
  long thrown = 0;
  for (uint32_t counter : {16u, 24u, 0u}) {
    for (bool own : {false, true}) {
      cs_row chosen = row_of(counter, own);
      thrown += enter_often(&chosen, turns);
    }
  }
  std::printf("%ld calls of the server, %ld failed, %ld errors thrown, %ld objects left\n", calls, failures, thrown, live);
  return live || !failures || thrown < turns;
}
