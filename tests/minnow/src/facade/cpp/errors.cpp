// Errors of the Rust side become exceptions, exceptions of a plugin become errors.
#include "errors.h"

#include <typeinfo>

#include "object.h"

namespace {

// The numbers of the Rust side's error classes.
enum Kind { SYNTAX, ARGUMENT, RUNTIME, TABLE, TYPE, PRIVILEGE, IO, USER };

std::string owned(const Text& text) { return std::string(text.bytes, text.size); }

Text lent(const std::string& text) { return Text{text.data(), text.size()}; }

void fail(void* outcome, Kind kind, const std::string& text, const std::string& function = std::string()) {
    host->failed(outcome, kind, lent(function), lent(text));
}

// What a real server says of a class that is none of its own is not known.
std::string foreign(const std::exception& e) {
    const char* name = typeid(e).name();
    return std::string("An exception of class ") + name + ": " + e.what();
}

}  // namespace

BEGIN_SERVER

void raise() {
    Failure failure;
    host->error(&failure);
    std::string text = owned(failure.text);
    switch (failure.kind) {
    case SYNTAX: throw SyntaxException(text);
    case ARGUMENT: throw IllegalArgumentException(owned(failure.function), text);
    case TABLE: throw TableRuntimeException(text);
    case TYPE: throw IncompatibleTypeException(text);
    case PRIVILEGE: throw NoPrivilegeException(text);
    case IO: throw IOException(text);
    case USER: throw UserException(text);
    default: throw RuntimeException(text);
    }
}

END_SERVER

bool guarded(void* outcome, void (*body)(void*), void* context) {
    USE_SERVER
    try {
        body(context);
        return true;
    } catch (const IllegalArgumentException& e) {
        fail(outcome, ARGUMENT, e.text(), e.function());
    } catch (const RuntimeException& e) {
        fail(outcome, RUNTIME, e.text());
    } catch (const SyntaxException& e) {
        fail(outcome, SYNTAX, e.text());
    } catch (const TableRuntimeException& e) {
        fail(outcome, TABLE, e.text());
    } catch (const IncompatibleTypeException& e) {
        fail(outcome, TYPE, e.text());
    } catch (const NoPrivilegeException& e) {
        fail(outcome, PRIVILEGE, e.text());
    } catch (const IOException& e) {
        fail(outcome, IO, e.text());
    } catch (const UserException& e) {
        fail(outcome, USER, e.text());
    } catch (const std::exception& e) {
        fail(outcome, RUNTIME, foreign(e));
    } catch (...) {
        fail(outcome, RUNTIME, "A plugin threw something that is no std::exception.");
    }
    return false;
}
