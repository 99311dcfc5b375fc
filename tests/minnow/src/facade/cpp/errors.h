// The server's exception classes, as far as minnow throws them. A handler finds them by type
// name and reads them by layout, so both are those of the release (plugin-abi §8.5).
#pragma once
#include <exception>
#include <string>

#include "edition.h"

#define EXPORT __attribute__((visibility("default")))

BEGIN_SERVER

using std::string;

class EXPORT TraceableException : public std::exception {
public:
    virtual ~TraceableException() noexcept {}

protected:
    string path_, lastThrow_;
};

#define WITH_MESSAGE(NAME, BASE)                                                                   \
    class EXPORT NAME : public BASE {                                                              \
    public:                                                                                        \
        explicit NAME(const string& text) : errMsg_(text) {}                                       \
        virtual ~NAME() noexcept {}                                                                \
        virtual const char* what() const noexcept { return errMsg_.c_str(); }                      \
        const string& text() const { return errMsg_; }                                             \
                                                                                                   \
    private:                                                                                       \
        string errMsg_;                                                                            \
    }

WITH_MESSAGE(RuntimeException, TraceableException);
WITH_MESSAGE(TableRuntimeException, TraceableException);
WITH_MESSAGE(NoPrivilegeException, TraceableException);
WITH_MESSAGE(SyntaxException, std::exception);
#undef WITH_MESSAGE

class EXPORT IllegalArgumentException : public TraceableException {
public:
    IllegalArgumentException(const string& function, const string& text)
        : functionName_(function), errMsg_(text) {}
    virtual ~IllegalArgumentException() noexcept {}
    virtual const char* what() const noexcept { return errMsg_.c_str(); }
    const string& function() const { return functionName_; }
    const string& text() const { return errMsg_; }

private:
    string functionName_, errMsg_;
};

class EXPORT IncompatibleTypeException : public TraceableException {
public:
    explicit IncompatibleTypeException(const string& text) : expected_(0), actual_(0), errMsg_(text) {}
    virtual ~IncompatibleTypeException() noexcept {}
    virtual const char* what() const noexcept { return errMsg_.c_str(); }
    const string& text() const { return errMsg_; }

private:
    int expected_, actual_;
    string errMsg_;
};

class EXPORT IOException : public TraceableException {
public:
    explicit IOException(const string& text) : errMsg_(text), errCode_(13) {}
    virtual ~IOException() noexcept {}
    virtual const char* what() const noexcept { return errMsg_.c_str(); }
    const string& text() const { return errMsg_; }

private:
    string errMsg_;
    const int errCode_;
};

class EXPORT UserException : public TraceableException {
public:
    explicit UserException(const string& text) : msg_(text) {}
    virtual ~UserException() noexcept {}
    virtual const char* what() const noexcept { return msg_.c_str(); }
    const string& text() const { return msg_; }

private:
    string exceptionType_, msg_;
};

// The sizes of every release, in both layouts of the string.
static_assert(sizeof(TraceableException) == 8 + 2 * sizeof(string), "layout of the release");
static_assert(sizeof(RuntimeException) == 8 + 3 * sizeof(string), "layout of the release");
static_assert(sizeof(SyntaxException) == 8 + sizeof(string), "layout of the release");
static_assert(sizeof(IllegalArgumentException) == 8 + 4 * sizeof(string), "layout of the release");
static_assert(sizeof(IncompatibleTypeException) == 16 + 3 * sizeof(string), "layout of the release");
static_assert(sizeof(IOException) == 16 + 3 * sizeof(string), "layout of the release");
static_assert(sizeof(UserException) == 8 + 4 * sizeof(string), "layout of the release");

// Throws what the last failed call of this thread left behind.
[[noreturn]] void raise();

END_SERVER

// Runs `body`; an exception becomes the outcome's error. Returns whether there was none.
bool guarded(void* outcome, void (*body)(void*), void* context);
