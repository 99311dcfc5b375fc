// Calls between a plugin and the server.
#pragma once
#include "host.h"

void callPlugin(const Call* call);
bool isCommercialPlugin(void* entry, void* outcome);
// The table that every session object gets.
void useSessionTable(void* const* table);
