// What the C++ side of minnow asks of the Rust side, and the other way round. Values live in
// Rust; here they are addresses that are handed back. A `bool` result of false means that
// `error` has the reason.
#pragma once
#include <cstddef>

struct Text {
    const char* bytes;
    size_t size;
};

// What a failed call says; valid until the next call of the same thread.
struct Failure {
    int kind;
    Text function;
    Text text;
};

// How the memory behind the header of an object is laid out.
enum Layout { LAYOUT_PLAIN, LAYOUT_VECTOR, LAYOUT_TABLE, LAYOUT_FUNCTION };

// The bit of the flag word that allows built-ins to overwrite the object.
const unsigned TEMPORARY = 1;

// A value that is to become an object: `klass` is the index of its class's table.
struct Made {
    void* value;
    int klass;
    int layout;
    unsigned flag;
};

// Tables that are more than a table of constants.
enum Kind { KIND_CONSTANT, KIND_SESSION, KIND_HELPER };

struct Shape {
    int size, rows, columns;
    int fast;
    void* data;
    void** segments;
    int segmentSize;
    int scale;
};

// Where the release has the members that plugins read in place; -1: it has none such.
struct Places {
    int flag, vectorName, tableOwner, functionName, functionModule, functionSyntax;
    int remoteIp, remoteAlias, catalog, sessionFlag;
    int counterSize, counterObject, counterForeign, counterCount, objectCount, heapSession;
};

enum Part { PART_CELL, PART_COLUMN, PART_KEYS, PART_VALUES, PART_FLAT, PART_SIZES };

// A type is its number, or for decimals that and their scale above its byte.
inline int scaled(int type, int scale) { return type | scale << 8; }

struct Host {
    void (*drop)(void* value);
    bool (*shape)(const void* value, Shape* out);
    bool (*isNull)(const void* value, int index);
    bool (*read)(const void* value, int type, int start, int length, void* cells);
    const void* (*lend)(const void* value, int type, int start, int length);
    bool (*write)(void* value, int type, int start, int length, const void* cells);
    bool (*readTexts)(const void* value, int start, int length, char** cells);
    bool (*writeTexts)(void* value, int start, int length, const Text* cells);
    bool (*readBytes)(const void* value, int start, int length, int width, void* cells);
    bool (*writeBytes)(void* value, int start, int length, int width, const void* cells);
    bool (*show)(const void* value, int index, Text* out);
    bool (*part)(const void* value, int part, int index, Made* out);
    bool (*member)(const void* value, const void* key, Made* out);
    bool (*put)(void* value, int index, const void* cell);
    bool (*insert)(void* value, const void* key, const void* item);
    bool (*insertText)(void* value, Text key, const void* item);
    bool (*columnName)(const void* value, int index, Text* out);
    bool (*newConstant)(int type, Made* out);
    bool (*newVector)(int type, int size, Made* out);
    bool (*newTable)(const Text* names, const void* const* columns, int count, Made* out);
    bool (*newDictionary)(int keyType, Made* out);
    bool (*function)(void* session, Text name, Made* out);
    bool (*call)(void* session, const void* function, const void* const* args, int count, Made* out);
    void (*error)(Failure* out);
    // The class, method and slot of a function that is not there, as a sentence.
    void (*missing)(int klass, int slot, Text* out);
    // Between these two, the session's cancel bit (4) in the flag word follows the session.
    void (*watch)(void* session, int* flag);
    void (*unwatch)(int* flag);
    // How a call of a plugin function ended.
    void (*result)(void* outcome, const void* value);
    void (*failed)(void* outcome, int kind, Text function, Text text);
};

enum EntryKind { ENTRY_SYSTEM, ENTRY_COMMAND, ENTRY_OPERATOR };

// One call of a plugin function.
struct Call {
    void* entry;
    int kind;
    void* session;
    void* outcome;
    const Made* args;
    int count;
    int heap;  // whether the plugin is called with one
};

typedef void (*Emit)(void* context, const char* klass, const char* method, void* function);

// What Rust asks of the C++ side.
struct Facade {
    void (*methods)(Emit emit, void* context);
    void* (*missing)(int klass, int slot);
    void (*install)(int klass, int kind, void* const* table);
    void (*call)(const Call* call);
    bool (*isCommercial)(void* entry, void* outcome);
    long (*liveObjects)();
};
