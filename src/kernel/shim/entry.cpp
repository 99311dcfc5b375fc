// Where the server enters, and the only place that throws to it.
#include "exceptions.h"
#include "guard.h"
#include "server.h"

#include <stdexcept>

using namespace clustersync;

namespace {

// The text itself, whose memory is given back even when copying throws.
std::string take(cs_text text) {
  struct Release {
    cs_text text;
    ~Release() { cs_text_free(text); }
  } release = {text};
  return std::string(text.data ? text.data : "", text.size);
}

[[noreturn]] void raise(cs_outcome outcome, const std::string &function, const std::string &message) {
  if (outcome == CS_OUTCOME_REFUSED || !row) throw std::runtime_error(message);
  bool in_namespace = row->in_namespace;
  if (outcome == CS_OUTCOME_ARGUMENT && in_namespace) throw ddb::IllegalArgumentException(function, message);
  if (outcome == CS_OUTCOME_ARGUMENT) throw IllegalArgumentException(function, message);
  if (in_namespace) throw ddb::RuntimeException(message);
  throw RuntimeException(message);
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
  std::string function = take(failure.origin);
  std::string message = take(failure.message);
  raise(outcome, function, message);
}
