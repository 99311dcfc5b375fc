// Bodies of the classes' methods that need no type of their own.
#include "bodies.h"

#include "classes.h"

BEGIN_SERVER

void writeBlock(Body* self, int type, int start, int length, const void* cells) {
    check(host->write(self->value, type, start, length, cells));
}

char** readTexts(const Body* self, int start, int length, char** buffer) {
    check(host->readTexts(self->value, start, length, buffer));
    return buffer;
}

const unsigned char* readBytes(const Body* self, int start, int length, int width, unsigned char* buffer) {
    check(host->readBytes(self->value, start, length, width, buffer));
    return buffer;
}

void writeBytes(Body* self, int start, int length, int width, const unsigned char* cells) {
    check(host->writeBytes(self->value, start, length, width, cells));
}

string show(const Body* self, int index) {
    Text text;
    check(host->show(self->value, index, &text));
    return string(text.bytes, text.size);
}

bool cellIsNull(const Body* self, int index) { return host->isNull(self->value, index); }

Shape shape(const Body* self) {
    Shape out;
    check(host->shape(self->value, &out));
    return out;
}

int segmentBits(const Body* self) {
    int bits = 0;
    for (int size = shape(self).segmentSize; size > 1; size /= 2) ++bits;
    return bits;
}

ConstantSP part(const Body* self, Part part, int index) {
    Made made;
    check(host->part(self->value, part, index, &made));
    return ConstantSP(make(made));
}

ConstantSP wholeRows(const Body* self, Part which, int start, int end) {
    if (start != 0 || end != shape(self).size)
        throw RuntimeException("Some rows of an array vector are not part of this stand-in, only all of them.");
    return part(self, which, 0);
}

void* held(const ConstantSP& holder) {
    if (holder.isNull()) throw RuntimeException("A holder without an object was passed to the server.");
    return holder.get()->value;
}

ConstantSP member(const Body* self, const ConstantSP& key) {
    Made made;
    check(host->member(self->value, held(key), &made));
    return ConstantSP(make(made));
}

bool put(Body* self, int index, const ConstantSP& cell) {
    check(host->put(self->value, index, held(cell)));
    return true;
}

bool insert(Body* self, const ConstantSP& key, const ConstantSP& value) {
    check(host->insert(self->value, held(key), held(value)));
    return true;
}

bool insertText(Body* self, const string& key, const ConstantSP& value) {
    check(host->insertText(self->value, Text{key.data(), key.size()}, held(value)));
    return true;
}

static bool setTexts(Body* self, int start, int length, const std::vector<Text>& cells) {
    check(host->writeTexts(self->value, start, length, cells.data()));
    return true;
}

bool FastVector::setString(int start, int length, const string* cells) {
    std::vector<Text> texts;
    for (int i = 0; i < length; ++i) texts.push_back(Text{cells[i].data(), cells[i].size()});
    return setTexts(this, start, length, texts);
}

bool FastVector::setString(int start, int length, char** cells) {
    std::vector<Text> texts;
    for (int i = 0; i < length; ++i) texts.push_back(Text{cells[i], __builtin_strlen(cells[i])});
    return setTexts(this, start, length, texts);
}

// The names are kept with the object, as callers keep the reference.
const string& AbstractTable::getColumnName(int index) const {
    if (!columnNames) {
        std::vector<string>* names = new std::vector<string>();
        const_cast<AbstractTable*>(this)->columnNames = names;
        for (int i = 0, count = columns(); i < count; ++i) {
            Text name;
            check(host->columnName(value, i, &name));
            names->push_back(string(name.bytes, name.size));
        }
    }
    if (index < 0 || size_t(index) >= columnNames->size()) throw RuntimeException("The table has no such column.");
    return (*columnNames)[index];
}

END_SERVER
