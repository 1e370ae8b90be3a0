//! How often an address may ask.

use std::hash::{BuildHasher as _, RandomState};
use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;

use axum::http::HeaderMap;
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};

/// Limits per address in constant memory: addresses share cells by a keyed hash, which strangers cannot foresee.
///
/// An IPv6 address counts with all others of its /64 network.
pub(crate) struct AddressLimits {
    cells: Vec<DefaultDirectRateLimiter>,
    hash: RandomState,
    proxies: Vec<IpAddr>,
}

const CELLS: usize = 4096;

impl AddressLimits {
    pub(crate) fn new(per_second: NonZeroU32, burst: NonZeroU32, proxies: Vec<IpAddr>) -> Self {
        let quota = Quota::per_second(per_second).allow_burst(burst);
        Self {
            cells: (0..CELLS).map(|_| RateLimiter::direct(quota)).collect(),
            hash: RandomState::new(),
            proxies,
        }
    }

    /// Whether an address may send one more request now.
    pub(crate) fn allows(&self, address: IpAddr) -> bool {
        let network = match address.to_canonical() {
            IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from(u128::from(address) >> 64 << 64)),
            address @ IpAddr::V4(_) => address,
        };
        let cell = self.hash.hash_one(network) as usize % CELLS;
        self.cells[cell].check().is_ok()
    }

    /// Whose request it is: the peer's, or what a trusted proxy says.
    pub(crate) fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        if !self.proxies.contains(&peer.to_canonical()) {
            return peer;
        }
        let values = headers.get_all("x-forwarded-for").iter().rev();
        values
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.rsplit(','))
            .map_while(|address| address.trim().parse::<IpAddr>().ok())
            .find(|address| !self.proxies.contains(address))
            .unwrap_or(peer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(proxies: &[&str]) -> AddressLimits {
        let proxies = proxies.iter().map(|it| it.parse().expect("an address"));
        let (one, two) = (NonZeroU32::MIN, NonZeroU32::MIN.saturating_add(1));
        AddressLimits::new(one, two, proxies.collect())
    }

    fn address(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn an_address_has_its_burst_and_a_network_of_ipv6_counts_as_one() {
        let limits = limits(&[]);
        assert!(limits.allows(address("2001:db8::1")));
        assert!(limits.allows(address("2001:db8::2")));
        assert!(!limits.allows(address("2001:db8::3")));
    }

    #[test]
    fn only_trusted_proxies_say_whose_request_it_is() {
        let limits = limits(&["10.0.0.1", "10.0.0.2"]);
        let mut headers = HeaderMap::new();
        let chain = "6.6.6.6, 7.7.7.7, 10.0.0.2".parse().expect("a value");
        headers.insert("x-forwarded-for", chain);
        let seen = |peer| limits.client(address(peer), &headers);
        assert_eq!(seen("10.0.0.1"), address("7.7.7.7"));
        assert_eq!(seen("8.8.8.8"), address("8.8.8.8"));
    }
}
