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
        let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let memory = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
        Self {
            processor: field(&info, "model name").map(str::to_owned),
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            system: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
            instructions: instructions().into_iter().map(str::to_owned).collect(),
            memory_bytes: field(&memory, "MemTotal").and_then(kilobytes),
        }
    }
}

/// Memory of this process in bytes, now and at most; `None` where the system does not report it.
pub(crate) fn resident() -> Option<(u64, u64)> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let of = |name| field(&status, name).and_then(kilobytes);
    Some((of("VmRSS")?, of("VmHWM")?))
}

/// The value after `name` and a colon.
fn field<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    text.lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(key, _)| key.trim() == name)
        .map(|(_, value)| value.trim())
}

fn kilobytes(value: &str) -> Option<u64> {
    let number: u64 = value.strip_suffix("kB")?.trim().parse().ok()?;
    number.checked_mul(1024)
}

#[cfg(target_arch = "x86_64")]
fn instructions() -> Vec<&'static str> {
    let mut found = Vec::new();
    for (there, name) in [
        (std::arch::is_x86_feature_detected!("avx2"), "AVX2"),
        (std::arch::is_x86_feature_detected!("fma"), "FMA"),
        (std::arch::is_x86_feature_detected!("avx512bw"), "AVX-512"),
        (
            std::arch::is_x86_feature_detected!("avx512vnni"),
            "AVX-512 VNNI",
        ),
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
    fn figures_of_the_system_are_read() {
        let text = "VmHWM:\t    2048 kB\nVmRSS:\t 1024 kB\nmodel name\t: A: B\n";
        assert_eq!(field(text, "VmRSS").and_then(kilobytes), Some(1 << 20));
        assert_eq!(field(text, "model name"), Some("A: B"));
        assert_eq!(field(text, "Vm"), None);
        assert_eq!(kilobytes("12 MB"), None);
        assert!(Machine::here().cores > 0);
    }
}
