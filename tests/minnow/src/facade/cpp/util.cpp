// What the server's Util exports to plugins, and the start of the library.
#include <string>
#include <vector>

#include "call.h"
#include "classes.h"
#include "tables.h"

BEGIN_SERVER

#if MINNOW_DICTIONARY == 7
#define EXTRA_PARAMETERS , int, int
#else
#define EXTRA_PARAMETERS
#endif

enum DATA_TYPE { DT_VOID };
struct SymbolBase;
typedef SmartPointer<SymbolBase> SymbolBaseSP;

struct EXPORT Util {
    static string VER;
    // How many cells a block read should ask for at once. The server's number is not known.
    static int BUF_SIZE;

    static Constant* createConstant(DATA_TYPE type, int scale);
    static Constant* createNullConstant(DATA_TYPE type, int scale);
    static Vector* createVector(DATA_TYPE type, int size, int capacity, bool fast, int extra, void* data,
                                void** segments, int segmentBits, bool containNull);
    static Table* createTable(const std::vector<string>& names, const std::vector<ConstantSP>& columns);
    static Table* createTable(const std::vector<string>& names, const std::vector<DATA_TYPE>& types, int size,
                              int capacity);
    static Dictionary* createDictionary(DATA_TYPE keyType, const SymbolBaseSP& keyBase, DATA_TYPE valueType,
                                        const SymbolBaseSP& valueBase, bool ordered EXTRA_PARAMETERS);
};

string Util::VER;
int Util::BUF_SIZE = 1024;
#if MINNOW_FOREIGN
RefCountHelper* RefCountHelper::inst_;
#endif

static bool isDecimal(int type) { return type % 64 >= 37 && type % 64 <= 39; }

Constant* Util::createConstant(DATA_TYPE type, int scale) {
    Made made;
    check(host->newConstant(isDecimal(type) ? scaled(type, scale) : type, &made));
    return make(made);
}

Constant* Util::createNullConstant(DATA_TYPE type, int scale) { return createConstant(type, scale); }

Vector* Util::createVector(DATA_TYPE type, int size, int, bool, int extra, void* data, void** segments, int, bool) {
    if (data || segments) throw RuntimeException("createVector over memory of the caller is not part of minnow.");
    Made made;
    check(host->newVector(isDecimal(type) ? scaled(type, extra) : type, size, &made));
    return static_cast<Vector*>(make(made));
}

static Table* tableOf(const std::vector<string>& names, const std::vector<const void*>& columns) {
    std::vector<Text> texts;
    for (const string& name : names) texts.push_back(Text{name.data(), name.size()});
    if (texts.size() != columns.size()) throw RuntimeException("createTable needs one name for each column.");
    Made made;
    check(host->newTable(texts.data(), columns.data(), int(columns.size()), &made));
    return static_cast<Table*>(make(made));
}

Table* Util::createTable(const std::vector<string>& names, const std::vector<ConstantSP>& columns) {
    std::vector<const void*> values;
    for (const ConstantSP& column : columns) values.push_back(held(column));
    return tableOf(names, values);
}

Table* Util::createTable(const std::vector<string>& names, const std::vector<DATA_TYPE>& types, int size, int) {
    std::vector<ConstantSP> columns;
    for (DATA_TYPE type : types)
        columns.push_back(ConstantSP(createVector(type, size, size, true, 0, nullptr, nullptr, 0, false)));
    return createTable(names, columns);
}

Dictionary* Util::createDictionary(DATA_TYPE keyType, const SymbolBaseSP&, DATA_TYPE, const SymbolBaseSP&, bool
                                   EXTRA_PARAMETERS) {
    Made made;
    check(host->newDictionary(keyType, &made));
    return static_cast<Dictionary*>(make(made));
}

END_SERVER

static void installTable(int klass, int kind, void* const* table) {
    install(klass, table);
    if (kind == KIND_SESSION) useSessionTable(table);
#if MINNOW_FOREIGN
    static SERVER ::RefCountHelper helper;
    if (kind != KIND_HELPER) return;
    helper.table = table;
    SERVER ::RefCountHelper::inst_ = &helper;
#endif
}

// The one name that is not the server's: the Rust side starts the library here.
extern "C" EXPORT void minnow_start(const Host* rust, const Places* release, Text version, Facade* out) {
    host = rust;
    places = *release;
    SERVER ::Util::VER.assign(version.bytes, version.size);
    *out = Facade{methods, missing, installTable, callPlugin, isCommercialPlugin, liveObjects};
}
