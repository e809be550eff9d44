//! The known name that somebody may have meant.

/// The name that is the fewest edits away, whatever the letter case.
pub fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    // No known name is nearly as long: more of it would cost time and tell nothing.
    let name = name.chars().take(64).collect::<String>().to_ascii_lowercase();
    known.min_by_key(|candidate| strsim::damerau_levenshtein(&name, &candidate.to_ascii_lowercase()))
}

/// What is said of a name that a route does not know: that of a `parameter` or of a `member`.
#[must_use]
pub fn unknown(what: &str, name: &str, known: &[&str]) -> String {
    let nearest = nearest(name, known.iter().copied());
    nearest.map_or(format!("this route takes no {what}s"), |nearest| {
        format!("unknown {what}; the nearest known one is {nearest}")
    })
}
