//! What people get: archives that any build repeats byte for byte.
mod archive;
mod workshop;
