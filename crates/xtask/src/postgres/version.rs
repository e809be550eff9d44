//! Versions of PostgreSQL.

/// The oldest major version the service supports.
pub(crate) const OLDEST_SUPPORTED: u32 = 15;

/// The major version in what `postgres --version` prints, such as
/// `postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)`.
pub(crate) fn major(printed: &str) -> Option<u32> {
    let (_, version) = printed.split_once("(PostgreSQL) ")?;
    // `17.2`, but also `18devel` and `18beta1`.
    let digits = version.split(|letter: char| !letter.is_ascii_digit()).next()?;
    digits.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::major;

    #[test]
    fn reads_the_major_version() {
        assert_eq!(major("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n"), Some(15));
        assert_eq!(major("postgres (PostgreSQL) 9.6.24\n"), Some(9));
        assert_eq!(major("postgres (PostgreSQL) 18beta1\n"), Some(18));
    }

    #[test]
    fn reads_no_version_from_anything_else() {
        assert_eq!(major(""), None);
        assert_eq!(major("postgres (EnterpriseDB) 15.2"), None);
        assert_eq!(major("postgres (PostgreSQL) devel"), None);
    }
}
