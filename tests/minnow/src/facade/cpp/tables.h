// The function tables: how many there can be, and what fills them.
#pragma once
#include "host.h"

// Plain numbers, as the assembler reads them too. The largest table has 405 slots.
#define CLASSES 32
#define SLOTS 512

void install(int klass, void* const* table);
void* missing(int klass, int slot);
long liveObjects();
// Names every function that exists, with its class and its method as the release's rows write it.
void methods(Emit emit, void* context);
