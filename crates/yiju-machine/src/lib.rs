//! What the operating system says of this machine and this process: processor, memory.
//!
//! Read from Linux's `/proc`; elsewhere each figure is `None`.
//!
//! ```
//! if let Some((now, peak)) = yiju_machine::resident() {
//!     assert!(now <= peak);
//! }
//! ```

/// Resident memory of this process in bytes: now, and the most so far.
pub fn resident() -> Option<(u64, u64)> {
    let status = read("/proc/self/status");
    Some((bytes(&status, "VmRSS")?, bytes(&status, "VmHWM")?))
}

/// Memory of the machine in bytes.
pub fn memory() -> Option<u64> {
    bytes(&read("/proc/meminfo"), "MemTotal")
}

/// The processor's name.
pub fn processor() -> Option<String> {
    field(&read("/proc/cpuinfo"), "model name").map(str::to_owned)
}

fn read(path: &str) -> String {
    std::fs::read_to_string(path).unwrap_or_default()
}

/// The value of `name` on a line `name: value`.
fn field<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    text.lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(key, _)| key.trim() == name)
        .map(|(_, value)| value.trim())
}

/// A value given in kB, which here are 1,024 bytes.
fn bytes(text: &str, name: &str) -> Option<u64> {
    let value = field(text, name)?.strip_suffix("kB")?;
    value.trim().parse::<u64>().ok()?.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_of_the_system_are_read() {
        let text = "VmHWM:\t    2048 kB\nVmRSS:\t 1024 kB\nVmPin: 12 MB\nmodel name\t: A: B\n";
        assert_eq!(bytes(text, "VmRSS"), Some(1 << 20));
        assert_eq!(field(text, "model name"), Some("A: B"));
        assert_eq!(field(text, "Vm"), None);
        assert_eq!(bytes(text, "VmPin"), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn linux_tells_the_memory() {
        let (now, peak) = resident().unwrap();
        assert!(now > 0 && now <= peak && peak < memory().unwrap());
    }
}
