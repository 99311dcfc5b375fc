//! The wire client against the bytes of the vendor's clients, against random data, and against peers
//! that misbehave.
mod fixture;
mod hostile;
mod line;
mod login;
mod peer;
mod rate;
mod replies;
mod requests;
mod round_trip;
mod show;
