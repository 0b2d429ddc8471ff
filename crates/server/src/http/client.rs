//! The address of a client.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use axum::http::{HeaderMap, HeaderName};

/// The address that a client is counted by: the one that the reverse proxy sends, if there is a
/// proxy, else that of the connection.
pub fn address(proxy_header: Option<&HeaderName>, headers: &HeaderMap, peer: SocketAddr) -> IpAddr {
    let from_proxy = proxy_header.and_then(|name| {
        // Only the last address was added by the proxy. The client can forge the ones before it.
        let last = headers.get_all(name).iter().next_back()?.to_str().ok()?;
        last.rsplit(',').next()?.trim().parse().ok()
    });
    network(from_proxy.unwrap_or(peer.ip()))
}

/// The network part of an IPv6 address, because a client controls a whole /64 network.
pub fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
        }
        address @ IpAddr::V4(_) => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_address_in_the_header_counts() {
        let name = HeaderName::from_static("x-forwarded-for");
        let peer = SocketAddr::from(([10, 0, 0, 9], 1));
        let with = |values: &[&str], name| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append("x-forwarded-for", value.parse().unwrap());
            }
            address(name, &headers, peer).to_string()
        };
        assert_eq!(
            with(&["1.1.1.1, 2.2.2.2", "3.3.3.3,4.4.4.4"], Some(&name)),
            "4.4.4.4"
        );
        assert_eq!(with(&["1.1.1.1, nonsense"], Some(&name)), "10.0.0.9");
        assert_eq!(with(&[], Some(&name)), "10.0.0.9");
        assert_eq!(with(&["1.1.1.1"], None), "10.0.0.9");
    }

    #[test]
    fn an_ipv6_network_is_one_address() {
        let network = |text: &str| super::network(text.parse().unwrap()).to_string();
        assert_eq!(network("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
        assert_eq!(network("::ffff:10.0.0.1"), "10.0.0.1");
        assert_eq!(network("10.0.0.1"), "10.0.0.1");
    }
}
