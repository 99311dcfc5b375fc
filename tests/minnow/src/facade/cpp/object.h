// Objects as plugins see them: memory laid out as in the release, whose first word points to an
// array of functions. No class here has a virtual function: the arrays are filled at run time.
#pragma once
#include <atomic>
#include <cstddef>
#include <string>
#include <vector>

#include "errors.h"
#include "host.h"

extern const Host* host;
extern Places places;

template <class T>
T& memberAt(void* object, int offset) {
    return *reinterpret_cast<T*>(static_cast<char*>(object) + offset);
}

BEGIN_SERVER

// What every constant is in memory. The members begin with the type of object (0: a constant) or
// the flag word; what follows them is minnow's own.
struct Body {
    void* const* table;
    char members[152];
    void* value;
    std::vector<string>* columnNames;

    // Where objects count their holders themselves.
    std::atomic<int>& count() { return memberAt<std::atomic<int>>(this, places.objectCount); }
};

// What the holders of an object share.
struct Counter {
    static Counter* create(void* object, int count);
    void*& object() { return memberAt<void*>(this, places.counterObject); }
    std::atomic<int>& count() { return memberAt<std::atomic<int>>(this, places.counterCount); }
    // A foreign owner is possible from 3.00.0 on, and unknown here.
    bool isForeign() { return places.counterForeign >= 0 && memberAt<void*>(this, places.counterForeign); }
};

struct Constant;

Constant* make(const Made& made);
void destroy(Body* object);
// Ends the process: a counter with a foreign owner, which only a mistake can make.
[[noreturn]] void foreignOwner();

// Holds what a counter points to.
template <class T>
class SmartPointer {
public:
    SmartPointer() : counter_(nullptr) {}
    explicit SmartPointer(T* object) : counter_(Counter::create(object, 1)) {}
    SmartPointer(const SmartPointer& other) : counter_(other.counter_) {
        if (counter_) ++counter_->count();
    }
    SmartPointer& operator=(const SmartPointer&) = delete;
    ~SmartPointer() {
        if (!counter_ || --counter_->count()) return;
        if (counter_->isForeign()) foreignOwner();
        destroy(static_cast<Body*>(counter_->object()));
        ::operator delete(counter_);
    }
    bool isNull() const { return !counter_ || !counter_->object(); }
    T* get() const { return counter_ ? static_cast<T*>(counter_->object()) : nullptr; }

private:
    Counter* counter_;
};

// Holds what counts for itself, from 0 on: making a holder of a new object adds one.
template <class T>
class ObjectPtr {
public:
    ObjectPtr() : object_(nullptr) {}
    explicit ObjectPtr(T* object) : object_(object) { acquire(); }
    ObjectPtr(const ObjectPtr& other) : object_(other.object_) { acquire(); }
    ObjectPtr& operator=(const ObjectPtr&) = delete;
    ~ObjectPtr() {
        if (object_ && !--body()->count()) destroy(body());
    }
    bool isNull() const { return !object_; }
    T* get() const { return object_; }

private:
    Body* body() const { return reinterpret_cast<Body*>(object_); }
    void acquire() {
        if (object_) ++body()->count();
    }
    T* object_;
};

#if MINNOW_INTRUSIVE
template <class T>
using Holder = ObjectPtr<T>;
#else
template <class T>
using Holder = SmartPointer<T>;
#endif

typedef Holder<Constant> ConstantSP;

struct SessionImp;

// Not a class with a table in any release.
struct Heap {
    char members[160];

    SessionImp*& session() { return memberAt<SessionImp*>(this, places.heapSession); }
};

END_SERVER
