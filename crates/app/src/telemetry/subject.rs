//! Whose request it was, for the log: a pseudonym that a person's requests share, and that does not tell who it is.

use std::fmt;

use live_domain::Subject;

/// What keys are derived for, so that a secret that has another purpose as well gives nothing away here.
const PURPOSE: &str = "live 2026-11-25 subjects in the log";

/// Makes pseudonyms of subjects. Not shown for debugging: who has it can test guesses.
#[derive(Clone)]
pub struct SubjectKey([u8; 32]);

impl SubjectKey {
    /// The key that is derived from a secret.
    #[must_use]
    pub fn of(secret: &[u8]) -> Self {
        Self(blake3::derive_key(PURPOSE, secret))
    }

    /// The pseudonym of a subject.
    #[must_use]
    pub fn hash(&self, subject: &Subject) -> SubjectHash {
        let hash = blake3::keyed_hash(&self.0, subject.as_str().as_bytes());
        let (first, _) = hash.as_bytes().split_at(8);
        SubjectHash(first.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)))
    }
}

/// The pseudonym of a subject: 16 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SubjectHash(u64);

impl fmt::Display for SubjectHash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:016x}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_has_one_pseudonym_for_each_key() {
        let [ada, bob] = ["ada", "bob"].map(|subject| Subject::new(subject).unwrap());
        let (one, other) = (SubjectKey::of(b"one"), SubjectKey::of(b"other"));
        assert_eq!(one.hash(&ada), SubjectKey::of(b"one").hash(&ada));
        assert_ne!(one.hash(&ada), one.hash(&bob));
        assert_ne!(one.hash(&ada), other.hash(&ada));
        // It stands in logs that are kept: it must not change from version to version.
        assert_eq!(one.hash(&ada).to_string(), "f1674aaa2a8f0238");
    }
}
