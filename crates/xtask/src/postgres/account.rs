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
    if !is_root()? {
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

/// What stands in front of a command to run it as root, `None` where that is not to be had.
pub(crate) fn privilege() -> Result<Option<&'static [&'static str]>> {
    if is_root()? {
        return Ok(Some(&[]));
    }
    let sudo = process::succeeds(process::command("sudo").args(["-n", "true"]));
    Ok(sudo.then_some(&["sudo", "-n"]))
}

fn is_root() -> Result<bool> {
    Ok(id(&["-u"])? == 0)
}

fn named(name: &str) -> Result<Account> {
    Ok(Account { user: id(&["-u", name])?, group: id(&["-g", name])? })
}

fn id(arguments: &[&str]) -> Result<u32> {
    let printed = process::command("id").args(arguments).output().context(|| "cannot run `id`".to_owned())?;
    let printed = String::from_utf8_lossy(&printed.stdout);
    printed.trim().parse().context(|| format!("`id {}` printed no number", arguments.join(" ")))
}
