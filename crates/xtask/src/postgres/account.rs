//! Who we are, and who the server is to be.

use crate::error::{Context, Error, Result};
use crate::process;

/// A user of this system and its group.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Account {
    pub(crate) user: u32,
    pub(crate) group: u32,
}

/// Whom the server has to run as: PostgreSQL refuses to run as root. `None` is to stay who we are.
pub(crate) fn of_server() -> Result<Option<Account>> {
    if !process::is_root()? {
        return Ok(None);
    }
    let account = ["postgres", "nobody"].into_iter().find_map(|name| named(name).ok());
    account.map(Some).ok_or_else(|| {
        Error::from(
            "PostgreSQL does not run as root, and there is no user `postgres` or `nobody`; \
             add one with `useradd postgres`",
        )
    })
}

fn named(name: &str) -> Result<Account> {
    Ok(Account { user: id(&["-u", name])?, group: id(&["-g", name])? })
}

fn id(arguments: &[&str]) -> Result<u32> {
    let printed = process::command("id").args(arguments).output().context(|| "cannot run `id`".to_owned())?;
    let printed = String::from_utf8_lossy(&printed.stdout);
    printed.trim().parse().context(|| format!("`id {}` printed no number", arguments.join(" ")))
}
