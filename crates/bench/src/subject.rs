//! What is measured: a service with sessions, and what is asked of it.

use crate::classes::{Class, classes};
use crate::failure::Failure;
use crate::server::{Server, Site};
use crate::{Arguments, data, say};

/// A service under way, and the classes of queries that are asked of it.
pub(crate) struct Subject {
    pub(crate) site: Site,
    pub(crate) server: Server,
    pub(crate) classes: Vec<Class>,
}

impl Subject {
    /// With so many sessions in a database of that name.
    pub(crate) fn new(arguments: &Arguments, database: &str, sessions: u32) -> Result<Self, Failure> {
        let site = Site::new(arguments, database)?;
        say(&format!("loading {sessions} sessions"));
        data::load(&site, sessions)?;
        let server = site.serve()?;
        let mut classes = classes(&site, &server, sessions)?;
        classes.retain(|class| class.name.contains(&arguments.only));
        Ok(Self { site, server, classes })
    }

    pub(crate) fn class(&self, name: &str) -> Option<&Class> {
        self.classes.iter().find(|class| class.name == name)
    }
}
