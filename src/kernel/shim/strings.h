// The server's strings. Which of the two layouts of std::string it has is a fact of its edition.
//
// The shim is compiled with the older class, one pointer to characters that copies share. The newer
// one is written out here: libstdc++'s own would ask for a newer libstdc++ than the servers with
// older strings bring. In both, the first word points to the characters, which end with NUL.
#pragma once

#include "clustersync.h"

#include <cstring>
#include <new>
#include <string>

namespace clustersync {

// Every string has its characters to itself, inside the object while they are few.
class OwnString {
 public:
  OwnString(const char *data, size_t size) : data_(local_), size_(size) {
    if (size >= sizeof local_) {
      data_ = static_cast<char *>(::operator new(size + 1));
      capacity_ = size;
    }
    if (size) std::memcpy(data_, data, size);
    data_[size] = '\0';
  }
  OwnString(const OwnString &other) : OwnString(other.data_, other.size_) {}
  OwnString &operator=(const OwnString &) = delete;
  ~OwnString() {
    if (data_ != local_) ::operator delete(data_);
  }

  const char *data() const { return data_; }
  size_t size() const { return size_; }

 private:
  char *data_;
  size_t size_;
  union {
    char local_[16];
    size_t capacity_;
  };
};

static_assert(sizeof(OwnString) == 32, "the newer std::string has four words");
static_assert(sizeof(std::string) == sizeof(void *), "the shim is compiled with the older std::string");

template <class String>
String string_of(cs_text text) {
  return String(text.data ? text.data : "", text.size);
}

}  // namespace clustersync
