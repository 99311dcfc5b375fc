// The list of what the classes can do, for filling their tables.
#include <cstring>

#include "classes.h"
#include "tables.h"

BEGIN_SERVER

// A deleting destructor under the name that the compiler would give it.
#define DELETING(NAME, MANGLED_NAME)                                                                 \
    EXPORT void delete##NAME(Body* self) asm(MANGLED(MANGLED_NAME "D0Ev"));                            \
    void delete##NAME(Body* self) { destroy(self); }

DELETING(Void, "4Void")
DELETING(Bool, "4Bool")
DELETING(Char, "4Char")
DELETING(Short, "5Short")
DELETING(Int, "3Int")
DELETING(Long, "4Long")
DELETING(Float, "5Float")
DELETING(Double, "6Double")
DELETING(String, "6String")
DELETING(Int128, "6Int128")
DELETING(Decimal32, "7DecimalIiE")
DELETING(Decimal64, "7DecimalIxE")
DELETING(Decimal128, "7DecimalInE")
DELETING(FastVector, "10FastVector")
DELETING(FastArrayVector, "15FastArrayVector")
DELETING(AnyVector, "9AnyVector")
DELETING(BasicTable, "10BasicTable")
DELETING(DictionaryImp, "13DictionaryImp")
DELETING(SystemFunction, "14SystemFunction")
DELETING(SystemHandle, "12SystemHandle")
DELETING(Code, "4Code")

// Where the methods of one class go.
struct Listing {
    Emit emit;
    void* context;
    const char* klass;

    void add(const char* method, void* function) const { emit(context, klass, method, function); }
    // A pointer to a member function that is not virtual starts with the function's address.
    template <class M>
    void add(const char* method, M pointer) const {
        void* function;
        std::memcpy(&function, &pointer, sizeof function);
        add(method, function);
    }
};

#define ADD(RESULT, NAME, ...) list.add(#NAME #__VA_ARGS__, static_cast<RESULT (C::*) __VA_ARGS__>(&C::NAME));
#define ADD_READ(NAME, TYPE, ID) ADD(TYPE, get##NAME, () const)
#define ADD_READ_BLOCK(NAME, TYPE, ID) ADD(const TYPE*, get##NAME##Const, (int, int, TYPE*) const)
#define ADD_WRITE(NAME, TYPE, ID) ADD(void, set##NAME, (TYPE))
#define ADD_WRITE_BLOCK(NAME, TYPE, ID) ADD(bool, set##NAME, (int, int, const TYPE*))

#define ADD_READ_DECIMAL(NAME, TYPE, ID) ADD(TYPE, get##NAME, (int) const)
#define ADD_READ_DECIMAL_BLOCK(NAME, TYPE, ID) ADD(const TYPE*, get##NAME##Const, (int, int, int, TYPE*) const)
#define ADD_WRITE_DECIMAL_BLOCK(NAME, TYPE, ID) ADD(bool, set##NAME, (int, int, int, const TYPE*))

template <class C>
void constant(const Listing& list, void (*deleting)(Body*)) {
    list.add("~ deleting", reinterpret_cast<void*>(deleting));
    NUMBERS(ADD_WRITE_BLOCK)
    DECIMALS(ADD_WRITE_DECIMAL_BLOCK)
    ADD(int, getExtraParamForType, () const)
    ADD(bool, setString, (int, int, const string*))
    ADD(bool, setString, (int, int, char**))
    ADD(bool, setBinary, (int, int, int, const unsigned char*))
    ADD(void, setNullFlag, (bool))
    ADD(string, getString, () const)
    ADD(string, getString, (int) const)
    ADD(bool, isNull, () const)
    ADD(bool, isNull, (int) const)
    ADD(ConstantSP, get, (int) const)
    ADD(ConstantSP, getColumn, (int) const)
    ADD(ConstantSP, getMember, (const ConstantSP&) const)
    ADD(ConstantSP, keys, () const)
    ADD(ConstantSP, values, () const)
    ADD(int, size, () const)
    ADD(int, rows, () const)
    ADD(int, columns, () const)
    ADD(bool, isFastMode, () const)
    ADD(void*, getDataArray, () const)
    ADD(void**, getDataSegment, () const)
    ADD(int, getSegmentSize, () const)
    ADD(int, getSegmentSizeInBit, () const)
    ADD(char**, getStringConst, (int, int, char**) const)
    ADD(const unsigned char*, getBinaryConst, (int, int, int, unsigned char*) const)
}

template <class C>
void reads(const Listing& list) {
    NUMBERS(ADD_READ)
}

template <class C>
void blockReads(const Listing& list) {
    NUMBERS(ADD_READ_BLOCK)
}

template <class C>
void scalar(const Listing& list, void (*deleting)(Body*)) {
    constant<C>(list, deleting);
    reads<C>(list);
    blockReads<C>(list);
    NUMBERS(ADD_WRITE)
}

template <class C>
void vector(const Listing& list, void (*deleting)(Body*)) {
    constant<C>(list, deleting);
    blockReads<C>(list);
    ADD(bool, set, (int, const ConstantSP&))
}

template <class C>
void int128(const Listing& list) {
    ADD(void, setBinary, (const unsigned char*, int))
}

template <class C>
void decimal(const Listing& list, void (*deleting)(Body*)) {
    constant<C>(list, deleting);
    reads<C>(list);
    DECIMALS(ADD_READ_DECIMAL)
    DECIMALS(ADD_READ_DECIMAL_BLOCK)
}

template <class C>
void decimalBlocks(const Listing& list) {
    DECIMALS(ADD_READ_DECIMAL_BLOCK)
    ADD(VECTOR_TYPE, getVectorType, () const)
}

template <class C>
void rows(const Listing& list, void (*deleting)(Body*)) {
    constant<C>(list, deleting);
    ADD(VECTOR_TYPE, getVectorType, () const)
    ADD(ConstantSP, flatten, (int, int) const)
    ADD(ConstantSP, rowSize, (int, int) const)
}

template <class C>
void table(const Listing& list) {
    ADD(const string&, getColumnName, (int) const)
}

template <class C>
void dictionary(const Listing& list) {
    ADD(bool, set, (const ConstantSP&, const ConstantSP&))
    ADD(bool, set, (const string&, const ConstantSP&))
    ADD(int, count, () const)
}

template <class C>
void function(const Listing& list) {
    using std::vector;
    ADD(ConstantSP, call, (Heap*, vector<ConstantSP>&))
}

template <class C>
void session(const Listing& list) {
    ADD(FunctionDefSP, getFunctionDef, (const string&) const)
}

#if MINNOW_FOREIGN
template <class C>
void helper(const Listing& list) {
    ADD(void, zeroHandler, (void*))
}
#endif

END_SERVER

void methods(Emit emit, void* context) {
    USE_SERVER
    scalar<Bool>({emit, context, "Bool"}, deleteBool);
    scalar<Char>({emit, context, "Char"}, deleteChar);
    scalar<Short>({emit, context, "Short"}, deleteShort);
    scalar<Int>({emit, context, "Int"}, deleteInt);
    scalar<Long>({emit, context, "Long"}, deleteLong);
    scalar<Float>({emit, context, "Float"}, deleteFloat);
    scalar<Double>({emit, context, "Double"}, deleteDouble);
    constant<Void>({emit, context, "Void"}, deleteVoid);
    reads<Void>({emit, context, "Void"});
    blockReads<Void>({emit, context, "Void"});
    constant<String>({emit, context, "String"}, deleteString);
    reads<String>({emit, context, "String"});
    constant<Int128>({emit, context, "Int128"}, deleteInt128);
    int128<Int128>({emit, context, "Int128"});
    decimal<Decimal<int>>({emit, context, "Decimal32"}, deleteDecimal32);
    decimal<Decimal<long long>>({emit, context, "Decimal64"}, deleteDecimal64);
    decimal<Decimal<__int128>>({emit, context, "Decimal128"}, deleteDecimal128);
    vector<FastVector>({emit, context, "FastVector"}, deleteFastVector);
    decimalBlocks<FastVector>({emit, context, "FastVector"});
    rows<FastArrayVector>({emit, context, "FastArrayVector"}, deleteFastArrayVector);
    vector<AnyVector>({emit, context, "AnyVector"}, deleteAnyVector);
    constant<BasicTable>({emit, context, "BasicTable"}, deleteBasicTable);
    table<BasicTable>({emit, context, "BasicTable"});
    constant<DictionaryImp>({emit, context, "DictionaryImp"}, deleteDictionaryImp);
    dictionary<DictionaryImp>({emit, context, "DictionaryImp"});
    constant<SystemFunction>({emit, context, "SystemFunction"}, deleteSystemFunction);
    function<SystemFunction>({emit, context, "SystemFunction"});
    constant<SystemHandle>({emit, context, "SystemHandle"}, deleteSystemHandle);
    constant<Code>({emit, context, "Code"}, deleteCode);
    session<SessionImp>({emit, context, "SessionImp"});
#if MINNOW_FOREIGN
    helper<RefCountHelper>({emit, context, "RefCountHelper"});
#endif
}
