//! The machine that was measured on.

use serde::{Deserialize, Serialize};

/// The machine.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Machine {
    /// The processor's name, where the system reports it.
    pub processor: Option<String>,
    /// Cores that this process may use.
    pub cores: usize,
    /// The operating system and the architecture.
    pub system: String,
    /// Instruction sets for which there are kernels and which this processor has.
    pub instructions: Vec<String>,
    /// Bytes of memory, where the system reports it.
    pub memory_bytes: Option<u64>,
}

impl Machine {
    /// This machine.
    pub fn here() -> Self {
        Self {
            processor: yiju_machine::processor(),
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            system: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
            instructions: instructions().into_iter().map(str::to_owned).collect(),
            memory_bytes: yiju_machine::memory(),
        }
    }
}

#[cfg(target_arch = "x86_64")]
fn instructions() -> Vec<&'static str> {
    let mut found = Vec::new();
    for (there, name) in [
        (std::arch::is_x86_feature_detected!("avx2"), "AVX2"),
        (std::arch::is_x86_feature_detected!("fma"), "FMA"),
        (std::arch::is_x86_feature_detected!("avx512bw"), "AVX-512"),
        (std::arch::is_x86_feature_detected!("avx512vnni"), "AVX-512 VNNI"),
    ] {
        if there {
            found.push(name);
        }
    }
    found
}

#[cfg(target_arch = "aarch64")]
fn instructions() -> Vec<&'static str> {
    let mut found = vec!["NEON"];
    if std::arch::is_aarch64_feature_detected!("dotprod") {
        found.push("dot product");
    }
    found
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
fn instructions() -> Vec<&'static str> {
    Vec::new()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_has_a_core() {
        assert!(Machine::here().cores > 0);
    }
}
