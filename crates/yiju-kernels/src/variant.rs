//! The instruction sets there are kernels for, and which of them this processor has.

use std::ffi::OsStr;
use std::sync::OnceLock;

/// An instruction set that the kernels are written for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Variant {
    /// x86-64 with AVX-512 F, BW, VL, DQ and VNNI.
    Avx512Vnni,
    /// x86-64 with AVX2 and FMA.
    Avx2,
    /// AArch64 with NEON and the dot-product instructions.
    NeonDot,
    /// AArch64 with NEON.
    Neon,
    /// Any processor.
    Portable,
}

/// `YIJU_KERNELS` names kernels that do not exist or that this processor lacks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "YIJU_KERNELS is `{value}`, but this processor's kernels are {available}; unset it for the best"
)]
pub struct UnknownVariant {
    /// The name.
    pub value: String,
    /// The names that work here, separated by commas.
    pub available: String,
}

impl Variant {
    /// Every variant, best first.
    pub const ALL: [Self; 5] =
        [Self::Avx512Vnni, Self::Avx2, Self::NeonDot, Self::Neon, Self::Portable];

    /// Its name, as in `YIJU_KERNELS`: `avx512`, `avx2`, `neon-dot`, `neon` or `portable`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Avx512Vnni => "avx512",
            Self::Avx2 => "avx2",
            Self::NeonDot => "neon-dot",
            Self::Neon => "neon",
            Self::Portable => "portable",
        }
    }

    /// Whether this processor has it.
    pub fn is_available(self) -> bool {
        match self {
            #[cfg(target_arch = "x86_64")]
            Self::Avx512Vnni => {
                is_x86_feature_detected!("avx512f")
                    && is_x86_feature_detected!("avx512bw")
                    && is_x86_feature_detected!("avx512vl")
                    && is_x86_feature_detected!("avx512dq")
                    && is_x86_feature_detected!("avx512vnni")
                    && is_x86_feature_detected!("avx2")
                    && is_x86_feature_detected!("fma")
            }
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma"),
            #[cfg(target_arch = "aarch64")]
            Self::NeonDot => {
                std::arch::is_aarch64_feature_detected!("neon")
                    && std::arch::is_aarch64_feature_detected!("dotprod")
            }
            #[cfg(target_arch = "aarch64")]
            Self::Neon => std::arch::is_aarch64_feature_detected!("neon"),
            #[cfg(not(target_arch = "x86_64"))]
            Self::Avx512Vnni | Self::Avx2 => false,
            #[cfg(not(target_arch = "aarch64"))]
            Self::NeonDot | Self::Neon => false,
            Self::Portable => true,
        }
    }

    /// The variants that this processor has, best first.
    pub fn available() -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(|it| it.is_available())
    }

    /// The best variant of this processor.
    pub fn best() -> Self {
        Self::available().next().unwrap_or(Self::Portable)
    }

    /// The best variant of this processor, or the one that `YIJU_KERNELS` names, for tests and
    /// measurements.
    ///
    /// # Errors
    /// That name is unknown, or the processor lacks the variant.
    pub fn detect() -> Result<Self, UnknownVariant> {
        Self::chosen(std::env::var_os("YIJU_KERNELS").as_deref())
    }

    fn chosen(wanted: Option<&OsStr>) -> Result<Self, UnknownVariant> {
        let Some(wanted) = wanted.filter(|wanted| !wanted.is_empty()) else {
            return Ok(Self::best());
        };
        Self::available().find(|variant| variant.name() == wanted).ok_or_else(|| UnknownVariant {
            value: wanted.to_string_lossy().into_owned(),
            available: Self::available().map(Self::name).collect::<Vec<_>>().join(", "),
        })
    }
}

/// The kernels of one variant.
#[derive(Debug, Clone, Copy)]
pub struct Kernels {
    // Private, and set only after `is_available`: this makes the methods sound.
    variant: Variant,
}

impl Kernels {
    /// The kernels of `variant`, or the portable ones where the processor lacks it.
    pub fn new(variant: Variant) -> Self {
        let variant = if variant.is_available() { variant } else { Variant::Portable };
        Self { variant }
    }

    /// The kernels that [`Variant::detect`] finds, or the best where it fails; detection runs
    /// once.
    #[inline]
    pub fn get() -> Self {
        static CHOSEN: OnceLock<Kernels> = OnceLock::new();
        *CHOSEN.get_or_init(|| Self::new(Variant::detect().unwrap_or(Variant::best())))
    }

    /// The variant of these kernels.
    #[inline]
    pub fn variant(self) -> Variant {
        self.variant
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kernels_that_are_not_there_are_an_error() {
        assert_eq!(Variant::chosen(None).unwrap(), Variant::best());
        assert_eq!(Variant::chosen(Some("".as_ref())).unwrap(), Variant::best());
        let portable = Variant::chosen(Some("portable".as_ref())).unwrap();
        assert_eq!(portable, Variant::Portable);
        let missing = Variant::ALL.into_iter().filter(|it| !it.is_available());
        for name in missing.map(Variant::name).chain(["avx513", "AVX2 "]) {
            let error = Variant::chosen(Some(name.as_ref())).unwrap_err().to_string();
            assert!(error.contains(&format!("`{name}`")) && error.contains("portable"), "{error}");
        }
    }
}
