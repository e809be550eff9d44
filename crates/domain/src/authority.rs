//! Who may change which sessions.

use crate::session::Session;
use crate::text::{BrandId, HostId};
use crate::viewer::{BrandScope, Viewer};

/// Whose sessions an editor may change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Those that they host.
    Own,
    /// Every one of the brands that exist for them.
    Any,
}

/// Somebody who may create and change sessions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Editor {
    /// The person.
    pub viewer: Viewer,
    /// What exists for them.
    pub scope: BrandScope,
    /// Whose sessions they may change.
    pub reach: Reach,
}

/// A `host_id` or `brand_id` that is not the editor's to use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotYours {
    /// The brand is outside their scope.
    #[error("brand_id is not one of the brands that the token is limited to")]
    Brand,
    /// The host is somebody else.
    #[error("host_id must be the caller: to name another host takes the right to manage")]
    Host,
}

impl Editor {
    /// Whether the editor may create a session of that host and brand.
    ///
    /// # Errors
    ///
    /// [`NotYours`], the brand before the host.
    pub fn may_create(&self, host: &HostId, brand: &BrandId) -> Result<(), NotYours> {
        if !self.scope.permits(brand) {
            return Err(NotYours::Brand);
        }
        if self.reaches(host) { Ok(()) } else { Err(NotYours::Host) }
    }

    /// Whether the editor may change a session that exists for them, and read its registrations.
    #[must_use]
    pub fn may_change(&self, session: &Session) -> bool {
        self.reaches(&session.host_id)
    }

    fn reaches(&self, host: &HostId) -> bool {
        match self.reach {
            Reach::Any => true,
            Reach::Own => host.as_str() == self.viewer.subject().as_str(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::fixtures::{brand, session};

    fn editor(name: &str, reach: Reach) -> Editor {
        let scope = BrandScope::only([brand("acme")]).unwrap();
        Editor { viewer: Viewer::new(name).unwrap(), scope, reach }
    }

    #[test]
    fn hosts_change_their_own_and_managers_any() {
        assert!(editor("ada", Reach::Own).may_change(&session(1)));
        assert!(!editor("bob", Reach::Own).may_change(&session(1)));
        assert!(editor("bob", Reach::Any).may_change(&session(1)));
    }

    #[test]
    fn nobody_creates_outside_of_their_brands() {
        let (ada, acme, globex) = ("ada".parse().unwrap(), brand("acme"), brand("globex"));
        assert_eq!(editor("ada", Reach::Own).may_create(&ada, &acme), Ok(()));
        assert_eq!(editor("bob", Reach::Own).may_create(&ada, &acme), Err(NotYours::Host));
        assert_eq!(editor("bob", Reach::Any).may_create(&ada, &acme), Ok(()));
        assert_eq!(editor("bob", Reach::Any).may_create(&ada, &globex), Err(NotYours::Brand));
        assert_eq!(editor("bob", Reach::Own).may_create(&ada, &globex), Err(NotYours::Brand));
    }
}
