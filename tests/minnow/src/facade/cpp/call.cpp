// Calls: a plugin's function on behalf of a script, and a server's function on behalf of a plugin.
#include "call.h"

#include "classes.h"

USE_SERVER

namespace {

void* const* sessionTable;

// A session and its heap, alive for one call.
struct Scope {
    Heap heap;
    Counter* heapCounter;
    SessionImp session;

    explicit Scope(void* owner) : heap(), heapCounter(Counter::create(&heap, 2)), session() {
        heap.session() = &session;
        session.table = sessionTable;
        session.heap = heapCounter;
        session.session = owner;
        beginSession(&session);
        host->watch(owner, &session.flag());
    }
    ~Scope() {
        host->unwatch(&session.flag());
        ::operator delete(heapCounter);
    }
};

ConstantSP voidConstant() {
    Made made;
    check(host->newConstant(0, &made));
    return ConstantSP(make(made));
}

typedef ConstantSP (*SystemEntry)(Heap*, std::vector<ConstantSP>&);
typedef void (*CommandEntry)(Heap*, std::vector<ConstantSP>&);
typedef ConstantSP (*OperatorEntry)(const ConstantSP&, const ConstantSP&);

ConstantSP enter(const Call* call, Heap* heap, std::vector<ConstantSP>& args) {
    if (call->kind == ENTRY_SYSTEM) return reinterpret_cast<SystemEntry>(call->entry)(heap, args);
    // A missing operand is a Void constant.
    while (args.size() < 2) args.push_back(voidConstant());
    return reinterpret_cast<OperatorEntry>(call->entry)(args[0], args[1]);
}

void run(void* context) {
    const Call* call = static_cast<const Call*>(context);
    std::vector<ConstantSP> args;
    args.reserve(call->count);
    for (int i = 0; i < call->count; ++i) args.push_back(ConstantSP(make(call->args[i])));
    Scope scope(call->session);
    Heap* heap = call->heap ? &scope.heap : nullptr;
    if (call->kind == ENTRY_COMMAND) {
        reinterpret_cast<CommandEntry>(call->entry)(heap, args);
        return;
    }
    ConstantSP result = enter(call, heap, args);
    host->result(call->outcome, held(result));
}

struct Licence {
    bool commercial;
    std::string text;
};

struct Question {
    void* entry;
    bool answer;
};

void ask(void* context) {
    Question* question = static_cast<Question*>(context);
    question->answer = reinterpret_cast<Licence (*)()>(question->entry)().commercial;
}

}  // namespace

void useSessionTable(void* const* table) { sessionTable = table; }

void callPlugin(const Call* call) { guarded(call->outcome, run, const_cast<Call*>(call)); }

bool isCommercialPlugin(void* entry, void* outcome) {
    Question question = {entry, false};
    guarded(outcome, ask, &question);
    return question.answer;
}

BEGIN_SERVER

FunctionDefSP SessionImp::getFunctionDef(const string& name) const {
    Made made;
    if (!host->function(session, Text{name.data(), name.size()}, &made)) return FunctionDefSP();
    return FunctionDefSP(reinterpret_cast<FunctionDef*>(make(made)));
}

// Built-ins overwrite temporary arguments in place (plugin-abi §6); here, all of them do, so that
// a plugin that goes on using one notices.
static void overwrite(const ConstantSP& arg) {
    Constant* object = arg.get();
    if (!object || !(memberAt<unsigned>(object, places.flag) & TEMPORARY)) return;
    Made made;
    check(host->newConstant(0, &made));
    host->drop(object->value);
    object->value = made.value;
}

ConstantSP SystemFunction::call(Heap* heap, std::vector<ConstantSP>& args) {
    if (!heap) throw RuntimeException("A function was called without a heap.");
    std::vector<const void*> values;
    for (const ConstantSP& arg : args) values.push_back(held(arg));
    Made made;
    check(host->call(heap->session()->session, value, values.data(), int(values.size()), &made));
    for (const ConstantSP& arg : args) overwrite(arg);
    return ConstantSP(make(made));
}

END_SERVER
