// Calls every function of a plugin as a server would, in a process that is no server: each must
// throw the sentence that says so, through the forwarder, the Rust half and the shim.
#include <dlfcn.h>

#include <cstdio>
#include <cstring>
#include <stdexcept>
#include <vector>

// Returned by a hidden pointer, as the server's holder is.
struct Holder {
  void *word;
  Holder() : word(nullptr) {}
  Holder(const Holder &other) : word(other.word) {}
  ~Holder() {}
};

typedef Holder (*Entry)(void *heap, std::vector<Holder> &args);

static bool refuses(void *function) {
  std::vector<Holder> args(3);
  try {
    reinterpret_cast<Entry>(function)(nullptr, args);
  } catch (const std::runtime_error &error) {
    return std::strstr(error.what(), "no DolphinDB server") && args.size() == 3;
  }
  return false;
}

int main(int count, char **arguments) {
  void *library = dlopen(arguments[1], RTLD_NOW | RTLD_LOCAL);
  if (!library) return std::puts(dlerror()), 1;
  for (int i = 2; i < count; ++i) {
    void *function = dlsym(library, arguments[i]);
    if (!function || !refuses(function)) return std::printf("%s does not refuse\n", arguments[i]), 1;
  }
  std::printf("%d functions refuse\n", count - 2);
  return count < 3;
}
