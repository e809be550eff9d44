//! The settings as flags of the command line.

use std::collections::BTreeMap;
use std::ffi::OsStr;

use clap::builder::{PossibleValue, StringValueParser, TypedValueParser};
use clap::{Arg, ArgMatches, Command, FromArgMatches, ValueHint};

use super::table::{Flag, SETTINGS, Setting};

/// The flags of the settings: every command takes all of them. Not shown for debugging, as one may hold a password.
#[derive(Clone, Default)]
pub struct SettingFlags(pub(super) BTreeMap<String, String>);

impl FromArgMatches for SettingFlags {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let names = SETTINGS.iter().flat_map(Setting::flags).map(|flag| flag.name);
        let given = names.filter_map(|name| Some((name.clone(), matches.get_one::<String>(&name)?.clone())));
        Ok(Self(given.collect()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

/// The arguments that give a setting, under the heading of what it is about.
pub fn arguments(setting: &Setting) -> impl Iterator<Item = Arg> {
    let heading = heading(setting);
    setting.flags().into_iter().map(move |Flag { name, value_name, help }| {
        let hint = if value_name.contains("PATH") { ValueHint::FilePath } else { ValueHint::Other };
        let argument = Arg::new(name.clone()).long(name).value_name(value_name).help(help).help_heading(heading);
        match Words::of(value_name) {
            Some(words) => argument.value_parser(words).hide_possible_values(true),
            None => argument.value_hint(hint),
        }
    })
}

/// What a setting is about, as its name has it.
fn heading(setting: &Setting) -> &'static str {
    match setting.name.strip_prefix("LIVE_").unwrap_or(setting.name).split('_').next() {
        Some("DATABASE" | "DB") => "Store",
        Some("AUTH") => "Tokens",
        Some("LOG") => "Log",
        _ => "Service",
    }
}

/// The words that a shell offers. Any text is taken: which are right is for the settings to say, as they do of a variable.
#[derive(Clone)]
struct Words(&'static str);

impl Words {
    /// A name of a value that is in lower case is the values themselves.
    fn of(value_name: &'static str) -> Option<Self> {
        value_name.chars().all(|letter| letter.is_ascii_lowercase() || letter == '|').then_some(Self(value_name))
    }
}

impl TypedValueParser for Words {
    type Value = String;

    fn parse_ref(&self, command: &Command, argument: Option<&Arg>, value: &OsStr) -> Result<String, clap::Error> {
        StringValueParser::new().parse_ref(command, argument, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(self.0.split('|').map(PossibleValue::new)))
    }
}
