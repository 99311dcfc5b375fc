// Making and ending objects, and the functions that a table lacks.
#include "classes.h"

#include <cstdio>
#include <cstdlib>
#include <new>

#include "tables.h"

const Host* host;

namespace {

std::atomic<long> live;
void* const* tables[CLASSES];

// Strings that a plugin reads inline must be strings, even if they are empty.
void beginMembers(ddb::Body* object, int layout) {
    if (layout == LAYOUT_VECTOR) new (object->members) std::string;
    if (layout == LAYOUT_TABLE) new (object->members + 8) std::string;
    if (layout == LAYOUT_FUNCTION) new (object->members) ddb::FunctionMembers();
}

}  // namespace

ddb::Constant* ddb::make(const Made& made) {
    Constant* object = new Constant();
    object->table = tables[made.klass];
    object->flag = made.flag;
    object->value = made.value;
    beginMembers(object, made.layout);
    if (made.layout == LAYOUT_FUNCTION) {
        Text name = {"", 0};
        host->show(made.value, -1, &name);
        reinterpret_cast<FunctionMembers*>(object->members)->name.assign(name.bytes, name.size);
    }
    ++live;
    return object;
}

// Strings of `members` that a plugin may have filled are left to the end of the process.
void ddb::destroy(Body* object) {
    host->drop(object->value);
    delete object->columnNames;
    delete static_cast<Constant*>(object);
    --live;
}

void ddb::foreignOwner() {
    std::fputs("minnow: a holder's Counter names a foreign owner (word at 8 is not null)\n", stderr);
    std::abort();
}

void install(int klass, void* const* table) { tables[klass] = table; }

long liveObjects() { return live; }

// Stubs for the functions that a table lacks, one for each class and slot: each names itself by
// an index and continues here, so that the caller's frame is the one below.
extern "C" [[noreturn]] __attribute__((visibility("hidden"), used)) void minnow_missing(int index) {
    Text text;
    host->missing(index / SLOTS, index % SLOTS, &text);
    throw ddb::RuntimeException(std::string(text.bytes, text.size));
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
