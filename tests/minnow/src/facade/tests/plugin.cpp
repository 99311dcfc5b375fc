// A plugin for testing minnow, written against the numbers of release 3.00.3 and nothing of
// minnow's: it knows slots and offsets, and links to exported functions by their names.
#include <atomic>
#include <exception>
#include <string>
#include <vector>

namespace ddb {

struct Constant;
struct Vector;
struct Table;
struct Dictionary;
struct SymbolBase;
struct RefCountHelper;

struct Counter {
    void* object;
    void* foreign;
    std::atomic<int> count;
};

template <class R, class... A>
R callSlot(const void* object, int slot, A... args) {
    typedef R (*Method)(const void*, A...);
    return (*reinterpret_cast<Method* const*>(object))[slot](object, args...);
}

template <class T>
class SmartPointer {
public:
    SmartPointer() : counter(nullptr) {}
    explicit SmartPointer(T* object) : counter(new Counter{object, nullptr, {1}}) {}
    SmartPointer(const SmartPointer& other) : counter(other.counter) {
        if (counter) ++counter->count;
    }
    ~SmartPointer() {
        if (!counter || --counter->count) return;
        callSlot<void>(counter->object, 4);
        delete counter;
    }
    const void* get() const { return counter ? counter->object : nullptr; }

private:
    Counter* counter;
};

typedef SmartPointer<Constant> ConstantSP;

enum DATA_TYPE { DT_VOID };

struct Util {
    static std::string VER;
    static Constant* createConstant(DATA_TYPE, int);
    static Vector* createVector(DATA_TYPE, int, int, bool, int, void*, void**, int, bool);
    static Table* createTable(const std::vector<std::string>&, const std::vector<ConstantSP>&);
    static Dictionary* createDictionary(DATA_TYPE, const SmartPointer<SymbolBase>&, DATA_TYPE,
                                        const SmartPointer<SymbolBase>&, bool, int, int);
};

#define HIDDEN __attribute__((visibility("hidden")))

struct HIDDEN TraceableException : std::exception {
    std::string path, lastThrow;
};

struct HIDDEN RuntimeException : TraceableException {
    explicit RuntimeException(const std::string& text) : text(text) {}
    const char* what() const noexcept override { return text.c_str(); }
    std::string text;
};

struct HIDDEN IllegalArgumentException : TraceableException {
    IllegalArgumentException(const std::string& function, const std::string& text)
        : function(function), text(text) {}
    const char* what() const noexcept override { return text.c_str(); }
    std::string function, text;
};

}  // namespace ddb

using namespace ddb;

typedef std::vector<ConstantSP> Args;

struct Heap {
    char before[56];
    const void* session;
};

enum {
    GET_SCRIPT = 5, GET_LONG = 26, GET_STRING = 30, GET_STRING_AT = 58, COLUMN = 70, INT_CONST = 115,
    STRING_CONST = 122, SET_INTS = 176, SET_STRINGS = 181, SIZE = 199, KEYS = 205, FAST = 221, DATA = 222,
    SEGMENTS = 223, SEGMENT_SIZE = 228, VECTOR_TYPE = 234, FLATTEN = 372, ROW_SIZE = 380, SCALE = 215,
    DECIMAL_CONST = 125, SET_DECIMALS = 187, COLUMN_NAME = 237, CALL = 233, SET_KEY = 240, FUNCTION = 25,
};

static ConstantSP text(const std::string& value) {
    ConstantSP vector(reinterpret_cast<Constant*>(Util::createVector(DATA_TYPE(18), 1, 1, true, 0, 0, 0, 0, false)));
    callSlot<bool>(vector.get(), SET_STRINGS, 0, 1, &value);
    return callSlot<ConstantSP>(vector.get(), 66, 0);
}

static ConstantSP number(long long value) {
    ConstantSP out(Util::createConstant(DATA_TYPE(5), 0));
    callSlot<void>(out.get(), 43, value);
    return out;
}

extern "C" {

ConstantSP testEcho(Heap*, Args& args) { return args[0]; }

ConstantSP testVersion(Heap*, Args&) { return text(Util::VER); }

// Sums an INT vector: from its memory, from its segments, or block by block.
ConstantSP testSum(Heap*, Args& args) {
    const void* vector = args[0].get();
    int size = callSlot<int>(vector, SIZE);
    long long sum = 0;
    if (callSlot<bool>(vector, FAST)) {
        const int* cells = callSlot<const int*>(vector, DATA);
        for (int i = 0; i < size; ++i) sum += cells[i];
    } else {
        int** segments = callSlot<int**>(vector, SEGMENTS);
        int rows = callSlot<int>(vector, SEGMENT_SIZE);
        for (int i = 0; i < size; ++i) sum += segments[i / rows][i % rows];
    }
    int buffer[7];
    for (int i = 0; i < size; i += 7) {
        int count = size - i < 7 ? size - i : 7;
        const int* cells = callSlot<const int*>(vector, INT_CONST, i, count, buffer);
        for (int k = 0; k < count; ++k) sum -= cells[k];
    }
    if (sum) throw RuntimeException("memory and blocks differ");
    for (int i = 0; i < size; ++i) sum += *callSlot<const int*>(vector, INT_CONST, i, 1, buffer);
    return number(sum);
}

// The sum of each row's length times its elements' sum, of an array vector of INT.
ConstantSP testRows(Heap*, Args& args) {
    const void* rows = args[0].get();
    int size = callSlot<int>(rows, SIZE);
    if (callSlot<int>(rows, VECTOR_TYPE) != 6) throw RuntimeException("no array vector");
    ConstantSP flat = callSlot<ConstantSP>(rows, FLATTEN, 0, size);
    ConstantSP sizes = callSlot<ConstantSP>(rows, ROW_SIZE, 0, size);
    int one;
    int place = 0;
    long long sum = 0;
    for (int row = 0; row < size; ++row) {
        int length = *callSlot<const int*>(sizes.get(), INT_CONST, row, 1, &one);
        for (int i = 0; i < length; ++i) sum += length * *callSlot<const int*>(flat.get(), INT_CONST, place++, 1, &one);
    }
    if (place != callSlot<int>(flat.get(), SIZE)) throw RuntimeException("lengths and elements differ");
    return number(sum);
}

// The decimals of a vector doubled, with one more digit after the point.
ConstantSP testDecimals(Heap*, Args& args) {
    const void* given = args[0].get();
    int size = callSlot<int>(given, SIZE), scale = callSlot<int>(given, SCALE) + 1;
    std::vector<long long> cells(size);
    const long long* read = callSlot<const long long*>(given, DECIMAL_CONST, 0, size, scale, cells.data());
    std::vector<long long> twice;
    for (int i = 0; i < size; ++i) twice.push_back(read[i] == (-9223372036854775807LL - 1) ? read[i] : 2 * read[i]);
    ConstantSP out(reinterpret_cast<Constant*>(Util::createVector(DATA_TYPE(38), size, size, true, scale, 0, 0, 0, false)));
    callSlot<bool>(out.get(), SET_DECIMALS, 0, size, scale, twice.data());
    return out;
}

// A table of an INT column and a STRING column, then a dictionary with it.
ConstantSP testBuild(Heap*, Args&) {
    int numbers[] = {1, -2147483647 - 1, 3};
    std::string texts[] = {"one", "", "three"};
    ConstantSP ints(reinterpret_cast<Constant*>(Util::createVector(DATA_TYPE(4), 3, 3, true, 0, 0, 0, 0, false)));
    ConstantSP strings(reinterpret_cast<Constant*>(Util::createVector(DATA_TYPE(18), 3, 3, true, 0, 0, 0, 0, false)));
    callSlot<bool>(ints.get(), SET_INTS, 0, 3, numbers);
    callSlot<bool>(strings.get(), SET_STRINGS, 0, 3, texts);
    std::vector<std::string> names = {"number", "name"};
    std::vector<ConstantSP> columns = {ints, strings};
    ConstantSP table(reinterpret_cast<Constant*>(Util::createTable(names, columns)));
    if (callSlot<const std::string&>(table.get(), COLUMN_NAME, 1) != "name") throw RuntimeException("column name");
    char* cells[3];
    ConstantSP column = callSlot<ConstantSP>(table.get(), COLUMN, 1);
    if (std::string(callSlot<char**>(column.get(), STRING_CONST, 0, 3, cells)[2]) != "three")
        throw RuntimeException("cells");
    ConstantSP out(reinterpret_cast<Constant*>(Util::createDictionary(
        DATA_TYPE(18), SmartPointer<SymbolBase>(), DATA_TYPE(25), SmartPointer<SymbolBase>(), true, 0, 0)));
    std::string key = "rows";
    callSlot<bool, const std::string&, const ConstantSP&>(out.get(), SET_KEY, key, table);
    return out;
}

ConstantSP testThrow(Heap*, Args& args) {
    long long kind = callSlot<long long>(args[0].get(), GET_LONG);
    if (kind == 0) throw IllegalArgumentException("testThrow", "a bad argument");
    if (kind == 1) throw RuntimeException("a bad day");
    if (kind == 2) throw std::string("no exception");
    if (kind == 3) return ConstantSP();
    callSlot<std::string>(args[0].get(), GET_SCRIPT);
    return args[0];
}

// Calls the server's function args[0] with the rest.
ConstantSP testCall(Heap* heap, Args& args) {
    std::string name = callSlot<std::string>(args[0].get(), GET_STRING);
    ConstantSP function = callSlot<ConstantSP, const std::string&>(heap->session, FUNCTION, name);
    if (!function.get()) throw RuntimeException("no function " + name);
    Args rest(args.begin() + 1, args.end());
    return callSlot<ConstantSP, Heap*, Args&>(function.get(), CALL, heap, rest);
}

// Waits until the session is cancelled.
ConstantSP testWait(Heap* heap, Args&) {
    const std::atomic<int>& flag = *reinterpret_cast<const std::atomic<int>*>(static_cast<const char*>(heap->session) + 104);
    while (!(flag & 4)) __builtin_ia32_pause();
    return text("cancelled");
}

ConstantSP testOperator(const ConstantSP& a, const ConstantSP& b) {
    return number(callSlot<long long>(a.get(), GET_LONG) - callSlot<long long>(b.get(), GET_LONG));
}

void testCommand(Heap*, Args&) {}

ConstantSP initialize(Heap*, Args& args) {
    if (callSlot<std::string>(args[0].get(), GET_STRING) == "failing") throw RuntimeException("not today");
    return number(0);
}

}  // extern "C"
