// Our own copies of the exception classes that the server expects from a plugin.
//
// A handler matches by the class's name, and the server reads the fields, so name and layout are
// what counts: std::exception, then strings in this order and in the layout of the server. The
// copies are hidden like everything in the shim, and they exist twice because releases before
// 3.00.3 have no namespace.
#pragma once

#include "strings.h"

#include <exception>
#include <initializer_list>

namespace clustersync {

// The strings of an exception, side by side. There is room for the largest class in the larger
// layout; the server sees only as much as its own classes have.
class Strings {
 public:
  Strings(bool own, std::initializer_list<cs_text> texts) : count_(0), own_(own) {
    for (const cs_text &text : texts) add(text);
  }
  // A thrown object must be one that could be copied.
  Strings(const Strings &other) : count_(0), own_(other.own_) {
    for (size_t i = 0; i < other.count_; ++i) {
      char *text = const_cast<char *>(other.text(i));
      add(cs_text{text, std::strlen(text)});
    }
  }
  Strings &operator=(const Strings &) = delete;
  ~Strings() {
    while (count_) remove(place(--count_));
  }

  const char *last() const { return text(count_ - 1); }

 private:
  size_t width() const { return own_ ? sizeof(OwnString) : sizeof(std::string); }
  char *place(size_t index) { return bytes_ + index * width(); }
  const char *text(size_t index) const {
    return *reinterpret_cast<const char *const *>(bytes_ + index * width());
  }
  void add(cs_text text) {
    char *at = place(count_);
    if (own_)
      new (at) OwnString(string_of<OwnString>(text));
    else
      new (at) std::string(string_of<std::string>(text));
    ++count_;
  }
  void remove(char *at) {
    if (own_)
      reinterpret_cast<OwnString *>(at)->~OwnString();
    else
      reinterpret_cast<std::string *>(at)->~basic_string();
  }

  alignas(void *) char bytes_[4 * sizeof(OwnString)];
  size_t count_;
  bool own_;
};

const cs_text kNoText = {nullptr, 0};

}  // namespace clustersync

// The two strings that every class begins with say where the exception was thrown; the server
// fills them.
#define CLUSTERSYNC_EXCEPTIONS                                                                      \
  class TraceableException : public std::exception {                                               \
   public:                                                                                         \
    explicit TraceableException(const clustersync::Strings &strings) : strings_(strings) {}        \
    ~TraceableException() noexcept override {}                                                     \
    const char *what() const noexcept override { return strings_.last(); }                        \
                                                                                                   \
   private:                                                                                        \
    clustersync::Strings strings_;                                                                 \
  };                                                                                               \
                                                                                                   \
  class RuntimeException : public TraceableException {                                             \
   public:                                                                                         \
    RuntimeException(bool own, cs_text message)                                                    \
        : TraceableException({own, {clustersync::kNoText, clustersync::kNoText, message}}) {}      \
    ~RuntimeException() noexcept override {}                                                       \
  };                                                                                               \
                                                                                                   \
  class IllegalArgumentException : public TraceableException {                                     \
   public:                                                                                         \
    IllegalArgumentException(bool own, cs_text function, cs_text message)                          \
        : TraceableException({own, {clustersync::kNoText, clustersync::kNoText, function, message}}) {} \
    ~IllegalArgumentException() noexcept override {}                                               \
  };

CLUSTERSYNC_EXCEPTIONS

namespace ddb {
CLUSTERSYNC_EXCEPTIONS
}

#undef CLUSTERSYNC_EXCEPTIONS
