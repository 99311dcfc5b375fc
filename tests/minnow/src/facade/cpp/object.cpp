// Making and ending objects, and the functions that a table lacks.
#include "classes.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>

#include "tables.h"

const Host* host;
Places places;

namespace {

std::atomic<long> live;
void* const* tables[CLASSES];

void beginString(void* object, int offset, Text text) {
    if (offset >= 0) new (&memberAt<char>(object, offset)) std::string(text.bytes, text.size);
}

// Strings that a plugin reads inline must be strings, even if they are empty.
void beginMembers(SERVER ::Body* object, const Made& made) {
    Text text = {"", 0};
    if (made.layout == LAYOUT_VECTOR) beginString(object, places.vectorName, text);
    if (made.layout == LAYOUT_TABLE) beginString(object, places.tableOwner, text);
    if (made.layout != LAYOUT_FUNCTION) return;
    beginString(object, places.functionModule, text);
    beginString(object, places.functionSyntax, text);
    host->show(made.value, -1, &text);
    beginString(object, places.functionName, text);
}

}  // namespace

BEGIN_SERVER

Constant* make(const Made& made) {
    Constant* object = new Constant();
    object->table = tables[made.klass];
    memberAt<unsigned>(object, places.flag) = made.flag;
    object->value = made.value;
    beginMembers(object, made);
    ++live;
    return object;
}

// All zero, and of the allocator that plugins give it back to.
Counter* Counter::create(void* object, int count) {
    Counter* counter = static_cast<Counter*>(::operator new(places.counterSize));
    std::memset(static_cast<void*>(counter), 0, places.counterSize);
    counter->object() = object;
    counter->count() = count;
    return counter;
}

// Strings of `members` that a plugin may have filled are left to the end of the process.
void destroy(Body* object) {
    host->drop(object->value);
    delete object->columnNames;
    delete static_cast<Constant*>(object);
    --live;
}

void foreignOwner() {
    std::fputs("minnow: a holder's Counter names a foreign owner (word at 8 is not null)\n", stderr);
    std::abort();
}

void beginSession(SessionImp* session) {
    Text empty = {"", 0};
    beginString(session, places.remoteIp, empty);
    beginString(session, places.remoteAlias, empty);
    beginString(session, places.catalog, empty);
}

END_SERVER

void install(int klass, void* const* table) { tables[klass] = table; }

long liveObjects() { return live; }

// Stubs for the functions that a table lacks, one for each class and slot: each names itself by
// an index and continues here, so that the caller's frame is the one below.
extern "C" [[noreturn]] __attribute__((visibility("hidden"), used)) void minnow_missing(int index) {
    Text text;
    host->missing(index / SLOTS, index % SLOTS, &text);
    throw SERVER ::RuntimeException(std::string(text.bytes, text.size));
}

#define QUOTE(TEXT) #TEXT
#define NUMBER(VALUE) QUOTE(VALUE)
asm(".text\n"
    ".balign 16\n"
    "minnow_stubs:\n"
    ".set minnow_index, 0\n"
    ".rept " NUMBER(CLASSES) " * " NUMBER(SLOTS) "\n"
    "    mov $minnow_index, %edi\n"
    "    jmp minnow_missing\n"
    "    .balign 16\n"
    "    .set minnow_index, minnow_index + 1\n"
    ".endr\n");
extern "C" __attribute__((visibility("hidden"))) char minnow_stubs[];

void* missing(int klass, int slot) { return minnow_stubs + 16L * (klass * SLOTS + slot); }
