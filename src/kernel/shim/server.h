// How a server object is reached: by slot and by offset, as the row of the release says.
//
// No class of the server is declared here. An object is memory whose first word points to an array
// of functions; calling one is calling slot `n` with the object as first argument, which is how
// the Itanium C++ ABI passes `this`. A class returned by value with a destructor of its own goes
// through a hidden pointer, and the compiler arranges that from the return type given to `call`.
#pragma once

#include "clustersync.h"
#include "guard.h"

#include <cstring>
#include <string>
#include <utility>
#include <vector>

namespace clustersync {

extern const cs_row *row;

template <class Field>
Field &field(const void *object, uint32_t offset) {
  return *reinterpret_cast<Field *>(static_cast<char *>(const_cast<void *>(object)) + offset);
}

template <class Return, class... Arguments>
Return call(void *object, uint32_t slot, Arguments... arguments) {
  typedef Return (*Method)(void *, Arguments...);
  if (!object) fail("a reference to nothing was used");
  Method method = reinterpret_cast<Method>(field<void **>(object, 0)[slot]);
  return method(object, arguments...);
}

// The server's holder of an object: one word. It points to a counter that all holders of the object
// share or, in releases where objects count for themselves, to the object.
class Holder {
 public:
  Holder() : word_(nullptr) {}
  Holder(const Holder &other) : word_(other.word_) { acquire(); }
  Holder(Holder &&other) : word_(other.word_) { other.word_ = nullptr; }
  Holder &operator=(Holder other) {
    std::swap(word_, other.word_);
    return *this;
  }
  ~Holder() { release(); }

  // The first holder of an object that was just made.
  static Holder own(void *object);
  // Takes over the reference that `value` is.
  static Holder adopt(cs_value value) { return Holder(value.word); }
  // Sees the reference that the caller keeps as a holder.
  static const Holder &borrow(const cs_value &value) { return reinterpret_cast<const Holder &>(value); }

  void *object() const;
  void acquire();
  void release();
  cs_value leave() {
    cs_value value = {word_};
    word_ = nullptr;
    return value;
  }

 private:
  explicit Holder(void *word) : word_(word) {}
  void *word_;
};

static_assert(sizeof(Holder) == sizeof(cs_value), "a holder is the word that the contract passes");

inline void *object_of(const cs_value &value) { return Holder::borrow(value).object(); }

}  // namespace clustersync
