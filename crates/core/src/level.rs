//! Which SIMD instructions this CPU has: asked once, kept by each converter.

pub(crate) use fearless_simd::Level;

/// The best level of this CPU. Without `std` it is what the compiler was told to assume.
pub(crate) fn detected() -> Level {
    #[cfg(feature = "std")]
    {
        Level::new()
    }
    #[cfg(not(feature = "std"))]
    {
        Level::baseline()
    }
}

/// Every level that this CPU can run, for tests that compare them.
#[cfg(feature = "std")]
pub fn available() -> alloc::vec::Vec<Level> {
    let best = Level::new();
    let mut levels = alloc::vec::Vec::new();
    #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
    {
        levels.extend(best.as_sse2().map(Level::Sse2));
        levels.extend(best.as_sse4_2().map(Level::Sse4_2));
        levels.extend(best.as_avx2().map(Level::Avx2));
        levels.extend(best.as_avx512().map(Level::Avx512));
    }
    #[cfg(not(any(target_arch = "x86", target_arch = "x86_64")))]
    levels.push(best);
    #[cfg(feature = "scalar")]
    levels.push(Level::fallback());
    levels
}
