//! The server's C++ interface for plugins.
