//! Signatures: what counts, what does not, and what the real `ssh-keygen` says to the same.

#![allow(clippy::disallowed_methods, reason = "tests set up files")]

mod bits;
mod crosscheck;
mod dates;
mod envelopes;
mod fixture;
mod keygen;
mod malleable;
mod refusals;
mod revocation;
mod rotation;
mod signing;
