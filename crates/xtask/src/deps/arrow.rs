//! The arrow `app -> adapters -> domain`: what a crate must not even be built with.

use std::collections::BTreeSet;

use crate::console;
use crate::error::Result;
use crate::process;
use crate::workspace::cargo;

/// A crate of ours, and how the names of crates begin which it must not depend on, however indirectly.
const RULES: [(&str, &[&str]); 2] = [("live-domain", &["diesel", "actix-", "tokio"]), ("live-adapters", &["actix-"])];

pub(crate) fn check() -> Result<()> {
    let broken =
        RULES.iter().map(|(ours, forbidden)| check_crate(ours, forbidden)).collect::<Result<Vec<_>>>()?.concat();
    if broken.is_empty() { Ok(()) } else { Err(broken.join("\n").into()) }
}

/// One sentence for each dependency that breaks a rule.
fn check_crate(ours: &str, forbidden: &[&str]) -> Result<Vec<String>> {
    let mut tree = cargo(&["tree", "--package", ours, "--edges", "normal,build", "--all-features", "--prefix", "none"]);
    let offenders = offenders(&process::text(&mut tree)?, forbidden);
    if offenders.is_empty() {
        console::note(format!("{ours} depends on nothing named {}*", forbidden.join("*, ")));
    }
    let sentence = |name: &String| {
        format!(
            "{ours} must not depend on {name}; what brings it in is shown by \
             `cargo tree --package {ours} --edges normal,build --all-features --invert {name}`"
        )
    };
    Ok(offenders.iter().map(sentence).collect())
}

/// The names in a tree printed without prefixes that begin with one of the forbidden ones.
fn offenders(tree: &str, forbidden: &[&str]) -> BTreeSet<String> {
    let names = tree.lines().filter_map(|line| line.split_whitespace().next());
    names.filter(|name| forbidden.iter().any(|prefix| name.starts_with(prefix))).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::offenders;

    const TREE: &str = "live-adapters v0.1.0 (/home/me/live/crates/adapters)\n\
        async-trait v0.1.89 (proc-macro)\n\
        diesel v2.3.2\n\
        diesel_derives v2.3.2 (proc-macro)\n\
        diesel v2.3.2 (*)\n\
        \n\
        tokio v1.48.0\n";

    #[test]
    fn names_each_forbidden_crate_once() {
        assert_eq!(Vec::from_iter(offenders(TREE, &["diesel", "actix-"])), ["diesel", "diesel_derives"]);
    }

    #[test]
    fn finds_nothing_in_a_tree_that_keeps_the_rules() {
        assert!(offenders(TREE, &["actix-"]).is_empty());
    }
}
