//! Whose work it is: callers share what the server can do, and each has a turn before another has a second.

use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;

/// One caller in the eyes of the queues: a key, or an address where no key is needed.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Share {
    /// The key of this name.
    Key(Arc<str>),
    /// All keyless requests from an address; of IPv6 its first 64 bits, which one customer has whole.
    Address(IpAddr),
    /// This process, and whoever came by no network.
    Local,
}

impl Share {
    /// The share of an address; `None` where the request came by no network.
    pub(crate) fn of_address(address: Option<IpAddr>) -> Self {
        let Some(address) = address else {
            return Self::Local;
        };
        match address.to_canonical() {
            IpAddr::V4(address) => Self::Address(address.into()),
            IpAddr::V6(address) => {
                let network = u128::from(address) >> 64 << 64;
                Self::Address(Ipv6Addr::from(network).into())
            }
        }
    }
}

/// The other end of a request's connection, in the request's extensions; there is none where it came by no network.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Peer {
    pub(crate) address: IpAddr,
    /// Whether the connection was taken for health checks only.
    pub(crate) spare: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_one_customer_are_one_share() {
        let of = |text: &str| Share::of_address(Some(text.parse().unwrap()));
        assert_eq!(of("::ffff:192.0.2.1"), of("192.0.2.1"));
        assert_ne!(of("192.0.2.2"), of("192.0.2.1"));
        assert_eq!(of("2001:db8::1"), of("2001:db8::ffff:1"));
        assert_ne!(of("2001:db8:0:1::1"), of("2001:db8::1"));
        assert_eq!(Share::of_address(None), Share::Local);
    }
}
