// The session of a call, and the server's own functions called through it.
#include "server.h"
#include "strings.h"

using namespace clustersync;

static const uint32_t kTemporary = 1;

template <class String>
static Holder find(void *session, cs_text name) {
  String own_name = string_of<String>(name);
  return call<Holder>(session, row->slot.session_get_function_def, &own_name);
}

extern "C" {

void *cs_session(void *heap) { return heap ? field<void *>(heap, row->offset.heap_session) : nullptr; }

uint32_t cs_session_flags(const void *session) {
  return field<uint32_t>(session, row->offset.session_flag);
}

bool cs_function(void *session, cs_text name, cs_failure *failure, cs_value *out) {
  return guard_into(failure, out, [&] {
    return (row->own_strings ? find<OwnString>(session, name) : find<std::string>(session, name)).leave();
  });
}

bool cs_call(cs_value function, void *heap, const cs_value *args, size_t count, cs_failure *failure,
             cs_value *out) {
  return guard_into(failure, out, [&] {
    std::vector<Holder> own_args;
    for (size_t i = 0; i < count; ++i) {
      own_args.push_back(Holder::borrow(args[i]));
      uint32_t &flags = field<uint32_t>(own_args.back().object(), row->offset.constant_flag);
      // Only when set: the object may be one that other threads read.
      if (flags & kTemporary) flags &= ~kTemporary;
    }
    return call<Holder>(object_of(function), row->slot.function_call, heap, &own_args).leave();
  });
}

}  // extern "C"
