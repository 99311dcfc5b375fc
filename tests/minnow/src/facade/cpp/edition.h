// Which of the server's generations this library plays. The build compiles it once for every set of
// names that servers export; what differs in memory only is data (`Places`).
//
//   MINNOW_NAMESPACE   1: classes live in `ddb`, as from 3.00.3 on
//   MINNOW_FOREIGN     1: objects can have a foreign owner, as from 3.00.0 on
//   MINNOW_INTRUSIVE   1: constants count their holders themselves, as from 3.00.4 on
//   MINNOW_DICTIONARY  parameters of createDictionary: 5, from 2.00.11 on 7
//   _GLIBCXX_USE_CXX11_ABI: 1 in the server's ABI editions
#pragma once

#if MINNOW_NAMESPACE
#define SERVER ddb
#define BEGIN_SERVER namespace ddb {
#define END_SERVER }
#define USE_SERVER using namespace ddb;
#define MANGLED(NAME) "_ZN3ddb" NAME
#else
#define SERVER
#define BEGIN_SERVER
#define END_SERVER
#define USE_SERVER
#define MANGLED(NAME) "_ZN" NAME
#endif
