//! How many items an answer holds, and the answer.

/// How many items a page holds at most: 1..=100, by default 20.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PageSize(u8);

/// The number lies outside 1..=100.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be between 1 and {}", PageSize::MAX)]
pub struct PageSizeError;

impl PageSize {
    /// The largest page.
    pub const MAX: u8 = 100;

    /// A page of that size.
    pub const LARGEST: Self = Self(Self::MAX);

    /// Checks the number.
    ///
    /// # Errors
    ///
    /// [`PageSizeError`] outside 1..=[`PageSize::MAX`].
    pub fn new(size: u8) -> Result<Self, PageSizeError> {
        if (1..=Self::MAX).contains(&size) { Ok(Self(size)) } else { Err(PageSizeError) }
    }

    /// The number of items.
    #[must_use]
    pub fn get(self) -> usize {
        usize::from(self.0)
    }

    /// One more than the page holds: what a store reads to know whether there is a next page.
    #[must_use]
    pub fn with_lookahead(self) -> usize {
        self.get() + 1
    }
}

impl Default for PageSize {
    fn default() -> Self {
        Self(20)
    }
}

/// Some items in order, and the question that brings the next ones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T, S> {
    /// The items.
    pub items: Vec<T>,
    /// Where to go on. None: these were the last.
    pub next: Option<S>,
}

impl<T, S> Page<T, S> {
    /// Makes a page of up to [`PageSize::with_lookahead`] rows: a row too many shows that there is a next page, which
    /// `resume` asks for from the last item that is kept.
    pub fn from_rows(mut rows: Vec<T>, size: PageSize, resume: impl FnOnce(&T) -> S) -> Self {
        let has_next = rows.len() > size.get();
        rows.truncate(size.get());
        let next = if has_next { rows.last().map(resume) } else { None };
        Self { items: rows, next }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_too_many_shows_the_next_page_and_is_not_on_this_one() {
        let page = |rows: &[u8]| Page::from_rows(rows.to_vec(), PageSize::new(2).unwrap(), |last| *last);
        assert_eq!(page(&[1, 2, 3]), Page { items: vec![1, 2], next: Some(2) });
        assert_eq!(page(&[1, 2]), Page { items: vec![1, 2], next: None });
        assert_eq!(page(&[]), Page { items: vec![], next: None });
    }

    #[test]
    fn a_size_is_from_1_to_100() {
        assert!(PageSize::new(1).is_ok() && PageSize::new(100).is_ok());
        assert!(PageSize::new(0).is_err() && PageSize::new(101).is_err());
    }
}
