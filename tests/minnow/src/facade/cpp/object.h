// Objects as plugins see them: memory laid out as in release 3.00.3 (layouts of generation E,
// default string ABI), whose first word points to an array of functions. No class here has a
// virtual function: the arrays are filled at run time.
#pragma once
#include <atomic>
#include <string>
#include <vector>

#include "errors.h"
#include "host.h"

extern const Host* host;

namespace ddb {

// What every constant is in memory; `members` stands for those of the real class, of which plugins
// may read a few inline. What follows is minnow's own.
struct Body {
    void* const* table;
    int objectType;  // 0: a constant
    unsigned flag;
    char members[72];
    void* value;
    std::vector<string>* columnNames;
};
static_assert(offsetof(Body, flag) == 12, "layout of the release");

// What the members of a FunctionDef hold.
struct FunctionMembers {
    int defType, parserType;
    string name, module, syntax;
    void* params[3];
    int minParams, maxParams;
    unsigned char argCountForAgg, flag;
    unsigned short extraFlag;
    int returnMeta;
};
static_assert(sizeof(FunctionMembers) == sizeof(Body::members), "layout of the release");

// The shared word of a holder. A foreign owner is possible in the release and unknown here.
struct Counter {
    void* object;
    void* foreign;
    std::atomic<int> count;
};
static_assert(sizeof(Counter) == 24, "layout of the release");

struct Constant;

Constant* make(const Made& made);
void destroy(Body* object);
// Ends the process: a counter with a foreign owner, which only a mistake can make.
[[noreturn]] void foreignOwner();

template <class T>
class SmartPointer {
public:
    SmartPointer() : counter_(nullptr) {}
    explicit SmartPointer(T* object) : counter_(new Counter{object, nullptr, {1}}) {}
    SmartPointer(const SmartPointer& other) : counter_(other.counter_) {
        if (counter_) ++counter_->count;
    }
    SmartPointer& operator=(const SmartPointer&) = delete;
    ~SmartPointer() {
        if (!counter_ || --counter_->count) return;
        if (counter_->foreign) foreignOwner();
        destroy(static_cast<Body*>(counter_->object));
        delete counter_;
    }
    bool isNull() const { return !counter_ || !counter_->object; }
    T* get() const { return counter_ ? static_cast<T*>(counter_->object) : nullptr; }

private:
    Counter* counter_;
};

typedef SmartPointer<Constant> ConstantSP;

struct SessionImp;

// Not a class with a table in any release: plugins read `session` at its offset.
struct Heap {
    void* meta;
    void* values[3];
    void* flags[3];
    SessionImp* session;
    int size;
    char status;
    void* self;
};
static_assert(sizeof(Heap) == 80 && offsetof(Heap, session) == 56, "layout of the release");

}  // namespace ddb
