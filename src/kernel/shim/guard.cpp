// Texts and failures, the shim's side of every answer.
#include "guard.h"

#include <cstring>
#include <stdexcept>
#include <string>

extern "C" cs_text cs_text_copy(const char *data, size_t size) {
  cs_text text = {static_cast<char *>(std::malloc(size ? size : 1)), size};
  if (!text.data)
    text.size = 0;
  else if (size)
    std::memcpy(text.data, data, size);
  return text;
}

extern "C" void cs_text_free(cs_text text) { std::free(text.data); }

namespace clustersync {

static cs_text class_name(const std::type_info *type) {
  if (!type) return cs_text_copy("", 0);
  int status = 0;
  char *readable = abi::__cxa_demangle(type->name(), nullptr, nullptr, &status);
  const char *name = readable ? readable : type->name();
  cs_text text = cs_text_copy(name, std::strlen(name));
  std::free(readable);
  return text;
}

// By way of a string: the constructor that takes characters needs a newer libstdc++.
void fail(const char *message) { throw std::runtime_error(std::string(message)); }

void note_exception(cs_failure *failure, const char *message) {
  failure->origin = class_name(abi::__cxa_current_exception_type());
  failure->message = cs_text_copy(message, std::strlen(message));
}

}  // namespace clustersync
