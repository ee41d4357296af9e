//! What a module without `std` has to bring itself.

/// Constant time for every request, so a burst of 5,000 calls cannot walk a long free list.
#[cfg(target_arch = "wasm32")]
#[global_allocator]
static ALLOCATOR: rlsf::SmallGlobalTlsf = rlsf::SmallGlobalTlsf::new();

/// A panic traps without a text: no message is built and no formatting linked, and the
/// JavaScript facade treats the trap as the end of this core.
///
/// With `web` in the same build `std` is linked and has a handler of its own.
#[cfg(all(target_arch = "wasm32", not(feature = "web")))]
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    core::arch::wasm32::unreachable()
}
