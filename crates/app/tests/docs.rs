//! The documentation says what the tables of the code say.

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
