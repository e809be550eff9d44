//! Who asks, and what exists for them.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::text::{BrandId, Subject, TextError};

/// The person who asks, named by the subject of their token.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Viewer(Subject);

impl Viewer {
    /// The viewer of that subject.
    ///
    /// # Errors
    ///
    /// [`TextError`] when the subject has not 1..=255 characters or holds a control character.
    pub fn new(subject: impl Into<String>) -> Result<Self, TextError> {
        Subject::new(subject).map(Self)
    }

    /// The subject of the viewer's token.
    #[must_use]
    pub fn subject(&self) -> &Subject {
        &self.0
    }
}

impl From<Subject> for Viewer {
    fn from(subject: Subject) -> Self {
        Self(subject)
    }
}

/// The brands whose sessions exist for a caller.
///
/// It is an argument of its own wherever sessions are read, so that it cannot be forgotten like a filter.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum BrandScope {
    /// Every brand.
    All,
    /// Only these brands; none of them: no session exists.
    Only(BrandSet),
}

/// At most [`BrandScope::MAX_BRANDS`] brands. [`BrandScope::only`] makes it; clones share them.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct BrandSet(Arc<BTreeSet<BrandId>>);

impl BrandSet {
    /// The brands, in the order of their bytes.
    #[must_use]
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &BrandId> {
        self.0.iter()
    }
}

/// A scope names more than [`BrandScope::MAX_BRANDS`] different brands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a scope holds at most {} brands", BrandScope::MAX_BRANDS)]
pub struct TooManyBrands;

impl BrandScope {
    /// The most different brands that a scope may name.
    pub const MAX_BRANDS: usize = 200;

    /// The scope of these brands; repeated ones count once.
    ///
    /// # Errors
    ///
    /// [`TooManyBrands`] for more than [`BrandScope::MAX_BRANDS`] different ones.
    pub fn only(brands: impl IntoIterator<Item = BrandId>) -> Result<Self, TooManyBrands> {
        let brands: BTreeSet<_> = brands.into_iter().collect();
        if brands.len() > Self::MAX_BRANDS { Err(TooManyBrands) } else { Ok(Self::Only(BrandSet(Arc::new(brands)))) }
    }

    /// Whether sessions of this brand exist for the caller.
    #[must_use]
    pub fn permits(&self, brand: &BrandId) -> bool {
        match self {
            Self::All => true,
            Self::Only(brands) => brands.0.contains(brand),
        }
    }

    /// Whether everything that exists in the other scope exists in this one.
    #[must_use]
    pub fn includes(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::All, _) => true,
            (Self::Only(_), Self::All) => false,
            (Self::Only(brands), Self::Only(fewer)) => fewer.0.is_subset(&brands.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn brand(name: &str) -> BrandId {
        BrandId::new(name).unwrap()
    }

    #[test]
    fn a_scope_of_no_brand_permits_none() {
        let scope = BrandScope::only([]).unwrap();
        assert!(!scope.permits(&brand("acme")));
        assert!(BrandScope::All.permits(&brand("acme")));
    }

    #[test]
    fn a_scope_includes_those_of_some_of_its_brands() {
        let scope = |names: &[&str]| BrandScope::only(names.iter().copied().map(brand)).unwrap();
        let (acme, both, none) = (scope(&["acme"]), scope(&["acme", "globex"]), scope(&[]));
        assert!(BrandScope::All.includes(&BrandScope::All) && BrandScope::All.includes(&both));
        assert!(both.includes(&acme) && both.includes(&both) && acme.includes(&none));
        assert!(!acme.includes(&both) && !both.includes(&BrandScope::All) && !none.includes(&acme));
    }

    #[test]
    fn counts_different_brands_only() {
        let many = |count: usize| (0..count).map(|number| brand(&format!("brand-{}", number % 201)));
        assert!(BrandScope::only(many(200).chain(many(200))).is_ok());
        assert_eq!(BrandScope::only(many(201)), Err(TooManyBrands));
    }
}
