// The bodies behind the methods of the classes: each asks the Rust side about a value and throws
// what it refuses.
#pragma once
#include "object.h"

BEGIN_SERVER

inline void check(bool done) {
    if (!done) raise();
}

template <class T>
T readCell(const Body* self, int type) {
    T out;
    check(host->read(self->value, type, 0, 1, &out));
    return out;
}

// The vector's own memory where it has the very type asked for, else the filled buffer.
template <class T>
const T* readBlock(const Body* self, int type, int start, int length, T* buffer) {
    if (const void* own = host->lend(self->value, type, start, length)) return static_cast<const T*>(own);
    check(host->read(self->value, type, start, length, buffer));
    return buffer;
}

void writeBlock(Body* self, int type, int start, int length, const void* cells);
char** readTexts(const Body* self, int start, int length, char** buffer);
const unsigned char* readBytes(const Body* self, int start, int length, int width, unsigned char* buffer);
void writeBytes(Body* self, int start, int length, int width, const unsigned char* cells);
// The text of one cell, or of the whole value for index -1.
string show(const Body* self, int index);
bool cellIsNull(const Body* self, int index);
Shape shape(const Body* self);
// The exponent of a segment's size, which is a power of two.
int segmentBits(const Body* self);
ConstantSP part(const Body* self, Part part, int index);
// The elements or lengths of all rows; parts of an array vector are not asked for.
ConstantSP wholeRows(const Body* self, Part which, int start, int end);
ConstantSP member(const Body* self, const ConstantSP& key);
bool put(Body* self, int index, const ConstantSP& cell);
bool insert(Body* self, const ConstantSP& key, const ConstantSP& value);
bool insertText(Body* self, const string& key, const ConstantSP& value);
// The value behind a holder; an empty holder is refused.
void* held(const ConstantSP& holder);

END_SERVER
