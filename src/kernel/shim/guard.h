// Exceptions become answers: nothing that the server throws leaves the shim.
#pragma once

#include "clustersync.h"

#include <cxxabi.h>

#include <cstdlib>
#include <exception>
#include <typeinfo>

namespace clustersync {

void note_exception(cs_failure *failure, const char *message);

// Throws what `guard` catches: the server answered, but not with what was asked for.
[[noreturn]] void fail(const char *message);

// Runs `body`; false with `failure` filled when it threw. One handler is enough for every class of
// the server: all derive from std::exception, and the class thrown is read from the runtime, which
// is more exact than any list of handlers.
template <class Body>
bool guard(cs_failure *failure, Body body) {
  try {
    body();
    return true;
  } catch (const std::exception &error) {
    note_exception(failure, error.what());
  } catch (...) {
    note_exception(failure, "an exception that has no message");
  }
  return false;
}

// As `guard`, for a call that answers with a value.
template <class Out, class Body>
bool guard_into(cs_failure *failure, Out *out, Body body) {
  return guard(failure, [&] { *out = body(); });
}

}  // namespace clustersync
