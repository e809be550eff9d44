//! The address of a Postgres database as text, taken apart.

use percent_encoding::percent_decode_str;

use super::DatabaseUrlError;

const MASK: &str = "***";

/// The parts of an address, each as it was written.
pub(super) struct Parts<'a> {
    user: Option<&'a str>,
    password: Option<&'a str>,
    hosts: &'a str,
    /// With its slash, where there is one.
    path: &'a str,
    parameters: Vec<(&'a str, &'a str)>,
}

impl<'a> Parts<'a> {
    pub(super) fn of(text: &'a str) -> Result<Self, DatabaseUrlError> {
        let (start, query) = text.split_once('?').map_or((text, None), |(start, query)| (start, Some(query)));
        let (authority, path) = start.split_at(start.find('/').unwrap_or(start.len()));
        let (credentials, hosts) =
            authority.split_once('@').map_or((None, authority), |(before, after)| (Some(before), after));
        // A further `@` or any `#` shows that the password ended early.
        if text.contains('#') || [hosts, path, query.unwrap_or_default()].iter().any(|part| part.contains('@')) {
            return Err(DatabaseUrlError::Unescaped);
        }
        check_ports(hosts)?;
        let (user, password) = match credentials.map(|credentials| credentials.split_once(':')) {
            None => (None, None),
            Some(None) => (credentials, None),
            Some(Some((user, password))) => (Some(user), Some(password)),
        };
        let pairs = query.unwrap_or_default().split('&').filter(|pair| !pair.is_empty());
        let parameters = pairs.map(|pair| pair.split_once('=').unwrap_or((pair, ""))).collect();
        Ok(Self { user, password, hosts, path, parameters })
    }

    fn joined(&self, hosts: &str, password: Option<&str>, parameters: &[String]) -> String {
        let user = match (self.user, password) {
            (None, _) => String::new(),
            (Some(user), None) => format!("{user}@"),
            (Some(user), Some(password)) => format!("{user}:{password}@"),
        };
        let query = if parameters.is_empty() { String::new() } else { format!("?{}", parameters.join("&")) };
        format!("{user}{hosts}{}{query}", self.path)
    }

    /// The address without the parameters of these names, as the driver is to read it: it knows no list of hosts, but
    /// takes a parameter for each.
    pub(super) fn without(&self, names: &[&str]) -> String {
        let (hosts, mut parameters) = self.driver_hosts();
        let others = self.parameters.iter().filter(|(name, _)| !names.contains(name));
        parameters.extend(others.flat_map(|(name, value)| match *name {
            "host" => {
                value.replace("%2C", ",").replace("%2c", ",").split(',').map(|host| format!("host={host}")).collect()
            }
            name => vec![format!("{name}={value}")],
        }));
        self.joined(hosts, self.password, &parameters)
    }

    /// The hosts of the address, and the parameters that say the rest of them. A parameter takes the place of what stands
    /// before the path, which the driver would keep beside it.
    fn driver_hosts(&self) -> (&'a str, Vec<String>) {
        let has = |wanted| self.parameters.iter().any(|(name, _)| *name == wanted);
        if self.hosts.is_empty() || !(has("host") || has("port")) {
            return (self.hosts, Vec::new());
        }
        let (hosts, ports): (Vec<_>, Vec<_>) = self.hosts.split(',').map(host_and_port).unzip();
        let mut parameters = Vec::new();
        if !has("host") {
            parameters.extend(hosts.iter().map(|host| format!("host={host}")));
        }
        if !has("port") {
            parameters.push(format!("port={}", ports.join(",")));
        }
        ("", parameters)
    }

    /// The address with its passwords masked.
    pub(super) fn masked(&self) -> String {
        let mask = |name: &str, value: &str| {
            if name == "password" || name == "sslpassword" { MASK.to_owned() } else { value.to_owned() }
        };
        let parameters = self.parameters.iter().map(|(name, value)| format!("{name}={}", mask(name, value)));
        self.joined(self.hosts, self.password.map(|_| MASK), &parameters.collect::<Vec<_>>())
    }

    /// The value of a parameter, decoded. Of one that is given twice the last counts.
    pub(super) fn parameter(&self, name: &'static str) -> Result<Option<String>, DatabaseUrlError> {
        let Some((_, value)) = self.parameters.iter().rev().find(|(known, _)| *known == name) else { return Ok(None) };
        let text = percent_decode_str(value)
            .decode_utf8()
            .map_err(|_| DatabaseUrlError::Parameter(name, "UTF-8 text, percent-encoded".to_owned()))?;
        Ok((!text.is_empty()).then(|| text.into_owned()))
    }
}

/// An IPv6 address stands in brackets and has colons of its own.
fn host_and_port(host: &str) -> (&str, &str) {
    let bracketed = host.strip_prefix('[').and_then(|rest| rest.split_once(']'));
    let (name, port) = match bracketed {
        Some((address, rest)) => (address, rest.strip_prefix(':')),
        None => host.split_once(':').map_or((host, None), |(name, port)| (name, Some(port))),
    };
    (name, port.unwrap_or("5432"))
}

fn check_ports(hosts: &str) -> Result<(), DatabaseUrlError> {
    for host in hosts.split(',') {
        // An IPv6 address stands in brackets and has colons of its own.
        let after_address = host.rsplit_once(']').map_or(host, |(_, rest)| rest);
        if let Some((_, port)) = after_address.split_once(':')
            && !port.parse::<u16>().is_ok_and(|port| port > 0)
        {
            return Err(DatabaseUrlError::Port);
        }
    }
    Ok(())
}
