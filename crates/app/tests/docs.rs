//! The documentation says what the tables of the code say.
#![expect(clippy::expect_used, reason = "a test that cannot read the pages has failed")]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use live_app::http::error::ERRORS;
use live_app::settings::{Form, SETTINGS};

const ERROR_PAGE: &str = include_str!("../../../docs/errors.md");
const SETTINGS_PAGE: &str = include_str!("../../../docs/configuration.md");

/// The table of settings: sections after it have tables of their own.
fn settings() -> Vec<Vec<String>> {
    rows(SETTINGS_PAGE.split("\n## ").next().unwrap_or_default())
}

/// The cells of the rows of a page's tables whose first cell is one name in backquotes.
fn rows(page: &str) -> Vec<Vec<String>> {
    let cells = |line: &str| line.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect::<Vec<_>>();
    page.lines().filter(|line| line.starts_with("| `")).map(cells).collect()
}

#[test]
fn every_error_is_documented_with_its_status_and_meaning() {
    let documented: Vec<_> =
        rows(ERROR_PAGE).into_iter().map(|mut cells| cells.drain(..3).collect::<Vec<_>>()).collect();
    let expected: Vec<_> = ERRORS
        .iter()
        .map(|row| vec![format!("`{}`", row.name), row.status.as_u16().to_string(), row.meaning.to_owned()])
        .collect();
    assert_eq!(documented, expected);
}

#[test]
fn every_setting_is_documented_in_the_order_of_the_table() {
    let documented: Vec<_> = settings().into_iter().map(|cells| cells[0].clone()).collect();
    let expected: Vec<_> = SETTINGS.iter().map(|setting| format!("`{}`", setting.name)).collect();
    assert_eq!(documented, expected);
    for setting in SETTINGS.iter().filter(|setting| setting.form != Form::Plain) {
        assert!(SETTINGS_PAGE.contains(&format!("`{}_FILE`", setting.name)), "{}_FILE", setting.name);
        assert!(SETTINGS_PAGE.contains(&format!("`--{}-file`", setting.flag())), "--{}-file", setting.flag());
    }
}

#[test]
fn every_row_of_settings_has_its_default() {
    for (cells, setting) in settings().iter().zip(SETTINGS) {
        // What the page explains in a section of its own it does not repeat.
        let default = cells[1].replace('`', "");
        assert!(default == setting.default || default == "see below", "{}: {default}", setting.name);
    }
}

/// The pages of the repository, by their names.
fn pages() -> BTreeMap<String, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut pages = BTreeMap::new();
    for folder in ["", "docs/", "docs/decisions/"] {
        let entries = fs::read_dir(root.join(folder)).expect("a folder of pages");
        for entry in entries.map(|entry| entry.expect("a file")) {
            let name = entry.file_name().into_string().expect("a name in UTF-8");
            if entry.path().extension().is_some_and(|extension| extension == "md") {
                pages.insert(format!("{folder}{name}"), fs::read_to_string(entry.path()).expect("a page"));
            }
        }
    }
    pages
}

/// The lines of a page outside of fenced blocks.
fn prose(page: &str) -> impl Iterator<Item = &str> {
    page.split("```").step_by(2).flat_map(str::lines)
}

/// Where a page's links lead.
fn links(page: &str) -> Vec<&str> {
    prose(page).flat_map(|line| line.split("](").skip(1)).filter_map(|rest| rest.split(')').next()).collect()
}

/// What a heading is called in a link: its letters and digits in lower case, with hyphens for spaces.
fn anchors(page: &str) -> Vec<String> {
    let headings = prose(page).filter(|line| line.starts_with('#')).map(|line| line.trim_start_matches('#').trim());
    let kept = |letter: &char| letter.is_alphanumeric() || ['-', '_', ' '].contains(letter);
    headings.map(|text| text.to_lowercase().chars().filter(kept).collect::<String>().replace(' ', "-")).collect()
}

/// The file of a link, named from the repository's root as the page is.
fn target(page: &str, link: &str) -> String {
    let folder = page.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut parts = Vec::new();
    for part in folder.split('/').chain(link.split('/')).filter(|part| !part.is_empty()) {
        match part {
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}

#[test]
fn every_link_of_a_page_leads_somewhere() {
    let (pages, root) = (pages(), Path::new(env!("CARGO_MANIFEST_DIR")).join("../.."));
    let mut dead = Vec::new();
    for (name, page) in &pages {
        for link in links(page).into_iter().filter(|link| !link.starts_with("https://")) {
            let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
            let file = if file.is_empty() { name.clone() } else { target(name, file) };
            let leads = match pages.get(&file) {
                Some(page) => anchor.is_empty() || anchors(page).iter().any(|known| known == anchor),
                None => anchor.is_empty() && root.join(&file).exists(),
            };
            if !leads {
                dead.push(format!("{name}: {link}"));
            }
        }
    }
    assert_eq!(dead, [""; 0]);
    assert!(pages.values().map(|page| links(page).len()).sum::<usize>() > 50);
}

#[test]
fn every_page_is_in_the_index() {
    let pages = pages();
    for (index, folder) in [("docs/README.md", "docs/"), ("docs/decisions/README.md", "docs/decisions/")] {
        let linked: Vec<_> = links(&pages[index]).into_iter().map(|link| target(index, link)).collect();
        for page in pages.keys().filter(|page| page.rsplit_once('/').is_some_and(|(at, _)| folder == format!("{at}/")))
        {
            assert!(page == index || linked.contains(page), "{index} does not name {page}");
        }
    }
}
