// Where the server enters, and the only place that throws to it.
#include "exceptions.h"
#include "server.h"

#include <stdexcept>

using namespace clustersync;

namespace {

// A text whose memory is given back even when copying it throws.
struct Taken {
  cs_text text;
  ~Taken() { cs_text_free(text); }
};

[[noreturn]] void raise(cs_outcome outcome, cs_text function, cs_text message) {
  if (outcome == CS_OUTCOME_REFUSED || !row) throw std::runtime_error(string_of<std::string>(message));
  bool own = row->own_strings;
  if (outcome == CS_OUTCOME_ARGUMENT && row->in_namespace)
    throw ddb::IllegalArgumentException(own, function, message);
  if (outcome == CS_OUTCOME_ARGUMENT) throw IllegalArgumentException(own, function, message);
  if (row->in_namespace) throw ddb::RuntimeException(own, message);
  throw RuntimeException(own, message);
}

}  // namespace

// Rust has returned when this throws, so no frame of Rust is ever unwound: the forwarder that the
// server called only jumped here.
extern "C" Holder cs_enter(void *heap, std::vector<Holder> *args, uint32_t index, cs_run run) {
  cs_value result = {nullptr};
  cs_failure failure = {{nullptr, 0}, {nullptr, 0}};
  const cs_value *values = reinterpret_cast<const cs_value *>(args->data());
  cs_outcome outcome = run(index, heap, values, args->size(), &result, &failure);
  if (outcome == CS_OUTCOME_DONE) return Holder::adopt(result);
  Taken function = {failure.origin};
  Taken message = {failure.message};
  raise(outcome, function.text, message.text);
}
