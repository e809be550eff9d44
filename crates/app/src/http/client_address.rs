//! Whose address a request comes from.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::str::FromStr;

use actix_web::HttpRequest;
use actix_web::http::header;
use ipnet::IpNet;

/// The proxies whose word on addresses is taken: none by default.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TrustedProxies(Vec<IpNet>);

impl FromStr for TrustedProxies {
    type Err = String;

    /// Addresses and networks, separated by commas.
    fn from_str(text: &str) -> Result<Self, String> {
        let network = |member: &str| {
            let member = member.trim();
            let address = member.parse::<IpAddr>().map(|address| IpNet::from(address.to_canonical()));
            address.or_else(|_| member.parse()).map_err(|_| {
                format!(
                    "must hold addresses and networks separated by commas, as in 10.0.0.0/8,::1; {member:?} is none"
                )
            })
        };
        text.split(',').map(network).collect::<Result<_, _>>().map(Self)
    }
}

impl TrustedProxies {
    /// The address of the client: that of the peer; where the peer is trusted, the nearest one to it that is not.
    ///
    /// Each proxy adds at the right of `X-Forwarded-For` whom it heard, and what stands further left is hearsay. So it is
    /// read from there, for as long as the one who added it is trusted and what it says is an address.
    #[must_use]
    pub fn client(&self, request: &HttpRequest) -> IpAddr {
        // Every socket of ours has a peer.
        let peer = request.peer_addr().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.ip());
        let mut client = peer.to_canonical();
        // The list may stand in several fields. One that is no text counts as a member that is no address.
        let fields: Vec<_> = request.headers().get_all(header::X_FORWARDED_FOR).collect();
        let mut members = fields.iter().rev().flat_map(|field| field.to_str().unwrap_or_default().rsplit(','));
        while self.trust(client) {
            let Some(next) = members.next().and_then(address) else { break };
            client = next;
        }
        client
    }

    fn trust(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&address))
    }
}

/// The address that a member names. Some proxies add the port.
fn address(member: &str) -> Option<IpAddr> {
    let member = member.trim();
    let bare = member.parse::<IpAddr>().ok();
    let address = bare.or_else(|| member.parse::<SocketAddr>().ok().map(|address| address.ip()));
    address.map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    /// The client of a request from that peer with these fields, where two networks and one address are trusted.
    fn client(peer: &str, fields: &[&str]) -> String {
        let proxies: TrustedProxies = "10.0.0.0/8, 192.0.2.7,2001:db8::/32".parse().unwrap();
        let request = TestRequest::default().peer_addr(SocketAddr::new(peer.parse().unwrap(), 1));
        let add = |request: TestRequest, field: &&str| request.append_header(("X-Forwarded-For", *field));
        proxies.client(&fields.iter().fold(request, add).to_http_request()).to_string()
    }

    #[test]
    fn a_peer_that_is_not_trusted_is_the_client_whatever_it_says() {
        assert_eq!(client("203.0.113.1", &["198.51.100.1"]), "203.0.113.1");
        assert_eq!(client("203.0.113.1", &["10.0.0.1"]), "203.0.113.1");
    }

    #[test]
    fn the_client_is_the_rightmost_one_that_is_not_trusted() {
        for (fields, expected) in [
            (&["198.51.100.1"][..], "198.51.100.1"),
            (&["198.51.100.9, 198.51.100.1"], "198.51.100.1"),
            (&["198.51.100.9,198.51.100.1 , 10.9.9.9,2001:db8::5"], "198.51.100.1"),
            (&["198.51.100.9", "198.51.100.1", "192.0.2.7"], "198.51.100.1"),
            (&["10.0.0.2, 10.0.0.3"], "10.0.0.2"),
            (&["2001:db9::5"], "2001:db9::5"),
            (&[], "10.0.0.1"),
        ] {
            assert_eq!(client("10.0.0.1", fields), expected, "{fields:?}");
        }
    }

    #[test]
    fn what_is_no_address_ends_the_walk() {
        for (fields, expected) in [
            (&["198.51.100.1, unknown"][..], "10.0.0.1"),
            (&["198.51.100.1, , 10.0.0.2"], "10.0.0.2"),
            (&["198.51.100.1, 10.0.0.2, 10.0.0.3.4, 10.0.0.5"], "10.0.0.5"),
            (&["198.51.100.1", "caf\u{e9}"], "10.0.0.1"),
            (&[""], "10.0.0.1"),
        ] {
            assert_eq!(client("10.0.0.1", fields), expected, "{fields:?}");
        }
    }

    #[test]
    fn a_port_is_passed_over_and_a_mapped_address_is_what_it_maps() {
        for (field, expected) in [
            ("198.51.100.1:4711", "198.51.100.1"),
            ("[2001:db9::5]:4711", "2001:db9::5"),
            ("::ffff:198.51.100.1", "198.51.100.1"),
        ] {
            assert_eq!(client("::ffff:10.0.0.1", &[field]), expected, "{field}");
        }
    }

    #[test]
    fn a_list_of_proxies_has_no_member_that_is_none() {
        for text in ["proxy", "10.0.0.0/33", "10.0.0.1,", "10.0.0.0/8 10.1.0.0/16", "10.0.0.1:80"] {
            let refused = text.parse::<TrustedProxies>().unwrap_err();
            assert!(refused.starts_with("must hold addresses and networks separated by commas"), "{refused}");
        }
    }
}
