//! Signatures, held against the real `ssh-keygen` where it matters.
