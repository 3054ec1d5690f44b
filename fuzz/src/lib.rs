//! What the fuzz targets share: texts out of bytes, and a parser's allowance of memory.

use std::alloc::System;

use cap::Cap;

#[global_allocator]
static MEMORY: Cap<System> = Cap::new(System, usize::MAX);

/// Bytes that a parser may take whatever its input is: room for a key and a signature of the longest type.
const FIXED: usize = 32 * 1024;
/// Bytes that a parser may take for each byte of input.
const PER_BYTE: usize = 8;

/// Bytes that the expanded form of a private key of type ML-DSA-65 takes while it is made of its seed.
pub const EXPANDED_PRIVATE_KEY: usize = 256 * 1024;

/// Runs `parse` on an input of `length` bytes. The process ends where it holds more memory at once than such an input warrants.
pub fn within_allowance<T>(length: usize, parse: impl FnOnce() -> T) -> T {
    within(FIXED, length, parse)
}

/// The same, where what is parsed may take `fixed` bytes whatever its input is.
pub fn within<T>(fixed: usize, length: usize, parse: impl FnOnce() -> T) -> T {
    let allowed = MEMORY.allocated() + fixed + PER_BYTE * length;
    MEMORY.set_limit(allowed).expect("less is in use than allowed");
    let parsed = parse();
    MEMORY.set_limit(usize::MAX).expect("everything is allowed");
    parsed
}

/// The input as text, where it is text.
#[must_use]
pub fn text(input: &[u8]) -> Option<&str> {
    std::str::from_utf8(input).ok()
}

/// The first `N` fields of the input, which are texts with zero bytes between them. Those that are missing are empty.
#[must_use]
pub fn fields<const N: usize>(input: &[u8]) -> Option<[&str; N]> {
    let mut split = text(input)?.splitn(N, '\0');
    Some(std::array::from_fn(|_| split.next().unwrap_or_default()))
}
