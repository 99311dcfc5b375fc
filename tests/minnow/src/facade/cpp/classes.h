// The server's classes by name and method, without virtual functions: each method is an exported
// function that carries the server's mangled name, so that whoever asks the dynamic linker about
// a slot hears what a real server would say. Which class overrides what follows release 3.00.3 in
// every release.
// The classes of plain vectors, 16-byte scalars, dictionaries and metacode are in no public
// header; the names FastVector, Int128, DictionaryImp and Code are minnow's.
#pragma once
#include "bodies.h"

// Method name, C++ type and the number of that data type.
#define NUMBERS(X)                                                                                 \
    X(Bool, char, 1)                                                                               \
    X(Char, char, 2)                                                                               \
    X(Short, short, 3)                                                                             \
    X(Int, int, 4)                                                                                 \
    X(Long, long long, 5)                                                                          \
    X(Float, float, 15)                                                                            \
    X(Double, double, 16)

// The same for decimals, whose accessors say the scale.
#define DECIMALS(X)                                                                                \
    X(Decimal32, int, 37)                                                                          \
    X(Decimal64, long long, 38)                                                                    \
    X(Decimal128, __int128, 39)

#define READ_DECIMAL(NAME, TYPE, ID)                                                               \
    TYPE get##NAME(int scale) const { return readCell<TYPE>(this, scaled(ID, scale)); }
#define READ_DECIMAL_BLOCK(NAME, TYPE, ID)                                                         \
    const TYPE* get##NAME##Const(int start, int length, int scale, TYPE* buffer) const {           \
        return readBlock<TYPE>(this, scaled(ID, scale), start, length, buffer);                    \
    }
#define WRITE_DECIMAL_BLOCK(NAME, TYPE, ID)                                                        \
    bool set##NAME(int start, int length, int scale, const TYPE* cells) {                          \
        writeBlock(this, scaled(ID, scale), start, length, cells);                                 \
        return true;                                                                               \
    }
#define REFUSE_DECIMAL_BLOCK(NAME, TYPE, ID)                                                       \
    bool set##NAME(int, int, int, const TYPE*) { return false; }

#define READ(NAME, TYPE, ID)                                                                       \
    TYPE get##NAME() const { return readCell<TYPE>(this, ID); }
#define READ_BLOCK(NAME, TYPE, ID)                                                                 \
    const TYPE* get##NAME##Const(int start, int length, TYPE* buffer) const {                      \
        return readBlock<TYPE>(this, ID, start, length, buffer);                                   \
    }
#define WRITE(NAME, TYPE, ID)                                                                      \
    using Constant::set##NAME;                                                                     \
    void set##NAME(TYPE value) { writeBlock(this, ID, 0, 1, &value); }
#define WRITE_BLOCK(NAME, TYPE, ID)                                                                \
    bool set##NAME(int start, int length, const TYPE* cells) {                                     \
        writeBlock(this, ID, start, length, cells);                                                \
        return true;                                                                               \
    }
// Scalars leave block writes to Constant, which stores nothing and says so.
#define REFUSE_BLOCK(NAME, TYPE, ID)                                                               \
    bool set##NAME(int, int, const TYPE*) { return false; }
#define DECLARE_SHOWN                                                                              \
    using Constant::getString;                                                                     \
    using Constant::isNull;                                                                        \
    string getString() const { return show(this, -1); }                                            \
    bool isNull() const { return cellIsNull(this, 0); }

BEGIN_SERVER

enum VECTOR_TYPE { VECTOR_ARRAY, VECTOR_BIG, VECTOR_OF_ROWS = 6 };

struct EXPORT Constant : Body {
    NUMBERS(REFUSE_BLOCK)
    DECIMALS(REFUSE_DECIMAL_BLOCK)
    int getExtraParamForType() const { return shape(this).scale; }
    bool setString(int, int, const string*) { return false; }
    bool setString(int, int, char**) { return false; }
    bool setBinary(int, int, int, const unsigned char*) { return false; }
    void setNullFlag(bool) {}
    string getString() const { return show(this, -1); }
    string getString(int index) const { return show(this, index); }
    bool isNull() const { return false; }
    bool isNull(int index) const { return cellIsNull(this, index); }
    ConstantSP get(int index) const { return part(this, PART_CELL, index); }
    ConstantSP getColumn(int index) const { return part(this, PART_COLUMN, index); }
    ConstantSP getMember(const ConstantSP& key) const { return member(this, key); }
    ConstantSP keys() const { return part(this, PART_KEYS, 0); }
    ConstantSP values() const { return part(this, PART_VALUES, 0); }
    int size() const { return shape(this).size; }
    int rows() const { return shape(this).rows; }
    int columns() const { return shape(this).columns; }
    bool isFastMode() const { return false; }
    void* getDataArray() const { return nullptr; }
    void** getDataSegment() const { return nullptr; }
    int getSegmentSize() const { return shape(this).segmentSize; }
    int getSegmentSizeInBit() const { return segmentBits(this); }
    char** getStringConst(int start, int length, char** buffer) const {
        return readTexts(this, start, length, buffer);
    }
    const unsigned char* getBinaryConst(int start, int length, int width, unsigned char* buffer) const {
        return readBytes(this, start, length, width, buffer);
    }
};

template <class T>
struct EXPORT AbstractScalar : Constant {
    NUMBERS(READ)
    NUMBERS(READ_BLOCK)
    NUMBERS(WRITE)
};

struct EXPORT Bool : AbstractScalar<char> {
    DECLARE_SHOWN
    READ(Bool, char, 1)
};

struct EXPORT Char : AbstractScalar<char> {
    DECLARE_SHOWN
};

struct EXPORT Short : AbstractScalar<short> {
    DECLARE_SHOWN
};

struct EXPORT Int : AbstractScalar<int> {
    DECLARE_SHOWN
    READ(Int, int, 4)
    using AbstractScalar<int>::setInt;
    void setInt(int value) { writeBlock(this, 4, 0, 1, &value); }
};

struct EXPORT Long : AbstractScalar<long long> {
    DECLARE_SHOWN
    READ(Long, long long, 5)
};

struct EXPORT Float : AbstractScalar<float> {
    DECLARE_SHOWN
    READ(Int, int, 4)
    READ(Long, long long, 5)
    READ_BLOCK(Int, int, 4)
};

struct EXPORT Double : AbstractScalar<double> {
    DECLARE_SHOWN
    READ(Int, int, 4)
    READ(Long, long long, 5)
    READ(Double, double, 16)
    READ_BLOCK(Int, int, 4)
};

struct EXPORT Void : Constant {
    DECLARE_SHOWN
    NUMBERS(READ)
    NUMBERS(READ_BLOCK)
    char** getStringConst(int start, int length, char** buffer) const {
        return readTexts(this, start, length, buffer);
    }
};

struct EXPORT String : Constant {
    DECLARE_SHOWN
    NUMBERS(READ)
    char** getStringConst(int start, int length, char** buffer) const {
        return readTexts(this, start, length, buffer);
    }
};

struct EXPORT Int128 : Constant {
    DECLARE_SHOWN
    using Constant::setBinary;
    void setBinary(const unsigned char* cell, int width) { writeBytes(this, 0, 1, width, cell); }
};

template <class T>
struct EXPORT Decimal : Constant {
    DECLARE_SHOWN
    NUMBERS(READ)
    DECIMALS(READ_DECIMAL)
    DECIMALS(READ_DECIMAL_BLOCK)
    DECIMALS(WRITE_DECIMAL_BLOCK)
    int getExtraParamForType() const { return shape(this).scale; }
};

struct EXPORT Vector : Constant {
    using Constant::getString;
    string getString() const { return show(this, -1); }
};

// What plain vectors and ANY vectors both override.
#define VECTOR_METHODS                                                                             \
    using Vector::getString;                                                                       \
    using Constant::isNull;                                                                        \
    NUMBERS(READ_BLOCK)                                                                            \
    string getString(int index) const { return show(this, index); }                                \
    bool isNull(int index) const { return cellIsNull(this, index); }                               \
    ConstantSP get(int index) const { return part(this, PART_CELL, index); }                       \
    bool set(int index, const ConstantSP& cell) { return put(this, index, cell); }                 \
    int size() const { return shape(this).size; }                                                  \
    bool isFastMode() const { return shape(this).fast; }                                           \
    void* getDataArray() const { return shape(this).data; }                                        \
    void setNullFlag(bool) {}                                                                      \
    char** getStringConst(int start, int length, char** buffer) const {                            \
        return readTexts(this, start, length, buffer);                                             \
    }

struct EXPORT FastVector : Vector {
    VECTOR_METHODS
    NUMBERS(WRITE_BLOCK)
    DECIMALS(READ_DECIMAL_BLOCK)
    DECIMALS(WRITE_DECIMAL_BLOCK)
    int getExtraParamForType() const { return shape(this).scale; }
    VECTOR_TYPE getVectorType() const { return shape(this).fast ? VECTOR_ARRAY : VECTOR_BIG; }
    void** getDataSegment() const { return shape(this).segments; }
    int getSegmentSize() const { return shape(this).segmentSize; }
    int getSegmentSizeInBit() const { return segmentBits(this); }
    const unsigned char* getBinaryConst(int start, int length, int width, unsigned char* buffer) const {
        return readBytes(this, start, length, width, buffer);
    }
    bool setString(int start, int length, const string* cells);
    bool setString(int start, int length, char** cells);
    bool setBinary(int start, int length, int width, const unsigned char* cells) {
        writeBytes(this, start, length, width, cells);
        return true;
    }
};

// An array vector: a cell is a row. What its memory would be is left out on purpose: no source
// says what a server's array vector shows there.
struct EXPORT FastArrayVector : Vector {
    using Vector::getString;
    using Constant::isNull;
    string getString(int index) const { return show(this, index); }
    bool isNull(int index) const { return cellIsNull(this, index); }
    ConstantSP get(int index) const { return part(this, PART_CELL, index); }
    int size() const { return shape(this).size; }
    int getExtraParamForType() const { return shape(this).scale; }
    VECTOR_TYPE getVectorType() const { return VECTOR_OF_ROWS; }
    ConstantSP flatten(int start, int end) const { return wholeRows(this, PART_FLAT, start, end); }
    ConstantSP rowSize(int start, int end) const { return wholeRows(this, PART_SIZES, start, end); }
};

struct EXPORT AnyVector : Vector {
    VECTOR_METHODS
};

struct EXPORT Table : Constant {};

struct EXPORT AbstractTable : Table {
    int columns() const { return shape(this).columns; }
    ConstantSP keys() const { return part(this, PART_KEYS, 0); }
    const string& getColumnName(int index) const;
};

struct EXPORT BasicTable : AbstractTable {
    using Constant::getString;
    string getString() const { return show(this, -1); }
    ConstantSP getColumn(int index) const { return part(this, PART_COLUMN, index); }
    ConstantSP getMember(const ConstantSP& key) const { return member(this, key); }
    ConstantSP values() const { return part(this, PART_VALUES, 0); }
    int size() const { return shape(this).size; }
};

struct EXPORT Dictionary : Constant {
    using Constant::getString;
    string getString() const { return show(this, -1); }
};

struct EXPORT DictionaryImp : Dictionary {
    ConstantSP getMember(const ConstantSP& key) const { return member(this, key); }
    ConstantSP keys() const { return part(this, PART_KEYS, 0); }
    ConstantSP values() const { return part(this, PART_VALUES, 0); }
    int size() const { return shape(this).size; }
    int count() const { return shape(this).size; }
    bool set(const ConstantSP& key, const ConstantSP& value) { return insert(this, key, value); }
    bool set(const string& key, const ConstantSP& value) { return insertText(this, key, value); }
};

struct EXPORT AbstractFunctionDef : Constant {
    using Constant::getString;
    string getString() const { return show(this, -1); }
};

struct EXPORT SystemFunction : AbstractFunctionDef {
    ConstantSP call(Heap* heap, std::vector<ConstantSP>& args);
};

struct EXPORT SystemHandle : Constant {};

struct EXPORT Code : Constant {};

struct FunctionDef;
typedef Holder<FunctionDef> FunctionDefSP;

// What a plugin may reach of a session: some members in front, which no release moved, and those
// of `Places`; then minnow's own.
struct EXPORT SessionImp {
    void* const* table;
    long long id;
    Counter* heap;
    Counter* out;
    Counter* user;
    char members[280];
    void* session;

    int& flag() { return memberAt<int>(this, places.sessionFlag); }
    FunctionDefSP getFunctionDef(const string& name) const;
};
// Makes its strings strings.
void beginSession(SessionImp* session);
static_assert(offsetof(SessionImp, heap) == 16 && offsetof(SessionImp, session) == 320,
              "layout of every release");

#if MINNOW_FOREIGN
struct EXPORT RefCountHelper {
    void* const* table;
    static RefCountHelper* inst_;
    void zeroHandler(void*) { foreignOwner(); }
};
#endif

END_SERVER
