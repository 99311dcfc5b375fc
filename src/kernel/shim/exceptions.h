// Our own copies of the exception classes that the server expects from a plugin.
//
// A handler matches by the class's name, and the server reads the fields, so name and layout are
// what counts: std::exception, then the strings in this order. The copies are hidden like
// everything in the shim, and they exist twice because releases before 3.00.3 have no namespace.
#pragma once

#include <exception>
#include <string>

#define CLUSTERSYNC_EXCEPTIONS                                                                      \
  class TraceableException : public std::exception {                                               \
   public:                                                                                         \
    ~TraceableException() noexcept override {}                                                     \
                                                                                                   \
   private:                                                                                        \
    std::string path_;                                                                             \
    std::string last_throw_;                                                                       \
  };                                                                                               \
                                                                                                   \
  class RuntimeException : public TraceableException {                                             \
   public:                                                                                         \
    explicit RuntimeException(const std::string &message) : message_(message) {}                   \
    ~RuntimeException() noexcept override {}                                                       \
    const char *what() const noexcept override { return message_.c_str(); }                       \
                                                                                                   \
   private:                                                                                        \
    std::string message_;                                                                          \
  };                                                                                               \
                                                                                                   \
  class IllegalArgumentException : public TraceableException {                                     \
   public:                                                                                         \
    IllegalArgumentException(const std::string &function, const std::string &message)              \
        : function_(function), message_(message) {}                                                \
    ~IllegalArgumentException() noexcept override {}                                               \
    const char *what() const noexcept override { return message_.c_str(); }                       \
                                                                                                   \
   private:                                                                                        \
    std::string function_;                                                                         \
    std::string message_;                                                                          \
  };

CLUSTERSYNC_EXCEPTIONS

namespace ddb {
CLUSTERSYNC_EXCEPTIONS
}

#undef CLUSTERSYNC_EXCEPTIONS
